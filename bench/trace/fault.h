/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One fault (or fsync) as it is shown: what happened when, to whom, in which file. */
#ifndef SYNCFAULT_TRACE_FAULT_H
#define SYNCFAULT_TRACE_FAULT_H

#include <sys/types.h>

#include "probes/probes.h"

#define TRACE_DEV_SIZE 24

enum trace_access { TRACE_READ, TRACE_WRITE, TRACE_FSYNC, TRACE_UNKNOWN };

extern const char *const trace_access_words[]; /* read, write, fsync, unknown */

struct trace_fault {
	uint64_t at; /* ns since counting began */
	char *comm;
	uint64_t tgid;
	int access;
	int is_sync;	    /* the handler wanted the file flushed: MAP_SYNC */
	int has_failed;	    /* the access got a signal, or fsync an error */
	char *file;	    /* its path if that is known, else NULL */
	char *dev;	    /* "259:0" */
	uint64_t longest;   /* ns off the CPU in one piece */
	uint64_t commit_id; /* the last commit that was waited for; U64_ABSENT */
	int is_wait_stack;  /* the stack is of the longest wait, not of the end */
	int is_cut;	    /* the timeline has no end: there were too many stages */
	struct worst_result fault;
};

/*
 * Fills *fault from the record, except its file, the stack and the commit. begin_ns: when counting
 * began. -ENOMEM, reported. The caller frees it either way. Pure.
 */
int trace_fault_fill(struct trace_fault *fault, const struct probe_record *record,
		     uint64_t begin_ns);
void trace_fault_free(struct trace_fault *fault);

/* Writes the stages that took time to order, the longest first; returns how many. */
size_t trace_fault_order(const struct trace_fault *fault, int order[STAGE_COUNT]);

/* "259:0" of the kernel's number. */
void trace_format_dev(uint32_t dev, char text[TRACE_DEV_SIZE]);

#endif
