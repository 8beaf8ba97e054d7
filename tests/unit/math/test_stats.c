// SPDX-License-Identifier: GPL-2.0-or-later
/* Statistics on fixed data. The expected figures are scipy 1.10's, unless a comment says how. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "math/stats.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TIGHT	     1e-12

static void medians(void **state)
{
	const double odd[] = { 9, 1, 5 }, even[] = { 4, 1, 3, 2 }, one[] = { 7 };

	(void)state;
	assert_float_equal(stats_median(odd, 3), 5, 0);
	assert_float_equal(stats_median(even, 4), 2.5, 0);
	assert_float_equal(stats_median(one, 1), 7, 0);
}

static double mann_whitney(const double *a, size_t a_count, const double *b, size_t b_count)
{
	double p = NAN, mirrored = NAN;

	assert_int_equal(stats_mann_whitney(a, a_count, b, b_count, &p), 0);
	assert_int_equal(stats_mann_whitney(b, b_count, a, a_count, &mirrored), 0);
	assert_float_equal(p, mirrored, TIGHT);
	return p;
}

/* mannwhitneyu(method="exact") */
static void mann_whitney_without_ties(void **state)
{
	const double a[] = { 100, 101, 102, 103, 104 }, b[] = { 105, 106, 107, 108, 109 };
	const double c[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	const double d[] = { 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5, 10.5 };
	double e[32], f[32];

	(void)state;
	assert_float_equal(mann_whitney(a, 5, b, 5), 0.007936507936507936, TIGHT);
	assert_float_equal(stats_mann_whitney_least(5), 0.007936507936507936, TIGHT);
	assert_float_equal(mann_whitney(c, 8, d, 8), 0.08298368298368297, TIGHT);
	for (int i = 0; i < 32; i++) {
		e[i] = i * 37 % 1009;
		f[i] = i * 53 % 997 + 150.5;
	}
	assert_float_equal(mann_whitney(e, 32, f, 32), 0.11198874182045788, TIGHT);
}

/* permutation_test of the sum of midranks, over all divisions: mannwhitneyu is wrong here. */
static void mann_whitney_with_ties(void **state)
{
	const double a[] = { 3, 3, 3, 4, 5 }, b[] = { 3, 4, 4, 5, 6, 6 };
	const double c[] = { 7, 7, 8, 9, 9, 9 }, d[] = { 8, 9, 9, 10, 10, 11, 11 };
	const double same[] = { 10, 10, 10, 10, 10 };

	(void)state;
	assert_float_equal(mann_whitney(a, 5, b, 6), 0.18614718614718614, TIGHT);
	assert_float_equal(mann_whitney(c, 6, d, 7), 0.046620046620046623, TIGHT);
	assert_float_equal(mann_whitney(same, 4, same, 5), 1, 0);
}

/* mannwhitneyu(method="asymptotic", use_continuity=True), which is what stands in for many runs. */
static void mann_whitney_of_many(void **state)
{
	double a[40], b[40], c[35], d[34];

	(void)state;
	for (int i = 0; i < 40; i++) {
		a[i] = i * 37 % 101;
		b[i] = i * 53 % 97 + 8;
	}
	for (int i = 0; i < 35; i++)
		c[i] = i * 37 % 23;
	for (int i = 0; i < 34; i++)
		d[i] = i * 53 % 19 + 8;
	assert_float_equal(mann_whitney(a, 40, b, 40), 0.7617852170031476, 1e-10);
	assert_float_equal(mann_whitney(c, 35, d, 34), 0.0004519200756108034, 1e-10);
}

/* By hand: p times 7 / rank, from the greatest down no greater than the one above. */
static void benjamini_hochberg(void **state)
{
	const double p[] = { 0.01, 0.04, 0.03, 0.005, 0.2, 0.5, 0.04 };
	const double expected[] = { 0.035, 0.056, 0.056, 0.035, 0.7 / 3, 0.5, 0.056 };
	double q[COUNT(p)];

	(void)state;
	assert_int_equal(stats_benjamini_hochberg(p, q, COUNT(p)), 0);
	for (size_t i = 0; i < COUNT(p); i++)
		assert_float_equal(q[i], expected[i], TIGHT);
	assert_int_equal(stats_benjamini_hochberg(p, q, 0), 0);
	assert_int_equal(stats_benjamini_hochberg(p, q, 1), 0);
	assert_float_equal(q[0], 0.01, 0);
}

/* bootstrap(method="percentile"): of whole numbers the interval's ends are the same for any seed.
 */
static void bootstrap_of_a_ratio(void **state)
{
	const double a[] = { 100, 102, 99, 101, 103, 98, 100, 104 };
	const double b[] = { 110, 112, 107, 111, 115, 108, 109, 113 };
	struct stats_interval interval, again;
	uint64_t seed = 1, same = 1;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(stats_bootstrap_ratio(a, 8, b, 8, 20000, 0.95, &seed, &interval),
				 0);
		assert_float_equal(interval.low, 1.064039408866995, 0.004);
		assert_float_equal(interval.high, 1.1262626262626263, 0.004);
	}
	stats_bootstrap_ratio(a, 8, b, 8, 500, 0.95, &same, &interval);
	same = 1;
	stats_bootstrap_ratio(a, 8, b, 8, 500, 0.95, &same, &again);
	assert_float_equal(interval.low, again.low, 0);
	assert_float_equal(interval.high, again.high, 0);
}

