// SPDX-License-Identifier: GPL-2.0-or-later
#include "measure/faults.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/privilege.h"
#include "base/sigbus.h"
#include "base/stop.h"
#include "machine/cpus.h"

/* Faults timed between two looks at the stop flag, and two rounds of counting. */
#define CHUNK	    4096
#define STACK_BYTES (256 << 10)

/* ASan looks at its shadow of each page before the access, and the first look is a fault too. */
#define no_shadow __attribute__((no_sanitize("address")))

/* Holds threads back until all are ready, or dismisses them if one could not be created. */
struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t ready;
	enum { GATE_SHUT, GATE_OPEN, GATE_HOME } state;
};

struct runner {
	const struct fault_plan *plan;
	struct fault_outcome *outcome;
	struct gate *gate;
	char *memory; /* stack, chunk and samples: one locked mapping */
	size_t memory_bytes;
	uint64_t *chunk;
	uint64_t *samples;
	pthread_t thread;
};

/* Which page a thread is at: it may not live to report where it was. */
static __thread volatile uint64_t current_page;

static uint64_t count_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return (uint64_t)usage.ru_minflt + (uint64_t)usage.ru_majflt;
}

/* What is timed, known when the loop is compiled. */
enum touch {
	TOUCH_READ,
	TOUCH_WRITE,
	TOUCH_FLUSH,
	TOUCH_MSYNC,
	TOUCH_FDATASYNC,
	TOUCH_PWRITE,
};

static const char stored_byte = 1;

/* Below 0 where the store could not be made durable. */
static inline __attribute__((always_inline)) no_shadow ssize_t
touch_page(const struct fault_plan *plan, volatile char *page, const enum touch touch)
{
	if (touch == TOUCH_READ) {
		(void)*page;
		return 0;
	}
	if (touch == TOUCH_PWRITE)
		return pwrite(plan->commit_fd, &stored_byte, 1,
			      (off_t)(plan->file_offset + (uint64_t)(page - plan->base)));
	*page = stored_byte;
	if (touch == TOUCH_FLUSH)
		plan->flush((const void *)page, 1);
	if (touch == TOUCH_MSYNC)
		return msync((void *)page, 4096, MS_SYNC);
	if (touch == TOUCH_FDATASYNC)
		return fdatasync(plan->commit_fd);
	return 0;
}

/* Returns how many pages it timed: all, or fewer where a commit failed (errno) or a stop came. */
static inline __attribute__((always_inline)) no_shadow size_t
time_pages(const struct fault_plan *plan, volatile char *page, size_t count, uint64_t *ticks,
	   const enum clock_source source, const enum touch touch)
{
	uint64_t stride = plan->stride_bytes, pause_us = plan->pause_us;
	const struct timespec pause = { .tv_sec = (time_t)(pause_us / 1000000),
					.tv_nsec = (long)(pause_us % 1000000 * 1000) };

	for (size_t i = 0; i < count; i++, page += stride) {
		uint64_t begin, end;
		ssize_t ret;

		begin = clock_begin(source);
		ret = touch_page(plan, page, touch);
		end = clock_end(source);
		ticks[i] = end - begin;
		if (ret < 0)
			return i;
		current_page++;
		if (!pause_us)
			continue;
		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
		if (stop_requested)
			return i + 1;
	}
	return count;
}

static inline __attribute__((always_inline)) no_shadow size_t
time_by_clock(const struct fault_plan *plan, char *page, size_t count, uint64_t *ticks,
	      const enum touch touch)
{
	if (plan->clock->source == CLOCK_SOURCE_TSC)
		return time_pages(plan, page, count, ticks, CLOCK_SOURCE_TSC, touch);
	return time_pages(plan, page, count, ticks, CLOCK_SOURCE_MONOTONIC_RAW, touch);
}

