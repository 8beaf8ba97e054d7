// SPDX-License-Identifier: GPL-2.0-or-later
#include "math/stats.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/order.h"

static double *sorted_copy(const double *values, size_t count)
{
	double *copy = malloc(count * sizeof(*copy));

	if (!copy)
		return NULL;
	memcpy(copy, values, count * sizeof(*copy));
	order_sort_doubles(copy, count);
	return copy;
}

double stats_median(const double *values, size_t count)
{
	auto_free double *sorted = sorted_copy(values, count);

	return sorted ? (sorted[(count - 1) / 2] + sorted[count / 2]) / 2 : NAN;
}

struct ranked {
	double value;
	int is_a;
};

static int compare_ranked(const void *left, const void *right)
{
	return order_double(((const struct ranked *)left)->value,
			    ((const struct ranked *)right)->value);
}

/* Pooled values as twice their midranks, whole numbers. ties is the sum of t^3 - t. */
struct ranking {
	size_t count, a_count;
	size_t *twice;	/* by rank */
	size_t a_twice; /* sum over a */
	double ties;
};

static int rank_pooled(const double *a, size_t a_count, const double *b, size_t b_count,
		       struct ranking *ranking)
{
	size_t count = a_count + b_count;
	auto_free struct ranked *pool = malloc(count * sizeof(*pool));

	*ranking = (struct ranking){ .count = count, .a_count = a_count };
	ranking->twice = malloc(count * sizeof(*ranking->twice));
	if (!pool || !ranking->twice)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		pool[i] = (struct ranked){ i < a_count ? a[i] : b[i - a_count], i < a_count };
	qsort(pool, count, sizeof(*pool), compare_ranked);
	for (size_t from = 0, to; from < count; from = to) {
		double tied;

		for (to = from; to < count && pool[to].value == pool[from].value; to++)
			;
		tied = (double)(to - from);
		ranking->ties += tied * tied * tied - tied;
		for (size_t i = from; i < to; i++) {
			ranking->twice[i] = from + 1 + to;
			ranking->a_twice += pool[i].is_a ? ranking->twice[i] : 0;
		}
	}
	return 0;
}

/*
 * ways[k * width + s]: in how many ways k of the values seen have the rank sum s. Up to 64 values
 * the counts are below 2^61, and doubles keep them to 16 digits.
 */
static void count_divisions(const struct ranking *ranking, double *ways, size_t width)
{
	ways[0] = 1;
	for (size_t i = 0; i < ranking->count; i++) {
		size_t rank = ranking->twice[i];
		size_t most = i + 1 < ranking->a_count ? i + 1 : ranking->a_count;

		for (size_t k = most; k > 0; k--)
			for (size_t s = width; s-- > rank;)
				ways[k * width + s] += ways[(k - 1) * width + s - rank];
	}
}

static int exact_p(const struct ranking *ranking, double *p)
{
	size_t width = ranking->count * (ranking->count + 1) + 1;
	auto_free double *ways = calloc((ranking->a_count + 1) * width, sizeof(*ways));
	double below = 0, above = 0, all = 0, tail;

	if (!ways)
		return -ENOMEM;
	count_divisions(ranking, ways, width);
	for (size_t s = 0; s < width; s++) {
		double here = ways[ranking->a_count * width + s];

		all += here;
		below += s <= ranking->a_twice ? here : 0;
		above += s >= ranking->a_twice ? here : 0;
	}
	tail = fmin(below, above) / all;
	*p = fmin(1, 2 * tail);
	return 0;
}

static double approximate_p(const struct ranking *ranking)
{
	double n = (double)ranking->count, a = (double)ranking->a_count, b = n - a;
	double expected = a * (n + 1) / 2;
	double variance = a * b / 12 * (n + 1 - ranking->ties / (n * (n - 1)));
	double distance = fabs((double)ranking->a_twice / 2 - expected) - 0.5;

	if (!(variance > 0) || distance <= 0)
		return 1;
	return fmin(1, erfc(distance / sqrt(2 * variance)));
}

int stats_mann_whitney(const double *a, size_t a_count, const double *b, size_t b_count, double *p)
{
	struct ranking ranking;
	int ret = rank_pooled(a, a_count, b, b_count, &ranking);

	if (!ret && ranking.count <= STATS_EXACT_VALUES)
		ret = exact_p(&ranking, p);
	else if (!ret)
		*p = approximate_p(&ranking);
	free(ranking.twice);
	return ret;
}

double stats_mann_whitney_least(size_t n)
{
	double ways = 1;

	for (size_t i = 1; i <= n; i++)
		ways *= (double)(n + i) / (double)i;
	return fmin(1, 2 / ways);
}

struct indexed {
	double p;
	size_t index;
};

static int compare_indexed(const void *left, const void *right)
{
	return order_double(((const struct indexed *)left)->p, ((const struct indexed *)right)->p);
}

int stats_benjamini_hochberg(const double *p, double *q, size_t count)
{
	auto_free struct indexed *sorted = malloc((count + 1) * sizeof(*sorted));
	double least = 1;

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		sorted[i] = (struct indexed){ p[i], i };
	qsort(sorted, count, sizeof(*sorted), compare_indexed);
	for (size_t i = count; i-- > 0;) {
		least = fmin(least, sorted[i].p * (double)count / (double)(i + 1));
		q[sorted[i].index] = least;
	}
	return 0;
}

