// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../pages.h"
#include "base/stop.h"
#include "measure/faults.h"

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

static struct clock ours;

static int init_clock(void **state)
{
	(void)state;
	return clock_init(&ours);
}

static char *map_anonymous(size_t pages)
{
	char *base = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	assert_true(base != MAP_FAILED);
	madvise(base, pages * PAGE, MADV_NOHUGEPAGE);
	return base;
}

static struct fault_plan plan_of(char *base, uint64_t pages, int access)
{
	struct fault_plan plan = plan_on(&ours, base, pages);

	plan.access = access;
	return plan;
}

static uint64_t count_slots(const struct hist *hist)
{
	uint64_t count = hist->over;

	for (size_t i = 0; i < SLOT_COUNT; i++)
		count += hist->slots[i];
	return count;
}

static void assert_measured(const struct fault_outcome *outcome, uint64_t pages)
{
	assert_int_equal(outcome->error, 0);
	assert_int_equal(outcome->faults, pages);
	assert_int_equal(outcome->sample_count, pages);
	assert_int_equal(outcome->hist.count, pages);
	assert_int_equal(count_slots(&outcome->hist), pages);
	for (size_t i = 0; i < pages; i++) {
		assert_true(outcome->samples[i] >= outcome->hist.min_ns);
		assert_true(outcome->samples[i] <= outcome->hist.max_ns);
	}
}

static void each_write_is_a_fault(void **state)
{
	static const size_t sizes[] = { 1, 2, 512, 4095, 4096, 4097 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *base = map_memfd(sizes[i], sizes[i]);
		struct fault_plan plan = plan_of(base, sizes[i], ACCESS_WRITE);
		struct fault_outcome outcome = run_one(&plan);

		assert_measured(&outcome, sizes[i]);
		for (size_t page = 0; page < sizes[i]; page++)
			assert_int_equal(base[page * PAGE], 1);
		free(outcome.samples);
		munmap(base, sizes[i] * PAGE);
	}
}

/* Faults are counted by the kernel, not pages by us: where nothing faults there are none. */
static void pages_that_are_mapped_already_do_not_fault(void **state)
{
	char *base = map_memfd(512, 512);
	struct fault_plan plan = plan_of(base, 512, ACCESS_WRITE);
	struct fault_outcome outcome;

	(void)state;
	memset(base, 0, (size_t)256 * PAGE);
	outcome = run_one(&plan);
	assert_int_equal(outcome.faults, 256);
	assert_int_equal(outcome.hist.count, 512);
	free(outcome.samples);
	outcome = run_one(&plan);
	assert_int_equal(outcome.faults, 0);
	free(outcome.samples);
	munmap(base, (size_t)512 * PAGE);
}

static void no_more_samples_than_asked_for(void **state)
{
	const size_t pages = 10000;
	char *base = map_memfd(pages, pages);
	struct fault_plan plan = plan_of(base, pages, ACCESS_WRITE);
	struct fault_outcome outcome;

	(void)state;
	plan.keep_samples = 1234;
	outcome = run_one(&plan);
	assert_int_equal(outcome.faults, pages);
	assert_int_equal(outcome.hist.count, pages);
	assert_int_equal(outcome.sample_count, 1234);
	free(outcome.samples);
	munmap(base, pages * PAGE);

	base = map_memfd(pages, pages);
	plan = plan_of(base, pages, ACCESS_WRITE);
	outcome = run_one(&plan);
	assert_measured(&outcome, pages);
	free(outcome.samples);
	munmap(base, pages * PAGE);
}

