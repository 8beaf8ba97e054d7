/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Blocks that move below a mapping: do faults find them where they went?
 *
 *	prepare -> apply -> (faults) -> stop -> verify -> release
 *
 * Every 4 KiB of a file contain a tag that says where it was written. The pages are mapped and
 * touched, blocks move, pages are faulted again, and afterwards read(2) and the mapping must both
 * show each tag where it belongs.
 */
#ifndef SYNCFAULT_LOAD_REMAP_H
#define SYNCFAULT_LOAD_REMAP_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cell/cell.h"
#include "cell/verdict.h"
#include "target/datafile.h"
#include "target/mapping.h"

struct remap_file {
	struct remap *remap;
	int fd;
	int peer; /* the clone, or what blocks are exchanged with; -1 without */
	char *base;
	const char *moved_by;  /* exchange: which call did it */
	bool has_swapped_tags; /* the call exchanged contents as well as blocks */
	pthread_t writer;      /* write: the thread that writes meanwhile */
	bool has_writer;
	int writer_error;	 /* -errno */
	_Atomic uint64_t writes; /* done */
};

struct remap {
	const struct cell_config *config;
	uint64_t bytes;	 /* mapped of each file */
	uint64_t stride; /* between two accesses */
	atomic_bool is_over;
	struct remap_file *files;
	size_t count;
	char block[4096], found[4096]; /* what is expected, and what was read */
};

/*
 * Prepares what config->remap needs; nothing if that is "none". fds and mappings are count of
 * each, of bytes from offset 0, and outlive remap. Files are tagged, synced, and then touched.
 */
int remap_prepare(struct remap *remap, const struct cell_config *config,
		  const struct workplace *place, const int *fds, const struct mapping *mappings,
		  size_t count, uint64_t bytes, uint64_t stride, struct verdict *verdict);

/*
 * Moves the blocks, and does not sync what that leaves dirty; or starts threads, on cpus, that
 * write once the first page has been stored to. If the kernel or file system cannot, the cell is
 * skipped with its answer.
 */
int remap_apply(struct remap *remap, const cpu_set_t *cpus, struct verdict *verdict);

/* Ends the writing; *writes: how many were done, U64_ABSENT if nobody writes. */
int remap_stop(struct remap *remap, uint64_t *writes, struct verdict *verdict);

/* Compares every byte; *bytes: how many were right, by read(2) and by the mapping. */
int remap_verify(struct remap *remap, uint64_t *bytes, struct verdict *verdict);

void remap_release(struct remap *remap);

#endif
