/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a series of numbers changes. Pure: no I/O, no state, the same answer each time.
 *
 * E-divisive with a t-test, as Apache Otava (Hunter) does it: hierarchical segmentation by the
 * energy statistic of Matteson and James (2014, arXiv:1306.4933), a first pass with ten times the
 * limit in overlapping windows, then the weakest points are merged away (Fleming et al. 2023,
 * arXiv:2301.03034). Two things are ours. The p of a point is corrected for the points it was
 * chosen from. And on an exact clock a step between flat stretches counts without a test: the
 * t-test divides by their spread, which may be 0.
 */
#ifndef SYNCFAULT_MATH_CHANGEPOINT_H
#define SYNCFAULT_MATH_CHANGEPOINT_H

#include <stdbool.h>
#include <stddef.h>

#define CHANGEPOINT_WINDOW 50 /* least number of points that are looked at together */

struct changepoint_options {
	double p;      /* limit for the corrected p of a change */
	double floor;  /* the least change of a ratio: 0.035 is 3.5 % up, and its inverse down */
	bool is_exact; /* values have no noise above floor: steps between flat stretches count */
};

/*
 * index is of the first value after the change, 0 < index < count. before and after are medians up
 * to the neighbouring changes, without odd values. p: two-sided, corrected; NAN: an exact step, or
 * odd. An odd value stands alone: beyond the floor, and six times the series' own spread, from both
 * neighbours, which agree; the first and the last value have only one neighbour. before is
 * then the neighbours' value, after its own, and index its own, 0 too.
 */
struct changepoint {
	size_t index;
	size_t last; /* index of the last value before the change that is not odd */
	bool is_odd;
	double before, after;
	double p;
};

/*
 * The changes of count positive values, in order. The caller frees *points; NULL if *point_count is
 * 0. -ENOMEM.
 */
int changepoint_find(const double *values, size_t count, const struct changepoint_options *options,
		     struct changepoint **points, size_t *point_count);

/*
 * The energy statistic of values[0..split) against values[split..count), alpha 1: split * (count -
 * split) / count times (twice the mean distance between the two sides, less the mean distances
 * within each); a side of one value has none within. 0 < split < count.
 */
double changepoint_energy(const double *values, size_t count, size_t split);

/*
 * Student's t-test with pooled variance, two-sided, of values[0..split) against the rest. 1 if both
 * sides are one value or all values are equal, 0 if the sides differ and neither has any spread.
 */
double changepoint_t_test(const double *values, size_t count, size_t split);

#endif
