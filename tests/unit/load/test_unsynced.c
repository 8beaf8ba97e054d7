// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load/logspace.h"

#define BLOCK	     4096
#define DEVICE	     64 /* blocks */
#define JOURNAL_AT   8	/* where the journal's first extent lies on the device */
#define JOURNAL	     24 /* blocks, in two extents */
#define FIRST_EXTENT 10
#define SECOND_AT    40
#define FAST	     8 /* of them for fast commits */
#define LAST	     (JOURNAL - FAST)

/* A device with an ext4 superblock that points to a journal of two extents. */
struct image {
	unsigned char *bytes;
	char path[64];
};

static void put_be32(unsigned char *at, uint32_t value)
{
	value = htobe32(value);
	memcpy(at, &value, sizeof(value));
}

static void put_le32(unsigned char *at, uint32_t value)
{
	value = htole32(value);
	memcpy(at, &value, sizeof(value));
}

static void put_le16(unsigned char *at, uint16_t value)
{
	value = htole16(value);
	memcpy(at, &value, sizeof(value));
}

static unsigned char *journal_block(struct image *image, uint32_t block)
{
	uint32_t at = block < FIRST_EXTENT ? JOURNAL_AT + block : SECOND_AT + block - FIRST_EXTENT;

	return image->bytes + (size_t)at * BLOCK;
}

static void put_header(struct image *image, uint32_t block, uint32_t type, uint32_t sequence)
{
	unsigned char *at = journal_block(image, block);

	put_be32(at, 0xc03b3998);
	put_be32(at + 4, type);
	put_be32(at + 8, sequence);
}

static void put_extent(unsigned char *at, uint32_t from, uint16_t count, uint32_t physical)
{
	put_le32(at, from);
	put_le16(at + 4, count);
	put_le32(at + 8, physical);
}

static void put_superblocks(struct image *image, uint32_t start, uint32_t sequence)
{
	unsigned char *ext4 = image->bytes + 1024, *journal;

	put_le16(ext4 + 0x38, 0xef53);
	put_le32(ext4 + 0x18, 2);
	put_le32(ext4 + 0x5c, 4);
	ext4[0xfd] = 1;
	put_le16(ext4 + 0x10c, 0xf30a);
	put_le16(ext4 + 0x10e, 2);
	put_extent(ext4 + 0x118, 0, FIRST_EXTENT, JOURNAL_AT);
	put_extent(ext4 + 0x124, FIRST_EXTENT, JOURNAL - FIRST_EXTENT, SECOND_AT);
	put_header(image, 0, 4, 0);
	journal = journal_block(image, 0);
	put_be32(journal + 12, BLOCK);
	put_be32(journal + 16, JOURNAL);
	put_be32(journal + 20, 1);
	put_be32(journal + 24, sequence);
	put_be32(journal + 28, start);
	put_be32(journal + 40, 0x20);
	put_be32(journal + 0x54, FAST);
}

/* A commit of so many blocks, the first a descriptor; the ring goes from 1 to LAST. */
static uint32_t put_commit(struct image *image, uint32_t at, uint32_t sequence, uint32_t blocks)
{
	for (uint32_t i = 0; i < blocks; i++) {
		if (i == 0 || i + 1 == blocks)
			put_header(image, at, i ? 2 : 1, sequence);
		else
			memset(journal_block(image, at), 0x55, BLOCK);
		at = at + 1 < LAST ? at + 1 : 1;
	}
	return at;
}

static void put_fast(struct image *image, uint32_t block, uint32_t blocks, uint32_t sequence)
{
	unsigned char *at;

	for (uint32_t i = 0; i + 1 < blocks; i++) {
		at = journal_block(image, block + i);
		put_le16(at, 6);
		put_le16(at + 2, BLOCK - 4);
	}
	at = journal_block(image, block + blocks - 1);
	put_le16(at, 3);
	put_le16(at + 2, 20);
	put_le16(at + 24, 8);
	put_le16(at + 26, BLOCK - 28);
	put_le32(at + 28, sequence);
}

static void make_image(struct image *image)
{
	image->bytes = calloc(DEVICE, BLOCK);
	assert_non_null(image->bytes);
	/* Not /tmp: that may be a tmpfs, which older kernels do not open with O_DIRECT. */
	snprintf(image->path, sizeof(image->path), "/var/tmp/syncfault-test-XXXXXX");
	close(mkstemp(image->path));
}

static void save(const struct image *image)
{
	int fd = open(image->path, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, image->bytes, DEVICE * BLOCK, 0), DEVICE * BLOCK);
	fsync(fd);
	close(fd);
}

static void drop_image(struct image *image)
{
	unlink(image->path);
	free(image->bytes);
}

static void open_image(struct image *image, struct jbd2_log *log)
{
	const char *why;
	int ret;

	save(image);
	ret = jbd2_log_open(log, image->path, false, &why);
	if (ret == -EINVAL)
		skip(); /* no O_DIRECT here */
	assert_int_equal(ret, 0);
}