/* In the page cache a read maps the 16 pages around it: so far apart, each read is a fault. */
static void reads_with_a_stride(void **state)
{
	const size_t pages = 256, stride = 16;
	char *base = map_memfd(pages * stride, pages * stride);
	struct fault_plan plan = plan_of(base, pages, ACCESS_READ);
	struct fault_outcome outcome;
	int fd = memfd_create("filled", MFD_CLOEXEC);
	char block[PAGE] = { 7 };

	(void)state;
	plan.stride_bytes = stride * PAGE;
	outcome = run_one(&plan);
	assert_measured(&outcome, pages);
	free(outcome.samples);
	munmap(base, pages * stride * PAGE);

	for (size_t i = 0; i < pages * stride; i++)
		assert_int_equal(write(fd, block, PAGE), PAGE);
	base = mmap(NULL, pages * stride * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(base != MAP_FAILED);
	plan.base = base;
	outcome = run_one(&plan);
	assert_measured(&outcome, pages);
	assert_int_equal(base[0], 7); /* read, not written */
	free(outcome.samples);
	munmap(base, pages * stride * PAGE);
	close(fd);
}

/* The first read maps the zero page: only the write after it is timed and counted. */
static void the_write_after_a_read(void **state)
{
	const size_t pages = 5000;
	char *base = map_anonymous(pages);
	struct fault_plan plan = plan_of(base, pages, ACCESS_READ_THEN_WRITE);
	struct fault_outcome outcome = run_one(&plan);

	(void)state;
	assert_measured(&outcome, pages);
	assert_int_equal(base[(pages - 1) * PAGE], 1);
	free(outcome.samples);
	munmap(base, pages * PAGE);
}

/* And every pause between two of them. */
static void the_span_holds_every_access(void **state)
{
	char *base = map_memfd(64, 64);
	struct fault_plan plan = plan_of(base, 64, ACCESS_WRITE);
	struct fault_outcome outcome;
	uint64_t sum_ns = 0, span_ns;

	(void)state;
	plan.pause_us = 100;
	outcome = run_one(&plan);
	assert_measured(&outcome, 64);
	for (size_t i = 0; i < 64; i++)
		sum_ns += outcome.samples[i];
	span_ns = clock_to_ns(&ours, outcome.end - outcome.begin);
	assert_true(span_ns >= sum_ns + 64 * 100 * 1000);
	free(outcome.samples);
	munmap(base, 64 * PAGE);
}

static void several_threads(void **state)
{
	enum { THREADS = 4, PAGES = 3000 };
	struct fault_plan plans[THREADS];
	struct fault_outcome outcomes[THREADS] = { 0 };
	char *base = map_memfd((size_t)THREADS * PAGES, (size_t)THREADS * PAGES);

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		plans[i] = plan_of(base + i * PAGES * PAGE, PAGES, ACCESS_WRITE);
	assert_int_equal(faults_run(plans, outcomes, THREADS), 0);
	for (size_t i = 0; i < THREADS; i++) {
		assert_measured(&outcomes[i], PAGES);
		free(outcomes[i].samples);
	}
	munmap(base, (size_t)THREADS * PAGES * PAGE);
}

/* Without the TSC, by CLOCK_MONOTONIC_RAW. */
static void by_the_other_clock(void **state)
{
	const struct clock raw = { .source = CLOCK_SOURCE_MONOTONIC_RAW, .ns_mult = 1ULL << 32 };
	char *base = map_memfd(512, 512);
	struct fault_plan plan = plan_of(base, 512, ACCESS_WRITE);
	struct fault_outcome outcome;

	(void)state;
	plan.clock = &raw;
	outcome = run_one(&plan);
	assert_measured(&outcome, 512);
	assert_true(outcome.hist.max_ns > 0);
	free(outcome.samples);
	munmap(base, (size_t)512 * PAGE);
}

static void a_cpu_that_is_not_there(void **state)
{
	char *base = map_memfd(8, 8);
	struct fault_plan plan = plan_of(base, 8, ACCESS_WRITE);
	struct fault_outcome outcome;

	(void)state;
	plan.cpu = CPU_SETSIZE - 1;
	outcome = run_one(&plan);
	assert_int_equal(outcome.error, -EINVAL);
	assert_int_equal(outcome.hist.count, 0);
	assert_null(outcome.samples);
	munmap(base, 8 * PAGE);
}

#define SERVED_PAGES 60
#define DELAY_NS     3000000
#define TAIL_NS	     20000000
#define TAIL_EVERY   10

struct server {
	int uffd;
	char *base;
	/* By the kernel's clock: before the first fault; of each, when it came and was let go. */
	uint64_t begun_ns, heard_ns[SERVED_PAGES + 1], served_ns[SERVED_PAGES];
};

static uint64_t raw_ns(void)
{
	struct timespec now;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC_RAW, &now), 0);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t delay_of(size_t page)
{
	return page % TAIL_EVERY == TAIL_EVERY - 1 ? TAIL_NS : DELAY_NS;
}

