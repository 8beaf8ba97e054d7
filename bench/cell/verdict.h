/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a cell has no numbers. Steps of a cell that cannot go on say so here instead of printing:
 * the reason belongs into the result.
 */
#ifndef SYNCFAULT_CELL_VERDICT_H
#define SYNCFAULT_CELL_VERDICT_H

#include "base/strings.h"
#include "cell/cell.h"

struct verdict {
	int status; /* enum cell_status; CELL_OK as long as nothing was said */
	char reason[1024];
	struct strings warnings;
};

/* This machine cannot have this cell. Returns -EOPNOTSUPP, for the step to pass on. */
int verdict_skip(struct verdict *verdict, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Something broke, or the cell was not what its key says. Returns -EIO. */
int verdict_fail(struct verdict *verdict, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Numbers stand, and the reader must know this beside them. */
void verdict_warn(struct verdict *verdict, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
