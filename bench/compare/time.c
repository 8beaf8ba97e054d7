// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The engine of real time. Faults of one run share a file system, a boot and an alignment of code:
 * they are one observation, not hundreds. So each figure is taken once from each run, and the runs
 * of the two sides are tested. A change must be beyond chance (q) and beyond the floor (the
 * interval).
 */
#include <errno.h>
#include <math.h>

#include "compare/private.h"
#include "math/stats.h"

static double *take_values(const struct set_cell *cell, int figure)
{
	double *values = calloc(cell->run_count, sizeof(*values));

	for (size_t i = 0; values && i < cell->run_count; i++)
		values[i] = figure_ns(&cell->runs[i].cell->latency, figure);
	return values;
}

/* Each row has its own random numbers: its interval does not depend on the other rows. */
static uint64_t seed_of(const struct compare_cell *cell, const struct compare_row *row,
			uint64_t seed)
{
	uint64_t state = seed + (uint64_t)row->figure;

	for (const char *c = cell->key; *c; c++)
		state = state * 1099511628211u + (unsigned char)*c;
	return state;
}

static bool has_runs(const struct compare_row *row)
{
	return row->base_runs >= COMPARE_LEAST_RUNS && row->new_runs >= COMPARE_LEAST_RUNS;
}

/* Rows with too few runs are in no family: they are not beyond chance, whatever their p. */
static int test(const double *base, const double *new, const struct comparison *comparison,
		uint64_t state, struct compare_row *row)
{
	struct stats_interval interval;

	if (has_runs(row) && stats_mann_whitney(base, row->base_runs, new, row->new_runs, &row->p))
		return -ENOMEM;
	if (stats_bootstrap_ratio(base, row->base_runs, new, row->new_runs, comparison->resamples,
				  comparison->confidence, &state, &interval))
		return -ENOMEM;
	row->low = interval.low;
	row->high = interval.high;
	row->evidence = isnan(row->p) ? 0 : -log10(row->p);
	return 0;
}

/* Everything but q and the verdict, of a row that may have one. */
static int measure_row(const struct compare_pair *pair, const struct comparison *comparison,
		       const struct compare_cell *cell, struct compare_row *row)
{
	auto_free double *base = NULL, *new = NULL;
	int ret = compare_rule_out(pair, row);

	if (ret)
		return ret < 0 ? ret : 0;
	base = take_values(pair->base, row->figure);
	new = take_values(pair->new, row->figure);
	if (!base || !new)
		return -ENOMEM;
	row->base = stats_median(base, row->base_runs);
	row->new = stats_median(new, row->new_runs);
	row->ratio = row->new / row->base;
	row->floor = comparison->floor;
	return test(base, new, comparison, seed_of(cell, row, comparison->seed), row);
}

/* An interval narrows with the root of the runs: until it is clear of the nearer edge of the floor.
 */
static uint64_t runs_for_interval(const struct compare_row *row, uint64_t runs)
{
	double edge = log1p(row->floor), middle = fabs(log(row->ratio));
	double distance = fabs(middle - edge), reach = log(row->high / row->low) / 2, n;

	n = ceil((double)runs * (reach / distance) * (reach / distance));
	return n < COMPARE_MOST_NEEDED ? (uint64_t)n : COMPARE_MOST_NEEDED;
}

static int need_more(const struct comparison *comparison, const char *why, struct compare_row *row)
{
	uint64_t runs = row->base_runs < row->new_runs ? row->base_runs : row->new_runs;
	uint64_t wanted = compare_runs_for_test(comparison, row);
	uint64_t by_interval = runs < COMPARE_LEAST_RUNS ? 0 : runs_for_interval(row, runs);
	bool is_many;

	if (by_interval > wanted)
		wanted = by_interval;
	is_many = wanted >= COMPARE_MOST_NEEDED;
	row->runs_needed = wanted > runs ? wanted - runs : 1;
	return compare_decide(row, COMPARE_UNKNOWN, "%s: needs %s%llu more run%s on each side", why,
			      is_many ? "at least " : "", (unsigned long long)row->runs_needed,
			      row->runs_needed == 1 ? "" : "s");
}

static int decide(const struct comparison *comparison, struct compare_row *row)
{
	double edge = 1 + comparison->floor;
	bool is_within = row->low >= 1 / edge && row->high <= edge;
	bool is_beyond = row->low > edge || row->high < 1 / edge;

	if (!has_runs(row))
		return need_more(comparison, "too few runs for any verdict", row);
	if (is_within)
		return compare_decide(row, COMPARE_SAME, "the whole interval is within the floor");
	if (!is_beyond)
		return need_more(comparison, "the interval reaches across the floor", row);
	if (row->q > comparison->false_discovery_rate)
		return need_more(comparison, "may be chance among so many figures", row);
	return compare_decide(row, row->ratio > 1 ? COMPARE_WORSE : COMPARE_BETTER,
			      "beyond chance, and the whole interval is beyond the floor");
}

static const struct set_run **list_runs(const struct set_cell *cell)
{
	const struct set_run **runs = calloc(cell->run_count + 1, sizeof(*runs));

	for (size_t i = 0; runs && i < cell->run_count; i++)
		runs[i] = &cell->runs[i];
	return runs;
}

static int measure_distributions(const struct compare_pair *pair, struct compare_cell *cell)
{
	auto_free const struct set_run **base = list_runs(pair->base), **new = list_runs(pair->new);

	if (!base || !new)
		return -ENOMEM;
	if (!pair->base->run_count || !pair->new->run_count)
		return 0;
	return compare_distributions(base, pair->base->run_count, new, pair->new->run_count, cell);
}

static int judge_cell(const struct compare_pair *pair, const struct comparison *comparison,
		      struct compare_cell *cell)
{
	int ret = measure_distributions(pair, cell);

	for (size_t i = 0; i < cell->row_count && !ret; i++)
		ret = measure_row(pair, comparison, cell, &cell->rows[i]);
	return ret;
}

int compare_time(const struct compare_pair *pairs, struct comparison *comparison)
{
	int ret = 0;

	for (size_t i = 0; i < comparison->cell_count && !ret; i++)
		ret = judge_cell(&pairs[i], comparison, &comparison->cells[i]);
	if (!ret)
		ret = compare_adjust(comparison);
	for (size_t i = 0; i < comparison->cell_count && !ret; i++)
		for (size_t j = 0; j < comparison->cells[i].row_count && !ret; j++)
			if (!comparison->cells[i].rows[j].reason)
				ret = decide(comparison, &comparison->cells[i].rows[j]);
	return ret;
}
