/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which CPUs run the faults and which the load. */
#ifndef SYNCFAULT_MACHINE_CPUS_H
#define SYNCFAULT_MACHINE_CPUS_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct cpus {
	int allowed[CPU_SETSIZE]; /* what this process may run on, ascending */
	size_t allowed_count;
	int chosen[CPU_SETSIZE]; /* where the user wants the faults; empty: we choose */
	size_t chosen_count;
};

/* Reads what is allowed; -errno, reported. */
int cpus_read(struct cpus *cpus);

/* Takes "2", "2,3" or "4-7"; -EINVAL after one line on stderr (not a list, or not allowed). */
int cpus_choose(struct cpus *cpus, const char *list);

/* The CPU of the thread of that index: as chosen, else the allowed ones from the last to the first.
 */
int cpus_of_thread(const struct cpus *cpus, size_t thread);

/* The CPUs that threads leave for the load; all of them, and false, if none is left. */
bool cpus_for_load(const struct cpus *cpus, size_t threads, cpu_set_t *set);

/*
 * Whether the thread of that number (0: the calling one) may still run only on CPUs of set: if its
 * last CPU goes offline, the kernel widens its affinity to all. True for a thread that has ended.
 */
bool cpus_keep_to(pid_t thread, const cpu_set_t *set);

#endif
