// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/cpus.h"

#include <errno.h>
#include <stdlib.h>

#include "base/diag.h"

int cpus_read(struct cpus *cpus)
{
	cpu_set_t set;

	*cpus = (struct cpus){ 0 };
	if (sched_getaffinity(0, sizeof(set), &set))
		return diag_errno(errno, "read the allowed CPUs");
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &set))
			cpus->allowed[cpus->allowed_count++] = cpu;
	return 0;
}

static bool is_allowed(const struct cpus *cpus, long cpu)
{
	for (size_t i = 0; i < cpus->allowed_count; i++)
		if (cpus->allowed[i] == cpu)
			return true;
	return false;
}

static int choose_range(struct cpus *cpus, long first, long last)
{
	for (long cpu = first; cpu <= last; cpu++) {
		if (!is_allowed(cpus, cpu)) {
			diag_error("--cpus: CPU %ld is not there, or not allowed to this process",
				   cpu);
			return -EINVAL;
		}
		if (cpus->chosen_count < CPU_SETSIZE)
			cpus->chosen[cpus->chosen_count++] = (int)cpu;
	}
	return 0;
}

int cpus_choose(struct cpus *cpus, const char *list)
{
	const char *p = list;

	for (;;) {
		char *end;
		long first = strtol(p, &end, 10), last = first;
		bool has_first = end != p && *p >= '0';

		p = end;
		if (has_first && *p == '-') {
			last = strtol(++p, &end, 10);
			has_first = end != p && *p >= '0' && last >= first;
			p = end;
		}
		if (!has_first || (*p && *p != ',')) {
			diag_error("--cpus '%s': wants a list such as 2 or 2,3 or 4-7", list);
			return -EINVAL;
		}
		if (choose_range(cpus, first, last))
			return -EINVAL;
		if (!*p++)
			return 0;
	}
}

int cpus_of_thread(const struct cpus *cpus, size_t thread)
{
	if (cpus->chosen_count)
		return cpus->chosen[thread % cpus->chosen_count];
	return cpus->allowed[cpus->allowed_count - 1 - thread % cpus->allowed_count];
}

bool cpus_for_load(const struct cpus *cpus, size_t threads, cpu_set_t *set)
{
	CPU_ZERO(set);
	for (size_t i = 0; i < cpus->allowed_count; i++)
		CPU_SET(cpus->allowed[i], set);
	for (size_t i = 0; i < threads; i++)
		CPU_CLR(cpus_of_thread(cpus, i), set);
	if (CPU_COUNT(set) > 0)
		return true;
	for (size_t i = 0; i < cpus->allowed_count; i++)
		CPU_SET(cpus->allowed[i], set);
	return false;
}

bool cpus_keep_to(pid_t thread, const cpu_set_t *set)
{
	cpu_set_t now, both;

	if (sched_getaffinity(thread, sizeof(now), &now))
		return errno == ESRCH;
	CPU_AND(&both, &now, set);
	return CPU_EQUAL(&both, &now);
}
