// SPDX-License-Identifier: GPL-2.0-or-later
/* Clocks that jump, memory that fails and CPUs that go, as the loop and its watchers see them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../capture.h"
#include "../pages.h"
#include "base/sigbus.h"
#include "machine/clock_watch.h"
#include "machine/cpus.h"
#include "measure/faults.h"
#include "measure/proof.h"

#define PAGES  20
#define SECOND 1000000000LL

static int64_t jump_ns;	   /* what CLOCK_MONOTONIC_RAW is off by, once jump_after reads are over */
static int64_t jump_after; /* below 0: never */

/* In the place of the C library's, for this program. */
int clock_gettime(clockid_t id, struct timespec *now)
{
	int ret = (int)syscall(SYS_clock_gettime, id, now);
	int64_t ns = now->tv_sec * SECOND + now->tv_nsec;

	if (id != CLOCK_MONOTONIC_RAW || jump_after < 0)
		return ret;
	if (jump_after) {
		jump_after--;
		return ret;
	}
	ns += jump_ns;
	now->tv_sec = ns / SECOND;
	now->tv_nsec = ns % SECOND;
	return ret;
}

static void jump(int64_t ns, int64_t after)
{
	jump_ns = ns;
	jump_after = after;
}

static int no_jump(void **state)
{
	(void)state;
	jump(0, -1);
	return 0;
}

static char *map_pages(void)
{
	return map_memfd(PAGES, PAGES);
}

static const struct clock by_raw = { .source = CLOCK_SOURCE_MONOTONIC_RAW, .ns_mult = 1ULL << 32 };

static struct fault_plan plan_of(char *base)
{
	return plan_on(&by_raw, base, PAGES);
}

/* The same, of whose samples nothing is wanted. */
static struct fault_outcome run_without_samples(const struct fault_plan *plan)
{
	struct fault_outcome outcome = run_one(plan);

	free(outcome.samples);
	outcome.samples = NULL;
	return outcome;
}

/* Two reads warm up, one begins the span, and each page takes two. */
static void a_clock_that_goes_back_is_no_latency(void **state)
{
	char *base = map_pages();
	struct fault_plan plan = plan_of(base);
	struct fault_outcome outcome;

	(void)state;
	jump(-SECOND, 2 + 1 + 2 * 7 + 1);
	outcome = run_without_samples(&plan);
	assert_int_equal(outcome.error, -ERANGE);
	assert_int_equal(outcome.error_page, 7);
	assert_int_equal(outcome.hist.count, 7);
	assert_true(outcome.hist.max_ns < SECOND);
	munmap(base, PAGES * PAGE);
}

/* Pages are kept 4,096 at a time; the error still names the page by its number in the cell. */
static void a_clock_that_goes_back_late(void **state)
{
	const uint64_t pages = 5000;
	char *base = map_memfd(pages, pages);
	struct fault_plan plan = plan_on(&by_raw, base, pages);
	struct fault_outcome outcome;

	(void)state;
	jump(-SECOND, 2 + 1 + 2 * 4500 + 1);
	outcome = run_without_samples(&plan);
	assert_int_equal(outcome.error, -ERANGE);
	assert_int_equal(outcome.error_page, 4500);
	munmap(base, pages * PAGE);
}

static void a_clock_that_goes_back_between_two_pages(void **state)
{
	char *base = map_pages();
	struct fault_plan plan = plan_of(base);
	struct fault_outcome outcome;

	(void)state;
	jump(-SECOND, 2 + 1 + 2 * 7);
	outcome = run_without_samples(&plan);
	assert_int_equal(outcome.error, -ERANGE);
	assert_int_equal(outcome.error_page, PAGES);
	munmap(base, PAGES * PAGE);
}

static struct clock ours;

static bool has_tsc(void)
{
	no_jump(NULL);
	return clock_init(&ours) == 0 && ours.source == CLOCK_SOURCE_TSC;
}

static void calibration_with_a_clock_that_goes_back(void **state)
{
	struct capture capture;
	struct clock clock;
	int ret;

	(void)state;
	if (!has_tsc())
		skip();
	/* After the first look at it, and the first pair, for which it is read 32 times. */
	jump(-SECOND, 1 + 32);
	capture_begin(&capture, STDERR_FILENO);
	ret = clock_init(&clock);
	assert_string_equal(capture_end(&capture),
			    "syncfault: calibrate the clock, which ran backwards or jumped: "
			    "Numerical result out of range\n");
	assert_int_equal(ret, -ERANGE);
}

static int watch_with_jump(int64_t ns, struct verdict *verdict)
{
	struct clock_watch watch;

	*verdict = (struct verdict){ .status = CELL_OK };
	no_jump(NULL);
	clock_watch_begin(&watch, &ours);
	jump(ns, 0);
	return clock_watch_end(&watch, verdict);
}

static void clocks_that_disagree(void **state)
{
	static const int64_t jumps[] = { -SECOND, SECOND, -10000000, 10000000 };
	struct verdict verdict;

	(void)state;
	if (!has_tsc())
		skip();
	assert_int_equal(watch_with_jump(0, &verdict), 0);
	assert_int_equal(verdict.status, CELL_OK);
	for (size_t i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
		assert_int_equal(watch_with_jump(jumps[i], &verdict), -EIO);
		assert_int_equal(verdict.status, CELL_FAILED);
		assert_non_null(strstr(verdict.reason, "the clocks disagree: by the TSC the cell"));
	}
}

