// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "view/result_table.h"

static struct result letter;

static int read_letter(void **state)
{
	(void)state;
	return result_read_letter(&letter);
}

static int free_letter(void **state)
{
	(void)state;
	result_free(&letter);
	return 0;
}

static void each_cell_of_the_letter_finds_itself(void **state)
{
	(void)state;
	assert_int_equal(letter.cell_count, 6);
	for (size_t i = 0; i < letter.cell_count; i++)
		assert_ptr_equal(matrix_letter_cell(&letter, &letter.cells[i].config),
				 &letter.cells[i]);
}

/* The letter's suite measures XFS too, so that both stand beside what the letter has. */
static void what_the_letter_does_not_say_may_differ(void **state)
{
	struct cell_config config = letter.cells[0].config;

	(void)state;
	config.fs = "xfs";
	config.mkfs_options = "-m reflink=0";
	config.mount_options = "noatime";
	config.pause_us = 100;
	config.sched = SCHED_WORD_FIFO;
	config.dirty = U64_ABSENT;
	assert_ptr_equal(matrix_letter_cell(&letter, &config), &letter.cells[0]);
}

#define UNLIKE(field, value)                                        \
	do {                                                        \
		struct cell_config config = letter.cells[0].config; \
                                                                    \
		config.field = value;                               \
		assert_null(matrix_letter_cell(&letter, &config));  \
	} while (0)

static void a_cell_that_differs_in_one_axis_has_no_letter(void **state)
{
	(void)state;
	UNLIKE(dax, DAX_NEVER);
	UNLIKE(dax, DAX_INODE);
	UNLIKE(state, STATE_UNWRITTEN);
	UNLIKE(load, LOAD_LOG);
	UNLIKE(commit, COMMIT_MSYNC);
	UNLIKE(dirty, 1000);
	UNLIKE(remap, REMAP_REFLINK);
	UNLIKE(attribute, ATTRIBUTE_SYNC);
	UNLIKE(interface, INTERFACE_SHARED);
	UNLIKE(access, ACCESS_READ);
	UNLIKE(page, PAGE_2M);
	UNLIKE(pages, 511);
	UNLIKE(threads, 2);
	UNLIKE(files, FILES_EACH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_cell_of_the_letter_finds_itself),
		cmocka_unit_test(what_the_letter_does_not_say_may_differ),
		cmocka_unit_test(a_cell_that_differs_in_one_axis_has_no_letter),
	};

	return cmocka_run_group_tests(tests, read_letter, free_letter);
}
