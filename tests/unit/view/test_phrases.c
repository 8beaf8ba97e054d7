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
		cmocka_unit_test(cells_with_different_keys_have_different_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
