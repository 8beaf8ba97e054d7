// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "view/tail.h"

static void of_samples(void **state)
{
	uint64_t samples[] = { 30, 10, 40, 20 };
	const struct latency latency = {
		.count = 4, .min = 10, .max = 40, .samples = samples, .sample_count = 4
	};
	struct tail tail;

	(void)state;
	assert_int_equal(tail_init(&tail, &latency), 0);
	assert_true(tail_ns(&tail, 1) == 40);
	assert_true(tail_ns(&tail, 2) == 30);
	assert_true(tail_ns(&tail, 3) == 20);
	assert_true(tail_ns(&tail, 4) == 10);
	assert_true(tail_ns(&tail, 5) == 10);
	tail_free(&tail);
}

/* The upper end of the slot in which the fault is, but not above the slowest. */
static void of_slots(void **state)
{
	struct bucket slots[] = { { 8, 15, 2 }, { 32, 47, 3 } };
	const struct latency latency = {
		.count = 5, .min = 9, .max = 40, .hist_ns = slots, .hist_ns_count = 2
	};
	struct tail tail;

	(void)state;
	assert_int_equal(tail_init(&tail, &latency), 0);
	assert_true(tail_ns(&tail, 1) == 40);
	assert_true(tail_ns(&tail, 3) == 40);
	assert_true(tail_ns(&tail, 4) == 15);
	assert_true(tail_ns(&tail, 5) == 9);
	tail_free(&tail);
}

static void of_neither(void **state)
{
	const struct latency latency = { .count = 5, .min = 9, .max = 40 };
	struct tail tail;

	(void)state;
	assert_int_equal(tail_init(&tail, &latency), -ENODATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_samples),
		cmocka_unit_test(of_slots),
		cmocka_unit_test(of_neither),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
