// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "cell/cell.h"
#include "cell/match.h"

static char ext4[] = "ext4", no_options[] = "", mkfs[] = "-O fast_commit",
	    mount[] = "noatime,discard";

static struct cell_config plain(void)
{
	return (struct cell_config){ .fs = ext4,
				     .mkfs_options = no_options,
				     .mount_options = no_options,
				     .pages = 512,
				     .threads = 1 };
}

static void assert_key(const struct cell_config *config, const char *expected)
{
	char key[CELL_KEY_SIZE];

	assert_int_equal(cell_key(config, key, sizeof(key)), 0);
	assert_string_equal(key, expected);
}

static void the_key_of_the_first_words(void **state)
{
	struct cell_config config = plain();

	(void)state;
	assert_key(&config, "ext4/dax=always/state=hole/load=none/sync=none/commit=none/"
			    "access=write/page=4k/pages=512/threads=1");
	config.pause_us = 100;
	config.sched = SCHED_WORD_FIFO;
	assert_key(&config, "ext4/dax=always/state=hole/load=none/sync=none/commit=none/"
			    "access=write/page=4k/pages=512/threads=1");
}

static void the_key_of_the_last_words(void **state)
{
	struct cell_config config = {
		.fs = ext4,
		.mkfs_options = mkfs,
		.mount_options = mount,
		.dax = DAX_NEVER,
		.state = STATE_WRITTEN,
		.load = LOAD_COPY,
		.sync = SYNC_MAP_SYNC,
		.access = ACCESS_READ_THEN_WRITE,
		.page = PAGE_2M,
		.pages = CELL_MAX_PAGES,
		.threads = 1024,
		.files = FILES_EACH,
	};

	(void)state;
	assert_key(&config, "ext4:-O fast_commit:noatime,discard/dax=never/state=written/load=copy/"
			    "sync=map_sync/commit=none/access=read-then-write/page=2m/"
			    "pages=4294967296/threads=1024/files=each");
	config.mkfs_options = no_options;
	assert_key(&config, "ext4::noatime,discard/dax=never/state=written/load=copy/"
			    "sync=map_sync/commit=none/access=read-then-write/page=2m/"
			    "pages=4294967296/threads=1024/files=each");
	config.mkfs_options = mkfs;
	config.mount_options = no_options;
	config.dax = DAX_INODE;
	config.state = STATE_UNWRITTEN;
	config.access = ACCESS_READ;
	config.files = FILES_ONE;
	assert_key(&config, "ext4:-O fast_commit/dax=inode/state=unwritten/load=copy/sync=map_sync/"
			    "commit=none/access=read/page=2m/pages=4294967296/threads=1024");
}

/* What most cells do not have comes last, in this order. */
static void the_key_of_what_is_rare(void **state)
{
	struct cell_config config = plain();

	(void)state;
	config.dirty = 4096;
	config.dirty_kind = DIRTY_RENAME;
	config.remap = REMAP_COLLAPSE;
	config.attribute = ATTRIBUTE_SYNC;
	config.interface = INTERFACE_VALIDATE_SYNC;
	config.files = FILES_EACH;
	assert_key(&config, "ext4/dax=always/state=hole/load=none/sync=none/commit=none/"
			    "access=write/page=4k/pages=512/threads=1/files=each/dirty=4096:rename/"
			    "remap=collapse/attribute=sync/interface=validate_sync");
	config = plain();
	config.dirty = UINT64_MAX; /* a file that does not say */
	config.commit = COMMIT_MSYNC;
	assert_key(&config, "ext4/dax=always/state=hole/load=none/sync=none/commit=msync/"
			    "access=write/page=4k/pages=512/threads=1");
}

static void a_key_that_does_not_fit(void **state)
{
	const char *whole = "ext4/dax=always/state=hole/load=none/sync=none/commit=none/"
			    "access=write/page=4k/pages=512/threads=1";
	struct cell_config config = plain();
	char key[CELL_KEY_SIZE];

	(void)state;
	assert_int_equal(cell_key(&config, key, strlen(whole) + 1), 0);
	assert_string_equal(key, whole);
	assert_int_equal(cell_key(&config, key, strlen(whole)), -ENAMETOOLONG);
}

static void assert_fs(const char *spec, const char *fs, const char *mkfs_options,
		      const char *mount_options)
{
	struct cell_config config = { 0 };

	assert_int_equal(cell_set_fs(&config, spec), 0);
	assert_string_equal(config.fs, fs);
	assert_string_equal(config.mkfs_options, mkfs_options);
	assert_string_equal(config.mount_options, mount_options);
	cell_free(&config);
	assert_null(config.fs);
}

static void file_systems_with_options(void **state)
{
	(void)state;
	assert_fs("ext4", "ext4", "", "");
	assert_fs("xfs:", "xfs", "", "");
	assert_fs("xfs::", "xfs", "", "");
	assert_fs("ext4:-O fast_commit", "ext4", "-O fast_commit", "");
	assert_fs("ext4:-O fast_commit:noatime", "ext4", "-O fast_commit", "noatime");
	assert_fs("ext4::data=ordered,noatime", "ext4", "", "data=ordered,noatime");
	/* Everything after the second colon belongs to the mount. */
	assert_fs("f2fs-2.1_x:a:b:c", "f2fs-2.1_x", "a", "b:c");
}

static void hostile_file_systems(void **state)
{
	static const char *const specs[] = {
		"",	  ":",	     ":-O x",	  "../x",  "/bin/sh", "-o",	 "-ext4",
		".ext4",  "..",	     "ext4/..",	  "ext4 ", " ext4",   "ext4;id", "$(id)",
		"ext4\n", "\033[2J", "e\xc3\xa4", "4ext",  "_x",      "ext4,xfs"
	};
	struct cell_config config = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++)
		if (cell_set_fs(&config, specs[i]) != -EINVAL)
			fail_msg("'%s' was taken as a file system", specs[i]);
	assert_null(config.fs);
}

