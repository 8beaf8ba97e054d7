/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the page is made of, between dashboard.c, which fills it, and the files that print one part
 * each. Parts print HTML; a part that has nothing to say prints nothing.
 */
#ifndef SYNCFAULT_DASHBOARD_PAGE_H
#define SYNCFAULT_DASHBOARD_PAGE_H

#include <stdbool.h>
#include <stdio.h>

#include "compare/compare.h"
#include "dashboard/dashboard.h"
#include "history/history.h"
#include "view/phrases.h"
#include "view/result_set.h"

enum page_side { SIDE_BASE, SIDE_NEW, SIDES };

/* A cell of the track; everything belongs to the history, the sets and the comparison. */
struct page_cell {
	const char *key;
	const struct cell_config *config;
	const struct history_series *series[FIGURES_WITH_HISTORY]; /* NULL: too few faults */
	const struct set_cell *sides[SIDES];			   /* NULL: not measured there */
	const struct compare_cell *compared;			   /* NULL: not on both sides */
};

struct page {
	const struct dashboard_options *options;
	struct history history;
	size_t track;	     /* the one that is shown */
	size_t build[SIDES]; /* the same if there is one build */
	struct result_set sets[SIDES];
	size_t set_aside[SIDES]; /* results of the build that do not fit into its set */
	bool is_partial;	 /* some file could not be read again */
	bool is_compared;
	struct comparison comparison;
	char refusal[COMPARE_TEXT_SIZE]; /* why not, where it is not */
	struct page_cell *cells;	 /* in the order of view/result_table.h */
	size_t cell_count;
};

/* A build, for people: "6.12.107", or its release if it has no tag. Not escaped. */
const char *page_build_name(const struct page *page, size_t build);

/* Number i of a cell's history at the build of side; NAN where it was not measured. */
double page_point(const struct page *page, const struct page_cell *cell, int figure,
		  enum page_side side);

/* The row of that figure, NULL without. */
const struct compare_row *page_row(const struct page_cell *cell, int figure);

/* "▲", "▼", "=", "?", "–", its word, and the class of its colours. */
const char *page_mark(int verdict);

/* "thousand instructions" or "µs": the unit of page_value. */
const char *page_unit(const struct page *page);

/* The whole page; -EINVAL, reported, if page.html and the program are not from the same build. */
int page_print(const struct page *page, FILE *out);

/* dashboard/head.c: what is compared, and the outcome. */
void page_print_heading(const struct page *page, FILE *out);
void page_print_sentence(const struct page *page, FILE *out);
void page_print_tally(const struct page *page, FILE *out);
void page_print_events(const struct page *page, FILE *out);
void page_print_identity(const struct page *page, FILE *out);

/* "after 6.1.170, not after 6.1.172", "at 6.1.170 alone"; the git log command of a range. */
void page_print_range(const struct page *page, int kind, size_t last_good, size_t first_bad,
		      FILE *out);
void page_print_git(const struct page *page, size_t last_good, size_t first_bad, FILE *out);

/* dashboard/matrix.c */
void page_print_matrix(const struct page *page, FILE *out);

/* dashboard/cell.c: an article for each cell; dashboard/stages.c: its stages. */
void page_print_cells(const struct page *page, FILE *out);
void page_print_stages(const struct page_cell *cell, const struct page *page, FILE *out);

/* dashboard/prices.c: ext4 against XFS, and the price of MAP_SYNC, at the newest build. */
void page_print_prices(const struct page *page, FILE *out);

/* dashboard/trust.c: is it real? */
void page_print_trust(const struct page *page, FILE *out);

/* dashboard/source.c: how to do it again, and the results themselves. */
void page_print_commands(const struct page *page, FILE *out);
void page_print_files(const struct page *page, FILE *out);

/* dashboard/data.c: what the charts are drawn from, as JSON; dashboard.js says how. */
void page_print_data(const struct page *page, FILE *out);

#endif
