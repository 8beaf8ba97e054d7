/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Statistics of a comparison. Pure: nothing is printed, and random numbers come from the caller's
 * seed. Samples are at least one value, finite, in any order; they are not changed.
 */
#ifndef SYNCFAULT_MATH_STATS_H
#define SYNCFAULT_MATH_STATS_H

#include <stddef.h>
#include <stdint.h>

/* stats_mann_whitney is exact up to this many values in both samples together. */
#define STATS_EXACT_VALUES 64

/* For an even number of values the mean of the middle two. NAN without memory. */
double stats_median(const double *values, size_t count);

/*
 * Two-sided p value of the Mann-Whitney (Wilcoxon rank-sum) test, at most 1, in *p. Exact: the
 * share of all divisions of the pooled midranks, ties included, whose rank sum is as far out on one
 * side, doubled. Beyond STATS_EXACT_VALUES the normal approximation with corrections for ties and
 * continuity. Mann and Whitney, Ann. Math. Stat. 18 (1947); for ties Lehmann, Nonparametrics
 * (1975), chapter 1.4. 0 or -ENOMEM.
 */
int stats_mann_whitney(const double *a, size_t a_count, const double *b, size_t b_count, double *p);

/* The least p that two samples of n runs each can have: 2 / (2n over n). */
double stats_mann_whitney_least(size_t n);

/*
 * p values adjusted for testing all of them, in q: rejecting those with q <= x keeps the expected
 * share of false ones among them at x. Benjamini and Hochberg, J. R. Stat. Soc. B 57 (1995). 0 or
 * -ENOMEM.
 */
int stats_benjamini_hochberg(const double *p, double *q, size_t count);

/*
 * Student's t distribution with degrees (at least 1) degrees of freedom: the chance of a value at
 * least as far from 0 as t, on either side; and the t, at least 0, that is reached with chance p,
 * 0 < p <= 1.
 */
double stats_student(double t, unsigned degrees);
double stats_student_limit(double p, unsigned degrees);

/* A stream of random numbers: the next one of *state, all 64 bits. SplitMix64, Steele et al., 2014.
 */
uint64_t stats_random(uint64_t *state);

struct stats_interval {
	double low, high;
};

/*
 * Percentile bootstrap interval of median(b) / median(a): both are resampled with replacement,
 * resamples times (Efron, Ann. Stat. 7 (1979)). confidence is a share, such as 0.95. All values
 * must be above 0. 0 or -ENOMEM.
 */
int stats_bootstrap_ratio(const double *a, size_t a_count, const double *b, size_t b_count,
			  size_t resamples, double confidence, uint64_t *state,
			  struct stats_interval *interval);

/*
 * The fewest values that quantile p, 0 < p < 1, needs: with fewer the exact binomial 95 %
 * interval of its rank reaches beyond the least or the greatest value. 3,688 for p = 0.999.
 */
uint64_t stats_quantile_values(double p);

/*
 * Largest distance of two distribution functions (the statistic of Kolmogorov and Smirnov) whose
 * values are in ascending order, each with its weight; *at is the least value with that distance.
 */
struct stats_weighted {
	double value;
	double weight;
};
double stats_distance(const struct stats_weighted *a, size_t a_count,
		      const struct stats_weighted *b, size_t b_count, double *at);

#endif
