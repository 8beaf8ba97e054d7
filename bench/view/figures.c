// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/figures.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "math/stats.h"

#define NAMES_COMPARED "p50", "p90", "p99", "p99.9", "mean", "max"

const char *const figure_names[] = { NAMES_COMPARED, "min", "p99.99", "elapsed", NULL };
const char *const figure_names_compared[] = { NAMES_COMPARED, NULL };
const char *const figure_keys[] = { "p50", "p90", "p99",   "p999",    "mean",
				    "max", "min", "p9999", "elapsed", NULL };

static const double quantiles[FIGURE_COUNT] = {
	[FIGURE_P50] = 0.5,    [FIGURE_P90] = 0.9,	[FIGURE_P99] = 0.99,
	[FIGURE_P999] = 0.999, [FIGURE_P9999] = 0.9999,
};

double figure_ns(const struct latency *latency, enum figure figure)
{
	const uint64_t values[FIGURE_COUNT] = {
		[FIGURE_P50] = latency->p50,	 [FIGURE_P90] = latency->p90,
		[FIGURE_P99] = latency->p99,	 [FIGURE_P999] = latency->p999,
		[FIGURE_P9999] = latency->p9999, [FIGURE_MIN] = latency->min,
		[FIGURE_MAX] = latency->max,	 [FIGURE_ELAPSED] = latency->elapsed,
	};

	if (figure == FIGURE_MEAN)
		return latency->mean;
	return values[figure] == U64_ABSENT ? NAN : (double)values[figure];
}

uint64_t figure_least_faults(enum figure figure)
{
	return quantiles[figure] > 0 ? stats_quantile_values(quantiles[figure]) : 1;
}

/* The name of the figure whose key the item is, else the item itself. */
static const char *name_of(const char *item)
{
	int figure = words_find(figure_keys, item);

	return figure < 0 ? item : figure_names[figure];
}

int figure_parse_list(const struct opt_row *row, const char *text, void *field)
{
	/* A name is at most twice as long as its key, and an empty item stays one. */
	auto_free char *items = strdup(text), *names = malloc(2 * strlen(text) + 1);
	char *rest = items, *item, *end = names;

	if (!items || !names)
		return diag_errno(ENOMEM, "--%s", row->name);
	while ((item = strsep(&rest, ","))) {
		end = stpcpy(end, name_of(item));
		if (rest)
			end = stpcpy(end, ",");
	}
	return opt_words(row, names, field);
}
