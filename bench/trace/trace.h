/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Faults of a live system: counted over intervals, reported one by one, until somebody says stop.
 */
#ifndef SYNCFAULT_TRACE_TRACE_H
#define SYNCFAULT_TRACE_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "cell/cell.h"

struct trace_options {
	uint64_t pid;	  /* 0: any process */
	const char *path; /* NULL: any file */
	bool is_all;
	uint64_t for_s;	     /* 0: until a signal comes, or the process ends */
	uint64_t interval_s; /* 0: each second on a terminal, else only the total */
	uint64_t over_us;    /* 0: no single faults */
	uint64_t worst;
	bool is_json, is_anonymous;
	struct word_list rungs; /* enum rung; empty: any */
};

/* Runs to its end. Returns the program's exit code; errors are reported in one line on stderr. */
int trace_run(const struct trace_options *options);

#endif
