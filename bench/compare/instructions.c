// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The engine of the instruction clock. A run there is exact, but it is one phase of the run against
 * the timer's ticks, which a change in the kernel shifts as a change of seed does. p50 without load
 * hardly depends on it; tails and load do, and are tested over the seeds.
 *
 * The floor is what the seeds can show: half the 99 % interval of the ratio of medians. It shrinks
 * as seeds are added, where their range would grow until it hid every change. A change below it
 * counts as the same only if the whole interval is within the noise of one seed; else it is
 * unknown.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/order.h"
#include "compare/private.h"
#include "math/stats.h"

/*
 * No change above this is called the same: a noisier figure needs more seeds, not a wider margin.
 */
#define MOST_TOLERANCE 0.1
/* The standard error of a median relative to that of a mean, for normal values. */
#define MEDIAN_FACTOR 1.2533
/* That a ratio is outside its interval: in order to call it changed, and to call it the same. */
#define CHANCE_CHANGED 0.01
#define CHANCE_SAME    0.05

/* The runs of one cell that both sides have, by seed and repetition. */
struct common {
	const struct set_run **base, **new;
	size_t count;
};

static void common_free(struct common *common)
{
	free(common->base);
	free(common->new);
}

static int compare_run_ids(const struct set_run *a, const struct set_run *b)
{
	int order = order_u64(a->seed, b->seed);

	return order ? order : order_u64(a->repeat, b->repeat);
}

static int find_common(const struct compare_pair *pair, struct common *common)
{
	size_t i = 0, j = 0;

	*common = (struct common){
		.base = calloc(pair->base->run_count + 1, sizeof(*common->base)),
		.new = calloc(pair->new->run_count + 1, sizeof(*common->new)),
	};
	if (!common->base || !common->new)
		return -ENOMEM;
	while (i < pair->base->run_count && j < pair->new->run_count) {
		int order = compare_run_ids(&pair->base->runs[i], &pair->new->runs[j]);

		if (!order) {
			common->base[common->count] = &pair->base->runs[i];
			common->new[common->count++] = &pair->new->runs[j];
		}
		i += order <= 0;
		j += order >= 0;
	}
	return 0;
}

static bool is_same_buckets(const struct latency *a, const struct latency *b)
{
	if (!a->hist_ns_count || a->hist_ns_count != b->hist_ns_count)
		return false;
	for (size_t i = 0; i < a->hist_ns_count; i++)
		if (a->hist_ns[i].from != b->hist_ns[i].from ||
		    a->hist_ns[i].to != b->hist_ns[i].to ||
		    a->hist_ns[i].count != b->hist_ns[i].count)
			return false;
	return true;
}

/* Compares every sample; without samples, in a compact result, everything that it kept. */
static bool is_identical(const struct latency *a, const struct latency *b)
{
	if (a->count != b->count || a->min != b->min || a->max != b->max || a->mean != b->mean)
		return false;
	for (int figure = 0; figure < FIGURES_COMPARED; figure++)
		if (figure_ns(a, figure) != figure_ns(b, figure))
			return false;
	if (a->sample_count == a->count && b->sample_count == b->count)
		return !memcmp(a->samples, b->samples, a->count * sizeof(*a->samples));
	return is_same_buckets(a, b);
}

static bool are_identical(const struct common *common)
{
	for (size_t i = 0; i < common->count; i++)
		if (!is_identical(&common->base[i]->cell->latency, &common->new[i]->cell->latency))
			return false;
	return common->count > 0;
}

struct range {
	double least, most;
};

static void widen(struct range *range, const struct set_run *run, int figure)
{
	double value = figure_ns(&run->cell->latency, figure);

	range->least = fmin(range->least, value);
	range->most = fmax(range->most, value);
}

static struct range range_of(const struct set_run *const *runs, size_t count, int figure)
{
	struct range range = { INFINITY, 0 };

	for (size_t i = 0; i < count; i++)
		widen(&range, runs[i], figure);
	return range;
}

static bool do_ranges_overlap(const struct common *common, const struct compare_row *row)
{
	struct range base = range_of(common->base, common->count, row->figure);
	struct range new = range_of(common->new, common->count, row->figure);

	return row->ratio > 1 ? new.least <= base.most : new.most >= base.least;
}

