// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "math/changepoint.h"

#define COUNT 24

static const char python[] =
	"import sys\n"
	"try:\n"
	"    import numpy as np\n"
	"    from scipy import stats\n"
	"except ImportError:\n"
	"    sys.exit(77)\n"
	"z = np.array([float(x) for x in sys.argv[1:]])\n"
	"for s in range(1, len(z)):\n"
	"    a, b = z[:s], z[s:]\n"
	"    n, m = len(a), len(b)\n"
	"    e = 2 * np.abs(a[:, None] - b[None, :]).mean()\n"
	"    for x in (a, b):\n"
	"        if len(x) > 1:\n"
	"            i, j = np.triu_indices(len(x), 1)\n"
	"            e -= np.abs(x[i] - x[j]).mean()\n"
	"    std = [x.std(ddof=1) if len(x) > 1 else 0 for x in (a, b)]\n"
	"    p = stats.ttest_ind_from_stats(a.mean(), std[0], n, b.mean(), std[1], m).pvalue\n"
	"    print(repr(float(e * n * m / (n + m))), repr(float(p)))\n";

static void fill_fixed(double *values, double step)
{
	static const double noise[] = { 3, -1, 4, 1, -5, 9, -2, 6, 5, -3, 5, -8 };

	for (size_t i = 0; i < COUNT; i++)
		values[i] = 1000 + noise[i * 7 % 12] + 0.25 * (double)i + (i >= 15 ? step : 0);
}

static FILE *ask_python(const double *values)
{
	char command[sizeof(python) + COUNT * 32 + 64];
	int length = snprintf(command, sizeof(command), "/usr/bin/python3 -c '%s'", python);

	for (size_t i = 0; i < COUNT; i++)
		length += snprintf(command + length, sizeof(command) - (size_t)length, " %.17g",
				   values[i]);
	return popen(command, "r");
}

static void assert_near(double value, double wanted, double share)
{
	if (!(fabs(value - wanted) <= share * fabs(wanted)))
		fail_msg("%.17g is not %.17g", value, wanted);
}

static void check_against_python(double step)
{
	double values[COUNT], energy, p;
	size_t split = 1;
	FILE *answers;

	fill_fixed(values, step);
	answers = ask_python(values);
	assert_non_null(answers);
	for (; fscanf(answers, "%lf %lf", &energy, &p) == 2; split++) {
		assert_near(changepoint_energy(values, COUNT, split), energy, 1e-9);
		assert_near(changepoint_t_test(values, COUNT, split), p, 1e-7);
	}
	if (pclose(answers) == 77 << 8) {
		print_message("# skip energy_and_t_test_are_those_of_scipy: no scipy here\n");
		return;
	}
	assert_int_equal(split, COUNT);
}

static void energy_and_t_test_are_those_of_scipy(void **state)
{
	(void)state;
	check_against_python(0);
	check_against_python(6);
	check_against_python(200);
}

static void a_t_test_without_spread_is_no_nan(void **state)
{
	static const double flat[] = { 5, 5, 5, 5 }, step[] = { 5, 5, 6, 6 }, two[] = { 5, 6 };

	(void)state;
	assert_true(changepoint_t_test(flat, 4, 2) == 1);
	assert_true(changepoint_t_test(step, 4, 2) == 0);
	assert_true(changepoint_t_test(two, 2, 1) == 1);
}

static struct changepoint *find(const double *values, size_t count, bool is_exact, double floor,
				double p, size_t *point_count)
{
	const struct changepoint_options options = { p, floor, is_exact };
	struct changepoint *points;

	assert_int_equal(changepoint_find(values, count, &options, &points, point_count), 0);
	return points;
}

#define FIND_EXACT(values, n) find(values, sizeof(values) / sizeof(*(values)), true, 0.002, 1e-7, n)

