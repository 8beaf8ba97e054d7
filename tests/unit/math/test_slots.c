// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "math/hist.h"

static void bounds_are_contiguous(void **state)
{
	(void)state;
	assert_int_equal(slot_low(0), 0);
	for (unsigned int i = 0; i < SLOT_COUNT; i++) {
		assert_true(slot_low(i) <= slot_high(i));
		assert_int_equal(slot_high(i) + 1, slot_low(i + 1));
	}
	assert_int_equal(slot_high(SLOT_COUNT - 1), (1ULL << 40) - 1);
}

static void slot_of_is_the_inverse_of_the_bounds(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < SLOT_COUNT; i++) {
		unsigned long long low = slot_low(i), high = slot_high(i);

		assert_int_equal(slot_of(low), i);
		assert_int_equal(slot_of(high), i);
		assert_int_equal(slot_of(low + (high - low) / 2), i);
	}
}

static void below_64_each_value_has_its_slot(void **state)
{
	(void)state;
	for (unsigned int ns = 0; ns < 64; ns++) {
		assert_int_equal(slot_low(slot_of(ns)), ns);
		assert_int_equal(slot_high(slot_of(ns)), ns);
	}
	assert_int_equal(slot_of(64), slot_of(65));
	assert_int_not_equal(slot_of(65), slot_of(66));
}

static void width_is_at_most_a_32nd(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < SLOT_COUNT; i++) {
		unsigned long long width = slot_high(i) - slot_low(i) + 1;

		if (slot_low(i) >= 64)
			assert_true(width * 32 <= slot_low(i));
	}
}

static void beyond_2_to_40_there_is_no_slot(void **state)
{
	(void)state;
	assert_int_equal(slot_of((1ULL << 40) - 1), SLOT_COUNT - 1);
	assert_int_equal(slot_of(1ULL << 40), SLOT_COUNT);
	assert_int_equal(slot_of(UINT64_MAX), SLOT_COUNT);
}

static void highest_bit(void **state)
{
	(void)state;
	assert_int_equal(slot_msb(0), 0);
	for (unsigned int bit = 0; bit < 64; bit++) {
		assert_int_equal(slot_msb(1ULL << bit), bit);
		assert_int_equal(slot_msb((1ULL << bit) | ((1ULL << bit) - 1)), bit);
	}
}

/* "0", "1", "2-3", "4-7", … as the letter prints them, in whole microseconds rounded down. */
static void the_letters_buckets(void **state)
{
	static const struct {
		unsigned long long ns, from, to;
	} rows[] = {
		{ 0, 0, 0 },
		{ 999, 0, 0 },
		{ 1000, 1, 1 },
		{ 1999, 1, 1 },
		{ 2000, 2, 3 },
		{ 3999, 2, 3 },
		{ 4000, 4, 7 },
		{ 7999, 4, 7 },
		{ 8000, 8, 15 },
		{ 42000, 32, 63 },
		{ 63999, 32, 63 },
		{ 64000, 64, 127 },
		{ 3372000, 2048, 4095 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned int bucket = log2_us_of(rows[i].ns);

		assert_int_equal(log2_us_from(bucket), rows[i].from);
		assert_int_equal(log2_us_to(bucket), rows[i].to);
	}
}

static void the_letters_buckets_are_contiguous(void **state)
{
	(void)state;
	for (unsigned int i = 0; i + 1 < LOG2_US_COUNT; i++) {
		assert_int_equal(log2_us_to(i) + 1, log2_us_from(i + 1));
		assert_int_equal(log2_us_of(log2_us_from(i) * 1000), i);
		assert_int_equal(log2_us_of(log2_us_to(i) * 1000 + 999), i);
	}
	assert_int_equal(log2_us_of(UINT64_MAX), LOG2_US_COUNT - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds_are_contiguous),
		cmocka_unit_test(slot_of_is_the_inverse_of_the_bounds),
		cmocka_unit_test(below_64_each_value_has_its_slot),
		cmocka_unit_test(width_is_at_most_a_32nd),
		cmocka_unit_test(beyond_2_to_40_there_is_no_slot),
		cmocka_unit_test(highest_bit),
		cmocka_unit_test(the_letters_buckets),
		cmocka_unit_test(the_letters_buckets_are_contiguous),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
