// SPDX-License-Identifier: GPL-2.0-or-later
/* What a guard refuses, on image files: no root needed. tests/cli/test-guard.sh has the devices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/spawn.h"
#include "target/guard.h"
#include "target/signatures.h"

#define IMAGE_BYTES (64ll << 20)

struct image {
	char path[64];
	int fd;
};

static int make_image(void **state)
{
	struct image *image = calloc(1, sizeof(*image));

	strcpy(image->path, "/tmp/syncfault-guard-XXXXXX");
	image->fd = mkstemp(image->path);
	*state = image;
	return image->fd < 0 || ftruncate(image->fd, IMAGE_BYTES);
}

static int remove_image(void **state)
{
	struct image *image = *state;

	close(image->fd);
	unlink(image->path);
	free(image);
	return 0;
}

static void put(const struct image *image, const void *data, size_t length, off_t offset)
{
	assert_int_equal(pwrite(image->fd, data, length, offset), length);
}

static struct guard_report inspect(const struct image *image)
{
	struct guard_report report;

	assert_int_equal(guard_inspect(image->path, &report), 0);
	return report;
}

static void make_filesystem(const struct image *image, const char *label)
{
	const char *const argv[] = { "mkfs.ext4", "-q", "-F", "-L", label, image->path, NULL };
	char path[PATH_MAX];

	if (spawn_find(argv[0], path)) {
		print_message("no mkfs.ext4 here\n");
		skip();
	}
	assert_int_equal(spawn_wait(argv, NULL), 0);
}

static void empty_is_free(void **state)
{
	struct guard_report report = inspect(*state);

	assert_int_equal(report.kind, GUARD_FILE);
	assert_int_equal(report.size_bytes, IMAGE_BYTES);
	assert_false(report.is_dax_capable);
	assert_string_equal(report.obstacle, "");
	assert_string_equal(report.contents.text, "");
}

static void small_is_an_obstacle(void **state)
{
	const struct image *image = *state;

	assert_int_equal(ftruncate(image->fd, (1 << 20) - 1), 0);
	assert_string_equal(inspect(image).obstacle, "is smaller than 1 MiB");
	assert_int_equal(ftruncate(image->fd, 1 << 20), 0);
	assert_string_equal(inspect(image).obstacle, "");
}

static void every_byte_counts(void **state)
{
	static const off_t offsets[] = {
		0, 1, (1 << 20) - 1, 1 << 20, 33333333, IMAGE_BYTES - (1 << 20), IMAGE_BYTES - 1
	};
	const struct image *image = *state;
	char expected[64];

	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		put(image, "x", 1, offsets[i]);
		snprintf(expected, sizeof(expected), "data of an unknown kind at byte %lld",
			 (long long)offsets[i]);
		assert_string_equal(inspect(image).contents.text, expected);
		put(image, "\0", 1, offsets[i]);
	}
	assert_string_equal(inspect(image).contents.text, "");
}

/* As its partition table was overwritten with zeros, or had never been there. */
static void file_system_of_a_lost_partition_is_named(void **state)
{
	static const off_t starts[] = { 1 << 20, 63 * 512, 4 << 20 };
	const struct image *image = *state;
	char expected[64];

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		const char *text;
		char offset[64];
		const char *const argv[] = { "mkfs.ext4", "-q",	  "-F",	       "-L", "home",
					     "-E",	  offset, image->path, "8M", NULL };
		struct guard_report report;
		char path[PATH_MAX];

		if (spawn_find(argv[0], path))
			skip();
		snprintf(offset, sizeof(offset), "offset=%lld", (long long)starts[i]);
		assert_int_equal(spawn_wait(argv, NULL), 0);
		report = inspect(image);
		text = report.contents.text;
		snprintf(expected, sizeof(expected), ") at byte %lld", (long long)starts[i]);
		assert_non_null(strstr(text, "ext4 (label \"home\", UUID "));
		assert_non_null(strstr(text, expected));
		assert_int_equal(signatures_wipe(image->fd, IMAGE_BYTES), 0);
		assert_string_equal(inspect(image).contents.text, "");
	}
}

