// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "plot/range.h"

static void assert_printed(const struct plot_range *range, const char *expected)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	plot_range_print(out, "us", range);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, expected);
	free(text);
}

static void what_was_drawn(void **state)
{
	struct plot_range range = { 0 };

	(void)state;
	plot_range_widen(&range, 3);
	assert_printed(&range, "us_low = 3\nus_high = 3\n");
	plot_range_widen(&range, 0.5);
	plot_range_widen(&range, 40);
	plot_range_widen(&range, 2);
	assert_printed(&range, "us_low = 0.5\nus_high = 40\n");
}

static void what_has_no_place_on_it(void **state)
{
	struct plot_range range = { 0 };

	(void)state;
	plot_range_widen(&range, NAN);
	plot_range_widen(&range, 0);
	plot_range_widen(&range, -1);
	assert_printed(&range, "us_low = 0\nus_high = 0\n");
	plot_range_widen(&range, 3);
	plot_range_widen(&range, NAN);
	plot_range_widen(&range, 0);
	assert_printed(&range, "us_low = 3\nus_high = 3\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_drawn),
		cmocka_unit_test(what_has_no_place_on_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
