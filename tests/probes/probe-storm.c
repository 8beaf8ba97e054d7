// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Many faults from many sides, each of which the probes are to count once:
 *
 *	probe-storm DIR [RUNG,…]
 *
 * The files are in DIR, without a name, mapped with MAP_SYNC where that is possible. Prints a line
 *for each check. Exit status: 0; 1 something does not hold; 2 usage; 77 no probes here.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "checks.h"
#include "machine/clock.h"
#include "measure/faults.h"

#define PAGE	    4096
#define THREADS	    16
#define PAGES	    64 /* of each thread */
#define SHORT_LIVED 4096
#define AT_ONCE	    8
#define PROCESSES   256
#define FSYNCS	    32
#define EVENTS	    4096
#define STACK_BYTES 65536

struct storm {
	struct checks checks;
	const char *dir;
	struct clock clock;
	bool is_ext4;
	bool has_map_sync; /* of the last mapping */
};

static const _Atomic uint64_t no_load;

static int make_file(const struct storm *storm, size_t pages)
{
	int fd = open(storm->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, (off_t)(pages * PAGE)))
		err(EXIT_FAILURE, "make a file in %s", storm->dir);
	return fd;
}

static char *map_file(struct storm *storm, int fd, size_t pages)
{
	char *base = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
			  MAP_SHARED_VALIDATE | MAP_SYNC, fd, 0);

	storm->has_map_sync = base != MAP_FAILED;
	if (!storm->has_map_sync)
		base = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (base == MAP_FAILED)
		err(EXIT_FAILURE, "map %zu pages", pages);
	/* One fault for each page: neither huge ones nor what was read ahead come with it. */
	madvise(base, pages * PAGE, MADV_NOHUGEPAGE);
	madvise(base, pages * PAGE, MADV_RANDOM);
	return base;
}

