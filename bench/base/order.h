/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Comparisons for qsort, below, at or above 0; and the two sorts that everything else
 * needs.
 */
#ifndef SYNCFAULT_BASE_ORDER_H
#define SYNCFAULT_BASE_ORDER_H

#include <stddef.h>
#include <stdint.h>

int order_u64(uint64_t a, uint64_t b);

/* Neither is NAN. */
int order_double(double a, double b);

/* By bytes; NULL counts as "". */
int order_text(const char *a, const char *b);

/* Ascending, in place. */
void order_sort_u64(uint64_t *values, size_t count);
void order_sort_doubles(double *values, size_t count);

#endif
