// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>

#include "base/stop.h"

static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };

static int reset(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		signal(numbers[i], SIG_DFL);
	stop_requested = 0;
	return 0;
}

static void each_signal_asks_for_a_stop(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		stop_requested = 0;
		assert_int_equal(stop_install(), 0);
		assert_int_equal(stop_check(), 0);
		raise(numbers[i]);
		assert_int_equal(stop_requested, numbers[i]);
		assert_int_equal(stop_check(), -EINTR);
	}
}

/* The exit status names it: whoever ends a pipeline may send another signal later. */
static void the_first_signal_counts(void **state)
{
	(void)state;
	assert_int_equal(stop_install(), 0);
	raise(SIGTERM);
	raise(SIGINT);
	assert_int_equal(stop_requested, SIGTERM);
}

/* As under nohup(1). */
static void what_was_ignored_stays_so(void **state)
{
	(void)state;
	signal(SIGHUP, SIG_IGN);
	assert_int_equal(stop_install(), 0);
	raise(SIGHUP);
	assert_int_equal(stop_requested, 0);
	raise(SIGINT);
	assert_int_equal(stop_requested, SIGINT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_signal_asks_for_a_stop, reset, reset),
		cmocka_unit_test_setup_teardown(the_first_signal_counts, reset, reset),
		cmocka_unit_test_setup_teardown(what_was_ignored_stays_so, reset, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
