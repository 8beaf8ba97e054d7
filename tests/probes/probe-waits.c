// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Faults that wait, as the probes see them:
 *
 *	probe-waits [RUNG,…]
 *
 * They are served by a thread of ours after a known time, meanwhile interrupted by signals, in
 * flight in greater number than there are places, or killed. Prints a line for each check. Exit
 * status: 0; 1 something does not hold; 2 usage; 77 no probes or no userfaultfd here.
 */
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "checks.h"
#include "served.h"

#define DELAY_NS       20000000
#define SIGNALS_US     1000
#define SIGNALED_PAGES 8
#define CROWD	       (PROBE_SLOTS + 400)
#define STACK_BYTES    65536

static volatile sig_atomic_t signals;

static void count_signal(int number)
{
	(void)number;
	signals++;
}

static void *touch(void *page)
{
	*(volatile char *)page = 1;
	return NULL;
}

static void served_or_skip(struct served *served, size_t pages, size_t gathered)
{
	int ret = served_begin(served, pages, true, DELAY_NS, gathered);

	if (!ret)
		return;
	fprintf(stderr, "probe-waits: no userfaultfd: %s\n", strerror(-ret));
	exit(EXIT_CANNOT);
}

static void start_on(struct probes *probes, const struct served *served)
{
	probes_aim(probes, (uintptr_t)served->base,
		   (uintptr_t)served->base + served->pages * SERVED_PAGE);
	probes_start(probes);
}

static void known_delay(struct checks *checks, struct probes *probes)
{
	const struct probes_hist *hist = &checks->totals.hists[ROOT_FAULT][STAGE_OUTSIDE];
	struct served served;

	served_or_skip(&served, SIGNALED_PAGES, 1);
	start_on(probes, &served);
	for (size_t i = 0; i < served.pages; i++)
		touch(served.base + i * SERVED_PAGE);
	stop_and_read(checks, probes);
	check_all_seen(checks, "known-delay-seen", served.pages);
	check(checks, hist->count && hist->min_ns >= DELAY_NS, "known-delay-is-in-each-fault",
	      "served after %d ns, fastest fault %llu ns", DELAY_NS,
	      (unsigned long long)hist->min_ns);
	check(checks,
	      checks->totals.blocked_ns[ROOT_FAULT] >= served.pages * DELAY_NS / 2 &&
		      checks->totals.blocked_ns[ROOT_FAULT] <= hist->sum_ns,
	      "known-delay-is-off-the-cpu", "blocked %llu of %llu ns",
	      (unsigned long long)checks->totals.blocked_ns[ROOT_FAULT],
	      (unsigned long long)hist->sum_ns);
	served_end(&served);
}

static void start_signals(long microseconds)
{
	const struct itimerval timer = { { 0, microseconds }, { 0, microseconds } };

	setitimer(ITIMER_REAL, &timer, NULL);
}

/* Of this thread, done with: one that was given up for a signal does not count. */
static uint64_t count_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return (uint64_t)usage.ru_minflt + (uint64_t)usage.ru_majflt;
}

/* Returns how many faults that took. */
static uint64_t touch_under_signals(const struct served *served)
{
	const struct sigaction action = { .sa_handler = count_signal, .sa_flags = SA_RESTART };
	uint64_t before;

	sigaction(SIGALRM, &action, NULL);
	raise(SIGALRM); /* so that the handler itself no longer faults */
	signals = 0;
	start_signals(SIGNALS_US);
	before = count_faults();
	for (size_t i = 0; i < served->pages; i++)
		touch(served->base + i * SERVED_PAGE);
	before = count_faults() - before;
	start_signals(0);
	return before;
}

/* Where tracepoints end a fault, one given up for a signal is one whose end was not seen. */
static void signals_in_faults(struct checks *checks, struct probes *probes)
{
	uint64_t given_up, lost, faults;
	struct served served;

	served_or_skip(&served, SIGNALED_PAGES, 1);
	start_on(probes, &served);
	faults = touch_under_signals(&served);
	stop_and_read(checks, probes);
	served_end(&served);
	given_up = counted(checks, COUNT_INTERRUPTED);
	lost = drops_of(checks);
	if (is_on_rung(probes, RUNG_TRACEPOINT)) {
		given_up = counted(checks, DROP_UNFINISHED);
		lost -= given_up;
	}
	check(checks, faults_seen(checks) == faults && faults && !lost,
	      "interrupted-faults-count-once", "%llu of %llu faults, drops: %s",
	      (unsigned long long)faults_seen(checks), (unsigned long long)faults,
	      drops_text(checks));
	check(checks, given_up >= served.pages && given_up <= (uint64_t)signals,
	      "interruptions-are-counted", "%llu in %d signals", (unsigned long long)given_up,
	      (int)signals);
}

/* Faults under signals; flag is for TIF_SIGPENDING. False where the rung does not need it. */
static bool signals_with_flag(struct checks *checks, unsigned int rungs, uint64_t flag,
			      const char **reason)
{
	const struct probes_setup setup = { .rungs = rungs, .signal_flag = flag };
	struct probes *probes = open_or_skip(&setup);
	bool needs_flag = !is_on_rung(probes, RUNG_TRACEPOINT);
	struct served served;

	if (needs_flag) {
		served_or_skip(&served, SIGNALED_PAGES, 1);
		start_on(probes, &served);
		touch_under_signals(&served);
		stop_and_read(checks, probes);
		served_end(&served);
		*reason = probes_stage(probes, STAGE_RETRY)->reason;
	}
	probes_close(probes);
	return needs_flag;
}

