// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "machine/halt_watch.h"

#define MS 1000000ULL

/* What passes until the watching thread runs again: of it, what it waited for a CPU. */
struct sleep {
	uint64_t ms, waited_ms;
};

static const struct sleep *sleeps;
static size_t sleeps_left;
static uint64_t now_ns, waited_ns;
static unsigned int turns;
static uint64_t wait_at_look_ms; /* for a CPU, beside the clock, at every other look */
static unsigned int looks;

int __wrap_clock_gettime(clockid_t id, struct timespec *now);
int __wrap_clock_gettime(clockid_t id, struct timespec *now)
{
	(void)id;
	*now = (struct timespec){ .tv_sec = (time_t)(now_ns / 1000000000),
				  .tv_nsec = (long)(now_ns % 1000000000) };
	return 0;
}

int __wrap_sysfs_line(char *text, size_t size, const char *format, ...);
int __wrap_sysfs_line(char *text, size_t size, const char *format, ...)
{
	(void)format;
	if (++looks % 2 == 0) {
		now_ns += wait_at_look_ms * MS;
		waited_ns += wait_at_look_ms * MS;
	}
	snprintf(text, size, "123 %llu %u", (unsigned long long)waited_ns, turns);
	return 0;
}

/* The thread ends in the last sleep. */
int __wrap_pthread_clockjoin_np(pthread_t thread, void **value, clockid_t id,
				const struct timespec *until);
int __wrap_pthread_clockjoin_np(pthread_t thread, void **value, clockid_t id,
				const struct timespec *until)
{
	(void)thread, (void)value, (void)id, (void)until;
	now_ns += sleeps->ms * MS;
	waited_ns += sleeps->waited_ms * MS;
	sleeps++;
	return --sleeps_left ? ETIMEDOUT : 0;
}

int __wrap_pthread_join(pthread_t thread, void **value);
int __wrap_pthread_join(pthread_t thread, void **value)
{
	(void)thread, (void)value;
	return 0;
}

static struct halt_watch watch(const struct sleep *all, size_t count, uint64_t longest_fault_ms,
			       struct verdict *verdict)
{
	struct halt_watch watch;

	sleeps = all;
	sleeps_left = count;
	now_ns = 1000 * MS;
	waited_ns = 7 * MS;
	*verdict = (struct verdict){ 0 };
	halt_watch_open(&watch);
	now_ns += 3000 * MS; /* before the faults: nobody slept */
	halt_watch_begin(&watch);
	halt_watch_join(&watch, pthread_self());
	halt_watch_close(&watch, longest_fault_ms * MS, verdict);
	return watch;
}

static void assert_silent(const struct sleep *all, size_t count)
{
	struct verdict verdict;

	assert_int_equal(watch(all, count, 1000, &verdict).count, 0);
	assert_int_equal(verdict.warnings.count, 0);
}

static void assert_warns(const struct sleep *all, size_t count, uint64_t longest_fault_ms,
			 const char *times, const char *place)
{
	struct verdict verdict;

	watch(all, count, longest_fault_ms, &verdict);
	assert_int_equal(verdict.warnings.count, 1);
	assert_non_null(strstr(verdict.warnings.items[0], times));
	assert_non_null(strstr(verdict.warnings.items[0], place));
	strings_free(&verdict.warnings);
}

static void a_run_on_time(void **state)
{
	const struct sleep on_time[] = { { 50, 0 }, { 51, 0 }, { 90, 0 }, { 100, 0 }, { 3, 0 } };

	(void)state;
	assert_silent(on_time, 5);
	assert_silent(on_time + 4, 1);
}

static void a_wait_for_a_cpu(void **state)
{
	const struct sleep busy[] = { { 500, 400 }, { 2000, 1950 }, { 400, 390 } };

	(void)state;
	assert_silent(busy, 3);
}

static void a_wait_while_it_looks(void **state)
{
	const struct sleep on_time[] = { { 50, 0 }, { 50, 0 }, { 50, 0 } };

	(void)state;
	wait_at_look_ms = 200;
	for (unsigned int first = 0; first < 2; first++) {
		looks = first;
		assert_silent(on_time, 3);
	}
	wait_at_look_ms = 0;
}

static void a_stop(void **state)
{
	const struct sleep stopped[] = { { 50, 0 }, { 500, 0 }, { 50, 0 }, { 20, 0 } };
	const struct sleep busy[] = { { 500, 100 }, { 50, 0 } };

	(void)state;
	assert_warns(stopped, 4, 100, " still for about 450 ms ", "between two faults");
	assert_warns(stopped, 4, 449, " still for about 450 ms ", "between two faults");
	assert_warns(stopped, 4, 480, " still for about 450 ms ", "the slowest fault, of 480 ms,");
	assert_warns(busy, 2, 0, " still for about 350 ms ", "between two faults");
}

/* The thread that faults goes on first, and ends before the one that watches runs. */
static void a_stop_in_the_last_sleep(void **state)
{
	const struct sleep stopped[] = { { 300, 0 } };

	(void)state;
	assert_warns(stopped, 1, 0, " still for about 250 ms ", "between two faults");
}

static void several_stops(void **state)
{
	const struct sleep stopped[] = { { 200, 0 }, { 50, 0 }, { 700, 0 }, { 160, 0 }, { 9, 0 } };

	(void)state;
	assert_warns(stopped, 5, 1, " still 3 times, at the longest for about 650 ms ", "between");
}

static void a_kernel_that_does_not_count(void **state)
{
	const struct sleep stopped[] = { { 500, 0 } };

	(void)state;
	turns = 0;
	assert_silent(stopped, 1);
	turns = 1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_on_time),
		cmocka_unit_test(a_wait_for_a_cpu),
		cmocka_unit_test(a_wait_while_it_looks),
		cmocka_unit_test(a_stop),
		cmocka_unit_test(a_stop_in_the_last_sleep),
		cmocka_unit_test(several_stops),
		cmocka_unit_test(a_kernel_that_does_not_count),
	};

	turns = 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
