// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "cell/verdict.h"

static void nothing_said_is_ok(void **state)
{
	struct verdict verdict = { 0 };

	(void)state;
	verdict_warn(&verdict, "only %d", 1);
	assert_int_equal(verdict.status, CELL_OK);
	assert_string_equal(verdict.reason, "");
	assert_int_equal(verdict.warnings.count, 1);
	assert_string_equal(verdict.warnings.items[0], "only 1");
	strings_free(&verdict.warnings);
}

/* The first reason is the cause; later ones are consequences. */
static void the_first_reason_stands(void **state)
{
	struct verdict verdict = { 0 }, other = { 0 };

	(void)state;
	assert_int_equal(verdict_skip(&verdict, "no %s", "DAX"), -EOPNOTSUPP);
	assert_int_equal(verdict_fail(&verdict, "second"), -EIO);
	assert_int_equal(verdict.status, CELL_SKIPPED);
	assert_string_equal(verdict.reason, "no DAX");
	assert_int_equal(verdict_fail(&other, "first"), -EIO);
	assert_int_equal(verdict_skip(&other, "second"), -EOPNOTSUPP);
	assert_int_equal(other.status, CELL_FAILED);
	assert_string_equal(other.reason, "first");
}

static void a_reason_that_is_too_long_is_cut(void **state)
{
	struct verdict verdict = { 0 };
	char text[4096];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	verdict_fail(&verdict, "%s", text);
	assert_int_equal(strlen(verdict.reason), sizeof(verdict.reason) - 1);
	verdict_warn(&verdict, "%s", text);
	assert_in_range(strlen(verdict.warnings.items[0]), 1000, 1023);
	strings_free(&verdict.warnings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_said_is_ok),
		cmocka_unit_test(the_first_reason_stands),
		cmocka_unit_test(a_reason_that_is_too_long_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
