/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The timed loop. Between the two clock reads there is one access to one page, with what makes it
 * durable if the cell asks for that, and nothing else; the pause, if any, is slept between two
 * timed spans.
 */
#ifndef SYNCFAULT_MEASURE_FAULTS_H
#define SYNCFAULT_MEASURE_FAULTS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "cell/cell.h"
#include "machine/clock.h"
#include "machine/halt_watch.h"
#include "math/hist.h"

/* What one thread does. Set before the thread starts, and const from then on. */
struct fault_plan {
	const struct clock *clock;
	char *base;	       /* first page of this thread */
	uint64_t stride_bytes; /* from one access to the next */
	uint64_t pages;
	int access;	      /* enum cell_access */
	int commit;	      /* enum cell_commit: what follows each store, timed with it */
	int commit_fd;	      /* for fdatasync and pwrite; else -1 */
	uint64_t file_offset; /* of base, for pwrite and to report where SIGBUS was */
	void (*flush)(const void *at, size_t bytes); /* for COMMIT_FLUSH */
	uint64_t pause_us;
	int cpu; /* to run on, or -1 */
	bool is_fifo;
	uint64_t keep_samples;		    /* at most RESULT_MAX_SAMPLES */
	const _Atomic uint64_t *load_bytes; /* the load's counter */
	/* Of the first plan: called when all threads are ready, before any begins; or NULL. */
	void (*at_ready)(void *context);
	void *context;
	/* Of the first plan: watches while threads fault, from then on; or NULL. */
	struct halt_watch *halts;
};

/* The outcome. */
struct fault_outcome {
	/*
	 * 0 or -errno. -EFAULT: SIGBUS at page error_page; -ERANGE: the clock went back there;
	 * -EXDEV: the CPU was taken away; -EINTR: asked to stop.
	 */
	int error;
	uint64_t error_page;
	uint64_t error_offset;	 /* of SIGBUS, in the file */
	int error_code;		 /* of its siginfo: BUS_ADRERR, BUS_MCEERR_AR */
	const char *error_cause; /* set by the caller: why there was no block; or NULL */
	int cpu;		 /* the plan's */
	bool has_fifo;
	bool is_locked;	     /* its memory was locked */
	uint64_t begin, end; /* of the plan's clock, in ticks: around all of its accesses */
	uint64_t faults;     /* minor and major, of this thread, while it timed */
	uint64_t commits;    /* stores after which the commit returned without an error */
	int commit_error;    /* -errno of the first that failed, which ended the thread's loop */
	uint64_t begin_load_bytes, end_load_bytes;
	struct hist hist;
	uint64_t *samples; /* freed by the caller */
	size_t sample_count;
};

/*
 * Runs one thread for each plan, starts them together, and waits for all. Their stacks and buffers
 * are touched and locked before the first fault, and they keep no capabilities. outcomes: one for
 * each plan, zeroed by the caller, who frees samples in them. Returns 0, or -errno if threads could
 * not be started (nothing was measured). Handles SIGBUS meanwhile.
 */
int faults_run(const struct fault_plan *plans, struct fault_outcome *outcomes, size_t count);

/*
 * Accesses each of plan's pages again, offset bytes into it, and returns how many faults that took:
 * 0 if each page's translation covers it. After msync and fdatasync, which leave pages read-only,
 * it reads.
 */
int64_t faults_probe(const struct fault_plan *plan, uint64_t offset);

#endif
