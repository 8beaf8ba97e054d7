// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/keywords.h"
#include "base/order.h"

static void numbers(void **state)
{
	(void)state;
	assert_true(order_u64(1, 2) < 0);
	assert_true(order_u64(UINT64_MAX, 0) > 0);
	assert_int_equal(order_u64(UINT64_MAX, UINT64_MAX), 0);
	assert_true(order_double(-0.5, 0.25) < 0);
	assert_true(order_double(0.5, 0.25) > 0);
	assert_int_equal(order_double(0.5, 0.5), 0);
}

static void texts(void **state)
{
	(void)state;
	assert_true(order_text("a", "b") < 0);
	assert_true(order_text("b", NULL) > 0);
	assert_true(order_text(NULL, "b") < 0);
	assert_int_equal(order_text(NULL, ""), 0);
}

/* Whose differences do not fit an int, and whose whole parts are the same. */
static void sorts(void **state)
{
	uint64_t whole[] = { UINT64_MAX, 3, 1ULL << 32, 0, 3 };
	const uint64_t whole_sorted[] = { 0, 3, 3, 1ULL << 32, UINT64_MAX };
	double real[] = { 0.75, -1, 0.25, 1e300, 0.5 };
	const double real_sorted[] = { -1, 0.25, 0.5, 0.75, 1e300 };

	(void)state;
	order_sort_u64(whole, 5);
	assert_memory_equal(whole, whole_sorted, sizeof(whole));
	order_sort_doubles(real, 5);
	assert_memory_equal(real, real_sorted, sizeof(real));
	order_sort_u64(whole, 0);
}

static void masks(void **state)
{
	const struct word_list none = { 0 }, some = { .count = 3, .words = { 4, 0, 1 } };

	(void)state;
	assert_int_equal(word_list_mask(&none), 0);
	assert_int_equal(word_list_mask(&some), 0x13);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(texts),
		cmocka_unit_test(sorts),
		cmocka_unit_test(masks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
