/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a cell needs before its first fault: file system, files, mappings, commits and the load. */
#ifndef SYNCFAULT_MEASURE_CELL_RUN_H
#define SYNCFAULT_MEASURE_CELL_RUN_H

#include "load/load.h"
#include "load/remap.h"
#include "load/unsynced.h"
#include "measure/commit.h"
#include "measure/faults.h"
#include "measure/setup.h"
#include "result/result.h"
#include "target/mapping.h"
#include "target/target.h"

/* What a cell holds while it is measured; released in the reverse order. */
struct cell_run {
	const struct measure_setup *setup;
	const struct cell_config *config;
	struct cell_result *cell;
	struct verdict verdict;
	struct site site;
	struct load load;
	struct unsynced unsynced;
	struct remap remap;
	int *fds; /* one, or one for each thread */
	struct mapping *mappings;
	struct commit *commits; /* of each file */
	size_t file_count;
	uint64_t stride;
	struct fault_plan *plans;
	struct fault_outcome *outcomes;
};

/*
 * All of it, the load last: it runs from then on. These return 0, or -errno with a verdict;
 * cell_run_release() must follow in either case.
 */
int cell_run_prepare(struct cell_run *run, struct target *target);

/* Two steps of it, for a cell that only asks for a mapping. */
int cell_run_allocate(struct cell_run *run);
int cell_run_prepare_file(struct cell_run *run, size_t i);

void cell_run_release(struct cell_run *run);

#endif