static void flat_series_are_quiet(void **state)
{
	static const double flat[] = { 7, 7, 7, 7, 7, 7, 7 };
	static const double near[] = { 5220, 5229, 5220, 5221, 5229, 5220, 5229 };
	static const double few[] = { 5, 50, 5 };
	size_t count;

	(void)state;
	free(FIND_EXACT(flat, &count));
	assert_int_equal(count, 0);
	free(FIND_EXACT(near, &count));
	assert_int_equal(count, 0);
	free(FIND_EXACT(few, &count));
	assert_int_equal(count, 0);
	assert_null(find(flat, 0, true, 0.002, 1e-7, &count));
}

static void an_exact_step_that_lasts_is_a_change(void **state)
{
	static const double step[] = { 5220, 5220, 5220, 5220, 5233, 5233 };
	size_t count;
	struct changepoint *points = FIND_EXACT(step, &count);

	(void)state;
	assert_int_equal(count, 1);
	assert_int_equal(points[0].index, 4);
	assert_int_equal(points[0].last, 3);
	assert_false(points[0].is_odd);
	assert_true(isnan(points[0].p));
	assert_near(points[0].before, 5220, 1e-12);
	assert_near(points[0].after, 5233, 1e-12);
	free(points);
}

static void a_step_within_the_floor_is_none(void **state)
{
	static const double step[] = { 5220, 5220, 5220, 5220, 5230, 5230 };
	size_t count;

	(void)state;
	free(FIND_EXACT(step, &count));
	assert_int_equal(count, 0);
}

