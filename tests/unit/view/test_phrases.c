// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "view/phrases.h"

/* A cell of the letter on ext4. */
static const struct cell_config plain = { .fs = (char *)"ext4",
					  .mkfs_options = (char *)"",
					  .mount_options = (char *)"",
					  .pages = 512,
					  .threads = 1,
					  .dirty = U64_ABSENT };

#define WITH(assignment)                            \
	({                                          \
		struct cell_config config_ = plain; \
                                                    \
		config_.assignment;                 \
		config_;                            \
	})

static void a_cell_in_words(void **state)
{
	char text[PHRASE_SIZE];
	struct cell_config config = plain;

	(void)state;
	assert_string_equal(phrase_cell(&config, text), "ext4 hole");
	assert_string_equal(phrase_row(&config, text), "hole");
	/* One thread has one file, whatever its neighbours would have. */
	config.files = FILES_EACH;
	assert_string_equal(phrase_cell(&config, text), "ext4 hole");
	config.files = FILES_ONE;
	assert_string_equal(phrase_point(&config, text), "hole, load none, sync none");
	config.load = LOAD_COPY;
	config.sync = SYNC_MAP_SYNC;
	assert_string_equal(phrase_cell(&config, text), "ext4 hole, load copy, MAP_SYNC");
	assert_string_equal(phrase_row(&config, text), "hole, load copy");
	assert_string_equal(phrase_point(&config, text), "hole, load copy, sync map_sync");
	config.threads = 4;
	config.files = FILES_EACH;
	config.page = PAGE_2M;
	config.pages = 8192;
	config.dirty = 1000;
	assert_string_equal(phrase_cell(&config, text),
			    "ext4 hole, load copy, MAP_SYNC, 2 MiB pages, 8,192 pages, 4 threads "
			    "on files of their own, after 1,000 create unsynced");
	config.interface = INTERFACE_SHARED;
	assert_string_equal(phrase_point(&config, text), interface_words[INTERFACE_SHARED]);
}

static void assert_variant(struct cell_config config, const char *expected)
{
	char text[PHRASE_SIZE];

	assert_string_equal(phrase_variant(&config, text), expected);
}

static void faults_in_words(void **state)
{
	char text[PHRASE_SIZE];

	(void)state;
	assert_variant(plain, "512 write faults of 4 KiB");
	assert_variant(WITH(page = PAGE_2M), "512 write faults of 2 MiB");
	assert_variant(WITH(access = ACCESS_READ), "512 read faults of 4 KiB");
	assert_variant(WITH(access = ACCESS_READ_THEN_WRITE),
		       "512 write-after-read faults of 4 KiB");
	assert_variant(WITH(threads = 4), "512 write faults of 4 KiB by each of 4 threads");
	assert_variant(WITH(threads = 4; config_.files = FILES_EACH),
		       "512 write faults of 4 KiB by each of 4 threads, each on a file of its own");
	assert_variant(WITH(files = FILES_EACH), "512 write faults of 4 KiB");
	assert_variant(WITH(pause_us = 50), "512 write faults of 4 KiB, paused 50 us between two");
	assert_variant(WITH(pause_us = U64_ABSENT), "512 write faults of 4 KiB");
	assert_variant(WITH(sched = SCHED_WORD_FIFO), "512 write faults of 4 KiB, SCHED_FIFO");
	assert_variant(WITH(attribute = ATTRIBUTE_SYNC), "512 write faults of 4 KiB, chattr +S");
	assert_variant(WITH(commit = COMMIT_MSYNC), "512 write faults of 4 KiB, msync after each");
	assert_string_equal(phrase_variant_to(&plain, 512, text), "512 write faults of 4 KiB");
	assert_string_equal(phrase_variant_to(&plain, 513, text),
			    "512 to 513 write faults of 4 KiB");
}

static void assert_fs(struct cell_config config, const char *expected)
{
	char text[PHRASE_SIZE];

	assert_string_equal(phrase_fs(&config, text), expected);
}

static void file_systems_in_words(void **state)
{
	(void)state;
	assert_fs(plain, "ext4");
	assert_fs(WITH(mkfs_options = (char *)"-b 1k"), "ext4 (mkfs -b 1k)");
	assert_fs(WITH(dax = DAX_NEVER), "ext4 (DAX never)");
	assert_fs(WITH(mkfs_options = (char *)"-b 1k"; config_.mount_options = (char *)"noatime";
		       config_.dax = DAX_INODE),
		  "ext4 (mkfs -b 1k; mount noatime; DAX by inode flag)");
	assert_fs(WITH(fs = (char *)"a-name-of-24-characters."), "a-name-of-24-characters.");
}

static void assert_unlike(struct cell_config config, const char *expected)
{
	char text[PHRASE_SIZE];

	assert_string_equal(phrase_unlike_letter(&config, text), expected);
}

static void what_is_unlike_the_letter(void **state)
{
	char text[PHRASE_SIZE];
	struct cell_config config = WITH(attribute = ATTRIBUTE_SYNC);

	(void)state;
	assert_unlike(plain, "");
	assert_unlike(WITH(pages = 100), ", 100 pages");
	assert_unlike(WITH(pages = 1000), ", 1,000 pages");
	/* The heading above says it; of a cell among many it is named. */
	assert_unlike(config, "");
	assert_string_equal(phrase_cell(&config, text), "ext4 hole, chattr +S");
}

static void loads_in_words(void **state)
{
	char text[PHRASE_SIZE];

	(void)state;
	assert_string_equal(phrase_load(LOAD_NONE, text), "no background load");
	assert_string_equal(phrase_load(LOAD_COPY, text), "background load");
	assert_string_equal(phrase_load(LOAD_LOG, text), "background load log");
}

/* Two cells with different keys: whoever reads a list of them has nothing else to go by. */
static void cells_with_different_keys_have_different_names(void **state)
{
	const struct cell_config cells[] = {
		plain,
		WITH(fs = (char *)"xfs"),
		WITH(mkfs_options = (char *)"-b size=1k"),
		WITH(mount_options = (char *)"noatime"),
		WITH(dax = DAX_INODE),
		WITH(dax = DAX_NEVER),
		WITH(state = STATE_UNWRITTEN),
		WITH(state = STATE_WRITTEN),
		WITH(load = LOAD_COPY),
		WITH(load = LOAD_LOG),
		WITH(sync = SYNC_MAP_SYNC),
		WITH(commit = COMMIT_MSYNC),
		WITH(commit = COMMIT_FLUSH),
		WITH(access = ACCESS_READ),
		WITH(access = ACCESS_READ_THEN_WRITE),
		WITH(page = PAGE_2M),
		WITH(pages = 513),
		WITH(threads = 2),
		WITH(threads = 2; config_.files = FILES_EACH),
		WITH(remap = REMAP_REFLINK),
		WITH(remap = REMAP_WRITE),
		WITH(attribute = ATTRIBUTE_SYNC),
		WITH(dirty = 100),
		WITH(dirty = 100; config_.dirty_kind = 1),
	};
	const size_t count = sizeof(cells) / sizeof(cells[0]);

	(void)state;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++) {
			char a[PHRASE_SIZE], b[PHRASE_SIZE];

			assert_string_not_equal(phrase_cell(&cells[i], a),
						phrase_cell(&cells[j], b));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cell_in_words),
		cmocka_unit_test(faults_in_words),
		cmocka_unit_test(file_systems_in_words),
		cmocka_unit_test(what_is_unlike_the_letter),
		cmocka_unit_test(loads_in_words),
		cmocka_unit_test(cells_with_different_keys_have_different_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