static void commits_behind_the_mark(void **state)
{
	struct jbd2_log_commits commits;
	struct image image;
	struct jbd2_log log;
	uint32_t at;

	(void)state;
	make_image(&image);
	put_superblocks(&image, 5, 7);
	put_header(&image, 12, 2, 3); /* left of an earlier turn */
	at = put_commit(&image, 5, 7, 3);
	open_image(&image, &log);
	assert_int_equal(jbd2_log_bytes(&log), (LAST - 1) * BLOCK);
	assert_int_equal(jbd2_log_mark(&log), 0);
	assert_int_equal(log.sequence, 8);
	assert_int_equal(log.position, 8);
	assert_int_equal(log.used_blocks, 3);
	at = put_commit(&image, at, 8, 10); /* over the end of the ring, and of an extent */
	put_commit(&image, at, 9, 2);
	put_header(&image, 5, 1, 10); /* begun, and not committed */
	save(&image);
	assert_int_equal(jbd2_log_take(&log, &commits), 0);
	assert_int_equal(commits.count, 2);
	assert_int_equal(commits.blocks[0], 10);
	assert_int_equal(commits.blocks[1], 2);
	assert_int_equal(commits.fast_count, 0);
	free(commits.blocks);
	jbd2_log_close(&log);
	drop_image(&image);
}

static void fast_commits(void **state)
{
	struct jbd2_log_commits commits;
	struct image image;
	struct jbd2_log log;

	(void)state;
	make_image(&image);
	put_superblocks(&image, 1, 7);
	put_commit(&image, 1, 7, 3);
	open_image(&image, &log);
	assert_int_equal(jbd2_log_mark(&log), 0);
	put_fast(&image, LAST, 3, 8);
	put_fast(&image, LAST + 3, 1, 8);
	put_fast(&image, LAST + 4, 1, 6); /* left of an earlier transaction */
	save(&image);
	assert_int_equal(jbd2_log_take(&log, &commits), 0);
	assert_int_equal(commits.count, 0);
	assert_int_equal(commits.fast_blocks, 3);
	assert_int_equal(commits.fast_sequence, 8);
	assert_int_equal(commits.fast_count, 2);
	jbd2_log_close(&log);
	drop_image(&image);
}

/* An unmounted start of 0: the mark is where the head was written down, else the ring's first. */
static void an_empty_journal_begins_at_its_head(void **state)
{
	static const struct {
		uint32_t head, position;
	} cases[] = { { 9, 9 }, { 0, 1 }, { LAST, 1 } };
	struct image image;
	struct jbd2_log log;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		make_image(&image);
		put_superblocks(&image, 0, 7);
		put_be32(journal_block(&image, 0) + 0x58, cases[i].head);
		open_image(&image, &log);
		assert_int_equal(jbd2_log_mark(&log), 0);
		assert_int_equal(log.position, cases[i].position);
		assert_int_equal(log.sequence, 7);
		assert_int_equal(log.used_blocks, 0);
		jbd2_log_close(&log);
		drop_image(&image);
	}
}

static void fast_commits_have_256_blocks_by_default(void **state)
{
	struct image image;
	struct jbd2_log log;

	(void)state;
	make_image(&image);
	put_superblocks(&image, 1, 7);
	put_be32(journal_block(&image, 0) + 16, 1000);
	put_be32(journal_block(&image, 0) + 0x54, 0);
	open_image(&image, &log);
	assert_int_equal(jbd2_log_bytes(&log), (1000 - 256 - 1) * BLOCK);
	assert_int_equal(log.fast_end, 1000);
	jbd2_log_close(&log);
	put_be32(journal_block(&image, 0) + 40, 0);
	open_image(&image, &log);
	assert_int_equal(jbd2_log_bytes(&log), (1000 - 1) * BLOCK);
	jbd2_log_close(&log);
	drop_image(&image);
}

/* Block numbers of an extent have 48 bits. */
static void extents_may_lie_far_out(void **state)
{
	struct image image;
	struct jbd2_log log;

	(void)state;
	make_image(&image);
	put_superblocks(&image, 1, 7);
	put_le16(image.bytes + 1024 + 0x124 + 6, 5);
	open_image(&image, &log);
	assert_int_equal(log.extent_count, 2);
	assert_int_equal(log.extents[0].physical, JOURNAL_AT);
	assert_true(log.extents[1].physical == (5ULL << 32) + SECOND_AT);
	assert_int_equal(log.extents[1].from, FIRST_EXTENT);
	jbd2_log_close(&log);
	drop_image(&image);
}

