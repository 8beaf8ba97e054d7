/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one picture is drawn from: the cells of one environment and variant (see result_table.h), as
 * variables of a gnuplot script. The scripts in plots/ read them:
 *
 *	title, what, subtitle, clock		text
 *	is_count				the clock counts instructions
 *	fs_count, fs_name[1..fs_count]		the columns
 *	fs_is_ext4[1..fs_count]			whether the letter's figures are of this file system
 *	row_count, row_state[], row_load[], row_name[]	the rows: indices as below, and text
 *	state_name[1..STATES], load_name[1..LOADS], has_state[], has_load[]
 *	note[], reason[]			why a cell has no numbers, or ''; see note_index()
 *	status[1 + plot_block()]		"ok", "skipped", "failed", or '' where not asked for
 *	run_count				the most runs that a cell has
 *	STATES, LOADS				how many there can be
 *	has_letter				whether $letter holds anything
 *
 * and the data blocks $data and $letter, whose index is that of the cell:
 *	plot_block(file system, load, state, sync), all from 0, states in the order of the letter;
 *	for $letter with file system 0. A cell without numbers is one line of NaN.
 */
#ifndef SYNCFAULT_PLOT_PAGE_H
#define SYNCFAULT_PLOT_PAGE_H

#include <stdio.h>

#include "view/result_table.h"

#define PLOT_STATES (STATE_WRITTEN + 1)
#define PLOT_LOADS  (LOAD_LOG + 1)
#define PLOT_SYNCS  2
/* More columns than this cannot be read in one picture. */
#define PLOT_MAX_FS 8

struct plot_page {
	struct table_span fs[PLOT_MAX_FS];
	size_t fs_count, fs_omitted;
	struct table_span all;
	const struct result *reference; /* the letter; NULL if the letter itself is drawn */
	const char *title;		/* the user's own, or NULL */
};

/* Divides span, whose entries agree down to TABLE_VARIANT. */
void plot_page_init(struct plot_page *page, struct table_span span, const struct result *reference,
		    const char *title);

/* The letter's cell of that place, which is one of the letter's order; or NULL. */
const struct cell_result *plot_page_letter(const struct plot_page *page, int load, int place,
					   int sync);

/* The place of a cell; block is its plot_block(), place its place in the letter's order. */
struct plot_position {
	size_t block, fs;
	int load, place, sync;
};

typedef void plot_visit_fn(const struct plot_position *at, struct table_span runs, void *context);

/*
 * Calls back for each cell that there can be, by ascending block; runs has a count of 0 where there
 * is none.
 */
void plot_page_visit(const struct plot_page *page, plot_visit_fn *visit, void *context);

/* Writes all of the variables above except the data blocks. */
void plot_page_print(const struct plot_page *page, FILE *out);

#endif