/* Serves each missing page after its delay. */
static void *serve(void *argument)
{
	struct server *server = argument;
	static char zeros[PAGE] __attribute__((aligned(PAGE)));

	for (size_t served = 0; served < SERVED_PAGES; served++) {
		struct uffd_msg message;
		struct timespec delay = { 0 };
		struct uffdio_copy copy = { .src = (uintptr_t)zeros, .len = PAGE };

		if (read(server->uffd, &message, sizeof(message)) != sizeof(message))
			break;
		server->heard_ns[served] = raw_ns();
		copy.dst = message.arg.pagefault.address & ~(uint64_t)(PAGE - 1);
		delay.tv_nsec = (long)delay_of((copy.dst - (uintptr_t)server->base) / PAGE);
		clock_nanosleep(CLOCK_MONOTONIC, 0, &delay, NULL);
		server->served_ns[served] = raw_ns();
		ioctl(server->uffd, UFFDIO_COPY, &copy);
	}
	return NULL;
}

/* A descriptor that gets the faults on base, or -1. */
static int open_userfaultfd(char *base)
{
	int uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register area = {
		.range = { (uintptr_t)base, SERVED_PAGES * PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	if (uffd < 0)
		uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (uffd < 0)
		return -1;
	assert_int_equal(ioctl(uffd, UFFDIO_API, &api), 0);
	assert_int_equal(ioctl(uffd, UFFDIO_REGISTER, &area), 0);
	return uffd;
}

static bool run_served(struct server *server, struct fault_outcome *outcome)
{
	struct fault_plan plan;
	pthread_t thread;

	*server = (struct server){ .base = map_anonymous(SERVED_PAGES) };
	plan = plan_of(server->base, SERVED_PAGES, ACCESS_WRITE);
	server->uffd = open_userfaultfd(server->base);
	if (server->uffd < 0)
		return false;
	assert_int_equal(pthread_create(&thread, NULL, serve, server), 0);
	server->begun_ns = raw_ns();
	*outcome = run_one(&plan);
	server->heard_ns[SERVED_PAGES] = raw_ns();
	assert_int_equal(pthread_join(thread, NULL), 0);
	close(server->uffd);
	munmap(server->base, SERVED_PAGES * PAGE);
	return true;
}

static uint64_t count_from(const struct hist *hist, uint64_t ns)
{
	uint64_t count = 0;

	for (unsigned int i = slot_of(ns); i < SLOT_COUNT; i++)
		count += hist->slots[i];
	return count;
}

/*
 * A fault begins after the one before it was let go, and is over when the next one is heard of:
 * that holds however busy the machine is. A hundredth is for the clocks' rates.
 */
static uint64_t longest_of(const struct server *server, size_t page)
{
	uint64_t from = page ? server->served_ns[page - 1] : server->begun_ns;
	uint64_t ns = server->heard_ns[page + 1] - from;

	return ns + ns / 100;
}

/* Each fault lasts at least its delay, and is counted in its slot. */
static void delays_that_are_known(void **state)
{
	const uint64_t tail = TAIL_NS - TAIL_NS / 100, tail_faults = SERVED_PAGES / TAIL_EVERY;
	struct fault_outcome outcome;
	struct server server;
	struct hist again;

	(void)state;
	if (!run_served(&server, &outcome)) {
		printf("# skip delays_that_are_known: no userfaultfd: %s\n", strerror(errno));
		skip();
	}
	assert_measured(&outcome, SERVED_PAGES);
	hist_init(&again);
	for (size_t i = 0; i < SERVED_PAGES; i++) {
		assert_true(outcome.samples[i] >= delay_of(i) - delay_of(i) / 100);
		assert_true(outcome.samples[i] <= longest_of(&server, i));
		hist_add(&again, outcome.samples[i]);
	}
	assert_memory_equal(&again, &outcome.hist, sizeof(again));
	assert_true(count_from(&outcome.hist, tail) >= tail_faults);
	free(outcome.samples);
}

static void assert_sigbus(size_t file_pages, size_t pages, int access)
{
	char *base = map_memfd(file_pages, pages);
	struct fault_plan plan = plan_of(base, pages, access);
	struct fault_outcome outcome = run_one(&plan);

	assert_int_equal(outcome.error, -EFAULT);
	assert_int_equal(outcome.error_page, file_pages);
	free(outcome.samples);
	munmap(base, pages * PAGE);
}

static void behind_the_end_of_the_file(void **state)
{
	struct sigaction action;

	(void)state;
	assert_sigbus(5, 16, ACCESS_WRITE);
	assert_sigbus(0, 1, ACCESS_WRITE);
	assert_sigbus(5000, 9000, ACCESS_WRITE);
	assert_sigbus(5, 16, ACCESS_READ);
	assert_sigbus(5, 16, ACCESS_READ_THEN_WRITE);
	assert_int_equal(sigaction(SIGBUS, NULL, &action), 0);
	assert_false(action.sa_flags & SA_NODEFER);
}

static void behind_the_end_for_some_threads(void **state)
{
	enum { THREADS = 4, PAGES = 100 };
	struct fault_plan plans[THREADS];
	struct fault_outcome outcomes[THREADS] = { 0 };
	char *base = map_memfd(2 * PAGES + 50, (size_t)THREADS * PAGES);

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		plans[i] = plan_of(base + i * PAGES * PAGE, PAGES, ACCESS_WRITE);
	assert_int_equal(faults_run(plans, outcomes, THREADS), 0);
	assert_measured(&outcomes[0], PAGES);
	assert_measured(&outcomes[1], PAGES);
	assert_int_equal(outcomes[2].error, -EFAULT);
	assert_int_equal(outcomes[2].error_page, 50);
	assert_int_equal(outcomes[3].error, -EFAULT);
	assert_int_equal(outcomes[3].error_page, 0);
	for (size_t i = 0; i < THREADS; i++)
		free(outcomes[i].samples);
	munmap(base, (size_t)THREADS * PAGES * PAGE);
}

static void *request_stop_soon(void *argument)
{
	const struct timespec delay = { .tv_nsec = 30000000 };

	(void)argument;
	clock_nanosleep(CLOCK_MONOTONIC, 0, &delay, NULL);
	stop_requested = SIGTERM;
	return NULL;
}

/* A paused loop that would take 100 s; its pauses are 10 ms, so it ends at once. */
static void a_stop_ends_a_paused_loop(void **state)
{
	char *base = map_memfd(10000, 10000);
	struct fault_plan plan = plan_of(base, 10000, ACCESS_WRITE);
	struct fault_outcome outcome;
	struct timespec before, after;
	pthread_t thread;

	(void)state;
	plan.pause_us = 10000;
	clock_gettime(CLOCK_MONOTONIC, &before);
	assert_int_equal(pthread_create(&thread, NULL, request_stop_soon, NULL), 0);
	outcome = run_one(&plan);
	clock_gettime(CLOCK_MONOTONIC, &after);
	pthread_join(thread, NULL);
	stop_requested = 0;
	assert_int_equal(outcome.error, -EINTR);
	assert_true(after.tv_sec - before.tv_sec < 10);
	free(outcome.samples);
	munmap(base, (size_t)10000 * PAGE);
}

/* A pause is slept between two timed spans, never in one: else every sample would last as long. */
static void a_pause_is_not_timed(void **state)
{
	char *base = map_memfd(20, 20);
	struct fault_plan plan = plan_of(base, 20, ACCESS_WRITE);
	struct timespec before, after;
	struct fault_outcome outcome;
	int64_t elapsed_ns;

	(void)state;
	plan.pause_us = 10000;
	clock_gettime(CLOCK_MONOTONIC, &before);
	outcome = run_one(&plan);
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_measured(&outcome, 20);
	assert_true(hist_quantile_ns(&outcome.hist, 0.5) < 5000000);
	elapsed_ns = (after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec;
	assert_true(elapsed_ns >= 200000000);
	free(outcome.samples);
	munmap(base, 20 * PAGE);
}

static _Atomic uint64_t moved;
static _Atomic bool is_moving;

static void *move_bytes(void *argument)
{
	const struct timespec gap = { .tv_nsec = 1000000 };

	while (is_moving) {
		atomic_fetch_add(&moved, 4096);
		clock_nanosleep(CLOCK_MONOTONIC, 0, &gap, NULL);
	}
	return argument;
}

static void the_loads_bytes_are_read_around_the_faults(void **state)
{
	char *base = map_memfd(20, 20);
	struct fault_plan plan = plan_of(base, 20, ACCESS_WRITE);
	struct fault_outcome outcome;
	pthread_t thread;

	(void)state;
	moved = 1 << 20;
	is_moving = true;
	plan.pause_us = 5000;
	plan.load_bytes = &moved;
	assert_int_equal(pthread_create(&thread, NULL, move_bytes, NULL), 0);
	outcome = run_one(&plan);
	assert_true(outcome.begin_load_bytes >= 1 << 20);
	assert_true(outcome.end_load_bytes > outcome.begin_load_bytes);
	assert_true(outcome.end_load_bytes <= moved);
	is_moving = false;
	pthread_join(thread, NULL);
	free(outcome.samples);
	munmap(base, 20 * PAGE);
}

static void probing(void **state)
{
	char *base = map_memfd(20, 30);
	struct fault_plan plan = plan_of(base, 20, ACCESS_WRITE);

	(void)state;
	assert_int_equal(faults_probe(&plan, 0), 20);
	assert_int_equal(faults_probe(&plan, 0), 0);
	assert_int_equal(faults_probe(&plan, PAGE - 1), 0);
	plan.pages = 21;
	assert_int_equal(faults_probe(&plan, 0), -EFAULT);
	munmap(base, 30 * PAGE);
}

static uint64_t flush_calls;
static const char *first_flushed, *last_flushed;

/* ASan's look at its shadow would be a fault too. */
static __attribute__((no_sanitize("address"))) void count_flush(const void *at, size_t bytes)
{
	const char *line = at;

	/* The round that warms up flushes the thread's own memory. */
	if (line < first_flushed || line > last_flushed)
		return;
	assert_int_equal(bytes, 1);
	assert_int_equal(*line, 1);
	flush_calls++;
}

static uint64_t all_flushes, effective_capabilities;
static int timer_slack;

/* In the thread that faults. */
static __attribute__((no_sanitize("address"))) void look_around(const void *at, size_t bytes)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	(void)at;
	(void)bytes;
	syscall(SYS_capget, &header, data);
	effective_capabilities |= data[0].effective | (uint64_t)data[1].effective << 32;
	timer_slack = prctl(PR_GET_TIMERSLACK);
	all_flushes++;
}

/* It has no rights, wakes on time, and what it calls was called before. */
static void the_thread_that_faults(void **state)
{
	char *base = map_memfd(20, 20);
	struct fault_plan plan = plan_of(base, 20, ACCESS_WRITE);
	struct fault_outcome outcome;

	(void)state;
	plan.commit = COMMIT_FLUSH;
	plan.flush = look_around;
	outcome = run_one(&plan);
	assert_measured(&outcome, 20);
	assert_int_equal(all_flushes, 1 + 20);
	assert_true(effective_capabilities == 0);
	assert_int_equal(timer_slack, 1);
	free(outcome.samples);
	munmap(base, 20 * PAGE);
}

static int threads_left = -1;

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
			  void *(*start)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
			  void *(*start)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
			  void *(*start)(void *), void *argument)
{
	if (threads_left == 0)
		return EAGAIN;
	threads_left -= threads_left > 0;
	return __real_pthread_create(thread, attributes, start, argument);
}

static void note_ready(void *context)
{
	*(bool *)context = true;
}

/* The others go home: a cell of fewer threads is another cell. */
static void a_thread_that_cannot_be_made(void **state)
{
	char *base = map_memfd(30, 30);
	struct fault_plan plans[3];
	struct fault_outcome outcomes[3] = { 0 };
	bool is_ready = false;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		plans[i] = plan_of(base + i * 10 * PAGE, 10, ACCESS_WRITE);
	plans[0].at_ready = note_ready;
	plans[0].context = &is_ready;
	threads_left = 2;
	assert_int_equal(faults_run(plans, outcomes, 3), -EAGAIN);
	threads_left = -1;
	assert_false(is_ready);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(outcomes[i].faults, 0);
		assert_null(outcomes[i].samples);
	}
	for (size_t page = 0; page < 30; page++)
		assert_int_equal(base[page * PAGE], 0);
	assert_int_equal(faults_run(plans, outcomes, 3), 0);
	assert_true(is_ready);
	for (size_t i = 0; i < 3; i++)
		free(outcomes[i].samples);
	munmap(base, 30 * PAGE);
}

