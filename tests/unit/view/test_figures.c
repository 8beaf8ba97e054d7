// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of figures, and the lists of it that others keep. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../capture.h"
#include "base/json.h"
#include "export/label.h"
#include "math/stats.h"
#include "view/figures.h"

static const struct latency latency = { .min = 1,
					.mean = 2.5,
					.p50 = 3,
					.p90 = 4,
					.p99 = 5,
					.p999 = 6,
					.max = 7,
					.elapsed = 8,
					.p9999 = U64_ABSENT };

static void each_figure_is_where_it_says(void **state)
{
	static const double values[FIGURE_COUNT] = {
		[FIGURE_MIN] = 1, [FIGURE_MEAN] = 2.5,	[FIGURE_P50] = 3,
		[FIGURE_P90] = 4, [FIGURE_P99] = 5,	[FIGURE_P999] = 6,
		[FIGURE_MAX] = 7, [FIGURE_ELAPSED] = 8, [FIGURE_P9999] = NAN
	};

	(void)state;
	for (int figure = 0; figure < FIGURE_COUNT; figure++) {
		double value = figure_ns(&latency, figure);

		assert_true(isnan(values[figure]) ? isnan(value) : value == values[figure]);
	}
}

/* The name of a quantile is its share in percent, and its key the name without the point. */
static void names_keys_and_quantiles_agree(void **state)
{
	(void)state;
	for (int figure = 0; figure < FIGURE_COUNT; figure++) {
		char key[16];
		char *point;

		if (figure_names[figure][0] == 'p')
			assert_int_equal(
				figure_least_faults(figure),
				stats_quantile_values(atof(figure_names[figure] + 1) / 100));
		strcpy(key, figure_names[figure]);
		point = strchr(key, '.');
		if (point)
			memmove(point, point + 1, strlen(point));
		assert_string_equal(figure_keys[figure], key);
	}
	assert_null(figure_names[FIGURE_COUNT]);
	assert_null(figure_keys[FIGURE_COUNT]);
	for (int figure = 0; figure < FIGURES_COMPARED; figure++)
		assert_string_equal(figure_names_compared[figure], figure_names[figure]);
	assert_null(figure_names_compared[FIGURES_COMPARED]);
	for (int i = 0; i < EXPORT_FIGURES; i++)
		assert_string_equal(export_figures[i].name, figure_names[export_figures[i].figure]);
}

static void faults_that_carry_a_figure(void **state)
{
	(void)state;
	assert_int_equal(figure_least_faults(FIGURE_P50), 6);
	assert_int_equal(figure_least_faults(FIGURE_P90), 36);
	assert_int_equal(figure_least_faults(FIGURE_P99), 368);
	assert_int_equal(figure_least_faults(FIGURE_P999), 3688);
	assert_int_equal(figure_least_faults(FIGURE_MEAN), 1);
	assert_int_equal(figure_least_faults(FIGURE_MAX), 1);
}

static void both_spellings_are_taken(void **state)
{
	static const struct opt_row row = { .name = "figures", .words = figure_names_compared };
	struct word_list list = { 0 };
	struct capture capture;

	(void)state;
	assert_int_equal(figure_parse_list(&row, "p999,max", &list), 0);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.words[0], FIGURE_P999);
	assert_int_equal(list.words[1], FIGURE_MAX);
	assert_int_equal(figure_parse_list(&row, "p50,p99.9", &list), 0);
	assert_int_equal(list.words[1], FIGURE_P999);
	capture_begin(&capture, STDERR_FILENO);
	assert_int_equal(figure_parse_list(&row, "p9999", &list), -EINVAL);
	assert_int_equal(figure_parse_list(&row, "p50,,max", &list), -EINVAL);
	assert_int_equal(figure_parse_list(&row, "", &list), -EINVAL);
	capture_end(&capture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_figure_is_where_it_says),
		cmocka_unit_test(names_keys_and_quantiles_agree),
		cmocka_unit_test(faults_that_carry_a_figure),
		cmocka_unit_test(both_spellings_are_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