/* A flag that no thread has shows that the one that was found is what counts. */
static void signals_without_their_flag(struct checks *checks, unsigned int rungs)
{
	const char *reason;

	if (!signals_with_flag(checks, rungs, 1ULL << 63, &reason))
		return;
	check(checks, !counted(checks, COUNT_INTERRUPTED) && counted(checks, COUNT_RETRY),
	      "a-wrong-flag-takes-interruptions-for-retries",
	      "%llu interrupted, %llu retries, %d signals",
	      (unsigned long long)counted(checks, COUNT_INTERRUPTED),
	      (unsigned long long)counted(checks, COUNT_RETRY), (int)signals);
	signals_with_flag(checks, rungs, UINT64_MAX, &reason);
	check(checks,
	      counted(checks, COUNT_INTERRUPTED) == U64_ABSENT && reason &&
		      strstr(reason, "TIF_SIGPENDING"),
	      "without-the-flag-interruptions-are-not-known", "%s", reason ? reason : "no reason");
}

/* Each thread faults on a page of its own, from first on. */
static void touch_by_threads(char *first, size_t count, bool is_at_once)
{
	pthread_t *threads = calloc(count, sizeof(*threads));
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	for (size_t i = 0; i < count; i++) {
		int ret = pthread_create(&threads[i], &attr, touch, first + i * SERVED_PAGE);

		if (ret)
			errx(EXIT_FAILURE, "thread %zu: %s", i, strerror(ret));
		if (!is_at_once)
			pthread_join(threads[i], NULL);
	}
	for (size_t i = 0; i < count && is_at_once; i++)
		pthread_join(threads[i], NULL);
	pthread_attr_destroy(&attr);
	free(threads);
}

/* Each is counted or dropped; where kretprobes lose more, some are dropped at several tries. */
static void more_than_there_are_places(struct checks *checks, struct probes *probes)
{
	bool is_exact = !is_on_rung(probes, RUNG_KPROBE);
	uint64_t seen, dropped, drops;
	struct served served;

	served_or_skip(&served, CROWD, CROWD);
	start_on(probes, &served);
	touch_by_threads(served.base, CROWD, true);
	stop_and_read(checks, probes);
	served_end(&served);
	seen = faults_seen(checks);
	dropped = counted(checks, DROP_SLOT);
	drops = drops_of(checks);
	check(checks,
	      is_exact ? seen + dropped == CROWD && drops == dropped
		       : seen <= CROWD && seen + drops >= CROWD,
	      "each-is-counted-or-dropped", "%d faults at once: %llu counted, drops: %s", CROWD,
	      (unsigned long long)seen, drops_text(checks));
	check(checks, dropped >= CROWD - PROBE_SLOTS, "places-are-few", "%llu without one of %d",
	      (unsigned long long)dropped, PROBE_SLOTS);
}

/* In the child: faults forever; a byte into the pipe says that it waits. */
static void wait_to_be_killed(char *base, int pipe_end)
{
	struct served served = { .base = base, .pages = 1 };
	struct pollfd ready = { 0 };
	pthread_t thread;

	if (served_register(&served) || pthread_create(&thread, NULL, touch, base))
		_exit(1);
	ready = (struct pollfd){ served.uffd, POLLIN, 0 };
	if (poll(&ready, 1, -1) != 1 || write(pipe_end, "", 1) != 1)
		_exit(1);
	pause();
}

static bool kill_in_fault(char *base)
{
	bool was_waiting;
	int end, status;
	pid_t pid = fork_until_ready(&end, &was_waiting);

	if (!pid)
		wait_to_be_killed(base, end);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return was_waiting && WIFSIGNALED(status);
}

/* Threads one after the other come by every place, so one that was not given back would show. */
static void killed_in_a_fault(struct checks *checks, struct probes *probes)
{
	size_t pages = CROWD + 1;
	char *base = mmap(NULL, pages * SERVED_PAGE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (base == MAP_FAILED)
		err(EXIT_FAILURE, "mmap");
	madvise(base, pages * SERVED_PAGE, MADV_NOHUGEPAGE);
	probes_aim(probes, (uintptr_t)base, (uintptr_t)base + pages * SERVED_PAGE);
	probes_start(probes);
	if (!kill_in_fault(base))
		errx(EXIT_FAILURE, "the child did not wait in a fault");
	touch_by_threads(base + SERVED_PAGE, CROWD, false);
	stop_and_read(checks, probes);
	munmap(base, pages * SERVED_PAGE);
	check(checks, faults_seen(checks) == CROWD && !counted(checks, DROP_SLOT),
	      "killed-fault-gives-its-place-back", "%llu of %u faults later, drops: %s",
	      (unsigned long long)faults_seen(checks), CROWD, drops_text(checks));
	check(checks, counted(checks, COUNT_INTERRUPTED) + counted(checks, DROP_UNFINISHED) == 1,
	      "killed-fault-is-told", "%llu interrupted, %llu unfinished",
	      (unsigned long long)counted(checks, COUNT_INTERRUPTED),
	      (unsigned long long)counted(checks, DROP_UNFINISHED));
}

int main(int argc, char **argv)
{
	static struct checks checks = { .prefix = "waits" };
	struct probes_setup setup = { .worst = 4 };
	struct probes *probes;

	if (argc > 2)
		errx(EXIT_USAGE, "usage: probe-waits [RUNG,…]");
	setup.rungs = argc > 1 ? parse_rungs(argv[1]) : 0;
	probes = open_or_skip(&setup);
	known_delay(&checks, probes);
	signals_in_faults(&checks, probes);
	more_than_there_are_places(&checks, probes);
	killed_in_a_fault(&checks, probes);
	probes_close(probes);
	signals_without_their_flag(&checks, setup.rungs);
	return checks.has_failed ? EXIT_FAILURE : 0;
}
