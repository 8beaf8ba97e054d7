/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cells of one or more results, in the order in which people read them, and divided by what may
 * be shown together. From outside in:
 *
 *	environment	clock domain, kernel, CPU, emulator, publisher: figures of two are never in
 *			one table or picture
 *	variant		what every cell of the letter has in common: access, page size, pages,
 *			threads, files, commit, pause, scheduler, struct pages on the device or not
 *	file system	with its options and DAX mode
 *	cell		state, load, sync: written, unwritten, hole, as in the letter
 *
 * What is left below a cell are its runs: --repeat, seeds, several results. Life cycle:
 * result_table_read, then spans by table_cut, result_table_free. Spans point into the table.
 */
#ifndef SYNCFAULT_VIEW_RESULT_TABLE_H
#define SYNCFAULT_VIEW_RESULT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "result/result.h"
#include "view/figures.h"

struct table_entry {
	const char *file; /* as given on the command line */
	const struct result *result;
	const struct cell_result *cell;
	size_t environment; /* index of the first result with the same environment */
};

struct result_table {
	struct result *results;
	char **files;
	size_t result_count;
	struct table_entry *entries;
	size_t entry_count;
};

struct table_span {
	const struct table_entry *entries;
	size_t count;
};

enum table_level { TABLE_ENVIRONMENT, TABLE_VARIANT, TABLE_FS, TABLE_CELL };

/*
 * One figure over the runs of a cell. runs is the number of runs that have it; without any the
 * others are NAN. The median of an even number of runs is the mean of the middle two.
 */
struct table_runs {
	size_t runs;
	double median, low, high;
};

/*
 * Reads the results at paths ("-": standard input) and sorts their cells. Returns 0, -ENOMEM, or
 * -EINVAL if some could not be read: those are reported on stderr, the others are in the table.
 */
int result_table_read(struct result_table *sorted, char *const *paths, size_t count);
void result_table_free(struct result_table *sorted);
#define auto_result_table auto_release(result_table_free)

struct table_span table_all(const struct result_table *sorted);

/* Cuts from the front of rest the entries that agree down to level; rest must not be empty. */
struct table_span table_cut(struct table_span *rest, enum table_level level);

/* The runs of one cell within span, whose entries agree down to TABLE_FS; count 0 without any. */
struct table_span table_find(struct table_span span, int state, int load, int sync);

/* Whether metadata was dirtied before the first fault: those cells are a picture of their own. */
bool table_has_unsynced(const struct cell_config *config);

/* Whether the struct pages of the cell's memory were on the device (ndctl --map=dev). */
bool table_is_on_device(const struct cell_result *cell);

/* How many entries are ok, that is, have numbers. */
size_t table_measured(struct table_span span);

struct table_runs table_runs(struct table_span cell, enum figure figure);

/*
 * The letter's cell that config may be compared with: the same in every axis that the letter fixes,
 * on any file system that is mounted with DAX. NULL if the letter has none. letter is from
 * result_read_letter.
 */
const struct cell_result *table_letter_cell(const struct result *letter,
					    const struct cell_config *config);

#endif
