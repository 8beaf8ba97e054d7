/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the whole process stood still for a while: SIGSTOP, a frozen or throttled cgroup, a
 * suspended machine or a virtual one that its host did not run. The thread that watches only
 * sleeps, and looks at the time whenever it wakes: if that is too late, and it did not wait for a
 * CPU, it was kept from running. A thread that faults cannot tell: to it a stop is a slow fault.
 */
#ifndef SYNCFAULT_MACHINE_HALT_WATCH_H
#define SYNCFAULT_MACHINE_HALT_WATCH_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cell/verdict.h"

/* Between two looks; and how much later one has to be. What is shorter than both may be missed. */
#define HALT_PERIOD_NS 50000000
#define HALT_LATE_NS   50000000

struct halt_watch {
	pid_t thread;	     /* that watches */
	bool is_blind;	     /* the kernel does not say how long it waited: nothing is watched */
	uint64_t looked_ns;  /* the last look: CLOCK_BOOTTIME, which also counts while suspended */
	uint64_t waited_ns;  /* for a CPU, until then */
	uint64_t count;	     /* how often it stood still */
	uint64_t longest_ns; /* at least: a stop may have begun up to HALT_PERIOD_NS earlier */
};

/* By the thread that will watch: blind where the kernel does not say how long threads wait. */
void halt_watch_open(struct halt_watch *watch);

/* It stood still after this: by any thread, while the one that watches sleeps. */
void halt_watch_begin(struct halt_watch *watch);

/* Waits for a thread to end, and looks meanwhile. */
void halt_watch_join(struct halt_watch *watch, pthread_t thread);

/* Warns of what was seen, and by the slowest fault says whether that may have been in one. */
void halt_watch_close(struct halt_watch *watch, uint64_t longest_fault_ns, struct verdict *verdict);

#endif
