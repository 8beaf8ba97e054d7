// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "machine/clock.h"

#define DELAY_NS 5000000

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

/* A hundredth below is left to the two clocks' rates: one is slewed, one is calibrated. */
static void assert_delay(uint64_t ns)
{
	assert_true(ns >= DELAY_NS - DELAY_NS / 100);
	assert_true(ns < 10ULL * DELAY_NS);
}

static void a_known_delay_is_a_known_figure(void **state)
{
	const struct clock raw = { .ns_mult = 1ULL << 32 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_delay(clock_to_ns(&ours, sleep_timed(ours.source)));
		assert_delay(clock_to_ns(&ours, spin_timed(ours.source)));
		assert_delay(clock_to_ns(&raw, sleep_timed(CLOCK_SOURCE_MONOTONIC_RAW)));
	}
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
		cmocka_unit_test(a_known_delay_is_a_known_figure),
		cmocka_unit_test(it_never_runs_backwards),
	};

	return cmocka_run_group_tests(tests, init, NULL);
}
