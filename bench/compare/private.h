/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of this room: what each does to a comparison under construction. */
#ifndef SYNCFAULT_COMPARE_PRIVATE_H
#define SYNCFAULT_COMPARE_PRIVATE_H

#include "compare/compare.h"
#include "compare/row.h"

/* Fewer runs on each side than these give no verdict: docs/compare.md says why. */
#define COMPARE_LEAST_SEEDS 3 /* on the instruction clock, except p50 without load */
#define COMPARE_LEAST_RUNS  5 /* of any figure in time */
#define COMPARE_MOST_NEEDED 999

/*
 * Fills comparison.cells with the cells of both sides that match the options' pattern, in the order
 * of their keys, and pairs, which has a place for each cell of base. 0 or -ENOMEM.
 */
int compare_pair_cells(const struct result_set *base, const struct result_set *new,
		       const struct compare_options *options, struct comparison *comparison,
		       struct compare_pair *pairs);

/* The engines: each decides every row. 0 or -ENOMEM. */
int compare_instructions(const struct compare_pair *pairs, struct comparison *comparison);
int compare_time(const struct compare_pair *pairs, struct comparison *comparison);

/*
 * Fills q, of all rows that have a p, and comparison.family. 0 or -ENOMEM. Then: how many runs on
 * each side it takes until the row, and those as far from chance, may be significant.
 */
int compare_adjust(struct comparison *comparison);
uint64_t compare_runs_for_test(const struct comparison *comparison, const struct compare_row *row);

/* Largest distance of the distributions of these runs, in the cell. 0 or -ENOMEM. */
int compare_distributions(const struct set_run *const *base, size_t base_count,
			  const struct set_run *const *new, size_t new_count,
			  struct compare_cell *cell);

/* Identity of a side, and what differs between the two besides the kernel. 0 or -ENOMEM. */
int compare_fill_side(const struct result_set *set, struct compare_side *side);
int compare_warn(const struct result_set *base, const struct result_set *new,
		 struct comparison *comparison);

/* comparison.sentence, from everything else; -ENOMEM. */
int compare_write_sentence(struct comparison *comparison);

#endif
