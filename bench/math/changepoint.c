// SPDX-License-Identifier: GPL-2.0-or-later
#include "math/changepoint.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/order.h"
#include "math/stats.h"

#define WEAK_FACTOR  10 /* of the first pass: what is found late may need what is found early */
#define EXACT_FACTOR 5	/* a step must be this many times the spread of its neighbours */
#define ODD_FACTOR   6	/* as many standard deviations make a value odd */
#define LEAST	     2	/* values on each side: one alone cannot be told from an odd one */

/*
 * For the energy statistic, sums[i * (n + 1) + j]: of the distances |v[a] - v[b]| with a < i and
 * b < j. Any mean distance between or within stretches is then a difference of four, and all pairs
 * of ends cost n squared.
 */
static double block(const double *sums, size_t n, size_t from, size_t to, size_t left, size_t right)
{
	return sums[to * (n + 1) + right] - sums[from * (n + 1) + right] -
	       sums[to * (n + 1) + left] + sums[from * (n + 1) + left];
}

static double *distance_sums(const double *values, size_t n)
{
	double *sums = calloc((n + 1) * (n + 1), sizeof(*sums));

	for (size_t i = 0; sums && i < n; i++)
		for (size_t j = 0; j < n; j++)
			sums[(i + 1) * (n + 1) + j + 1] =
				fabs(values[i] - values[j]) + sums[i * (n + 1) + j + 1] +
				sums[(i + 1) * (n + 1) + j] - sums[i * (n + 1) + j];
	return sums;
}

/* The energy of [from, split) against [split, to). Within blocks every pair is there twice. */
static double energy(const double *sums, size_t n, size_t from, size_t split, size_t to)
{
	double left = (double)(split - from), right = (double)(to - split);
	double value = 2 * block(sums, n, from, split, split, to) / (left * right);

	if (left > 1)
		value -= block(sums, n, from, split, from, split) / (left * (left - 1));
	if (right > 1)
		value -= block(sums, n, split, to, split, to) / (right * (right - 1));
	return value * left * right / (left + right);
}

double changepoint_energy(const double *values, size_t count, size_t split)
{
	auto_free double *sums = distance_sums(values, count);

	return sums ? energy(sums, count, 0, split, count) : NAN;
}

/*
 * The split of [from, to), LEAST values from its ends, whose energy against any stretch after it is
 * greatest.
 */
static size_t best_split(const double *sums, size_t n, size_t from, size_t to)
{
	double best = -INFINITY;
	size_t split = from + LEAST;

	for (size_t i = from + LEAST; i + LEAST <= to; i++)
		for (size_t end = i + LEAST; end <= to; end++) {
			double value = energy(sums, n, from, i, end);

			if (value > best) {
				best = value;
				split = i;
			}
		}
	return split;
}

/* ---- the t-test --------------------------------------------------------------------------------
 */

static double mean_of(const double *values, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += values[i];
	return sum / (double)count;
}

static double squares_of(const double *values, size_t count, double mean)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += (values[i] - mean) * (values[i] - mean);
	return sum;
}

double changepoint_t_test(const double *values, size_t count, size_t split)
{
	double before = mean_of(values, split), after = mean_of(values + split, count - split);
	double squares = squares_of(values, split, before) +
			 squares_of(values + split, count - split, after);
	double each = 1 / (double)split + 1 / (double)(count - split);

	if (count < 3 || before == after)
		return 1;
	if (squares <= 0)
		return 0;
	return stats_student((after - before) / sqrt(squares / (double)(count - 2) * each),
			     (unsigned)count - 2);
}