/* One compiled loop for each clock and what is timed, so that no choice is made inside. */
static no_shadow size_t time_chunk(const struct fault_plan *plan, char *page, size_t count,
				   uint64_t *ticks)
{
	if (plan->access == ACCESS_READ)
		return time_by_clock(plan, page, count, ticks, TOUCH_READ);
	switch (plan->commit) {
	case COMMIT_FLUSH:
		return time_by_clock(plan, page, count, ticks, TOUCH_FLUSH);
	case COMMIT_MSYNC:
		return time_by_clock(plan, page, count, ticks, TOUCH_MSYNC);
	case COMMIT_FDATASYNC:
		return time_by_clock(plan, page, count, ticks, TOUCH_FDATASYNC);
	case COMMIT_PWRITE_DSYNC:
		return time_by_clock(plan, page, count, ticks, TOUCH_PWRITE);
	default:
		return time_by_clock(plan, page, count, ticks, TOUCH_WRITE);
	}
}

/* A clock that went back between two reads gives no latency, and above all not a huge one. */
static int keep_chunk(struct runner *runner, size_t count, uint64_t first_page)
{
	struct fault_outcome *outcome = runner->outcome;

	for (size_t i = 0; i < count; i++) {
		uint64_t ns = clock_to_ns(runner->plan->clock, runner->chunk[i]);

		if (clock_went_back(runner->chunk[i])) {
			outcome->error_page = first_page + i;
			return -ERANGE;
		}
		hist_add(&outcome->hist, ns);
		if (outcome->sample_count < runner->plan->keep_samples)
			runner->samples[outcome->sample_count++] = ns;
	}
	return 0;
}

static int time_all(struct runner *runner)
{
	const struct fault_plan *plan = runner->plan;
	int ret = 0;

	for (uint64_t done = 0; done < plan->pages && !ret;) {
		uint64_t left = plan->pages - done;
		size_t count = left < CHUNK ? left : CHUNK;
		size_t timed = time_chunk(plan, plan->base + done * plan->stride_bytes, count,
					  runner->chunk);

		if (timed < count && !stop_requested)
			runner->outcome->commit_error = -errno;
		if (plan->commit != COMMIT_NONE)
			runner->outcome->commits += timed;
		if (stop_requested)
			return -EINTR;
		if (timed < count)
			return runner->outcome->commit_error;
		ret = keep_chunk(runner, count, done);
		done += count;
	}
	return ret;
}

static no_shadow void read_all(void *argument)
{
	struct runner *runner = argument;
	const struct fault_plan *plan = runner->plan;

	for (uint64_t i = 0; i < plan->pages; i++, current_page++)
		(void)*(volatile char *)(plan->base + i * plan->stride_bytes);
	current_page = 0;
}

/* Capabilities go last: a CPU and SCHED_FIFO may need them, and faults do not. */
static void settle_thread(struct runner *runner)
{
	const struct fault_plan *plan = runner->plan;
	struct sched_param param = { .sched_priority = 10 };
	cpu_set_t cpus;

	runner->outcome->cpu = plan->cpu;
	CPU_ZERO(&cpus);
	if (plan->cpu >= 0) {
		CPU_SET(plan->cpu, &cpus);
		runner->outcome->error =
			-pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus);
	}
	prctl(PR_SET_TIMERSLACK, 1);
	runner->outcome->has_fifo =
		plan->is_fifo && pthread_setschedparam(pthread_self(), SCHED_FIFO, &param) == 0;
	if (!runner->outcome->error)
		runner->outcome->error = privilege_drop(0);
}

