// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "machine/clock.h"

#define DELAY_NS  5000000
#define MAX_TRIES 200

static struct clock ours;

static int init(void **state)
{
	(void)state;
	return clock_init(&ours);
}

static void conversion_is_exact(void **state)
{
	const struct clock one = { .ns_mult = 1ULL << 32 };
	const struct clock half = { .ns_mult = 1ULL << 31 };
	const struct clock third = { .ns_mult = 0x55555556 };

	(void)state;
	assert_int_equal(clock_to_ns(&one, 0), 0);
	assert_int_equal(clock_to_ns(&one, 1), 1);
	assert_true(clock_to_ns(&one, UINT64_MAX) == UINT64_MAX);
	assert_int_equal(clock_to_ns(&half, 7), 3);
	assert_true(clock_to_ns(&half, UINT64_MAX) == UINT64_MAX / 2);
	/* An hour at 3 GHz: no overflow, and no drift. */
	assert_in_range(clock_to_ns(&third, 3ULL * 3600 * 1000000000), 3600000000000,
			3600000002000);
}

static void this_machine_counts_time(void **state)
{
	(void)state;
	assert_int_equal(ours.domain, DOMAIN_TIME);
	assert_true(ours.ns_mult > 0);
	assert_true(ours.ticks_per_us > 0);
	assert_string_equal(clock_source_name(&ours),
			    ours.source == CLOCK_SOURCE_TSC ? "tsc" : "CLOCK_MONOTONIC_RAW");
}

/* ns_mult and ticks_per_us say the same. */
static void the_rate_is_told_as_it_is_used(void **state)
{
	double ns = 1e6 * (double)ours.ns_mult / 4294967296.0;

	(void)state;
	assert_true(ns * ours.ticks_per_us > 0.9999e9 && ns * ours.ticks_per_us < 1.0001e9);
}

static void reading_costs_something(void **state)
{
	(void)state;
	assert_true(ours.read_cost_ns > 0);
	assert_true(ours.read_cost_ns < 100000);
	assert_true(ours.read_cost_min_ns <= ours.read_cost_ns);
}

static unsigned int loops, disturbed;

/* Exact in all trials but the first so many, whose longer loop an interrupt lengthens. */
static uint64_t time_fake_loop(uint64_t rounds)
{
	unsigned int trial = (loops + 1) / 2;
	bool is_longer = loops && loops % 2 == 0;

	loops++;
	return 2 * rounds + 30 + (is_longer && trial <= disturbed ? 1 : 0);
}

/* Three instructions in two ticks. */
static uint64_t time_real_loop(uint64_t rounds)
{
	return 2 * rounds * 2 / 3 + 30;
}

static bool counts_with(unsigned int inexact)
{
	loops = 0;
	disturbed = inexact;
	return clock_counts_instructions(time_fake_loop);
}

static void most_trials_have_to_be_exact(void **state)
{
	(void)state;
	assert_true(counts_with(0));
	assert_int_equal(loops, 1 + 2 * 16);
	assert_true(counts_with(4));
	assert_false(counts_with(5));
	assert_false(counts_with(15));
	assert_false(counts_with(16));
	assert_false(clock_counts_instructions(time_real_loop));
}

static void a_pair_is_the_middle_of_the_closest_reading(void **state)
{
	const struct clock_reading readings[] = {
		{ 1000, 51, 1400 },			/* interrupted */
		{ 2000, 52, 2060 }, { 3000, 53, 3040 }, /* the closest */
		{ 4000, 54, 4040 },			/* as close, but later */
		{ 5000, 55, 4990 },			/* ran backwards */
	};
	uint64_t tsc = 0, raw = 0;

	(void)state;
	clock_closest(readings, 5, &tsc, &raw);
	assert_int_equal(tsc, 3020);
	assert_int_equal(raw, 53);
	clock_closest(readings, 1, &tsc, &raw);
	assert_int_equal(tsc, 1200);
	assert_int_equal(raw, 51);
}