static double *take_values(const struct set_run *const *runs, size_t count, int figure)
{
	double *values = calloc(count, sizeof(*values));

	for (size_t i = 0; values && i < count; i++)
		values[i] = figure_ns(&runs[i]->cell->latency, figure);
	return values;
}

static double squares_of_logs(const double *values, size_t count)
{
	double mean = 0, squares = 0;

	for (size_t i = 0; i < count; i++)
		mean += log(values[i]) / (double)count;
	for (size_t i = 0; i < count; i++)
		squares += (log(values[i]) - mean) * (log(values[i]) - mean);
	return squares;
}

/* How much seeds differ: the standard deviation of logarithms; 0 with one seed. */
static double noise_of(const double *base, const double *new, size_t count)
{
	if (count < 2)
		return 0;
	return sqrt((squares_of_logs(base, count) + squares_of_logs(new, count)) /
		    (double)(2 * count - 2));
}

/* Half the interval of the logarithm of the ratio of medians, with count seeds on each side. */
static double margin_of(double noise, size_t count, double chance)
{
	if (count < 2)
		return 0;
	return stats_student_limit(chance, 2 * (unsigned)count - 2) * MEDIAN_FACTOR * noise *
	       sqrt(2 / (double)count);
}

static int measure(const struct common *common, struct compare_row *row, double *noise)
{
	auto_free double *base = take_values(common->base, common->count, row->figure);
	auto_free double *new = take_values(common->new, common->count, row->figure);

	if (!base || !new)
		return -ENOMEM;
	row->base = stats_median(base, common->count);
	row->new = stats_median(new, common->count);
	row->ratio = row->new / row->base;
	row->base_runs = row->new_runs = common->count;
	*noise = noise_of(base, new, common->count);
	return 0;
}

static int test(const struct common *common, struct compare_row *row)
{
	auto_free double *base = take_values(common->base, common->count, row->figure);
	auto_free double *new = take_values(common->new, common->count, row->figure);

	if (!base || !new)
		return -ENOMEM;
	return stats_mann_whitney(base, common->count, new, common->count, &row->p);
}

/* With fewer than three seeds the noise of p50 without load is what docs/compare.md found. */
static double least_floor(const struct common *common, double least)
{
	return common->count < COMPARE_LEAST_SEEDS ? fmax(least, COMPARE_FLOOR_ONE_SEED) : least;
}

static void fill_floor(const struct common *common, double least, double noise,
		       struct compare_row *row)
{
	row->floor = fmax(least_floor(common, least),
			  expm1(margin_of(noise, common->count, CHANCE_CHANGED)));
	row->evidence = fabs(log(row->ratio)) / log1p(row->floor);
}

static int decide_change(struct compare_row *row, const char *why)
{
	return compare_decide(row, row->ratio > 1 ? COMPARE_WORSE : COMPARE_BETTER, "%s", why);
}

