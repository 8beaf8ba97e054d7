// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/halt_watch.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/sysfs.h"

#define NS 1000000000

static uint64_t read_clock(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * NS + (uint64_t)now.tv_nsec;
}

/* "ns on a CPU, ns waiting for one, turns": without turns the kernel does not count. */
static void look_at_waited(struct halt_watch *watch)
{
	unsigned long long waited, turns;
	char text[80];

	if (sysfs_line(text, sizeof(text), "/proc/self/task/%d/schedstat", watch->thread) ||
	    sscanf(text, "%*u %llu %llu", &waited, &turns) != 2 || !turns)
		watch->is_blind = true;
	else
		watch->waited_ns = waited;
}

/* The clock comes last here, and first in look(): waits between the two are in the count. */
void halt_watch_begin(struct halt_watch *watch)
{
	look_at_waited(watch);
	watch->looked_ns = read_clock(CLOCK_BOOTTIME);
}

void halt_watch_open(struct halt_watch *watch)
{
	*watch = (struct halt_watch){ .thread = gettid() };
	halt_watch_begin(watch);
}

static void look(struct halt_watch *watch)
{
	uint64_t now_ns = read_clock(CLOCK_BOOTTIME), waited_ns = watch->waited_ns, due_ns, late_ns;

	look_at_waited(watch);
	due_ns = watch->looked_ns + HALT_PERIOD_NS + (watch->waited_ns - waited_ns);
	watch->looked_ns = read_clock(CLOCK_BOOTTIME);
	if (watch->is_blind || now_ns <= due_ns + HALT_LATE_NS)
		return;
	late_ns = now_ns - due_ns;
	watch->count++;
	if (late_ns > watch->longest_ns)
		watch->longest_ns = late_ns;
}

void halt_watch_join(struct halt_watch *watch, pthread_t thread)
{
	int ret = ETIMEDOUT;

	while (ret == ETIMEDOUT && !watch->is_blind) {
		uint64_t at = read_clock(CLOCK_MONOTONIC) + HALT_PERIOD_NS;
		struct timespec until = { .tv_sec = (time_t)(at / NS), .tv_nsec = (long)(at % NS) };

		ret = pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &until);
		look(watch);
	}
	if (ret)
		pthread_join(thread, NULL);
}

void halt_watch_close(struct halt_watch *watch, uint64_t longest_fault_ns, struct verdict *verdict)
{
	char times[48] = "", place[80] = "between two faults, as none took that long";

	if (!watch->count)
		return;
	if (watch->count > 1)
		snprintf(times, sizeof(times), "%llu times, at the longest ",
			 (unsigned long long)watch->count);
	if (longest_fault_ns >= watch->longest_ns)
		snprintf(place, sizeof(place), "the slowest fault, of %.0f ms, may be that",
			 (double)longest_fault_ns / 1e6);
	verdict_warn(
		verdict,
		"the process stood still %sfor about %.0f ms while the faults were timed "
		"(SIGSTOP, a frozen or throttled cgroup, a suspended machine, a virtual one that "
		"its host did not run): %s",
		times, (double)watch->longest_ns / 1e6, place);
}
