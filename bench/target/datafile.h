/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files whose pages are faulted in: made, brought into their state, and examined. */
#ifndef SYNCFAULT_TARGET_DATAFILE_H
#define SYNCFAULT_TARGET_DATAFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "cell/cell.h"
#include "cell/verdict.h"

/* Where files are made. */
struct workplace {
	int dir_fd;    /* owned by whoever made the workplace */
	bool is_named; /* ours alone: files have names. Otherwise they never have one (O_TMPFILE) */
};

/*
 * Makes a file in place, for reading and writing. Unnamed files vanish with their descriptor,
 * however the process ends; if the file system has no O_TMPFILE the name exists for an instant.
 * Returns the descriptor or -errno; prints nothing.
 */
int datafile_create(const struct workplace *place, const char *name);

/*
 * Makes a file of size bytes in the state, DAX mode and attribute of config, and syncs it, so that
 * what making it left dirty is not part of the first fault. *is_dax: STATX_ATTR_DAX of the file, or
 * BOOL_ABSENT on a kernel that does not report it. Returns the descriptor, or what verdict says.
 */
int datafile_prepare(const struct workplace *place, const struct cell_config *config,
		     const char *name, uint64_t bytes, int *is_dax, struct verdict *verdict);

/* STATX_ATTR_DAX of fd: 1, 0, or BOOL_ABSENT. */
int datafile_is_dax(int fd);

#endif