/* How many seeds make the interval this narrow: it narrows with their number. */
static uint64_t seeds_for_margin(double noise, double wanted)
{
	uint64_t low = 2, high = COMPARE_MOST_NEEDED;

	while (low < high) {
		uint64_t middle = (low + high) / 2;

		if (margin_of(noise, middle, CHANCE_SAME) <= wanted)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/*
 * Below its floor: the same if any change is within the noise of one seed too. More seeds decide
 * that, or bring the change beyond its floor.
 */
static int decide_below(const struct common *common, double least, double noise,
			struct compare_row *row)
{
	double room = fmax(log1p(least_floor(common, least)), fmin(noise, log1p(MOST_TOLERANCE)));
	double change = fabs(log(row->ratio)),
	       margin = margin_of(noise, common->count, CHANCE_SAME);
	uint64_t wanted;

	if (change + margin <= room)
		return compare_decide(row, COMPARE_SAME, "smaller than its floor");
	wanted = seeds_for_margin(noise, fmax(change, room - change));
	row->runs_needed = wanted > common->count ? wanted - common->count : 1;
	return compare_decide(row, COMPARE_UNKNOWN,
			      "smaller than its floor, but so few seeds would not show a change "
			      "of %.1f %%",
			      expm1(room) * 100);
}

static int decide_too_few(const struct common *common, struct compare_row *row)
{
	row->runs_needed = COMPARE_LEAST_SEEDS - common->count;
	if (!common->count)
		return compare_decide(row, COMPARE_UNKNOWN, "the two sides have no seed in common");
	return compare_decide(row, COMPARE_UNKNOWN,
			      "%zu seed%s of both sides: a tail, or a cell with load, needs %d",
			      common->count, common->count == 1 ? "" : "s", COMPARE_LEAST_SEEDS);
}

/* Identical runs need neither floor nor test; the row is in the family all the same. */
static int decide_identical(double least, struct compare_row *row)
{
	row->floor = least;
	row->p = 1;
	return compare_decide(row, COMPARE_SAME, "every sample is equal");
}

/*
 * p50 without load that is beyond its floor at every seed needs no test; the verdict of other rows
 * that are beyond their floors waits for q.
 */
static int decide_untested(const struct common *common, bool is_steady, double least, double noise,
			   struct compare_row *row)
{
	if (row->evidence <= 1)
		return decide_below(common, least, noise, row);
	if (is_steady && !do_ranges_overlap(common, row))
		return decide_change(row, "beyond its floor at every seed of both sides");
	if (common->count < COMPARE_LEAST_SEEDS)
		return decide_too_few(common, row);
	return is_steady ? test(common, row) : 0;
}

/* Everything but q, and the verdict where that does not need q. */
static int measure_row(const struct compare_pair *pair, const struct common *common, double least,
		       bool is_identical_cell, struct compare_row *row)
{
	bool is_steady = row->figure == FIGURE_P50 && pair->base->config->load == LOAD_NONE;
	bool has_seeds = common->count >= COMPARE_LEAST_SEEDS;
	int ret = compare_rule_out(pair, row);
	double noise;

	if (ret)
		return ret < 0 ? ret : 0;
	if (!common->count)
		return decide_too_few(common, row);
	if (measure(common, row, &noise))
		return -ENOMEM;
	if (is_identical_cell)
		return decide_identical(least, row);
	if (!is_steady && !has_seeds)
		return decide_too_few(common, row);
	if (!is_steady && test(common, row))
		return -ENOMEM;
	fill_floor(common, least, noise, row);
	return decide_untested(common, is_steady, least, noise, row);
}

static int judge_cell(const struct compare_pair *pair, double least, struct compare_cell *cell)
{
	auto_release(common_free) struct common common;
	int ret = find_common(pair, &common);

	cell->is_identical = !ret && are_identical(&common);
	for (size_t i = 0; i < cell->row_count && !ret; i++)
		ret = measure_row(pair, &common, least, cell->is_identical, &cell->rows[i]);
	if (!ret && common.count)
		ret = compare_distributions(common.base, common.count, common.new, common.count,
					    cell);
	return ret;
}

static int decide_tested(const struct comparison *comparison, struct compare_row *row)
{
	uint64_t wanted = compare_runs_for_test(comparison, row);

	if (row->q <= comparison->false_discovery_rate)
		return decide_change(row, "beyond its floor, and beyond chance over the seeds");
	row->runs_needed = wanted > row->base_runs ? wanted - row->base_runs : row->base_runs;
	return compare_decide(row, COMPARE_UNKNOWN,
			      "beyond its floor, but so few seeds may differ so by chance");
}

int compare_instructions(const struct compare_pair *pairs, struct comparison *comparison)
{
	int ret = 0;

	for (size_t i = 0; i < comparison->cell_count && !ret; i++)
		ret = judge_cell(&pairs[i], comparison->floor, &comparison->cells[i]);
	if (!ret)
		ret = compare_adjust(comparison);
	for (size_t i = 0; i < comparison->cell_count && !ret; i++)
		for (size_t j = 0; j < comparison->cells[i].row_count && !ret; j++)
			if (!comparison->cells[i].rows[j].reason)
				ret = decide_tested(comparison, &comparison->cells[i].rows[j]);
	return ret;
}
