/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `syncfault trace --json` prints: one object per line, identified by its type. Times are
 * nanoseconds, from, to and at since counting began; what was not measured is null.
 *
 *	start     what is looked at, and on which rung each stage is seen
 *	interval  what was counted since the one before
 *	fault     one that took as long as --over, as it happens
 *	worst     one of the slowest, with its stack and the commit it waited for, slowest first
 *	total     what was counted from the start to the end, with histograms; the last line
 *
 * The object `fault` of a fault or worst line is one of `worst` in a result.
 */
#ifndef SYNCFAULT_TRACE_JSON_H
#define SYNCFAULT_TRACE_JSON_H

#include <stdio.h>

#include "trace/fault.h"
#include "trace/span.h"

struct trace_start {
	const char *started; /* RFC 3339 */
	const char *target;  /* for people */
	uint64_t pid;	     /* the following: U64_ABSENT or NULL means any */
	const char *path;
	const char *dev;
	uint64_t inode;
	uint64_t interval, over; /* ns */
	uint64_t worst;
	const struct probes_stage *stages; /* STAGE_COUNT of them */
};

/* Each prints a line; 0 or -ENOMEM, reported. */
int trace_json_start(FILE *out, const struct trace_start *start);
int trace_json_span(FILE *out, const struct trace_span *span, bool is_total);

/* rank: 1 is the slowest; 0: an event. */
int trace_json_fault(FILE *out, uint64_t rank, const struct trace_fault *fault);

#endif
