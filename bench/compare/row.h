/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One row of a comparison, for the engines that decide it. */
#ifndef SYNCFAULT_COMPARE_ROW_H
#define SYNCFAULT_COMPARE_ROW_H

#include "compare/compare.h"

/* The two sides of a cell; comparison.cells[i] is made from pairs[i]. */
struct compare_pair {
	const struct set_cell *base, *new;
};

/* Sets the verdict and, in words, why; -ENOMEM. */
int compare_decide(struct compare_row *row, enum compare_verdict verdict, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Whether the row cannot have a verdict whatever its values: a side without runs, or too few
 * faults. Then it is decided. 1, 0 or -ENOMEM.
 */
int compare_rule_out(const struct compare_pair *pair, struct compare_row *row);

#endif