static void copies_are_deep(void **state)
{
	struct cell_config from = { .state = STATE_WRITTEN, .pages = 7 }, to;

	(void)state;
	assert_int_equal(cell_set_fs(&from, "ext4:a:b"), 0);
	assert_int_equal(cell_copy(&to, &from), 0);
	assert_ptr_not_equal(to.fs, from.fs);
	cell_free(&from);
	assert_string_equal(to.fs, "ext4");
	assert_string_equal(to.mkfs_options, "a");
	assert_string_equal(to.mount_options, "b");
	assert_int_equal(to.state, STATE_WRITTEN);
	assert_int_equal(to.pages, 7);
	cell_free(&to);
}

static void words_are_found_whole(void **state)
{
	(void)state;
	assert_int_equal(words_find(dax_words, "always"), DAX_ALWAYS);
	assert_int_equal(words_find(dax_words, "never"), DAX_NEVER);
	assert_int_equal(words_find(state_words, "hole"), STATE_HOLE);
	assert_int_equal(words_find(state_words, "unwritten"), STATE_UNWRITTEN);
	assert_int_equal(words_find(state_words, "written"), STATE_WRITTEN);
	assert_int_equal(words_find(load_words, "copy"), LOAD_COPY);
	assert_int_equal(words_find(sync_words, "map_sync"), SYNC_MAP_SYNC);
	assert_int_equal(words_find(access_words, "read-then-write"), ACCESS_READ_THEN_WRITE);
	assert_int_equal(words_find(page_words, "2m"), PAGE_2M);
	assert_int_equal(words_find(files_words, "each"), FILES_EACH);
	assert_int_equal(words_find(sched_words, "fifo"), SCHED_WORD_FIFO);
	assert_int_equal(words_find(state_words, ""), -EINVAL);
	assert_int_equal(words_find(state_words, "hol"), -EINVAL);
	assert_int_equal(words_find(state_words, "holes"), -EINVAL);
	assert_int_equal(words_find(state_words, "Hole"), -EINVAL);
}

static void words_are_joined(void **state)
{
	char buffer[64], tiny[8];

	(void)state;
	assert_string_equal(words_join(state_words, buffer, sizeof(buffer)),
			    "hole, unwritten or written");
	assert_string_equal(words_join(page_words, buffer, sizeof(buffer)), "4k or 2m");
	assert_string_equal(words_join(attribute_words, buffer, sizeof(buffer)), "none or sync");
	assert_string_equal(words_join(state_words, tiny, sizeof(tiny)), "hole, u");
}

static void word_lists_hold_each_word_once(void **state)
{
	struct word_list list = { 0 };

	(void)state;
	for (int i = 0; i < LIST_MAX; i++) {
		assert_int_equal(word_list_add(&list, i), 0);
		assert_int_equal(word_list_add(&list, i), 0);
	}
	assert_int_equal(list.count, LIST_MAX);
	assert_int_equal(word_list_add(&list, LIST_MAX), -E2BIG);
	assert_int_equal(list.count, LIST_MAX);
}

static void page_bytes(void **state)
{
	struct cell_config config = plain();

	(void)state;
	assert_int_equal(cell_page_bytes(&config), 4096);
	config.page = PAGE_2M;
	assert_int_equal(cell_page_bytes(&config), 2097152);
}

static void patterns_select_cells(void **state)
{
	static const char key[] = "xfs/dax=always/state=hole/load=none";

	(void)state;
	assert_true(cell_match(NULL, key));
	assert_true(cell_match("*/state=hole/*", key));
	assert_true(cell_match("xfs/*load=n[oa]n?", key));
	assert_true(cell_match("[xy]fs/dax=always/state=hole/load=none", key));
	assert_true(cell_match("?fs/dax=always/state=hole/load=none", key));
	assert_false(cell_match("*/state=hole", key)); /* a glob is of the whole key */
	assert_false(cell_match("state=*", key));
	assert_true(cell_match("state=hole", key)); /* a text is part of it */
	assert_true(cell_match("xfs/", key));
	assert_true(cell_match(key, key));
	assert_false(cell_match("state=written", key));
}

static void file_systems_in_order(void **state)
{
	static char xfs[] = "xfs";
	const struct cell_config sorted[] = {
		{ .fs = ext4, .mkfs_options = no_options, .mount_options = no_options, .state = 2 },
		{ .fs = ext4, .mkfs_options = no_options, .mount_options = mount },
		{ .fs = ext4, .mkfs_options = mkfs, .mount_options = no_options, .state = 1 },
		{ .fs = xfs, .mkfs_options = no_options, .mount_options = no_options },
	};
	const int count = sizeof(sorted) / sizeof(sorted[0]);

	(void)state;
	for (int i = 0; i < count; i++)
		for (int j = 0; j < count; j++) {
			int order = cell_compare_fs(&sorted[i], &sorted[j]);

			assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_key_of_the_first_words),
		cmocka_unit_test(the_key_of_the_last_words),
		cmocka_unit_test(the_key_of_what_is_rare),
		cmocka_unit_test(a_key_that_does_not_fit),
		cmocka_unit_test(file_systems_with_options),
		cmocka_unit_test(hostile_file_systems),
		cmocka_unit_test(copies_are_deep),
		cmocka_unit_test(words_are_found_whole),
		cmocka_unit_test(words_are_joined),
		cmocka_unit_test(word_lists_hold_each_word_once),
		cmocka_unit_test(patterns_select_cells),
		cmocka_unit_test(page_bytes),
		cmocka_unit_test(file_systems_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
