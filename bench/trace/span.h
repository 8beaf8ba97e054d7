/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the probes counted in a span of time: the difference of two readings that only ever grow,
 * and its figures. So nothing is lost between reading and resetting. Pure.
 */
#ifndef SYNCFAULT_TRACE_SPAN_H
#define SYNCFAULT_TRACE_SPAN_H

#include "probes/probes.h"

/* Of one histogram; ns. All but count are absent if it is empty. */
struct trace_figures {
	int stage; /* enum stage */
	uint64_t count;
	double mean;
	double share; /* of all time in faults (or fsyncs), 0 … 1; NAN for the whole */
	uint64_t p50, p90, p99, p999, max;
	struct bucket *hist_ns;
	size_t hist_ns_count;
};

/* All faults, or all fsyncs that no fault asked for. */
struct trace_root {
	struct trace_figures whole;
	double blocked_mean, runnable_mean;
	struct trace_figures *stages; /* those that something was in, in the order of enum stage */
	size_t stage_count;
};

struct trace_span {
	uint64_t from, to; /* ns since counting began */
	struct trace_root faults;
	bool has_fsyncs;
	struct trace_root fsyncs;
	bool has_commits;
	struct trace_figures commits[PHASE_COUNT]; /* stage: enum commit_phase */
	uint64_t counts[COUNT_COUNT];
};

extern const char *const trace_phase_words[]; /* locked, flushing, logging, total */

/*
 * *span = now - before. The maximum of a span is exact if it is the greatest so far, else
 * from the highest slot: never too low, at most 1/32 too high.
 */
void trace_subtract(const struct probes_totals *now, const struct probes_totals *before,
		    struct probes_totals *span);

/*
 * Fills *span from a difference, except from and to; with buckets also its hist_ns. -ENOMEM,
 * reported. The caller frees it either way.
 */
int trace_span_fill(struct trace_span *span, const struct probes_totals *totals, bool has_buckets);
void trace_span_free(struct trace_span *span);

#endif
