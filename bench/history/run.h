/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a history keeps of one result: read from the file, or from the index (history/index.h). */
#ifndef SYNCFAULT_HISTORY_RUN_H
#define SYNCFAULT_HISTORY_RUN_H

#include "history/history.h"

/* figures: ns, by enum figure; NAN: absent, or too few faults. */
struct run_cell {
	char *key;
	struct cell_config config;
	bool is_measured;
	double figures[FIGURES_WITH_HISTORY];
};

/* release is NULL if the result is not of a kernel: figures that others published. */
struct history_run {
	char *path;
	uint8_t digest[RESULT_DIGEST_SIZE]; /* of the file's text */
	char *release, *version, *build_id;
	char *suite, *machine;
	int domain;
	struct run_cell *cells;
	size_t cell_count;
};

/* Of the text of the file at path. Errors as result_read. On success the caller owns *run. */
int history_run_parse(const char *path, const struct result_text *text, struct history_run *run);

/*
 * NULL, or what could not have been read from a result: for a run that comes from elsewhere. Texts
 * are bounded and UTF-8, keys are those of their configs, figures are times and in ascending order.
 */
const char *history_run_check(const struct history_run *run);
void history_run_free(struct history_run *run);

bool history_is_on_track(const struct history_track *track, const struct history_run *run);
bool history_is_of_build(const struct history_build *build, const struct history_run *run);

/*
 * Builds, tracks, series and their points, from runs, which may be freed afterwards. -ENOMEM,
 * -EDOM.
 */
int history_build_series(struct history *history, const struct history_run *runs, size_t count,
			 const struct history_options *options);

/* Their places in *history: builds in order. */
int history_find_builds(struct history *history, const struct history_run *runs, size_t count,
			const char *order, size_t *places);

/* Changes of all series, then events. -ENOMEM. */
int history_find_changes(struct history *history, const struct history_options *options);
int history_group_events(struct history *history);

#endif