/* Sorts values. */
static double median_of(double *values, size_t count)
{
	order_sort_doubles(values, count);
	return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

static int median_copy(const double *values, size_t count, double *median)
{
	auto_free double *copy = malloc(count * sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	memcpy(copy, values, count * sizeof(*copy));
	*median = median_of(copy, count);
	return 0;
}

/*
 * The standard deviation of a series of logarithms from the median of its differences, which a few
 * steps and odd values do not move.
 */
static int own_spread(const double *values, size_t count, double *spread)
{
	auto_free double *steps = malloc(count * sizeof(*steps));

	if (!steps)
		return -ENOMEM;
	for (size_t i = 1; i < count; i++)
		steps[i - 1] = fabs(values[i] - values[i - 1]);
	*spread = 1.4826 / M_SQRT2 * median_of(steps, count - 1);
	return 0;
}

/* What the neighbours of values[i] agree on; NAN where they do not. */
static double around(const double *values, size_t count, size_t i, double limit)
{
	size_t a = i ? i - 1 : 1, b = i + 1 < count ? i + 1 : count - 2;

	if (a == b)
		b = i ? i - 2 : 2;
	return fabs(values[a] - values[b]) <= limit ? (values[a] + values[b]) / 2 : NAN;
}

/* Two odd values side by side are not odd: that is how a step begins, or noise. */
static int mark_odd(const double *logs, size_t count, double floor, bool *is_odd)
{
	double spread, limit;

	if (count < 4)
		return 0;
	if (own_spread(logs, count, &spread))
		return -ENOMEM;
	limit = fmax(floor, ODD_FACTOR * spread);
	for (size_t i = 0; i < count; i++) {
		double normal = around(logs, count, i, limit);

		is_odd[i] = !isnan(normal) && fabs(logs[i] - normal) > limit;
	}
	for (size_t i = 0; i + 1 < count; i++)
		if (is_odd[i] && is_odd[i + 1])
			is_odd[i] = is_odd[i + 1] = false;
	return 0;
}

struct search {
	const double *values; /* logarithms: a change is a ratio */
	size_t count;
	double floor;
	bool is_exact;
	bool *is_split; /* count of them: [i]: a change between i - 1 and i */
};

static double range_of(const double *values, size_t count)
{
	double low = values[0], high = values[0];

	for (size_t i = 1; i < count; i++) {
		low = fmin(low, values[i]);
		high = fmax(high, values[i]);
	}
	return high - low;
}

/* Both sides are flat, and far apart for their spread. */
static bool is_exact_step(const struct search *search, size_t from, size_t split, size_t to)
{
	const double *left = search->values + from, *right = search->values + split;
	size_t before = split - from, after = to - split;
	double gap, spread;

	if (!search->is_exact || before < LEAST || after < LEAST)
		return false;
	spread = fmax(range_of(left, before), range_of(right, after));
	gap = fabs(mean_of(left, before) - mean_of(right, after));
	return gap > search->floor && gap >= EXACT_FACTOR * spread;
}

/* Corrected for the places it was chosen from. */
static double p_of(const struct search *search, size_t from, size_t split, size_t to)
{
	double p = changepoint_t_test(search->values + from, to - from, split - from);

	return fmin(1, p * (double)(search->count - 1));
}

static bool is_far(const struct search *search, size_t from, size_t split, size_t to)
{
	return fabs(mean_of(search->values + from, split - from) -
		    mean_of(search->values + split, to - split)) > search->floor;
}

static bool is_change(const struct search *search, size_t from, size_t split, size_t to, double p)
{
	if (split - from < LEAST || to - split < LEAST)
		return false;
	return is_exact_step(search, from, split, to) ||
	       (p_of(search, from, split, to) < p && is_far(search, from, split, to));
}

/*
 * Splits [from, to), then what is on both sides. Where there are several steps, an exact one shows
 * only between its neighbours: so those are looked for first.
 */
static void divide(const struct search *search, const double *sums, size_t base, size_t size,
		   size_t from, size_t to, double p)
{
	size_t split, left, right;

	if (to - from < 2 * LEAST)
		return;
	split = base + best_split(sums, size, from - base, to - base);
	if (p_of(search, from, split, to) < p || is_exact_step(search, from, split, to))
		search->is_split[split] = true;
	else if (!search->is_exact)
		return;
	divide(search, sums, base, size, from, split, p);
	divide(search, sums, base, size, split, to, p);
	for (left = split - 1; left > from && !search->is_split[left];)
		left--;
	for (right = split + 1; right < to && !search->is_split[right];)
		right++;
	if (is_exact_step(search, left, split, right))
		search->is_split[split] = true;
}

static size_t last_split(const struct search *search, size_t from, size_t to)
{
	while (--to > from)
		if (search->is_split[to])
			return to;
	return from;
}

/* A window begins at the last change of the one before, or half a window on. */
static int find_weak(const struct search *search, double p)
{
	size_t from = 0;

	while (from < search->count) {
		size_t left = search->count - from;
		size_t size = left < CHANGEPOINT_WINDOW ? left : CHANGEPOINT_WINDOW, last;
		auto_free double *sums = distance_sums(search->values + from, size);

		if (!sums)
			return -ENOMEM;
		divide(search, sums, from, size, from, from + size, p);
		last = last_split(search, from, from + size);
		if (from + size == search->count)
			break;
		from = last > from + size / 2 ? last : from + size / 2;
	}
	return 0;
}

static size_t end_of(const struct search *search, size_t split)
{
	do
		split++;
	while (split < search->count && !search->is_split[split]);
	return split;
}

/* Removes the weakest split that is not a change between its neighbours; false: all are. */
static bool merge_weakest(const struct search *search, double p)
{
	size_t from = 0, weakest = 0;
	double greatest = -1;

	for (size_t i = end_of(search, 0); i < search->count; i = end_of(search, i)) {
		size_t to = end_of(search, i);
		double its = p_of(search, from, i, to);

		if (!is_change(search, from, i, to, p) && its > greatest) {
			greatest = its;
			weakest = i;
		}
		from = i;
	}
	if (weakest)
		search->is_split[weakest] = false;
	return weakest;
}

/* A series without its odd values, and where each of the others was. */
struct work {
	double *logs, *kept;
	size_t *places;
	bool *is_odd, *is_split;
	size_t kept_count;
};

static void work_free(struct work *work)
{
	free(work->logs);
	free(work->kept);
	free(work->places);
	free(work->is_odd);
	free(work->is_split);
}

static int work_init(struct work *work, const double *values, size_t count, double floor)
{
	work->logs = calloc(count, sizeof(*work->logs));
	work->kept = calloc(count, sizeof(*work->kept));
	work->places = calloc(count, sizeof(*work->places));
	work->is_odd = calloc(count, sizeof(*work->is_odd));
	work->is_split = calloc(count + 1, sizeof(*work->is_split));
	if (!work->logs || !work->kept || !work->places || !work->is_odd || !work->is_split)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		work->logs[i] = log(values[i]);
	if (mark_odd(work->logs, count, floor, work->is_odd))
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (!work->is_odd[i]) {
			work->kept[work->kept_count] = work->logs[i];
			work->places[work->kept_count++] = i;
		}
	return 0;
}

static struct changepoint odd_point(const struct work *work, size_t count, size_t i)
{
	double normal = around(work->logs, count, i, INFINITY);

	return (struct changepoint){ .index = i,
				     .last = i ? i - 1 : 0,
				     .is_odd = true,
				     .before = exp(normal),
				     .after = exp(work->logs[i]),
				     .p = NAN };
}

static int change_point(const struct search *search, const size_t *places, size_t from,
			size_t split, struct changepoint *point)
{
	size_t to = end_of(search, split);
	double before, after;
	int ret = median_copy(search->values + from, split - from, &before);

	if (!ret)
		ret = median_copy(search->values + split, to - split, &after);
	if (ret)
		return ret;
	*point = (struct changepoint){ .index = places[split],
				       .last = places[split - 1],
				       .before = exp(before),
				       .after = exp(after),
				       .p = is_exact_step(search, from, split, to)
						    ? NAN
						    : p_of(search, from, split, to) };
	return 0;
}

static int compare_points(const void *a, const void *b)
{
	return order_u64(((const struct changepoint *)a)->index,
			 ((const struct changepoint *)b)->index);
}

static int collect(const struct search *search, const struct work *work, size_t count,
		   struct changepoint *points, size_t *point_count)
{
	size_t from = 0, n = 0;

	for (size_t i = end_of(search, 0); i < search->count; i = end_of(search, i)) {
		if (change_point(search, work->places, from, i, &points[n++]))
			return -ENOMEM;
		from = i;
	}
	for (size_t i = 0; i < count; i++)
		if (work->is_odd[i])
			points[n++] = odd_point(work, count, i);
	qsort(points, n, sizeof(*points), compare_points);
	*point_count = n;
	return 0;
}

int changepoint_find(const double *values, size_t count, const struct changepoint_options *options,
		     struct changepoint **points, size_t *point_count)
{
	auto_release(work_free) struct work work = { 0 };
	auto_free struct changepoint *found = calloc(count + 1, sizeof(*found));
	double floor = log1p(options->floor);
	struct search search;

	*points = NULL;
	*point_count = 0;
	if (!found)
		return -ENOMEM;
	if (count < 4)
		return 0;
	if (work_init(&work, values, count, floor))
		return -ENOMEM;
	search = (struct search){ work.kept, work.kept_count, floor, options->is_exact,
				  work.is_split };
	if (find_weak(&search, fmin(1, options->p * WEAK_FACTOR)))
		return -ENOMEM;
	while (merge_weakest(&search, options->p))
		;
	if (collect(&search, &work, count, found, point_count))
		return -ENOMEM;
	if (*point_count)
		*points = no_free(found);
	return 0;
}
