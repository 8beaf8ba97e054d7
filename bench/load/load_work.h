/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one process of a load does: prepare() once, then round() over and over. Both return 0 or
 * -errno, print nothing, and run in the child, whose memory and descriptors end with it.
 */
#ifndef SYNCFAULT_LOAD_LOAD_WORK_H
#define SYNCFAULT_LOAD_LOAD_WORK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cell/cell.h"
#include "target/datafile.h"

#define LOAD_KINDS (LOAD_LOG + 1)

/* Files of copy: large enough to allocate blocks, small enough to create inodes. */
#define LOAD_COPY_FILES 32
#define LOAD_COPY_BYTES (256 << 10)
/* Small, so that the bytes are counted often: a cell may last less than a millisecond. */
#define LOAD_STEP_BYTES (16 << 10)

struct load_worker {
	struct workplace place; /* its own folder, if files have names */
	uint64_t index;
	_Atomic uint64_t *done; /* of all workers */
	uint64_t files;		/* to keep: those of copy, those of log */
	uint64_t rounds;	/* of log */
	int fds[LOAD_COPY_FILES];
	char buffer[LOAD_STEP_BYTES];
};

struct load_kind {
	const char *idle; /* what to say if it did nothing: "copied no file" */
	uint64_t processes;
	uint64_t files;	      /* to keep, of all processes together; 0: none */
	uint64_t log_bytes;   /* of the log that each of them takes, if they fill it */
	uint64_t space_bytes; /* that each of them takes, with its copy */
	uint64_t file_bytes;  /* of each, for the result */
	uint64_t first;	      /* count at which it has begun */
	bool counts_bytes;
	bool wants_names;
	int (*prepare)(struct load_worker *worker);
	int (*round)(struct load_worker *worker);
};

/* By enum cell_load; LOAD_NONE has no functions. */
extern const struct load_kind load_kinds[LOAD_KINDS];

#endif
