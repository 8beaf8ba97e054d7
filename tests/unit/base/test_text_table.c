// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../capture.h"
#include "base/text_table.h"

static const char *const heads[] = { "name", "one\ntwo" };

/* A row of two cells of x, and what is printed of it. */
static const char *print(size_t left, size_t right, struct capture *capture)
{
	auto_text_table struct text_table table = { .heads = heads,
						    .columns = 2,
						    .left_columns = 1 };
	char text[128];

	memset(text, 'x', sizeof(text));
	text[left] = '\0';
	assert_int_equal(text_table_add(&table, text), 0);
	memset(text, 'x', sizeof(text));
	text[right] = '\0';
	assert_int_equal(text_table_add(&table, text), 0);
	capture_begin(capture, STDOUT_FILENO);
	text_table_print(&table, stdout);
	return capture_end(capture);
}

/* The longest line. */
static size_t width_of(const char *text)
{
	size_t widest = 0;

	for (; *text; text += strspn(text, "\n")) {
		size_t width = strcspn(text, "\n");

		widest = width > widest ? width : widest;
		text += width;
	}
	return widest;
}

static void columns_are_aligned(void **state)
{
	struct capture capture;

	(void)state;
	assert_string_equal(print(6, 5, &capture), "            one\n"
						   "  name      two\n"
						   "  xxxxxx  xxxxx\n");
	assert_string_equal(print(1, 1, &capture), "        one\n"
						   "  name  two\n"
						   "  x       x\n");
}

/* Two spaces between columns, and one where a line would be too long. */
static void wide_tables_are_set_closer(void **state)
{
	struct capture capture;

	(void)state;
	assert_int_equal(width_of(print(48, 48, &capture)), TEXT_TABLE_WIDTH);
	assert_non_null(strstr(capture.text, "x  x"));
	assert_int_equal(width_of(print(48, 49, &capture)), TEXT_TABLE_WIDTH);
	assert_null(strstr(capture.text, "x  x"));
}

static void a_row_that_is_not_full(void **state)
{
	struct text_table table = { .heads = heads, .columns = 2 };
	struct capture capture;

	(void)state;
	assert_int_equal(text_table_add(&table, "alone"), 0);
	capture_begin(&capture, STDOUT_FILENO);
	text_table_print(&table, stdout);
	assert_string_equal(capture_end(&capture), "");
	text_table_free(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_aligned),
		cmocka_unit_test(wide_tables_are_set_closer),
		cmocka_unit_test(a_row_that_is_not_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