static void each_store_is_flushed(void **state)
{
	char *base = map_memfd(5000, 5000);
	struct fault_plan plan = plan_of(base, 5000, ACCESS_WRITE);
	struct fault_outcome outcome;

	(void)state;
	plan.commit = COMMIT_FLUSH;
	plan.flush = count_flush;
	first_flushed = base;
	last_flushed = base + 4999 * PAGE;
	flush_calls = 0;
	outcome = run_one(&plan);
	assert_measured(&outcome, 5000);
	assert_int_equal(outcome.commits, 5000);
	assert_int_equal(flush_calls, 5000);
	free(outcome.samples);
	munmap(base, (size_t)5000 * PAGE);
}

static void each_store_is_synced(void **state)
{
	static const int commits[] = { COMMIT_MSYNC, COMMIT_FDATASYNC };

	(void)state;
	for (size_t i = 0; i < sizeof(commits) / sizeof(commits[0]); i++) {
		int fd = memfd_create("pages", MFD_CLOEXEC);
		char *base = map_memfd(20, 20);
		struct fault_plan plan = plan_of(base, 20, ACCESS_WRITE);
		struct fault_outcome outcome;

		plan.commit = commits[i];
		plan.commit_fd = fd;
		outcome = run_one(&plan);
		assert_measured(&outcome, 20);
		assert_int_equal(outcome.commits, 20);
		free(outcome.samples);
		munmap(base, 20 * PAGE);
		close(fd);
	}
}

