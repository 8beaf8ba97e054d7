/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Metadata that nobody synced: what the first synchronous fault of a cell finds in the log. It
 * comes from config->dirty operations of config->dirty_kind on separate files.
 *
 *	prepare (then the data file is made, which syncs all) -> make -> [faults] -> read -> close
 */
#ifndef SYNCFAULT_LOAD_UNSYNCED_H
#define SYNCFAULT_LOAD_UNSYNCED_H

#include "load/logspace.h"
#include "target/datafile.h"
#include "target/target.h"

struct unsynced {
	const struct cell_config *config;
	int dir_fd;  /* of a folder of its own; -1: no operations were asked for */
	int file_fd; /* that blocks are allocated to */
	struct logspace space;
};

#define UNSYNCED_NONE                                                 \
	{                                                             \
		.dir_fd = -1, .file_fd = -1, .space = LOGSPACE_CLOSED \
	}

/* Makes what the operations need: nothing if config->dirty is 0. As verdict says. */
int unsynced_prepare(struct unsynced *unsynced, const struct target *target,
		     const struct site *site, const struct cell_config *config,
		     struct verdict *verdict);

/* The operations, then a look at the log. As verdict says; -EINTR if asked to stop. */
int unsynced_make(struct unsynced *unsynced, struct verdict *verdict);

/* After the faults: what they found, into *result, and *has_result. As verdict says. */
int unsynced_read(struct unsynced *unsynced, uint64_t faults, struct dirt_result *result,
		  bool *has_result, struct verdict *verdict);

void unsynced_close(struct unsynced *unsynced);

#endif
