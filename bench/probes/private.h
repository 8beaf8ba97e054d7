/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What choose.c, attach.c and read.c share, and nobody else. */
#ifndef SYNCFAULT_PROBES_PRIVATE_H
#define SYNCFAULT_PROBES_PRIVATE_H

#include "probes/probes.h"

#define PROBES_MAX_LINKS  2048 /* two perf events for each CPU are among them */
#define PROBES_MAX_POINTS 40
#define PROBES_TEXT	  256

struct bpf_link;
struct probes_bpf;
struct ring_buffer;

struct probes {
	struct probes_setup setup;
	struct probes_bpf *skeleton;
	int cpus;
	unsigned int rungs;			/* that can be used */
	unsigned int failed[PROBES_MAX_POINTS]; /* rungs that a function refused */
	int chosen[PROBES_MAX_POINTS];		/* rung of each function, or RUNG_NONE */
	bool is_there[STAGE_COUNT];		/* the kernel has a function for it */
	bool has_perf_end;
	bool knows_system_calls;		/* from faults, by registers */
	uint64_t signal_flag;			/* TIF_SIGPENDING's bit; 0: not found */
	char obstacles[RUNG_NONE][PROBES_TEXT]; /* why a rung cannot be used; "" */
	char texts[STAGE_COUNT][PROBES_TEXT];
	struct probes_stage stages[STAGE_COUNT];
	struct bpf_link *links[PROBES_MAX_LINKS];
	size_t link_count;
	/* Reading. */
	struct probes_totals *totals;
	uint32_t *previous; /* slots of each CPU and histogram, at the last reading */
	void *values;	    /* of one histogram, on all CPUs */
	uint64_t missed;    /* count_missed() at the start */
	struct ring_buffer *ring;
	probes_event_fn *on_event;
	void *context;
};

/* Whether a fault given up for a signal can be told from one that is tried again. */
bool probes_knows_signals(const struct probes *probes);

int probes_prepare_read(struct probes *probes);
void probes_reset_read(struct probes *probes);
void probes_finish_read(struct probes *probes);

#endif
