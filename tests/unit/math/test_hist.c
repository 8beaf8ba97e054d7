// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/order.h"
#include "math/hist.h"

#define VALUES 20011

/* xorshift64*: the same numbers on every machine. */
static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return *seed * 2685821657736338717ULL;
}

/* Spread over many octaves, as latencies are: 0 to 2^39 ns. */
static uint64_t random_ns(uint64_t *seed)
{
	uint64_t bits = next_random(seed) % 40;

	return next_random(seed) & ((1ULL << bits) - 1);
}

static void an_empty_histogram(void **state)
{
	struct hist hist;

	(void)state;
	memset(&hist, 0xff, sizeof(hist));
	hist_init(&hist);
	assert_int_equal(hist.count, 0);
	assert_true(hist.min_ns == UINT64_MAX);
	assert_int_equal(hist.max_ns, 0);
	for (int i = 0; i < SLOT_COUNT; i++)
		assert_int_equal(hist.slots[i], 0);
}

static void counts_are_exact(void **state)
{
	static const uint64_t ns[] = { 7, 999, 1000, 7999, 63, 64, 65, 5 };
	struct hist hist;

	(void)state;
	hist_init(&hist);
	hist_add_all(&hist, ns, 8);
	assert_int_equal(hist.count, 8);
	assert_int_equal(hist.min_ns, 5);
	assert_int_equal(hist.max_ns, 7999);
	assert_int_equal(hist.sum_ns, 7 + 999 + 1000 + 7999 + 63 + 64 + 65 + 5);
	assert_true(fabs(hist_mean_ns(&hist) - (double)hist.sum_ns / 8) < 1e-9);
	assert_int_equal(hist.slots[slot_of(64)], 2);
	assert_int_equal(hist.slots[slot_of(63)], 1);
	assert_int_equal(hist.log2_us[0], 6);
	assert_int_equal(hist.log2_us[1], 1);
	assert_int_equal(hist.log2_us[2], 0);
	assert_int_equal(hist.log2_us[3], 1);
	assert_int_equal(hist.over, 0);
}

static void what_has_no_slot_is_counted(void **state)
{
	const uint64_t great = (1ULL << 40) + 12345;
	struct hist hist;

	(void)state;
	hist_init(&hist);
	hist_add(&hist, 100);
	hist_add(&hist, (1ULL << 40) - 1);
	hist_add(&hist, 1ULL << 40);
	hist_add(&hist, great);
	assert_int_equal(hist.count, 4);
	assert_int_equal(hist.over, 2);
	assert_int_equal(hist.max_ns, great);
	assert_int_equal(hist_quantile_ns(&hist, 1), great);
	assert_int_equal(hist_quantile_ns(&hist, 0.5), (1ULL << 40) - 1);
}

/* The definition, by brute force: the smallest value that at least p * n values do not exceed. */
static uint64_t nearest_rank(const uint64_t *sorted, size_t n, unsigned int per_mille)
{
	for (size_t i = 0; i < n; i++)
		if ((i + 1) * 1000 >= (size_t)per_mille * n)
			return sorted[i];
	return sorted[n - 1];
}

static void check_quantiles(const uint64_t *sorted, size_t n)
{
	struct hist hist;

	hist_init(&hist);
	hist_add_all(&hist, sorted, n);
	for (unsigned int per_mille = 1; per_mille <= 1000; per_mille++) {
		uint64_t exact = nearest_rank(sorted, n, per_mille);
		uint64_t ours = hist_quantile_ns(&hist, per_mille / 1000.0);

		assert_int_equal(hist_exact_quantile_ns(sorted, n, per_mille / 1000.0), exact);
		assert_true(ours >= exact);
		assert_true((ours - exact) * 32 <= exact);
		if (exact < 64)
			assert_int_equal(ours, exact);
	}
}

static void quantiles_are_of_nearest_rank(void **state)
{
	static const size_t sizes[] = { 1, 2, 3, 7, 10, 100, 512, 999, 1000, VALUES };
	uint64_t *ns = malloc(VALUES * sizeof(*ns));
	uint64_t seed = 20170817;

	(void)state;
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		for (size_t i = 0; i < sizes[s]; i++)
			ns[i] = random_ns(&seed);
		order_sort_u64(ns, sizes[s]);
		check_quantiles(ns, sizes[s]);
	}
	free(ns);
}

static void quantiles_of_equal_values(void **state)
{
	static const uint64_t ns[] = { 123457, 123457, 123457 };
	struct hist hist;

	(void)state;
	hist_init(&hist);
	hist_add_all(&hist, ns, 3);
	assert_int_equal(hist_quantile_ns(&hist, 0.5), 123457);
	assert_int_equal(hist_quantile_ns(&hist, 0.999), 123457);
	assert_int_equal(hist_quantile_ns(&hist, 1), 123457);
}

/* The rank below the first is the first: nothing is read in front of the values. */
static void no_rank_is_below_the_first(void **state)
{
	const uint64_t ns[] = { 1, 70, 80, 90 };
	struct hist hist;

	(void)state;
	hist_init(&hist);
	hist_add_all(&hist, ns + 1, 3);
	assert_int_equal(hist_exact_quantile_ns(ns + 1, 3, 0), 70);
	assert_int_equal(hist_quantile_ns(&hist, 0), slot_high(slot_of(70)));
}

/* 0.9 * 10 is a little more than 9 in binary: the rank is 9 all the same. */
static void ranks_do_not_suffer_from_rounding(void **state)
{
	uint64_t ns[1000];

	(void)state;
	for (size_t i = 0; i < 1000; i++)
		ns[i] = i + 1;
	for (size_t n = 1; n <= 1000; n++) {
		assert_int_equal(hist_exact_quantile_ns(ns, n, 0.9), (9 * n + 9) / 10);
		assert_int_equal(hist_exact_quantile_ns(ns, n, 0.99), (99 * n + 99) / 100);
		assert_int_equal(hist_exact_quantile_ns(ns, n, 0.999), (999 * n + 999) / 1000);
	}
}

static void merging_is_adding_all(void **state)
{
	struct hist whole, parts[3];
	uint64_t seed = 42;

	(void)state;
	hist_init(&whole);
	for (int i = 0; i < 3; i++)
		hist_init(&parts[i]);
	for (int i = 0; i < 5000; i++) {
		uint64_t ns = i % 500 ? random_ns(&seed) : 1ULL << 41;

		hist_add(&whole, ns);
		hist_add(&parts[i % 2], ns);
	}
	hist_merge(&parts[2], &parts[0]);
	hist_merge(&parts[2], &parts[1]);
	assert_memory_equal(&parts[2], &whole, sizeof(whole));
	hist_init(&parts[0]);
	hist_merge(&parts[2], &parts[0]);
	assert_memory_equal(&parts[2], &whole, sizeof(whole));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_histogram),
		cmocka_unit_test(counts_are_exact),
		cmocka_unit_test(what_has_no_slot_is_counted),
		cmocka_unit_test(quantiles_are_of_nearest_rank),
		cmocka_unit_test(quantiles_of_equal_values),
		cmocka_unit_test(no_rank_is_below_the_first),
		cmocka_unit_test(ranks_do_not_suffer_from_rounding),
		cmocka_unit_test(merging_is_adding_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
