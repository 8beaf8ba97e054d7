// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/order.h"

#include <stdlib.h>
#include <string.h>

int order_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

int order_double(double a, double b)
{
	return (a > b) - (a < b);
}

int order_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare_u64(const void *a, const void *b)
{
	return order_u64(*(const uint64_t *)a, *(const uint64_t *)b);
}

static int compare_doubles(const void *a, const void *b)
{
	return order_double(*(const double *)a, *(const double *)b);
}

void order_sort_u64(uint64_t *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare_u64);
}

void order_sort_doubles(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare_doubles);
}