/* A first round through everything that the timed part will touch or call; commits do nothing. */
static void warm_up(struct runner *runner)
{
	const struct fault_plan warm = {
		.clock = runner->plan->clock,
		.base = (char *)runner->chunk,
		.pages = 1,
		.stride_bytes = 1,
		.access = runner->plan->access,
		.commit = runner->plan->commit,
		.commit_fd = -1,
		.flush = runner->plan->flush,
		.pause_us = runner->plan->pause_us ? 1 : 0,
	};
	struct runner dry = *runner;

	dry.plan = &warm;
	time_chunk(&warm, runner->memory, 1, runner->chunk);
	keep_chunk(&dry, 1, 0);
	hist_init(&runner->outcome->hist);
	runner->outcome->sample_count = 0;
	current_page = 0;
	count_faults();
}

/* Where a CPU goes offline, the kernel lets its threads run on every other. */
static bool has_kept_cpu(const struct fault_plan *plan)
{
	cpu_set_t wanted;

	CPU_ZERO(&wanted);
	if (plan->cpu >= 0)
		CPU_SET(plan->cpu, &wanted);
	return plan->cpu < 0 || cpus_keep_to(0, &wanted);
}

static void measure(void *argument)
{
	struct runner *runner = argument;
	const struct fault_plan *plan = runner->plan;
	struct fault_outcome *outcome = runner->outcome;
	uint64_t faults = count_faults();

	outcome->begin_load_bytes = atomic_load(plan->load_bytes);
	outcome->begin = clock_begin(plan->clock->source);
	outcome->error = time_all(runner);
	outcome->end = clock_end(plan->clock->source);
	outcome->end_load_bytes = atomic_load(plan->load_bytes);
	outcome->faults = count_faults() - faults;
	if (!outcome->error && clock_went_back(outcome->end - outcome->begin)) {
		outcome->error = -ERANGE;
		outcome->error_page = plan->pages;
	}
	if (!outcome->error && !has_kept_cpu(plan))
		outcome->error = -EXDEV;
}

static bool pass_gate(struct gate *gate)
{
	bool is_open;

	pthread_mutex_lock(&gate->lock);
	gate->ready++;
	pthread_cond_broadcast(&gate->changed);
	while (gate->state == GATE_SHUT)
		pthread_cond_wait(&gate->changed, &gate->lock);
	is_open = gate->state == GATE_OPEN;
	pthread_mutex_unlock(&gate->lock);
	return is_open;
}

/* For runners->gate of count threads: waits for all, then opens; or dismisses those that exist. */
static void open_gate(struct gate *gate, size_t count, bool is_complete,
		      const struct fault_plan *plan)
{
	pthread_mutex_lock(&gate->lock);
	while (is_complete && gate->ready < count)
		pthread_cond_wait(&gate->changed, &gate->lock);
	if (is_complete && plan->at_ready)
		plan->at_ready(plan->context);
	if (plan->halts)
		halt_watch_begin(plan->halts);
	gate->state = is_complete ? GATE_OPEN : GATE_HOME;
	pthread_cond_broadcast(&gate->changed);
	pthread_mutex_unlock(&gate->lock);
}

/* Runs step; SIGBUS in it becomes -EFAULT at the page that was being accessed. */
static void guard_step(struct runner *runner, void (*step)(void *runner))
{
	struct fault_outcome *outcome = runner->outcome;
	struct sigbus met;

	if (outcome->error || sigbus_guard(step, runner, &met))
		return;
	outcome->error = -EFAULT;
	outcome->error_page = current_page;
	outcome->error_offset =
		runner->plan->file_offset + (met.address - (uintptr_t)runner->plan->base);
	outcome->error_code = met.code;
}

static void *run_thread(void *argument)
{
	struct runner *runner = argument;

	settle_thread(runner);
	warm_up(runner);
	if (runner->plan->access == ACCESS_READ_THEN_WRITE)
		guard_step(runner, read_all);
	if (pass_gate(runner->gate))
		guard_step(runner, measure);
	return NULL;
}

