// SPDX-License-Identifier: GPL-2.0-or-later
#include "compare/compare.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "base/diag.h"
#include "base/order.h"
#include "compare/private.h"
#include "math/stats.h"

#define DEFAULT_SEED	     1
#define RESAMPLES	     10000
#define FALSE_DISCOVERY_RATE 0.05
#define CONFIDENCE	     0.95

void compare_defaults(struct compare_options *options)
{
	*options = (struct compare_options){ .floor = NAN,
					     .seed = DEFAULT_SEED,
					     .figures = (1u << FIGURES_COMPARED) - 1 };
}

static int sort_group(int verdict)
{
	static const int groups[] = { [COMPARE_WORSE] = 0,
				      [COMPARE_BETTER] = 0,
				      [COMPARE_UNKNOWN] = 1,
				      [COMPARE_SAME] = 2,
				      [COMPARE_NONE] = 3 };

	return groups[verdict];
}

static int descending(double a, double b)
{
	return (a < b) - (a > b);
}

static double size_of_change(const struct compare_row *row)
{
	return isnan(row->ratio) ? 0 : fabs(log(row->ratio));
}

static int compare_places(const void *left, const void *right, void *context)
{
	const struct compare_place *a = left, *b = right;
	const struct comparison *comparison = context;
	const struct compare_row *x = &comparison->cells[a->cell].rows[a->row];
	const struct compare_row *y = &comparison->cells[b->cell].rows[b->row];
	int order = sort_group(x->verdict) - sort_group(y->verdict);

	if (!order)
		order = descending(x->evidence, y->evidence);
	if (!order)
		order = descending(size_of_change(x), size_of_change(y));
	if (!order)
		order = order_u64(a->cell, b->cell);
	return order ? order : order_u64(a->row, b->row);
}

static int order_rows(struct comparison *comparison)
{
	comparison->order =
		calloc(comparison->cell_count * FIGURES_COMPARED + 1, sizeof(*comparison->order));
	if (!comparison->order)
		return -ENOMEM;
	for (size_t i = 0; i < comparison->cell_count; i++)
		for (size_t j = 0; j < comparison->cells[i].row_count; j++)
			comparison->order[comparison->order_count++] =
				(struct compare_place){ i, j };
	qsort_r(comparison->order, comparison->order_count, sizeof(*comparison->order),
		compare_places, comparison);
	return 0;
}

static void count_verdicts(struct comparison *comparison)
{
	uint64_t counts[] = { [COMPARE_SAME] = 0,
			      [COMPARE_BETTER] = 0,
			      [COMPARE_WORSE] = 0,
			      [COMPARE_UNKNOWN] = 0,
			      [COMPARE_NONE] = 0 };

	for (size_t i = 0; i < comparison->cell_count; i++)
		for (size_t j = 0; j < comparison->cells[i].row_count; j++)
			counts[comparison->cells[i].rows[j].verdict]++;
	comparison->counts =
		(struct compare_counts){ counts[COMPARE_SAME], counts[COMPARE_BETTER],
					 counts[COMPARE_WORSE], counts[COMPARE_UNKNOWN],
					 counts[COMPARE_NONE] };
	if (counts[COMPARE_WORSE])
		comparison->verdict = COMPARE_WORSE;
	else if (counts[COMPARE_UNKNOWN])
		comparison->verdict = COMPARE_UNKNOWN;
	else if (counts[COMPARE_BETTER])
		comparison->verdict = COMPARE_BETTER;
	else
		comparison->verdict = counts[COMPARE_SAME] ? COMPARE_SAME : COMPARE_UNKNOWN;
}

static void set_thresholds(const struct compare_options *options, struct comparison *comparison)
{
	bool is_time = comparison->engine == DOMAIN_TIME;
	double usual = is_time ? COMPARE_FLOOR_TIME : COMPARE_FLOOR_INSTRUCTIONS;

	comparison->floor = isnan(options->floor) ? usual : options->floor;
	comparison->floor_one_seed = is_time ? NAN : COMPARE_FLOOR_ONE_SEED;
	comparison->false_discovery_rate = FALSE_DISCOVERY_RATE;
	comparison->confidence = is_time ? CONFIDENCE : NAN;
	comparison->resamples = is_time ? RESAMPLES : U64_ABSENT;
	comparison->seed = is_time ? options->seed : U64_ABSENT;
	comparison->least_runs = is_time ? COMPARE_LEAST_RUNS : COMPARE_LEAST_SEEDS;
}

static int compare_pairs(const struct compare_pair *pairs, struct comparison *comparison)
{
	int ret = comparison->engine == DOMAIN_TIME ? compare_time(pairs, comparison)
						    : compare_instructions(pairs, comparison);

	if (!ret)
		ret = order_rows(comparison);
	if (ret)
		return ret;
	count_verdicts(comparison);
	return compare_write_sentence(comparison);
}

static int make_comparison(const struct result_set *base, const struct result_set *new,
			   const struct compare_options *options, struct comparison *comparison)
{
	auto_free struct compare_pair *pairs = calloc(base->cell_count + 1, sizeof(*pairs));
	int ret = pairs ? compare_pair_cells(base, new, options, comparison, pairs) : -ENOMEM;

	if (!ret && !comparison->cell_count) {
		diag_error("compare: --cell '%s': no cell of both sides has such a key",
			   options->cell);
		return -EINVAL;
	}
	if (!ret)
		ret = compare_fill_side(base, &comparison->base);
	if (!ret)
		ret = compare_fill_side(new, &comparison->new);
	if (!ret)
		ret = compare_warn(base, new, comparison);
	if (!ret)
		ret = compare_pairs(pairs, comparison);
	return ret ? diag_errno(ENOMEM, "compare") : 0;
}

int compare_sets(const struct result_set *base, const struct result_set *new,
		 const struct compare_options *options, struct comparison *comparison)
{
	char refusal[COMPARE_TEXT_SIZE];
	int ret;

	*comparison = (struct comparison){ .engine = base->results[0].clock.domain };
	if (compare_refusal(base, new, refusal)) {
		diag_error("compare: %s and %s have %s", base->name, new->name, refusal);
		return -EINVAL;
	}
	set_thresholds(options, comparison);
	comparison->suite = strdup(base->results[0].suite ? base->results[0].suite : "");
	ret = make_comparison(base, new, options, comparison);
	if (ret)
		comparison_free(comparison);
	return ret;
}

static void free_side(struct compare_side *side)
{
	char *texts[] = { side->name,	 side->kernel,	       side->version,
			  side->machine, side->build_id,       side->config_digest,
			  side->cpu,	 side->kernel_package, side->tool_version,
			  side->started, side->tool_commit };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		free(texts[i]);
	free(side->seeds);
}

static void free_cell(struct compare_cell *cell)
{
	for (size_t i = 0; i < cell->row_count; i++)
		free(cell->rows[i].reason);
	free(cell->rows);
	free(cell->key);
	free(cell->words);
	cell_free(&cell->config);
}

void comparison_free(struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->cell_count; i++)
		free_cell(&comparison->cells[i]);
	free(comparison->cells);
	free(comparison->order);
	free(comparison->suite);
	free(comparison->sentence);
	strings_free(&comparison->warnings);
	free_side(&comparison->base);
	free_side(&comparison->new);
	*comparison = (struct comparison){ 0 };
}

int comparison_exit_code(const struct comparison *comparison)
{
	if (comparison->verdict == COMPARE_WORSE)
		return EXIT_FAILED;
	return comparison->verdict == COMPARE_UNKNOWN ? EXIT_UNKNOWN : EXIT_DONE;
}
