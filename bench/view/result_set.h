/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All results of one build: one side of a comparison. A set is read from a result,
 * or from a folder of them (view/result_files.h, as scripts/guest --repeat or make reproduce leave
 * them); its cells are the union over its results, each with its runs.
 *
 * Results are of one build if clock domain, suite, kernel release, version, build id, machine,
 * configuration digest and emulator agree; a set of two builds is refused.
 */
#ifndef SYNCFAULT_VIEW_RESULT_SET_H
#define SYNCFAULT_VIEW_RESULT_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "result/result.h"
#include "view/results.h"

#define RESULT_SET_MAX_FILES 4096

/* One run of a cell: a fresh file system and, in the guest, a boot. cell points into results. */
struct set_run {
	const struct result *result;
	const char *file;
	const struct cell_result *cell;
	uint64_t seed;	 /* of the guest; 0 without one */
	uint64_t repeat; /* within its result */
};

/*
 * Runs whose cell is ok, in the order of seed, repeat and file. Pause and scheduler of the
 * measuring thread agree within a cell, though they are not in its key.
 */
struct set_cell {
	const char *key;
	const struct cell_config *config;
	struct set_run *runs;
	size_t run_count;
	const char *missing; /* why a run has no numbers (skipped, failed); NULL: all have */
};

struct result_set {
	char *name; /* as given: a path */
	struct result *results;
	char **files;
	size_t result_count;
	struct set_cell *cells; /* in the order of their keys */
	size_t cell_count;
	size_t copies; /* runs that were found twice, and are counted once */
};

/* Whether two results may be of one set. NULL, or what does not agree: "clock domain", "suite", …
 */
const char *result_set_difference(const struct result *a, const struct result *b);

/*
 * Reads the result, or the folder of results, at path; follows_links: also links out of the
 * folder. On success the caller frees *set. On failure one line on stderr and -EINVAL (no result in
 * it, a file that is not one, two builds, published figures), -ENOMEM, or what the system said;
 * *set is then empty.
 */
int result_set_read(const char *path, bool follows_links, struct result_set *set);

/*
 * The same from results that were read before: all of one build, at least one, in the order of
 * their paths. The set owns them from here on, and *results is empty; name stands for all of them.
 */
int result_set_take(const char *name, struct results *results, struct result_set *set);

void result_set_free(struct result_set *set);
#define auto_result_set auto_release(result_set_free)

/* The cell of that key, pause and scheduler, or NULL. */
const struct set_cell *result_set_find(const struct result_set *set,
				       const struct cell_config *config, const char *key);

#endif
