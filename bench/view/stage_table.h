/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cells of one file system that were measured with probes, as columns of means. Pure. */
#ifndef SYNCFAULT_VIEW_STAGE_TABLE_H
#define SYNCFAULT_VIEW_STAGE_TABLE_H

#include "result/stages.h"
#include "view/result_table.h"

#define SECTION_CELLS  12 /* of a file system: states, loads, syncs */
#define SECTION_COUNTS 12

/* A row of counts; some are only shown if one of them is not 0. */
struct section_count {
	const char *label;
	size_t offset; /* in struct probe_counts */
	bool is_always;
};

extern const struct section_count section_counts[SECTION_COUNTS];

/* A weighted sum; count 0: nothing is known. */
struct section_mean {
	double sum;
	uint64_t count;
};

/* One cell; several runs of it count together. All times are nanoseconds. */
struct section_column {
	const struct cell_config *config;
	size_t runs;
	struct section_mean fault, stages[STAGE_COUNT];
	struct section_mean blocked, runnable;
	struct section_mean plain_p50, cost;
	struct section_mean phases[PHASE_COUNT]; /* of commits, not of faults */
	struct section_mean counts[SECTION_COUNTS];
};

struct section {
	struct section_column columns[SECTION_CELLS];
	size_t count;
	bool is_in[STAGE_COUNT]; /* stages that a fault of any column was in */
};

/* Takes the cells of span, which agree down to TABLE_FS, that have probes. */
void section_fill(struct section *section, struct table_span span);

/* All stages of a column together. */
double section_stages_ns(const struct section_column *column);

/* The mean, and the sum alone; NAN if nothing is known. */
double section_mean_of(const struct section_mean *mean);
double section_sum_of(const struct section_mean *mean);

#endif
