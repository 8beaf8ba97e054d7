/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What goes on beside the faults: the letter's "background file copying". A child process copies a
 * set of small files over and over, on the same file system, and counts the bytes.
 */
#ifndef SYNCFAULT_LOAD_H
#define SYNCFAULT_LOAD_H

#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#include "datafile.h"
#include "verdict.h"

struct load_shared;

struct load {
	pid_t pid; /* 0: none runs */
	struct load_shared *shared;
	uint64_t files, file_bytes; /* what is copied */
};

/*
 * Makes the files and starts copying on cpus; returns once a first file was copied. The files take
 * at most a quarter of the free space. The child dies with the calling thread.
 */
int load_start(struct load *load, const struct workplace *place, const cpu_set_t *cpus,
	       struct verdict *verdict);

/* Bytes written to copies so far; valid until load_stop. Never NULL: without load it stays 0. */
const _Atomic uint64_t *load_counter(const struct load *load);

/* 0, or the -errno that ended the copying. */
int load_error(const struct load *load);

/* Ends the child and waits for it; a load that was never started is fine. */
void load_stop(struct load *load);

#endif
