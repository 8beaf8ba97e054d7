// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the probes take and give back:
 *
 *	probe-leaks TIMES [RUNG,…]
 *
 * Attaches and detaches so many times, looks at how much the maps take, and kills a process that
 *has probes attached. Prints a line for each check. Exit status: 0; 1 something does not hold; 2
 *usage; 77 no probes here.
 */
#include <dirent.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "checks.h"

#define MAX_TIMES 10000
/* Besides what each CPU has: slots, ring buffer, commits and who fills them. */
#define MAX_SHARED_KIB 6144
#define MAX_OF_CPU_KIB 1024
#define GONE_SECONDS   10
#define MAX_OBJECTS    (1 << 18)

/* Numbers that the kernel gave to what was open at some time; each may be there more than once. */
struct objects {
	uint32_t programs[MAX_OBJECTS], maps[MAX_OBJECTS], links[MAX_OBJECTS];
	size_t program_count, map_count, link_count;
};

static void note_id(uint32_t *ids, size_t *count, unsigned long long id)
{
	if (*count == MAX_OBJECTS)
		errx(EXIT_FAILURE, "more than %d objects", MAX_OBJECTS);
	if (id)
		ids[(*count)++] = (uint32_t)id;
}

static size_t count_left(const uint32_t *ids, size_t count, int (*open_by_id)(uint32_t))
{
	size_t left = 0;

	for (size_t i = 0; i < count; i++) {
		int fd = open_by_id(ids[i]);

		left += fd != -ENOENT;
		if (fd >= 0)
			close(fd);
	}
	return left;
}

static size_t objects_left(const struct objects *objects)
{
	return count_left(objects->programs, objects->program_count, bpf_prog_get_fd_by_id) +
	       count_left(objects->maps, objects->map_count, bpf_map_get_fd_by_id) +
	       count_left(objects->links, objects->link_count, bpf_link_get_fd_by_id);
}

/* The kernel frees them some time after the last descriptor is closed. */
static void check_gone(struct checks *checks, const char *name, const struct objects *objects)
{
	const struct timespec pause = { .tv_nsec = 50000000 };
	size_t left = objects_left(objects);

	for (int i = 0; i < GONE_SECONDS * 20 && left; i++) {
		nanosleep(&pause, NULL);
		left = objects_left(objects);
	}
	check(checks, !left && objects->program_count && objects->map_count && objects->link_count,
	      name, "%zu left of %zu programs, %zu maps, %zu links", left, objects->program_count,
	      objects->map_count, objects->link_count);
}

static unsigned long long count_cpus(void)
{
	return (unsigned long long)libbpf_num_possible_cpus();
}

static size_t count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t count = 0;

	if (!dir)
		err(EXIT_FAILURE, "/proc/self/fd");
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

/* The value of a line "name: 123 kB" of a file in /proc, or 0. */
static unsigned long long read_field(const char *path, const char *name)
{
	unsigned long long value = 0;
	FILE *file = fopen(path, "re");
	char line[256];

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)))
			sscanf(line + strlen(name), " %llu", &value);
	fclose(file);
	return value;
}

/* Adds what a process has open, and returns how many bytes of memory its maps take. */
static unsigned long long note_objects(pid_t pid, struct objects *objects)
{
	unsigned long long bytes = 0;
	struct dirent *entry;
	char folder[64], path[400];
	DIR *dir;

	snprintf(folder, sizeof(folder), "/proc/%d/fdinfo", pid);
	dir = opendir(folder);
	if (!dir)
		err(EXIT_FAILURE, "%s", folder);
	while ((entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		note_id(objects->maps, &objects->map_count, read_field(path, "map_id:"));
		note_id(objects->links, &objects->link_count, read_field(path, "link_id:"));
		/* A link names its program too. */
		if (!read_field(path, "link_id:"))
			note_id(objects->programs, &objects->program_count,
				read_field(path, "prog_id:"));
		if (read_field(path, "map_id:"))
			bytes += read_field(path, "memlock:");
	}
	closedir(dir);
	return bytes;
}

static struct probes *open_counting(unsigned int rungs)
{
	const struct probes_setup setup = {
		.tgid = getpid(), .is_anonymous = true, .worst = 16, .rungs = rungs
	};
	struct probes *probes = open_or_skip(&setup);

	probes_start(probes);
	return probes;
}

/* The first times load what is kept for good, as the table of the kernel's symbols. */
static void attach_and_detach(struct checks *checks, unsigned int times, unsigned int rungs)
{
	static struct objects objects;
	unsigned long long before, after, bytes = 0;
	size_t fds;

	probes_close(open_counting(rungs));
	probes_close(open_counting(rungs));
	fds = count_fds();
	before = read_field("/proc/self/status", "VmRSS:");
	for (unsigned int i = 0; i < times; i++) {
		struct probes *probes = open_counting(rungs);

		bytes = note_objects(getpid(), &objects);
		probes_close(probes);
	}
	after = read_field("/proc/self/status", "VmRSS:");
	check(checks, count_fds() == fds, "descriptors", "%zu before %u times, %zu after", fds,
	      times, count_fds());
	/* The numbers noted here, and room for the allocator; one forgotten array is 100 KiB. */
	check(checks, before && after <= before + 32ULL * times + 8192, "memory-of-the-process",
	      "%llu KiB before %u times, %llu after", before, times, after);
	check_gone(checks, "programs-maps-links", &objects);
	check(checks, bytes && bytes / 1024 <= MAX_SHARED_KIB + MAX_OF_CPU_KIB * count_cpus(),
	      "memory-of-the-maps", "%llu KiB with %llu CPUs", bytes / 1024, count_cpus());
}

static void wait_attached(unsigned int rungs, int pipe_end)
{
	open_counting(rungs);
	if (write(pipe_end, "", 1) == 1)
		pause();
	_exit(1);
}

static void kill_attached(struct checks *checks, unsigned int rungs)
{
	static struct objects objects;
	bool is_ready;
	int end;
	pid_t pid = fork_until_ready(&end, &is_ready);

	if (!pid)
		wait_attached(rungs, end);
	if (!is_ready)
		errx(EXIT_FAILURE, "the child did not attach");
	note_objects(pid, &objects);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	check_gone(checks, "gone-after-SIGKILL", &objects);
}

int main(int argc, char **argv)
{
	static struct checks checks = { .prefix = "leaks" };
	unsigned int rungs;
	char *end = NULL;
	unsigned long times = argc > 1 ? strtoul(argv[1], &end, 10) : 0;

	if (argc < 2 || argc > 3 || *end || !times || times > MAX_TIMES)
		errx(EXIT_USAGE, "usage: probe-leaks TIMES [RUNG,…], of 1 to %d", MAX_TIMES);
	rungs = argc > 2 ? parse_rungs(argv[2]) : 0;
	attach_and_detach(&checks, (unsigned int)times, rungs);
	kill_attached(&checks, rungs);
	return checks.has_failed ? EXIT_FAILURE : 0;
}