/* After the device's own superblock, which fills the first KiB but one. */
static void a_journal_has_a_device_of_its_own(void **state)
{
	struct image image;
	struct jbd2_log log;
	const char *why;

	(void)state;
	for (uint32_t log_size = 0; log_size <= 2; log_size += 2) {
		unsigned char *journal;
		int ret;

		make_image(&image);
		put_le16(image.bytes + 1024 + 0x38, 0xef53);
		put_le32(image.bytes + 1024 + 0x18, log_size);
		journal = image.bytes + (log_size ? BLOCK : 2048);
		put_be32(journal, 0xc03b3998);
		put_be32(journal + 4, 4);
		put_be32(journal + 12, 1024u << log_size);
		put_be32(journal + 16, DEVICE);
		put_be32(journal + 20, 3);
		save(&image);
		assert_int_equal(truncate(image.path, 4 << 20), 0);
		ret = jbd2_log_open(&log, image.path, true, &why);
		if (ret == -EINVAL)
			skip(); /* no O_DIRECT here */
		assert_int_equal(ret, 0);
		assert_int_equal(jbd2_log_bytes(&log), (DEVICE - 3) * (1024 << log_size));
		assert_int_equal(jbd2_log_mark(&log), 0);
		jbd2_log_close(&log);
		drop_image(&image);
	}
}

static void what_is_no_journal(void **state)
{
	struct image image;
	struct jbd2_log log;
	const char *why;

	(void)state;
	make_image(&image);
	save(&image);
	if (jbd2_log_open(&log, image.path, false, &why) == -EINVAL)
		skip(); /* no O_DIRECT here */
	assert_string_equal(why, "no superblock of ext4");
	put_superblocks(&image, 1, 7);
	put_le32(image.bytes + 1024 + 0x5c, 0);
	save(&image);
	assert_int_equal(jbd2_log_open(&log, image.path, false, &why), -ENODATA);
	assert_string_equal(why, "no journal");
	drop_image(&image);
}

static void first_of_the_faults(void **state)
{
	uint64_t blocks[] = { 4, 76, 5, 5 };
	struct jbd2_log_commits full = { .blocks = blocks, .count = 4 };
	struct jbd2_log_commits fast = { .fast_blocks = 52, .fast_sequence = 8, .fast_count = 65 };
	struct jbd2_log_commits fell_back = {
		.blocks = blocks, .count = 1, .fast_blocks = 1, .fast_sequence = 9, .fast_count = 64
	};

	(void)state;
	assert_int_equal(logspace_of_jbd2(&full, 8, 4), 4);
	/* One was on its way already: the fault waited for it too. */
	assert_int_equal(logspace_of_jbd2(&full, 8, 3), 80);
	/* Fewer commits than faults: nobody can say which was the first one's. */
	assert_int_equal(logspace_of_jbd2(&full, 8, 5), 0);
	assert_int_equal(logspace_of_jbd2(&fast, 8, 65), 52);
	assert_int_equal(logspace_of_jbd2(&fell_back, 8, 65), 4);
	assert_int_equal(logspace_of_jbd2(&fell_back, 8, 66), 0);
}

static void space_of_xfs(void **state)
{
	const uint64_t size = 1 << 20;
	uint64_t committed = 1, dirty = 1;

	(void)state;
	/* 100 blocks committed, 5,000 bytes reserved beyond them. */
	assert_int_equal(
		logspace_of_xfs("1:110", "1:10", "1:61320", false, size, &committed, &dirty), 0);
	assert_int_equal(committed, 51200);
	assert_int_equal(dirty, 5000);
	/* The head went round the log, and the reservation with it. */
	assert_int_equal(
		logspace_of_xfs("2:10", "1:2038", "2:6120", false, size, &committed, &dirty), 0);
	assert_int_equal(committed, 20 * 512);
	assert_int_equal(dirty, 1000);
	assert_int_equal(logspace_of_xfs("1:110", "1:10", "5000", true, size, &committed, &dirty),
			 0);
	assert_int_equal(dirty, 5000);
	/* At the very end of the log. */
	assert_int_equal(
		logspace_of_xfs("1:2048", "1:2047", "1:1048576", false, size, &committed, &dirty),
		0);
	assert_int_equal(committed, 512);
	assert_int_equal(dirty, 0);
}

static void what_is_no_space_of_xfs(void **state)
{
	static const char *const bad[][3] = {
		{ "1:110", "1:111", "1:61320" },
		{ "1:110", "1:10", "1:5000" },
		{ "1:110", "1:10", "" },
		{ "x", "1:10", "1:61320" },
		{ "1:110 9", "1:10", "1:61320" },
		{ "1:4096", "1:10", "1:61320" },
		{ "4294967296:110", "4294967296:10", "4294967296:61320" },
	};
	uint64_t committed = 77, dirty = 77;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(logspace_of_xfs(bad[i][0], bad[i][1], bad[i][2], false, 1 << 20,
						 &committed, &dirty),
				 -EINVAL);
	assert_int_equal(committed, 77);
	assert_int_equal(dirty, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commits_behind_the_mark),
		cmocka_unit_test(fast_commits),
		cmocka_unit_test(an_empty_journal_begins_at_its_head),
		cmocka_unit_test(fast_commits_have_256_blocks_by_default),
		cmocka_unit_test(extents_may_lie_far_out),
		cmocka_unit_test(a_journal_has_a_device_of_its_own),
		cmocka_unit_test(what_is_no_journal),
		cmocka_unit_test(first_of_the_faults),
		cmocka_unit_test(space_of_xfs),
		cmocka_unit_test(what_is_no_space_of_xfs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
