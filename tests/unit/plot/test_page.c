// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "plot/page.h"

#define COLUMNS 2

static struct result letter, result;
static struct cell_result cells[COLUMNS];
static struct table_entry entries[COLUMNS];

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

/* A page of two columns, one without DAX and one with, both of a cell that the letter has. */
static char *print_page(int first_dax, int second_dax)
{
	const int dax[COLUMNS] = { first_dax, second_dax };
	struct plot_page page;
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	result_init(&result);
	for (size_t i = 0; i < COLUMNS; i++) {
		cell_result_init(&cells[i]);
		cells[i].config = letter.cells[0].config;
		cells[i].config.dax = dax[i];
		cells[i].latency = letter.cells[0].latency;
		cells[i].has_latency = true;
		entries[i] = (struct table_entry){ .cell = &cells[i], .result = &result };
	}
	plot_page_init(&page, (struct table_span){ entries, COLUMNS }, &letter, NULL);
	plot_page_print(&page, out);
	fclose(out);
	return text;
}

static void the_letter_is_beside_columns_with_dax(void **state)
{
	auto_free char *text = print_page(DAX_NEVER, DAX_ALWAYS);

	(void)state;
	assert_non_null(strstr(text, "fs_is_ext4[1] = 0\n"));
	assert_non_null(strstr(text, "fs_is_ext4[2] = 1\n"));
	assert_non_null(strstr(text, "has_letter = 1\n"));
}

static void without_such_a_column_it_is_nowhere(void **state)
{
	auto_free char *text = print_page(DAX_INODE, DAX_NEVER);

	(void)state;
	assert_non_null(strstr(text, "has_letter = 0\n"));
}

/* One file system in each column, with more pages each; two more than a page has room for. */
static void what_has_no_room_is_counted(void **state)
{
	static struct cell_result many[PLOT_MAX_FS + 2];
	static struct table_entry all[PLOT_MAX_FS + 2];
	auto_free char *text = NULL;
	struct plot_page page;
	char options[PLOT_MAX_FS + 2][8];
	size_t length;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	assert_non_null(out);
	result_init(&result);
	for (size_t i = 0; i < PLOT_MAX_FS + 2; i++) {
		snprintf(options[i], sizeof(options[i]), "-O %zu", i);
		cell_result_init(&many[i]);
		many[i].config = letter.cells[0].config;
		many[i].config.mkfs_options = options[i];
		many[i].config.pages = i == 1 ? 1024 : i == 2 ? 256 : 512;
		all[i] = (struct table_entry){ .cell = &many[i], .result = &result };
	}
	plot_page_init(&page, (struct table_span){ all, PLOT_MAX_FS + 2 }, NULL, NULL);
	assert_int_equal(page.fs_count, PLOT_MAX_FS);
	plot_page_print(&page, out);
	fclose(out);
	assert_non_null(strstr(text, "fs_omitted = 2\n"));
	assert_non_null(strstr(text, "what = '256 to 1,024 write faults of 4 KiB'\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_letter_is_beside_columns_with_dax),
		cmocka_unit_test(without_such_a_column_it_is_nowhere),
		cmocka_unit_test(what_has_no_room_is_counted),
	};

	return cmocka_run_group_tests(tests, read_letter, free_letter);
}