static void stairs_are_all_found(void **state)
{
	static const double stairs[] = { 10, 10, 10, 11, 11, 11, 12, 12, 12, 12, 10, 10, 10 };
	static const size_t wanted[] = { 3, 6, 10 };
	size_t count;
	struct changepoint *points = FIND_EXACT(stairs, &count);

	(void)state;
	assert_int_equal(count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(points[i].index, wanted[i]);
	free(points);
}

static void assert_odd(const double *values, size_t count, size_t index)
{
	size_t found;
	struct changepoint *points = find(values, count, true, 0.002, 1e-7, &found);

	assert_int_equal(found, 1);
	assert_int_equal(points[0].index, index);
	assert_true(points[0].is_odd);
	free(points);
}

static void one_odd_value_is_odd(void **state)
{
	static const double middle[] = { 5, 5, 5, 9, 5, 5, 5 }, first[] = { 4, 5, 5, 5, 5 },
			    last[] = { 5, 5, 5, 5, 6 };

	(void)state;
	assert_odd(middle, 7, 3);
	assert_odd(first, 5, 0);
	assert_odd(last, 5, 4);
}

static void an_odd_value_hides_no_change(void **state)
{
	static const double values[] = { 5, 5, 90, 5, 5, 5, 6, 6, 6, 1, 6, 6 };
	size_t count;
	struct changepoint *points = FIND_EXACT(values, &count);

	(void)state;
	assert_int_equal(count, 3);
	assert_true(points[0].is_odd && points[0].index == 2);
	assert_true(!points[1].is_odd && points[1].index == 6 && points[1].last == 5);
	assert_true(points[2].is_odd && points[2].index == 9);
	free(points);
}

static void time_needs_more_than_two_values(void **state)
{
	static const double step[] = { 100, 101, 99, 100, 101, 99, 140, 141 };
	size_t count;

	(void)state;
	free(find(step, 8, false, 0.035, 1e-9, &count));
	assert_int_equal(count, 0);
}

static double uniform(uint64_t *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return ((double)(*state >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(uint64_t *state)
{
	return sqrt(-2 * log(uniform(state))) * cos(2 * M_PI * uniform(state));
}

/* How many of so many series have a change; of those, at step exactly. */
static size_t simulate(size_t trials, size_t count, size_t step, double height, double p,
		       bool is_exact, double sigma, size_t *exactly)
{
	uint64_t state = 20170817;
	size_t alarms = 0;

	*exactly = 0;
	for (size_t i = 0; i < trials; i++) {
		double values[128];
		struct changepoint *points;
		size_t found, changes = 0;

		for (size_t j = 0; j < count; j++)
			values[j] =
				1000 * exp(sigma * normal(&state)) * (j >= step ? 1 + height : 1);
		points = find(values, count, is_exact, is_exact ? 0.01 : 0.035, p, &found);
		for (size_t j = 0; j < found; j++) {
			changes += !points[j].is_odd;
			*exactly += !points[j].is_odd && points[j].index == step;
		}
		alarms += changes > 0;
		free(points);
	}
	return alarms;
}

/* With p 1 % at most 1 % of series: and enough of them that a broken test would show. */
static void alarms_are_as_rare_as_stated(void **state)
{
	static const size_t counts[] = { 6, 17, 60 };
	size_t exactly;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		size_t alarms =
			simulate(4000, counts[i], counts[i], 0, 0.01, false, 0.05, &exactly);

		print_message("# %zu builds: %zu of 4000 with p 0.01\n", counts[i], alarms);
		assert_true(alarms <= 60); /* 40 expected at most; 3 standard deviations above */
	}
	assert_int_equal(simulate(4000, 17, 17, 0, 1e-5, false, 0.05, &exactly), 0);
}

/* The floor is 1 %: noise of a third of it is what a measured floor leaves. */
static void the_exact_rule_is_as_good_as_its_floor(void **state)
{
	static const struct {
		size_t count;
		double sigma;
		size_t most;
	} rows[] = { { 4, 0.0033, 6 }, { 6, 0.0033, 3 }, { 17, 0.0033, 1 }, { 4, 0.01, 80 },
		     { 6, 0.01, 30 },  { 10, 0.01, 3 },	 { 17, 0.01, 1 } };
	size_t exactly;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t alarms = simulate(4000, rows[i].count, rows[i].count, 0, 1e-7, true,
					 rows[i].sigma, &exactly);

		print_message("# exact, %zu builds, noise %.1f %%: %zu of 4000\n", rows[i].count,
			      100 * rows[i].sigma, alarms);
		assert_true(alarms <= rows[i].most);
	}
}

static void steps_are_found_where_they_are(void **state)
{
	static const struct {
		size_t count;
		double step, sigma;
		bool is_exact;
		size_t least;
	} rows[] = { { 17, 0.10, 0.02, false, 80 },   { 17, 0.15, 0.02, false, 420 },
		     { 17, 0.20, 0.02, false, 490 },  { 40, 0.10, 0.02, false, 460 },
		     { 17, 0.015, 0.001, true, 450 }, { 17, 0.03, 0.0033, true, 400 } };
	size_t exactly;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t found = simulate(500, rows[i].count, 10, rows[i].step, 1.4e-7,
					rows[i].is_exact, rows[i].sigma, &exactly);

		print_message("# %s, %zu builds, %.1f %% at %.2f %% noise: %zu of 500, %zu there\n",
			      rows[i].is_exact ? "exact" : "time", rows[i].count,
			      100 * rows[i].step, 100 * rows[i].sigma, found, exactly);
		assert_true(exactly >= rows[i].least && exactly + 25 >= found);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(energy_and_t_test_are_those_of_scipy),
		cmocka_unit_test(a_t_test_without_spread_is_no_nan),
		cmocka_unit_test(flat_series_are_quiet),
		cmocka_unit_test(an_exact_step_that_lasts_is_a_change),
		cmocka_unit_test(a_step_within_the_floor_is_none),
		cmocka_unit_test(stairs_are_all_found),
		cmocka_unit_test(one_odd_value_is_odd),
		cmocka_unit_test(an_odd_value_hides_no_change),
		cmocka_unit_test(time_needs_more_than_two_values),
		cmocka_unit_test(alarms_are_as_rare_as_stated),
		cmocka_unit_test(the_exact_rule_is_as_good_as_its_floor),
		cmocka_unit_test(steps_are_found_where_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
