// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <errno.h>

#include "machine/clock_watch.h"

/* The kernel's clock source and both clocks, in place of the machine's. */
static const char *source = "tsc";
static uint64_t now_ticks, now_raw_ns;

void __wrap_clock_of_kernel(char name[CLOCK_NAME_SIZE]);
void __wrap_clock_of_kernel(char name[CLOCK_NAME_SIZE])
{
	strcpy(name, source);
}

bool __wrap_clock_kernel_has_tsc(void);
bool __wrap_clock_kernel_has_tsc(void)
{
	return !strcmp(source, "tsc");
}

void __wrap_clock_read_pair(uint64_t *ticks, uint64_t *raw_ns);
void __wrap_clock_read_pair(uint64_t *ticks, uint64_t *raw_ns)
{
	*ticks = now_ticks;
	*raw_ns = now_raw_ns;
}

/* A tick is a nanosecond. */
static struct clock clock_by(enum clock_source by, int domain)
{
	return (struct clock){ .source = by, .domain = domain, .ns_mult = 1ULL << 32 };
}

static int watch_a_second(const struct clock *clock, const char *source_after, int64_t ticks,
			  struct verdict *verdict)
{
	struct clock_watch watch;
	int ret;

	*verdict = (struct verdict){ 0 };
	source = "tsc";
	now_ticks = now_raw_ns = 5000000000;
	clock_watch_begin(&watch, clock);
	source = source_after;
	now_ticks += (uint64_t)ticks;
	now_raw_ns += 1000000000;
	ret = clock_watch_end(&watch, verdict);
	strings_free(&verdict->warnings);
	return ret;
}

/* A hundredth of the time, and a millisecond. */
static void clocks_that_keep_time(void **state)
{
	struct clock tsc = clock_by(CLOCK_SOURCE_TSC, DOMAIN_TIME);
	struct verdict verdict;

	(void)state;
	assert_int_equal(watch_a_second(&tsc, "tsc", 1000000000, &verdict), 0);
	assert_int_equal(watch_a_second(&tsc, "tsc", 1011000000, &verdict), 0);
	assert_int_equal(watch_a_second(&tsc, "tsc", 1011000010, &verdict), -EIO);
	assert_int_equal(watch_a_second(&tsc, "tsc", 989000000, &verdict), 0);
	assert_int_equal(watch_a_second(&tsc, "tsc", 988999990, &verdict), -EIO);
	assert_int_equal(watch_a_second(&tsc, "tsc", -10, &verdict), -EIO);
}

/* By another clock than the TSC, that one's ticks do not matter. */
static void faults_timed_by_another_clock(void **state)
{
	struct clock raw = clock_by(CLOCK_SOURCE_MONOTONIC_RAW, DOMAIN_TIME);
	struct verdict verdict;

	(void)state;
	assert_int_equal(watch_a_second(&raw, "tsc", 7, &verdict), 0);
	assert_int_equal(watch_a_second(&raw, "hpet", 7, &verdict), 0);
}

/* It is a failure where times were taken by it, and a warning wherever it changed. */
static void a_tsc_that_the_kernel_gave_up(void **state)
{
	struct clock times = clock_by(CLOCK_SOURCE_TSC, DOMAIN_TIME);
	struct clock instructions = clock_by(CLOCK_SOURCE_TSC, DOMAIN_INSTRUCTIONS);
	struct clock_watch watch;
	struct verdict verdict;

	(void)state;
	assert_int_equal(watch_a_second(&times, "hpet", 1000000000, &verdict), -EIO);
	assert_non_null(strstr(verdict.reason, "its clock source was tsc and is hpet"));
	assert_int_equal(watch_a_second(&instructions, "hpet", 1000000000, &verdict), 0);
	source = "tsc";
	verdict = (struct verdict){ 0 };
	clock_watch_begin(&watch, &instructions);
	assert_int_equal(clock_watch_end(&watch, &verdict), 0);
	assert_int_equal(verdict.warnings.count, 0);
	source = "hpet";
	assert_int_equal(clock_watch_end(&watch, &verdict), 0);
	assert_int_equal(verdict.warnings.count, 1);
	strings_free(&verdict.warnings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clocks_that_keep_time),
		cmocka_unit_test(faults_timed_by_another_clock),
		cmocka_unit_test(a_tsc_that_the_kernel_gave_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
