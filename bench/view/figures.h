/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The figures of a latency: what each is called, where it is, and how many faults it needs.
 * One table for tables, comparisons, histories, pages and exports, which name them by enum figure.
 */
#ifndef SYNCFAULT_VIEW_FIGURES_H
#define SYNCFAULT_VIEW_FIGURES_H

#include <stdint.h>

#include "base/opt.h"
#include "result/result.h"

/* Those that have a history come first, then the others that are compared: one index for both. */
enum figure {
	FIGURE_P50,
	FIGURE_P90,
	FIGURE_P99,
	FIGURE_P999,
	FIGURE_MEAN,
	FIGURE_MAX,
	FIGURE_MIN,
	FIGURE_P9999,
	FIGURE_ELAPSED, /* of the whole cell */
	FIGURE_COUNT
};

#define FIGURES_WITH_HISTORY (FIGURE_P999 + 1)
#define FIGURES_COMPARED     (FIGURE_MAX + 1)

/* By enum figure, NULL at the end: "p99.9" for people, "p999" as in the JSON of results. */
extern const char *const figure_names[FIGURE_COUNT + 1];
extern const char *const figure_keys[FIGURE_COUNT + 1];

/* The names of the first FIGURES_COMPARED, NULL at the end: words of an option. */
extern const char *const figure_names_compared[FIGURES_COMPARED + 1];

/* Nanoseconds, or instructions; NAN if it is absent. */
double figure_ns(const struct latency *latency, enum figure figure);

/*
 * The least number of faults that a run needs for it (stats_quantile_values); 1 if not a quantile.
 */
uint64_t figure_least_faults(enum figure figure);

/* An option's list of names (opt_words), which accepts the keys as well: p999 for p99.9. */
int figure_parse_list(const struct opt_row *row, const char *text, void *field);

#endif