/* A file of its own for each mapping, mapped side by side so that one aim takes in all of them. */
static char *map_new(struct storm *storm, size_t files, size_t pages)
{
	char *all = mmap(NULL, files * pages * PAGE, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (all == MAP_FAILED)
		err(EXIT_FAILURE, "map %zu pages", files * pages);
	for (size_t i = 0; i < files; i++) {
		int fd = make_file(storm, pages);
		char *from = map_file(storm, fd, pages);

		close(fd);
		if (mremap(from, pages * PAGE, pages * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
			   all + i * pages * PAGE) == MAP_FAILED)
			err(EXIT_FAILURE, "mremap");
	}
	return all;
}

static void unmap(char *base, size_t pages)
{
	munmap(base, pages * PAGE);
}

static void start_on(struct probes *probes, const char *base, size_t pages)
{
	probes_aim(probes, (uintptr_t)base, (uintptr_t)base + pages * PAGE);
	probes_start(probes);
}

/* Returns how many faults the kernel counted for them. stride: between the begins of two threads.
 */
static uint64_t run_threads(const struct storm *storm, char *base, size_t stride)
{
	struct fault_outcome outcomes[THREADS] = { 0 };
	struct fault_plan plans[THREADS];
	uint64_t faults = 0;
	int ret;

	for (size_t i = 0; i < THREADS; i++)
		plans[i] = (struct fault_plan){
			.clock = &storm->clock,
			.base = base + i * stride,
			.stride_bytes = PAGE,
			.pages = PAGES,
			.access = ACCESS_WRITE,
			.cpu = -1,
			.load_bytes = &no_load,
		};
	ret = faults_run(plans, outcomes, THREADS);
	for (size_t i = 0; i < THREADS; i++) {
		ret = ret ? ret : outcomes[i].error;
		faults += outcomes[i].faults;
	}
	if (ret)
		errx(EXIT_FAILURE, "fault in %d threads: %s", THREADS, strerror(-ret));
	return faults;
}

/* A MAP_SYNC fault on a hole is flushed by an fsync of its own. */
static void check_syncs(struct storm *storm, const char *name)
{
	struct checks *checks = &storm->checks;
	uint64_t syncs = counted(checks, COUNT_NEEDDSYNC);

	if (!storm->has_map_sync)
		return;
	check(checks,
	      syncs && counted(checks, COUNT_FSYNC) == syncs &&
		      counted(checks, COUNT_INSERT_PFN_MKWRITE) == syncs,
	      name, "%llu NEEDDSYNC, %llu fsyncs, %llu made writable", (unsigned long long)syncs,
	      (unsigned long long)counted(checks, COUNT_FSYNC),
	      (unsigned long long)counted(checks, COUNT_INSERT_PFN_MKWRITE));
}

static void threads(struct storm *storm, struct probes *probes, const char *name, size_t files,
		    size_t stride)
{
	size_t pages = THREADS * PAGES / files;
	char *base = map_new(storm, files, pages);
	char text[64];
	uint64_t faults;

	start_on(probes, base, files * pages);
	faults = run_threads(storm, base, stride);
	stop_and_read(&storm->checks, probes);
	snprintf(text, sizeof(text), "%d-threads-%s", THREADS, name);
	check_none_lost_untold(&storm->checks, probes, text, faults);
	snprintf(text, sizeof(text), "%d-threads-%s-flushed", THREADS, name);
	check_syncs(storm, text);
	unmap(base, files * pages);
}

static void *touch(void *page)
{
	*(volatile char *)page = 1;
	return NULL;
}

static void touch_by_threads(char *base, size_t count)
{
	pthread_t running[AT_ONCE];
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	for (size_t i = 0; i < count + AT_ONCE; i++) {
		pthread_t *thread = &running[i % AT_ONCE];
		int ret = 0;

		if (i >= AT_ONCE)
			pthread_join(*thread, NULL);
		if (i < count)
			ret = pthread_create(thread, &attr, touch, base + i * PAGE);
		if (ret)
			errx(EXIT_FAILURE, "thread %zu: %s", i, strerror(ret));
	}
	pthread_attr_destroy(&attr);
}

static void short_lived_threads(struct storm *storm, struct probes *probes)
{
	char *base = map_new(storm, 1, SHORT_LIVED);

	start_on(probes, base, SHORT_LIVED);
	touch_by_threads(base, SHORT_LIVED);
	stop_and_read(&storm->checks, probes);
	check_all_seen(&storm->checks, "short-lived-threads", SHORT_LIVED);
	unmap(base, SHORT_LIVED);
}

static void touch_by_processes(char *base, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		pid_t pid = fork();
		int status;

		if (pid < 0)
			err(EXIT_FAILURE, "fork");
		if (!pid) {
			touch(base + i * PAGE);
			_exit(0);
		}
		if (waitpid(pid, &status, 0) != pid || status)
			errx(EXIT_FAILURE, "process %zu ended with %#x", i, status);
	}
}

/* The kernel faults on our behalf, in a write from memory that is not there; no trap is taken. */
static void faults_of_system_calls(struct storm *storm, struct probes *probes)
{
	char *base = map_new(storm, 1, PAGES);
	int fd = make_file(storm, 1);

	start_on(probes, base, PAGES);
	for (size_t i = 0; i < PAGES; i++)
		if (pread(fd, base + i * PAGE, 8, 0) != 8)
			err(EXIT_FAILURE, "read into the mapping");
	stop_and_read(&storm->checks, probes);
	if (is_on_rung(probes, RUNG_TRACEPOINT))
		check(&storm->checks, !faults_seen(&storm->checks) && !drops_of(&storm->checks),
		      "system-calls-are-not-of-this-rung", "%llu faults, drops: %s",
		      (unsigned long long)faults_seen(&storm->checks), drops_text(&storm->checks));
	else
		check_all_seen(&storm->checks, "faults-of-system-calls", PAGES);
	close(fd);
	unmap(base, PAGES);
}

/* Our own fsyncs are roots of their own; those inside faults are not. */
static void fsyncs_beside_faults(struct storm *storm, struct probes *probes)
{
	const struct probes_hist *fsyncs = &storm->checks.totals.hists[ROOT_FSYNC][STAGE_OUTSIDE];
	int fd = make_file(storm, FSYNCS);
	char *base = map_file(storm, fd, FSYNCS);
	bool can_see = storm->is_ext4 || !is_on_rung(probes, RUNG_TRACEPOINT);

	start_on(probes, base, FSYNCS);
	for (size_t i = 0; i < FSYNCS; i++) {
		touch(base + i * PAGE);
		if (fsync(fd))
			err(EXIT_FAILURE, "fsync");
	}
	stop_and_read(&storm->checks, probes);
	check_all_seen(&storm->checks, "faults-beside-fsyncs", FSYNCS);
	check_syncs(storm, "faults-beside-fsyncs-flushed");
	if (can_see)
		check(&storm->checks, fsyncs->count == FSYNCS, "fsyncs-beside-faults",
		      "%llu of %d, mean %llu ns", (unsigned long long)fsyncs->count, FSYNCS,
		      (unsigned long long)(fsyncs->count ? fsyncs->sum_ns / fsyncs->count : 0));
	close(fd);
	unmap(base, FSYNCS);
}

