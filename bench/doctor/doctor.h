/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a machine can measure: items that the checks add, in order, and their printing. A check
 * changes nothing on the machine and works for any user; it says what it may not see.
 */
#ifndef SYNCFAULT_DOCTOR_DOCTOR_H
#define SYNCFAULT_DOCTOR_DOCTOR_H

#include <stdbool.h>
#include <stdio.h>

#include "base/json.h"

extern const char *const doctor_verdict_words[]; /* yes, no, partly */

enum doctor_verdict { DOCTOR_YES, DOCTOR_NO, DOCTOR_PARTLY };

struct doctor_item {
	int verdict;
	char *item;	       /* "MAP_SYNC" */
	char *found;	       /* what was seen, in a line */
	struct strings advice; /* what to do about it: commands, kernel parameters */
};

struct doctor {
	struct doctor_item *items;
	size_t count;
	int err; /* the first failure: the list is not whole */
};

extern const struct json_row doctor_rows[];

void doctor_add(struct doctor *doctor, int verdict, const char *item, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* A line of advice below the last item. */
void doctor_advise(struct doctor *doctor, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* "no      MAP_SYNC: …" and the advice below it, indented. */
void doctor_print(const struct doctor *doctor, FILE *out, bool has_colour);

void doctor_free(struct doctor *doctor);

/* The checks, each in a file of its own. */
void doctor_check_machine(struct doctor *doctor); /* doctor/machine.c: kernel, clock, CPUs */
void doctor_check_memory(
	struct doctor *doctor);			/* doctor/memory.c: persistent memory, DAX, pages */
void doctor_check_trace(struct doctor *doctor); /* doctor/trace.c: perf events, BPF */
void doctor_check_probes(struct doctor *doctor); /* doctor/probes.c: stages of a fault */
void doctor_check_tools(struct doctor *doctor);	 /* doctor/tools.c: KVM, QEMU, mkfs, … */

/*
 * doctor/target.c: a folder, a block device, a device DAX or an image file. -errno, reported, if
 * path is something else or cannot be looked at.
 */
int doctor_check_target(struct doctor *doctor, const char *path);

#endif
