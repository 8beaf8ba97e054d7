/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What makes each store of a cell durable: whether that is possible, what it needs, and proof that
 * it happened.
 */
#ifndef SYNCFAULT_MEASURE_COMMIT_H
#define SYNCFAULT_MEASURE_COMMIT_H

#include "cell/cell.h"
#include "cell/verdict.h"
#include "measure/faults.h"
#include "measure/flush.h"
#include "target/mapping.h"

/* For one file. */
struct commit {
	int fd; /* for fdatasync the file's, borrowed; for pwrite our own, O_DSYNC; else -1 */
	bool is_own_fd;
	struct flush flush;
};

/* Says why a cell's commit would make nothing durable, or 0. Pure except for verdict. */
int commit_check(const struct cell_config *config, struct verdict *verdict);

/* What config->commit needs for the file fd, which is mapped. commit_close takes a failed one. */
int commit_open(struct commit *commit, const struct cell_config *config, int fd,
		const struct mapping *mapping, struct verdict *verdict);
void commit_close(struct commit *commit);

/* Puts what the timed loop needs into plan. */
void commit_plan(const struct commit *commit, const struct cell_config *config,
		 uint64_t file_offset, struct fault_plan *plan);

/*
 * Each store was one fault and had one commit that returned without an error; a pwrite does not
 * fault at all. If the kernel does not support the commit on such a file, the cell is skipped.
 */
int commit_prove_stores(const struct cell_config *config, const struct fault_outcome *outcomes,
			struct proof *proof, struct verdict *verdict);

/*
 * Each store is read back with read(2) from its file: fds has one file for all threads, or
 * file_count, one for each. Device DAX cannot be read: then nothing is checked.
 */
int commit_prove_contents(const struct cell_config *config, const int *fds, size_t file_count,
			  uint64_t stride_bytes, struct proof *proof, struct verdict *verdict);

#endif