/* Each byte goes where the store would have gone, and the mapping is left alone. */
static void a_pwrite_takes_no_fault(void **state)
{
	int fd = memfd_create("pages", MFD_CLOEXEC);
	char *base = map_anonymous(40);
	struct fault_plan plan = plan_of(base, 20, ACCESS_WRITE);
	struct fault_outcome outcome;
	char byte;

	(void)state;
	plan.commit = COMMIT_PWRITE_DSYNC;
	plan.commit_fd = fd;
	plan.file_offset = 3 * PAGE;
	plan.stride_bytes = 2 * PAGE;
	outcome = run_one(&plan);
	assert_int_equal(outcome.error, 0);
	assert_int_equal(outcome.faults, 0);
	assert_int_equal(outcome.commits, 20);
	assert_int_equal(outcome.hist.count, 20);
	for (off_t page = 0; page < 42; page++) {
		char expected = page >= 3 && page % 2 == 1;

		assert_int_equal(pread(fd, &byte, 1, page * PAGE), 1);
		assert_int_equal(byte, expected);
	}
	free(outcome.samples);
	munmap(base, 40 * PAGE);
	close(fd);
}

/* A pipe cannot be synced: the loop ends at the first store, with the kernel's own answer. */
static void a_commit_that_fails_ends_the_loop(void **state)
{
	char *base = map_memfd(20, 20);
	struct fault_plan plan = plan_of(base, 20, ACCESS_WRITE);
	struct fault_outcome outcome;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	plan.commit = COMMIT_FDATASYNC;
	plan.commit_fd = ends[1];
	outcome = run_one(&plan);
	assert_int_equal(outcome.error, -EINVAL);
	assert_int_equal(outcome.commit_error, -EINVAL);
	assert_int_equal(outcome.commits, 0);
	assert_int_equal(outcome.faults, 1);
	assert_int_equal(outcome.hist.count, 0);
	free(outcome.samples);
	munmap(base, 20 * PAGE);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_write_is_a_fault),
		cmocka_unit_test(pages_that_are_mapped_already_do_not_fault),
		cmocka_unit_test(no_more_samples_than_asked_for),
		cmocka_unit_test(reads_with_a_stride),
		cmocka_unit_test(the_write_after_a_read),
		cmocka_unit_test(the_span_holds_every_access),
		cmocka_unit_test(several_threads),
		cmocka_unit_test(by_the_other_clock),
		cmocka_unit_test(a_cpu_that_is_not_there),
		cmocka_unit_test(delays_that_are_known),
		cmocka_unit_test(behind_the_end_of_the_file),
		cmocka_unit_test(behind_the_end_for_some_threads),
		cmocka_unit_test(a_stop_ends_a_paused_loop),
		cmocka_unit_test(a_pause_is_not_timed),
		cmocka_unit_test(the_loads_bytes_are_read_around_the_faults),
		cmocka_unit_test(probing),
		cmocka_unit_test(the_thread_that_faults),
		cmocka_unit_test(a_thread_that_cannot_be_made),
		cmocka_unit_test(each_store_is_flushed),
		cmocka_unit_test(each_store_is_synced),
		cmocka_unit_test(a_pwrite_takes_no_fault),
		cmocka_unit_test(a_commit_that_fails_ends_the_loop),
	};

	return cmocka_run_group_tests(tests, init_clock, NULL);
}
