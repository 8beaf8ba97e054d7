/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The worst synchronous fault, by log size, load and file system: what the table and the picture of
 * the suite worst-case have in common. Pure.
 */
#ifndef SYNCFAULT_VIEW_WORST_CASE_H
#define SYNCFAULT_VIEW_WORST_CASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "view/phrases.h"
#include "view/result_table.h"

#define WORST_CASE_ANY	(-1) /* load: all of them together */
#define WORST_CASE_KEPT 10

/* One of the slowest faults of the pass with probes, and the cell that it comes from. */
struct worst_case_fault {
	const struct worst_result *fault;
	const struct cell_config *config;
};

/* Faults of one file system under one load, all runs together. Times are ns, NAN if absent. */
struct worst_case_row {
	uint64_t log_bytes; /* that mkfs was asked for; 0: its default */
	int load;	    /* enum cell_load or WORST_CASE_ANY */
	uint64_t dirty;	    /* before the first fault, of kind */
	int dirty_kind;
	char fs[PHRASE_SIZE];
	uint64_t count;
	double p50, p999, p9999, max; /* p999 from 1,000 faults on, p9999 from 10,000 */
	struct worst_case_fault worst[WORST_CASE_KEPT]; /* slowest first */
	size_t worst_count;
};

/* Ordered by log size, then load, at the end of each size WORST_CASE_ANY, then file system. */
struct worst_case {
	struct worst_case_row *rows;
	size_t count;
};

/* What distinguishes the row of a cell; the rest of it is empty. */
void worst_case_name(struct worst_case_row *row, const struct cell_config *config);

/*
 * Whether span has measured cells of the suite's kind (synchronous, and nothing else done to the
 * file) under a load that fights for the log.
 */
bool worst_case_is_in(struct table_span span);

/* Takes the measured cells of span, of one environment. -ENOMEM; The caller frees *cases. */
int worst_case_fill(struct worst_case *cases, struct table_span span);
void worst_case_free(struct worst_case *cases);
#define auto_worst_case auto_release(worst_case_free)

/*
 * The stages in which a fault spent most time, "log_space 61%, cil_push 30%"; "-" if not known.
 */
const char *worst_case_waits(const struct worst_result *fault, char buffer[PHRASE_SIZE]);

/* The load's word, "any", or "20,000 create" of metadata that nobody has synced before. */
const char *worst_case_load_name(const struct worst_case_row *row, char buffer[PHRASE_SIZE]);

#endif