static void a_pair_never_ran_backwards_where_another_did_not(void **state)
{
	const struct clock_reading readings[] = { { 5000, 55, 4990 }, { 6000, 56, 7000 } };
	uint64_t tsc = 0, raw = 0;

	(void)state;
	clock_closest(readings, 2, &tsc, &raw);
	assert_int_equal(tsc, 6500);
	assert_int_equal(raw, 56);
}

static double rate_of(uint64_t tsc_from, uint64_t tsc_to, uint64_t raw_from, uint64_t raw_to)
{
	const uint64_t tsc[2] = { tsc_from, tsc_to }, raw[2] = { raw_from, raw_to };

	return clock_rate(tsc, raw);
}

static void a_clock_that_went_back_has_no_rate(void **state)
{
	(void)state;
	assert_true(rate_of(100, 700, 1000, 1200) == 3);
	assert_true(rate_of(100, 200, 1000, 1400) == 0.25);
	assert_true(rate_of(200, 100, 1000, 1200) == 0);
	assert_true(rate_of(100, 700, 1200, 1000) == 0);
	assert_true(rate_of(700, 100, 1200, 1000) == 0);
}

static uint64_t sleep_timed(enum clock_source source)
{
	const struct timespec delay = { .tv_nsec = DELAY_NS };
	uint64_t begin = clock_begin(source);

	clock_nanosleep(CLOCK_MONOTONIC, 0, &delay, NULL);
	return clock_end(source) - begin;
}

static uint64_t spin_timed(enum clock_source source)
{
	uint64_t raw = clock_read_raw(), begin = clock_begin(source);

	while (clock_read_raw() - raw < DELAY_NS)
		;
	return clock_end(source) - begin;
}

static uint64_t ours_sleeping(void)
{
	return clock_to_ns(&ours, sleep_timed(ours.source));
}

static uint64_t ours_spinning(void)
{
	return clock_to_ns(&ours, spin_timed(ours.source));
}

static uint64_t raw_sleeping(void)
{
	return sleep_timed(CLOCK_SOURCE_MONOTONIC_RAW);
}

/*
 * A hundredth below is left to the two clocks' rates: one is slewed, one is calibrated. A busy
 * machine only ever makes a delay longer, so the shortest of some tries has to be near it.
 */
static void assert_delay(uint64_t (*measure_ns)(void))
{
	uint64_t shortest = UINT64_MAX;

	for (int i = 0; i < MAX_TRIES && (i < 3 || shortest >= 2ULL * DELAY_NS); i++) {
		uint64_t ns = measure_ns();

		assert_true(ns >= DELAY_NS - DELAY_NS / 100);
		if (ns < shortest)
			shortest = ns;
	}
	assert_true(shortest < 2ULL * DELAY_NS);
}

static void a_known_delay_is_a_known_figure(void **state)
{
	(void)state;
	assert_delay(ours_sleeping);
	assert_delay(ours_spinning);
	assert_delay(raw_sleeping);
}

static void it_never_runs_backwards(void **state)
{
	uint64_t last = clock_begin(ours.source);

	(void)state;
	for (int i = 0; i < 100000; i++) {
		uint64_t now = i & 1 ? clock_begin(ours.source) : clock_end(ours.source);

		assert_true(now >= last);
		last = now;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conversion_is_exact),
		cmocka_unit_test(this_machine_counts_time),
		cmocka_unit_test(the_rate_is_told_as_it_is_used),
		cmocka_unit_test(reading_costs_something),
		cmocka_unit_test(most_trials_have_to_be_exact),
		cmocka_unit_test(a_pair_is_the_middle_of_the_closest_reading),
		cmocka_unit_test(a_pair_never_ran_backwards_where_another_did_not),
		cmocka_unit_test(a_clock_that_went_back_has_no_rate),
		cmocka_unit_test(a_known_delay_is_a_known_figure),
		cmocka_unit_test(it_never_runs_backwards),
	};

	return cmocka_run_group_tests(tests, init, NULL);
}