/*
 * The share of Student's distribution within t, for whole degrees: a finite sum. Abramowitz and
 * Stegun, 26.7.3 and 26.7.4; sine and cosine are those of atan(t / sqrt(degrees)).
 */
static double student_within(double sine, double cosine, unsigned degrees)
{
	double term = 1, sum = 0;

	for (unsigned k = degrees % 2; k + 1 < degrees; k += 2) {
		sum += term;
		term *= (double)(k + 1) / (double)(k + 2) * cosine * cosine;
	}
	return degrees % 2 ? M_2_PI * (atan2(sine, cosine) + sine * cosine * sum) : sine * sum;
}

/*
 * The share beyond t by the rest of that sum, which keeps its digits when hardly anything is left.
 */
static double student_beyond(double sine, double cosine, unsigned degrees)
{
	double half = degrees / 2.0, x = cosine * cosine, term = 1, sum = 0;

	for (double k = 0; term > sum * 1e-17; k++) {
		sum += term;
		term *= (half + 0.5 + k) / (half + 1 + k) * x;
	}
	return exp(lgamma(half + 0.5) - lgamma(half) + half * log(x)) * sine / half * M_2_SQRTPI /
	       2 * sum;
}

double stats_student(double t, unsigned degrees)
{
	double radius = hypot(t, sqrt(degrees)), sine = fabs(t) / radius;
	double cosine = sqrt(degrees) / radius, p = 1 - student_within(sine, cosine, degrees);

	return p > 1e-6 ? p : student_beyond(sine, cosine, degrees);
}

double stats_student_limit(double p, unsigned degrees)
{
	double low = 0, high = 1;

	while (stats_student(high, degrees) > p)
		high *= 2;
	for (int i = 0; i < 50; i++) {
		double middle = (low + high) / 2;

		*(stats_student(middle, degrees) > p ? &low : &high) = middle;
	}
	return high;
}

uint64_t stats_random(uint64_t *state)
{
	uint64_t mixed = *state += 0x9e3779b97f4a7c15;

	mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
	mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
	return mixed ^ (mixed >> 31);
}

/* The median of count values drawn from sorted; drawn[i] is how often value i was. */
static double draw_median(const double *sorted, size_t count, uint32_t *drawn, uint64_t *state)
{
	size_t lower = (count - 1) / 2, upper = count / 2, seen = 0, i = 0;
	double low;

	memset(drawn, 0, count * sizeof(*drawn));
	for (size_t draw = 0; draw < count; draw++)
		drawn[((stats_random(state) >> 32) * count) >> 32]++;
	while (seen + drawn[i] <= lower)
		seen += drawn[i++];
	low = sorted[i];
	while (seen + drawn[i] <= upper)
		seen += drawn[i++];
	return (low + sorted[i]) / 2;
}

int stats_bootstrap_ratio(const double *a, size_t a_count, const double *b, size_t b_count,
			  size_t resamples, double confidence, uint64_t *state,
			  struct stats_interval *interval)
{
	auto_free double *from_a = sorted_copy(a, a_count), *from_b = sorted_copy(b, b_count);
	auto_free double *ratios = malloc(resamples * sizeof(*ratios));
	auto_free uint32_t *drawn = malloc((a_count + b_count) * sizeof(*drawn));
	size_t cut = (size_t)((1 - confidence) / 2 * (double)resamples);

	if (!from_a || !from_b || !ratios || !drawn)
		return -ENOMEM;
	for (size_t i = 0; i < resamples; i++) {
		double base = draw_median(from_a, a_count, drawn, state);

		ratios[i] = draw_median(from_b, b_count, drawn, state) / base;
	}
	order_sort_doubles(ratios, resamples);
	*interval = (struct stats_interval){ ratios[cut], ratios[resamples - 1 - cut] };
	return 0;
}

uint64_t stats_quantile_values(double p)
{
	double rarer = p > 0.5 ? p : 1 - p;

	/* The chance that no value of n lies beyond the quantile is rarer^n. */
	return (uint64_t)ceil(log(0.025) / log(rarer));
}

static double total_weight(const struct stats_weighted *values, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += values[i].weight;
	return sum;
}

double stats_distance(const struct stats_weighted *a, size_t a_count,
		      const struct stats_weighted *b, size_t b_count, double *at)
{
	double a_all = total_weight(a, a_count), b_all = total_weight(b, b_count);
	double a_sum = 0, b_sum = 0, most = 0;
	size_t i = 0, j = 0;

	*at = NAN;
	while (i < a_count || j < b_count) {
		double value = j == b_count || (i < a_count && a[i].value < b[j].value)
				       ? a[i].value
				       : b[j].value;

		for (; i < a_count && a[i].value == value; i++)
			a_sum += a[i].weight;
		for (; j < b_count && b[j].value == value; j++)
			b_sum += b[j].weight;
		if (fabs(a_sum / a_all - b_sum / b_all) > most) {
			most = fabs(a_sum / a_all - b_sum / b_all);
			*at = value;
		}
	}
	return most;
}
