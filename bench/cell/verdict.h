/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a cell has no numbers. A step that cannot go on says so here instead of printing: the reason
 * belongs in the result.
 */
#ifndef SYNCFAULT_CELL_VERDICT_H
#define SYNCFAULT_CELL_VERDICT_H

#include "base/strings.h"
#include "cell/cell.h"

struct verdict {
	int status; /* enum cell_status; CELL_OK until a step reports something */
	char reason[1024];
	struct strings warnings;
};

/* This machine cannot measure this cell. Returns -EOPNOTSUPP, for the step to pass on. */
int verdict_skip(struct verdict *verdict, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Something broke, or the cell was not what its key says. Returns -EIO. */
int verdict_fail(struct verdict *verdict, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The numbers are valid, but the reader must know this as well. */
void verdict_warn(struct verdict *verdict, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
