/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ascending order of numbers, as qsort() and its callbacks want it: negative, 0 or positive. */
#ifndef SYNCFAULT_BASE_ORDER_H
#define SYNCFAULT_BASE_ORDER_H

#include <stdint.h>

static inline int order_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* NAN is neither before nor behind anything: there must be none. */
static inline int order_double(double a, double b)
{
	return (a > b) - (a < b);
}

/* For qsort() of uint64_t. */
static inline int order_u64s(const void *left, const void *right)
{
	return order_u64(*(const uint64_t *)left, *(const uint64_t *)right);
}

/* For qsort() of double. */
static inline int order_doubles(const void *left, const void *right)
{
	return order_double(*(const double *)left, *(const double *)right);
}

#endif