/* As the kernel sends it where memory has failed: to its own thread a process may say so too. */
static void send_sigbus(int code, const void *address)
{
	siginfo_t info = { .si_signo = SIGBUS, .si_code = code };

	info.si_addr = (void *)(uintptr_t)address;
	assert_int_equal(syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), SIGBUS, &info), 0);
}

static const char *failing_page;
static int failing_code;
static cpu_set_t other_cpus;

/* The loop's flush of page 3: what happens there. */
static __attribute__((no_sanitize("address"))) void fail_memory(const void *at, size_t bytes)
{
	(void)bytes;
	if (at == failing_page)
		send_sigbus(failing_code, at);
}

static __attribute__((no_sanitize("address"))) void lose_cpu(const void *at, size_t bytes)
{
	(void)bytes;
	if (at == failing_page)
		sched_setaffinity(0, sizeof(other_cpus), &other_cpus);
}

static struct fault_plan plan_with(char *base, void (*flush)(const void *at, size_t bytes))
{
	struct fault_plan plan = plan_of(base);

	failing_page = base + 3 * PAGE;
	plan.commit = COMMIT_FLUSH;
	plan.flush = flush;
	return plan;
}

static void failed_memory_that_is_accessed(void **state)
{
	char *base = map_pages();
	struct fault_plan plan = plan_with(base, fail_memory);
	const struct cell_config config = { .pages = PAGES, .threads = 1 };
	struct verdict verdict = { 0 };
	struct fault_outcome outcome;
	struct proof proof;

	(void)state;
	plan.file_offset = 64 * PAGE;
	failing_code = BUS_MCEERR_AR;
	outcome = run_without_samples(&plan);
	assert_int_equal(outcome.error, -EFAULT);
	assert_int_equal(outcome.error_code, BUS_MCEERR_AR);
	assert_int_equal(outcome.error_page, 3);
	assert_int_equal(outcome.error_offset, 67 * PAGE);
	outcome.error_cause = "the file system is full";
	assert_int_not_equal(proof_of_faults(&config, &outcome, &proof, &verdict), 0);
	assert_string_equal(verdict.reason, "SIGBUS at page 3 of 20, offset 274432 of the file: "
					    "the memory there has failed (BUS_MCEERR_AR)");
	munmap(base, PAGES * PAGE);
}

static void failed_memory_that_nobody_accesses(void **state)
{
	char *base = map_pages();
	struct fault_plan plan = plan_with(base, fail_memory);
	uintptr_t from = (uintptr_t)base, at;
	struct fault_outcome outcome;
	struct sigaction old, older;

	(void)state;
	failing_code = BUS_MCEERR_AO;
	sigbus_enter(&older);
	outcome = run_without_samples(&plan);
	assert_int_equal(outcome.error, 0);
	assert_int_equal(outcome.hist.count, PAGES);
	assert_true(sigbus_reported(from, from + PAGES * PAGE, &at));
	assert_int_equal(at, from + 3 * PAGE);
	assert_true(sigbus_reported(at, at + 1, &at));
	assert_false(sigbus_reported(from, at, &at));
	assert_false(sigbus_reported(at + 1, at + PAGE, &at));
	sigbus_enter(&old);
	sigbus_leave(&old);
	assert_true(sigbus_reported(from, from + PAGES * PAGE, &at));
	sigbus_leave(&older);
	sigbus_enter(&older);
	assert_false(sigbus_reported(from, from + PAGES * PAGE, &at));
	sigbus_leave(&older);
	munmap(base, PAGES * PAGE);
}

static void a_pin_that_is_lost(void **state)
{
	struct fault_plan plan;
	struct cpus cpus;
	char *base;

	(void)state;
	assert_int_equal(cpus_read(&cpus), 0);
	if (cpus.allowed_count < 2) {
		printf("# skip a_pin_that_is_lost: one CPU\n");
		skip();
	}
	base = map_pages();
	plan = plan_with(base, lose_cpu);
	plan.cpu = cpus.allowed[0];
	CPU_ZERO(&other_cpus);
	CPU_SET(cpus.allowed[0], &other_cpus);
	assert_int_equal(run_without_samples(&plan).error, 0);
	munmap(base, PAGES * PAGE);
	base = map_pages();
	plan.base = base;
	failing_page = base + 3 * PAGE;
	CPU_SET(cpus.allowed[1], &other_cpus);
	assert_int_equal(run_without_samples(&plan).error, -EXDEV);
	munmap(base, PAGES * PAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_clock_that_goes_back_is_no_latency, no_jump),
		cmocka_unit_test_teardown(a_clock_that_goes_back_late, no_jump),
		cmocka_unit_test_teardown(a_clock_that_goes_back_between_two_pages, no_jump),
		cmocka_unit_test_teardown(calibration_with_a_clock_that_goes_back, no_jump),
		cmocka_unit_test_teardown(clocks_that_disagree, no_jump),
		cmocka_unit_test(failed_memory_that_is_accessed),
		cmocka_unit_test(failed_memory_that_nobody_accesses),
		cmocka_unit_test(a_pin_that_is_lost),
	};

	return cmocka_run_group_tests(tests, no_jump, NULL);
}
