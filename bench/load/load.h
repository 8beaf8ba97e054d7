/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What goes on during the faults, on the same file system: the letter's "background file copying",
 * or storms of metadata that fight the faults for the log. Child processes do it over and over and
 * count what they did.
 */
#ifndef SYNCFAULT_LOAD_LOAD_H
#define SYNCFAULT_LOAD_LOAD_H

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cell/verdict.h"
#include "target/datafile.h"

#define LOAD_MAX_PROCESSES 4

struct load_shared;

struct load {
	int kind; /* enum cell_load; LOAD_NONE: none runs */
	pid_t pids[LOAD_MAX_PROCESSES];
	uint64_t processes;
	struct load_shared *shared;
	cpu_set_t cpus;
	uint64_t files, file_bytes; /* what copy copies, what log keeps; U64_ABSENT for others */
};

/*
 * Starts the processes of config->load, which is not LOAD_NONE, on cpus; returns once each of them
 * has made its files and their first work has been counted. The files take at most a quarter of the
 * free space. They die with the calling thread. Some loads need files with names: in a folder
 * without them, the cell is skipped.
 */
int load_start(struct load *load, const struct cell_config *config, const struct workplace *place,
	       const cpu_set_t *cpus, struct verdict *verdict);

/* Whether load_counter() counts bytes; else operations, that is system calls that change a file. */
bool load_counts_bytes(int kind);

/*
 * What was done so far, by all processes; valid until load_stop. Never NULL; without a load it
 * stays 0.
 */
const _Atomic uint64_t *load_counter(const struct load *load);

/* 0, or the first -errno that ended a process. */
int load_error(const struct load *load);

/* False: a process is off the CPUs it was given, one of which went offline. */
bool load_keeps_cpus(const struct load *load);

/* Ends the processes and waits for them; a load that was never started is allowed. */
void load_stop(struct load *load);

#endif