static int allocate(struct runner *runner)
{
	size_t chunk_bytes = CHUNK * sizeof(uint64_t);
	size_t sample_bytes = runner->plan->keep_samples * sizeof(uint64_t);

	runner->memory_bytes = STACK_BYTES + chunk_bytes + sample_bytes;
	runner->memory = mmap(NULL, runner->memory_bytes, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (runner->memory == MAP_FAILED) {
		runner->memory = NULL;
		return -errno;
	}
	runner->outcome->is_locked = mlock(runner->memory, runner->memory_bytes) == 0;
	memset(runner->memory, 0, runner->memory_bytes);
	runner->chunk = (uint64_t *)(void *)(runner->memory + STACK_BYTES);
	runner->samples = runner->chunk + CHUNK;
	hist_init(&runner->outcome->hist);
	return 0;
}

static int start_thread(struct runner *runner)
{
	pthread_attr_t attr;
	int ret;

	pthread_attr_init(&attr);
	pthread_attr_setstack(&attr, runner->memory, STACK_BYTES);
	ret = -pthread_create(&runner->thread, &attr, run_thread, runner);
	pthread_attr_destroy(&attr);
	return ret;
}

static int hand_over(struct runner *runner)
{
	struct fault_outcome *outcome = runner->outcome;
	size_t bytes = outcome->sample_count * sizeof(uint64_t);

	if (!bytes)
		return 0;
	outcome->samples = malloc(bytes);
	if (!outcome->samples)
		return -ENOMEM;
	memcpy(outcome->samples, runner->samples, bytes);
	return 0;
}

static int run_all(struct runner *runners, size_t count)
{
	struct gate gate = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, GATE_SHUT };
	struct halt_watch *halts = runners[0].plan->halts;
	size_t started = 0;
	int ret = 0;

	while (started < count && !ret) {
		runners[started].gate = &gate;
		ret = start_thread(&runners[started]);
		started += !ret;
	}
	open_gate(&gate, count, started == count, runners[0].plan);
	for (size_t i = 0; i < started; i++)
		if (halts)
			halt_watch_join(halts, runners[i].thread);
		else
			pthread_join(runners[i].thread, NULL);
	return ret;
}

int faults_run(const struct fault_plan *plans, struct fault_outcome *outcomes, size_t count)
{
	struct sigaction old;
	struct runner *runners = calloc(count, sizeof(*runners));
	int ret = runners ? 0 : -ENOMEM;

	for (size_t i = 0; i < count && !ret; i++) {
		runners[i].plan = &plans[i];
		runners[i].outcome = &outcomes[i];
		ret = allocate(&runners[i]);
	}
	if (!ret) {
		sigbus_enter(&old);
		ret = run_all(runners, count);
		sigbus_leave(&old);
	}
	for (size_t i = 0; runners && i < count; i++) {
		if (!ret)
			ret = hand_over(&runners[i]);
		if (runners[i].memory)
			munmap(runners[i].memory, runners[i].memory_bytes);
	}
	free(runners);
	return ret;
}

struct probe_round {
	const struct fault_plan *plan;
	uint64_t offset;
	int64_t taken;
};

static no_shadow void probe_pages(void *argument)
{
	struct probe_round *round = argument;
	const struct fault_plan *plan = round->plan;
	const bool is_read = plan->access == ACCESS_READ || plan->commit == COMMIT_MSYNC ||
			     plan->commit == COMMIT_FDATASYNC;
	uint64_t before = count_faults();

	for (uint64_t i = 0; i < plan->pages; i++) {
		volatile char *page = plan->base + i * plan->stride_bytes + round->offset;

		if (is_read)
			(void)*page;
		else
			*page = 1;
	}
	round->taken = (int64_t)(count_faults() - before);
}

int64_t faults_probe(const struct fault_plan *plan, uint64_t offset)
{
	struct probe_round round = { .plan = plan, .offset = offset, .taken = -EFAULT };
	struct sigaction old;
	struct sigbus met;

	sigbus_enter(&old);
	sigbus_guard(probe_pages, &round, &met);
	sigbus_leave(&old);
	return round.taken;
}
