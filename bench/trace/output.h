/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a trace says on stdout, as text or as JSON lines; each call ends with all of it written. */
#ifndef SYNCFAULT_TRACE_OUTPUT_H
#define SYNCFAULT_TRACE_OUTPUT_H

#include "probes/probes.h"
#include "trace/names.h"
#include "trace/target.h"
#include "trace/trace.h"

struct trace_output {
	const struct trace_options *options;
	const struct trace_target *target;
	struct probes *probes;
	struct trace_names *names;
	uint64_t begin_ns, wall_ns; /* when counting began: CLOCK_MONOTONIC, CLOCK_REALTIME */
	uint64_t interval_ns;	    /* 0: none */
};

/* All return 0 or -errno, reported; except -EIO for a full stdout, which main reports. */
int trace_put_start(const struct trace_output *output);

/* Counted from from_ns to to_ns since counting began. */
int trace_put_span(const struct trace_output *output, const struct probes_totals *counted,
		   uint64_t from_ns, uint64_t to_ns, bool is_total);

int trace_put_event(const struct trace_output *output, const struct probe_record *record);

/* The slowest faults; after probes_stop(). */
int trace_put_worst(const struct trace_output *output);

#endif
