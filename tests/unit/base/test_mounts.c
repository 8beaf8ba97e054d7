// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/mounts.h"

static bool has_library = true;

void *__wrap_dlopen(const char *name, int flags);
void *__real_dlopen(const char *name, int flags);
void *__wrap_dlopen(const char *name, int flags)
{
	return has_library ? __real_dlopen(name, flags) : NULL;
}

typedef int read_fn(const char *path, struct mounts *mounts);

/* What read makes of a file with this text. */
static int read_text(const char *text, read_fn *read, struct mounts *mounts)
{
	char path[] = "/tmp/syncfault-test-XXXXXX";
	int fd = mkstemp(path), ret;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	ret = read(path, mounts);
	unlink(path);
	return ret;
}

static void lines_of_mountinfo(void **state)
{
	static const char text[] =
		"23 28 0:21 / /proc rw,nosuid,relatime shared:5 - proc proc rw\n"
		"98 61 259:3 / /mnt/a\\040b\\134c rw,noatime - ext4 /dev/pme\\0400 rw,dax=always\n"
		"99 61 0:45 /sub /mnt/t rw master:1 propagate_from:2 - btrfs /dev/sdb ro,subvol=/x\n";
	auto_mounts struct mounts mounts = { 0 };
	const struct mounts_entry *entry;

	(void)state;
	assert_int_equal(read_text(text, mounts_read, &mounts), 0);
	assert_int_equal(mounts.count, 3);
	assert_string_equal(mounts.entries[0].point, "/proc");
	entry = mounts_find(&mounts, 98);
	assert_non_null(entry);
	assert_int_equal(entry->device, makedev(259, 3));
	assert_string_equal(entry->point, "/mnt/a b\\c");
	assert_string_equal(entry->type, "ext4");
	assert_string_equal(entry->source, "/dev/pme 0");
	assert_string_equal(entry->options, "rw,noatime");
	assert_string_equal(entry->super_options, "rw,dax=always");
	entry = mounts_find(&mounts, 99);
	assert_non_null(entry);
	assert_int_equal(entry->device, makedev(0, 45));
	assert_string_equal(entry->source, "/dev/sdb");
	assert_string_equal(entry->super_options, "ro,subvol=/x");
	assert_null(mounts_find(&mounts, 9));
}

/* A source may be empty, and a line of any length. */
static void odd_lines_of_mountinfo(void **state)
{
	auto_mounts struct mounts mounts = { 0 };
	char *text = malloc(40000), folder[20001];

	(void)state;
	memset(folder, 'x', sizeof(folder) - 1);
	folder[sizeof(folder) - 1] = '\0';
	sprintf(text,
		"50 1 0:50 / /%s rw - overlay overlay rw\n"
		"51 1 0:51 / /mnt/empty rw,relatime - tmpfs  rw,size=4k\n",
		folder);
	assert_int_equal(read_text(text, mounts_read, &mounts), 0);
	free(text);
	assert_int_equal(mounts.count, 2);
	assert_int_equal(strlen(mounts.entries[0].point), 20001);
	assert_string_equal(mounts.entries[1].type, "tmpfs");
	assert_string_equal(mounts.entries[1].super_options, "rw,size=4k");
}

static void what_is_no_mountinfo(void **state)
{
	struct mounts mounts;

	(void)state;
	assert_int_equal(mounts_read("/nonexistent/mountinfo", &mounts), -ENOENT);
	assert_true(read_text("23 28 0:21 / /proc rw - proc proc rw\n98\n", mounts_read, &mounts) <
		    0);
	assert_null(mounts.entries);
	assert_int_equal(read_text("", mounts_read, &mounts), 0);
	assert_int_equal(mounts.count, 0);
	mounts_free(&mounts);
}

static void lines_of_swaps(void **state)
{
	static const char text[] =
		"Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
		"/dev/sda2                               partition\t1048572\t\t0\t\t-2\n"
		"/var/a\\040b                             file\t\t1048572\t\t0\t\t-3\n";
	auto_mounts struct mounts mounts = { 0 };

	(void)state;
	assert_int_equal(read_text(text, mounts_read_swaps, &mounts), 0);
	assert_int_equal(mounts.count, 2);
	assert_string_equal(mounts.entries[0].source, "/dev/sda2");
	assert_string_equal(mounts.entries[1].source, "/var/a b");
}

/* The mount that /proc is on has the number that statx says. */
static void our_own(void **state)
{
	auto_mounts struct mounts mounts = { 0 };
	const struct mounts_entry *entry;
	struct statx stx;

	(void)state;
	assert_int_equal(statx(AT_FDCWD, "/proc", 0, STATX_MNT_ID, &stx), 0);
	assert_int_equal(mounts_read(MOUNTS_SELF, &mounts), 0);
	entry = mounts_find(&mounts, stx.stx_mnt_id);
	assert_non_null(entry);
	assert_string_equal(entry->type, "proc");
	assert_int_equal(entry->device, makedev(stx.stx_dev_major, stx.stx_dev_minor));
}

/* What stays mapped moves the figures of faults: see mounts.c. */
static void libmount_is_gone_afterwards(void **state)
{
	struct mounts mounts;
	char line[4096];
	bool was_seen = false;
	FILE *maps;

	(void)state;
	for (int round = 0; round < 2; round++) {
		assert_int_equal(mounts_read(MOUNTS_SELF, &mounts), 0);
		if (round)
			mounts_free(&mounts);
		maps = fopen("/proc/self/maps", "r");
		assert_non_null(maps);
		while (fgets(line, sizeof(line), maps))
			if (strstr(line, "libmount") || strstr(line, "libselinux")) {
				was_seen = true;
				assert_int_equal(round, 0);
			}
		fclose(maps);
		if (!round)
			mounts_free(&mounts);
	}
	assert_true(was_seen);
}

/* Then nobody knows what is mounted: not the same as that nothing is. */
static void without_libmount_nothing_is_known(void **state)
{
	struct mounts mounts;

	(void)state;
	has_library = false;
	assert_int_equal(mounts_read(MOUNTS_SELF, &mounts), -ELIBACC);
	assert_int_equal(mounts_read_swaps("/proc/swaps", &mounts), -ELIBACC);
	has_library = true;
	assert_int_equal(mounts.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_mountinfo),
		cmocka_unit_test(odd_lines_of_mountinfo),
		cmocka_unit_test(what_is_no_mountinfo),
		cmocka_unit_test(lines_of_swaps),
		cmocka_unit_test(our_own),
		cmocka_unit_test(libmount_is_gone_afterwards),
		cmocka_unit_test(without_libmount_nothing_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