static void count_event(const struct probe_record *record, void *context)
{
	*(uint64_t *)context += record->total_ns != 0;
}

static uint64_t poll_all(struct probes *probes)
{
	uint64_t told = 0, before;

	do {
		before = told;
		probes_poll(probes, 10, count_event, &told);
	} while (told != before);
	return told;
}

/* More events than there is room for: those that were not reported are counted. */
static void events(struct storm *storm, struct probes *probes, char *base)
{
	uint64_t told, dropped;

	probes_start(probes);
	for (size_t i = 0; i < EVENTS; i++)
		touch(base + i * PAGE);
	stop_and_read(&storm->checks, probes);
	told = poll_all(probes);
	dropped = counted(&storm->checks, DROP_EVENT);
	check_all_seen(&storm->checks, "faults-that-are-events", EVENTS);
	check(&storm->checks, told && dropped && told + dropped == EVENTS, "events",
	      "%llu told and %llu dropped of %d", (unsigned long long)told,
	      (unsigned long long)dropped, EVENTS);
}

static void all_processes(struct storm *storm, unsigned int rungs)
{
	int fd = make_file(storm, PROCESSES + EVENTS);
	char *base = map_file(storm, fd, PROCESSES + EVENTS);
	char *other = map_new(storm, 1, PAGES);
	struct probes_setup setup = { .rungs = rungs, .has_dev = true, .over_ns = 1, .worst = 4 };
	struct probes *probes;
	struct stat facts;

	fstat(fd, &facts);
	setup.dev = probes_dev(facts.st_dev);
	setup.inode = facts.st_ino;
	probes = open_or_skip(&setup);
	probes_start(probes);
	touch_by_processes(base, PROCESSES);
	for (size_t i = 0; i < PAGES; i++)
		touch(other + i * PAGE);
	stop_and_read(&storm->checks, probes);
	check_all_seen(&storm->checks, "one-fault-of-each-process", PROCESSES);
	poll_all(probes);
	events(storm, probes, base + PROCESSES * PAGE);
	probes_close(probes);
	close(fd);
	unmap(base, PROCESSES + EVENTS);
	unmap(other, PAGES);
}

static void own_process(struct storm *storm, unsigned int rungs)
{
	const struct probes_setup setup = {
		.tgid = getpid(), .has_fsyncs = true, .worst = 8, .rungs = rungs
	};
	struct probes *probes = open_or_skip(&setup);

	threads(storm, probes, "a-file-each", THREADS, PAGES * PAGE);
	threads(storm, probes, "one-file", 1, PAGES * PAGE);
	threads(storm, probes, "the-same-pages", 1, 0);
	short_lived_threads(storm, probes);
	faults_of_system_calls(storm, probes);
	fsyncs_beside_faults(storm, probes);
	probes_close(probes);
}

int main(int argc, char **argv)
{
	static struct storm storm = { .checks = { .prefix = "storm" } };
	unsigned int rungs;
	struct statfs facts;

	if (argc < 2 || argc > 3)
		errx(EXIT_USAGE, "usage: probe-storm DIR [RUNG,…]");
	rungs = argc > 2 ? parse_rungs(argv[2]) : 0;
	storm.dir = argv[1];
	if (statfs(storm.dir, &facts))
		err(EXIT_USAGE, "%s", storm.dir);
	storm.is_ext4 = facts.f_type == EXT4_SUPER_MAGIC;
	if (clock_init(&storm.clock))
		errx(EXIT_FAILURE, "no clock");
	own_process(&storm, rungs);
	all_processes(&storm, rungs);
	return storm.checks.has_failed ? EXIT_FAILURE : 0;
}