static void bootstrap_of_one_value(void **state)
{
	const double a[] = { 100 }, b[] = { 110 };
	struct stats_interval interval;
	uint64_t seed = 1;

	(void)state;
	assert_int_equal(stats_bootstrap_ratio(a, 1, b, 1, 100, 0.95, &seed, &interval), 0);
	assert_float_equal(interval.low, 1.1, TIGHT);
	assert_float_equal(interval.high, 1.1, TIGHT);
}

/* binom.sf(n - 1, n, p) <= 0.025 */
static void values_that_carry_a_quantile(void **state)
{
	(void)state;
	assert_int_equal(stats_quantile_values(0.5), 6);
	assert_int_equal(stats_quantile_values(0.9), 36);
	assert_int_equal(stats_quantile_values(0.1), 36);
	assert_int_equal(stats_quantile_values(0.99), 368);
	assert_int_equal(stats_quantile_values(0.999), 3688);
}

/* ks_2samp */
static void distance_of_distributions(void **state)
{
	struct stats_weighted a[8], b[8];
	const struct stats_weighted c[] = { { 1, 1 }, { 2, 2 }, { 3, 1 }, { 9, 1 } };
	const struct stats_weighted d[] = { { 2, 1 }, { 2, 1 }, { 4, 1 }, { 5, 1 } };
	double at;

	(void)state;
	for (int i = 0; i < 8; i++) {
		a[i] = (struct stats_weighted){ i + 1, 1 };
		b[i] = (struct stats_weighted){ i + 3, 5 };
	}
	assert_float_equal(stats_distance(a, 8, b, 8, &at), 0.25, TIGHT);
	assert_float_equal(at, 2, 0);
	assert_float_equal(stats_distance(c, 4, d, 4, &at), 0.3, TIGHT);
	assert_float_equal(at, 3, 0);
	assert_float_equal(stats_distance(a, 8, a, 8, &at), 0, 0);
	assert_true(isnan(at));
}

/* scipy.stats.t.sf(abs(t), degrees) * 2 */
static void student_has_its_tails(void **state)
{
	static const struct {
		double t;
		unsigned degrees;
		double p;
	} known[] = {
		{ 0, 5, 1 },
		{ 2.0, 1, 0.2951672353008664 },
		{ 1.5, 2, 0.2723931248910009 },
		{ -3, 10, 0.01334365502256957 },
		{ 3.0, 10, 0.01334365502256957 },
		{ 3, 11, 0.01207983947192136 },
		{ 0.01, 48, 0.9920627349020823 },
		{ 5.5, 48, 1.441243373895655e-06 },
		{ 50, 15, 4.211694624617921e-18 },
		{ 12, 400, 1.50842633830659e-28 },
		{ 12, 401, 1.476083878760607e-28 },
		{ 40, 1, 0.01591217982405162 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(known); i++)
		assert_float_equal(stats_student(known[i].t, known[i].degrees) / known[i].p, 1,
				   1e-9);
}

/* scipy.stats.t.isf(p / 2, degrees) */
static void student_has_its_limits(void **state)
{
	static const struct {
		double p;
		unsigned degrees;
		double t;
	} known[] = {
		{ 0.05, 1, 12.7062047364321 },	   { 0.05, 2, 4.302652729911276 },
		{ 0.05, 4, 2.7764451051978 },	   { 0.05, 38, 2.024394164575137 },
		{ 0.0001, 16, 5.133893517546096 }, { 1, 7, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(known); i++)
		assert_float_equal(stats_student_limit(known[i].p, known[i].degrees), known[i].t,
				   1e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(medians),
		cmocka_unit_test(mann_whitney_without_ties),
		cmocka_unit_test(mann_whitney_with_ties),
		cmocka_unit_test(mann_whitney_of_many),
		cmocka_unit_test(benjamini_hochberg),
		cmocka_unit_test(bootstrap_of_a_ratio),
		cmocka_unit_test(bootstrap_of_one_value),
		cmocka_unit_test(values_that_carry_a_quantile),
		cmocka_unit_test(distance_of_distributions),
		cmocka_unit_test(student_has_its_tails),
		cmocka_unit_test(student_has_its_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