static void filesystem_is_named(void **state)
{
	struct guard_report report;

	make_filesystem(*state, "home");
	report = inspect(*state);
	assert_non_null(strstr(report.contents.text, "ext4 (label \"home\", UUID "));
	assert_false(report.contents.is_ours);
}

static void our_label_is_known(void **state)
{
	make_filesystem(*state, "syncfault");
	assert_true(inspect(*state).contents.is_ours);
}

/* libblkid calls two file systems at once ambivalent and would rather say nothing. */
static void contradicting_signatures_count(void **state)
{
	make_filesystem(*state, "home");
	put(*state, "SWAPSPACE2", 10, 4096 - 10);
	put(*state, "\1\0\0\0\377\0\0\0", 8, 1024);
	assert_true(inspect(*state).contents.text[0] != '\0');
}

static void partition_table_counts(void **state)
{
	static const unsigned char entry[] = { 0, 0, 2, 0, 0x83, 0, 0, 0, 0, 8, 0, 0, 0, 0x40 };

	put(*state, entry, sizeof(entry), 446);
	put(*state, "\x55\xaa", 2, 510);
	assert_string_equal(inspect(*state).contents.text, "dos partition table");
}

/* CRC of LVM2 labels: lib/misc/crc.c of lvm2, polynomial 0xedb88320 from 0xf597a6cf. */
static uint32_t lvm_crc(const unsigned char *bytes, size_t count)
{
	uint32_t crc = 0xf597a6cf;

	while (count--) {
		crc ^= *bytes++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	return crc;
}

static void lvm_counts(void **state)
{
	unsigned char label[512] = "LABELONE\1\0\0\0\0\0\0\0....\040\0\0\0LVM2 001";
	uint32_t crc = lvm_crc(label + 20, sizeof(label) - 20);

	memcpy(label + 16, &crc, sizeof(crc));
	put(*state, label, sizeof(label), 512);
	assert_non_null(strstr(inspect(*state).contents.text, "LVM2_member"));
}

static long long blocks_of(const struct image *image)
{
	struct stat st;

	assert_int_equal(fstat(image->fd, &st), 0);
	return st.st_blocks;
}

static void wiping_leaves_nothing(void **state)
{
	const struct image *image = *state;

	make_filesystem(image, "syncfault");
	put(image, "x", 1, IMAGE_BYTES - 1);
	assert_int_equal(signatures_wipe(image->fd, IMAGE_BYTES), 0);
	assert_string_equal(inspect(image).contents.text, "");
	assert_int_equal(blocks_of(image), 0);
}

static void what_is_no_target(void **state)
{
	struct guard guard = GUARD_NONE;
	struct guard_report report;

	(void)state;
	assert_int_equal(guard_inspect("/nonexistent", &report), -ENOENT);
	assert_int_equal(guard_inspect("/", &report), -ENOTBLK);
	assert_int_equal(guard_inspect("/dev/null", &report), -ENODEV);
	assert_int_equal(guard_open("/dev/null", true, &guard), -ENODEV);
	assert_int_equal(guard_open("/", true, &guard), -ENOTBLK);
	assert_int_equal(guard_open("/nonexistent", true, &guard), -ENOENT);
	assert_int_equal(guard.fd, -1);
	guard_release(&guard);
}

static void contents_need_force(void **state)
{
	const struct image *image = *state;
	struct guard guard = GUARD_NONE;

	put(image, "x", 1, 0);
	assert_int_equal(guard_open(image->path, false, &guard), -EEXIST);
	assert_int_equal(guard.fd, -1);
}

int main(void)
{
#define ON_IMAGE(test) cmocka_unit_test_setup_teardown(test, make_image, remove_image)
	const struct CMUnitTest tests[] = {
		ON_IMAGE(empty_is_free),
		ON_IMAGE(small_is_an_obstacle),
		ON_IMAGE(every_byte_counts),
		ON_IMAGE(file_system_of_a_lost_partition_is_named),
		ON_IMAGE(filesystem_is_named),
		ON_IMAGE(our_label_is_known),
		ON_IMAGE(contradicting_signatures_count),
		ON_IMAGE(partition_table_counts),
		ON_IMAGE(lvm_counts),
		ON_IMAGE(wiping_leaves_nothing),
		ON_IMAGE(contents_need_force),
		cmocka_unit_test(what_is_no_target),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
