// SPDX-License-Identifier: GPL-2.0-or-later
/* Tracks and series from runs: which values form one series, and what each build's value is. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/order.h"
#include "history/run.h"
#include "math/stats.h"

/* A cell of a run, and where it belongs. */
struct entry {
	const struct run_cell *cell;
	size_t track, build;
};

/* As people read them: file system, the letter's order of states, load, sync, then the rest. */
static int compare_cells(const struct run_cell *a, const struct run_cell *b)
{
	const struct cell_config *left = &a->config, *right = &b->config;
	int order = strcmp(left->fs, right->fs);

	if (!order)
		order = right->state - left->state;
	if (!order)
		order = left->load - right->load;
	if (!order)
		order = left->sync - right->sync;
	if (!order)
		order = strcmp(a->key, b->key);
	if (!order)
		order = order_u64(left->pause_us, right->pause_us);
	return order ? order : left->sched - right->sched;
}

static int compare_series(const struct entry *a, const struct entry *b)
{
	int order = order_u64(a->track, b->track);

	return order ? order : compare_cells(a->cell, b->cell);
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;
	int order = compare_series(left, right);

	return order ? order : order_u64(left->build, right->build);
}

bool history_is_on_track(const struct history_track *track, const struct history_run *run)
{
	return track->domain == run->domain && !strcmp(track->suite, run->suite) &&
	       !strcmp(track->machine, run->machine);
}

static int find_track(struct history *history, const struct history_run *run, size_t *place)
{
	struct history_track *tracks;

	for (*place = 0; *place < history->track_count; (*place)++)
		if (history_is_on_track(&history->tracks[*place], run))
			return 0;
	tracks = reallocarray(history->tracks, *place + 1, sizeof(*tracks));
	if (!tracks)
		return -ENOMEM;
	history->tracks = tracks;
	tracks[history->track_count++] = (struct history_track){
		.domain = run->domain,
		.suite = strdup(run->suite),
		.machine = strdup(run->machine),
	};
	return tracks[*place].suite && tracks[*place].machine ? 0 : -ENOMEM;
}

/*
 * How far three runs of the build lie apart, on average over pairs of its runs: unlike their range
 * it does not grow with their number. Three lie apart by half as much again as two.
 */
static double spread_of(const double *values, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++)
			sum += fabs(log(values[i] / values[j]));
	return count < 2 ? NAN : expm1(1.5 * sum / ((double)count * (double)(count - 1) / 2));
}

/* The values of one figure at one build; false: none. values has room for count. */
static bool fill_point(const struct entry *entries, size_t count, size_t figure, double *values,
		       struct history_point *point)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		if (entries[i].cell->figures[figure] > 0)
			values[n++] = entries[i].cell->figures[figure];
	if (!n)
		return false;
	*point = (struct history_point){ .value = stats_median(values, n),
					 .low = values[0],
					 .high = values[0],
					 .spread = spread_of(values, n),
					 .runs = n };
	for (size_t i = 1; i < n; i++) {
		point->low = fmin(point->low, values[i]);
		point->high = fmax(point->high, values[i]);
	}
	return true;
}

static size_t count_build(const struct entry *entries, size_t count)
{
	size_t n = 1;

	while (n < count && entries[n].build == entries[0].build)
		n++;
	return n;
}

static int fill_points(const struct entry *entries, size_t count, size_t figure,
		       struct history_series *series)
{
	auto_free double *values = calloc(count, sizeof(*values));

	if (!values)
		return -ENOMEM;
	while (count) {
		size_t n = count_build(entries, count);

		series->measured +=
			fill_point(entries, n, figure, values, &series->points[entries[0].build]);
		entries += n;
		count -= n;
	}
	return 0;
}

static void free_series(struct history_series *series)
{
	free(series->key);
	cell_free(&series->config);
	free(series->points);
	free(series->changes);
}

/* One figure of one cell; nothing where no run has it. */
static int add_series(struct history *history, const struct entry *entries, size_t count,
		      size_t figure)
{
	struct history_series *series = &history->series[history->series_count];
	int ret;

	*series = (struct history_series){
		.track = entries[0].track,
		.key = strdup(entries[0].cell->key),
		.figure = figure,
		.points = malloc(history->build_count * sizeof(*series->points)),
	};
	ret = series->key && series->points ? cell_copy(&series->config, &entries[0].cell->config)
					    : -ENOMEM;
	for (size_t i = 0; !ret && i < history->build_count; i++)
		series->points[i] = (struct history_point){ NAN, NAN, NAN, NAN, 0 };
	if (!ret)
		ret = fill_points(entries, count, figure, series);
	if (ret || !series->measured)
		free_series(series);
	else
		history->series_count++;
	return ret;
}

static int add_result(struct history *history, const struct history_run *run, size_t build,
		      size_t *track)
{
	struct history_result *result = &history->results[history->files++];

	if (find_track(history, run, track))
		return -ENOMEM;
	*result = (struct history_result){ .path = strdup(run->path),
					   .build = build,
					   .track = *track };
	memcpy(result->digest, run->digest, sizeof(result->digest));
	return result->path ? 0 : -ENOMEM;
}

static int add_entries(struct history *history, const struct history_run *runs, size_t count,
		       const size_t *places, struct entry *entries, size_t *entry_count)
{
	for (size_t i = 0; i < count; i++) {
		size_t track;

		if (add_result(history, &runs[i], places[i], &track))
			return -ENOMEM;
		history->cells += runs[i].cell_count;
		for (size_t j = 0; j < runs[i].cell_count; j++) {
			const struct run_cell *cell = &runs[i].cells[j];

			history->cells_failed += !cell->is_measured;
			history->tracks[track].runs += cell->is_measured;
			if (cell->is_measured)
				entries[(*entry_count)++] =
					(struct entry){ cell, track, places[i] };
		}
	}
	return 0;
}

static int add_all_series(struct history *history, const struct entry *entries, size_t count)
{
	history->series = calloc(count * FIGURES_WITH_HISTORY + 1, sizeof(*history->series));
	if (!history->series)
		return -ENOMEM;
	while (count) {
		size_t n = 1;

		while (n < count && !compare_series(&entries[0], &entries[n]))
			n++;
		for (size_t figure = 0; figure < FIGURES_WITH_HISTORY; figure++)
			if (add_series(history, entries, n, figure))
				return -ENOMEM;
		entries += n;
		count -= n;
	}
	return 0;
}

int history_build_series(struct history *history, const struct history_run *runs, size_t count,
			 const struct history_options *options)
{
	auto_free size_t *places = calloc(count + 1, sizeof(*places));
	auto_free struct entry *entries = NULL;
	size_t cells = 0, entry_count = 0;
	int ret;

	for (size_t i = 0; i < count; i++)
		cells += runs[i].cell_count;
	entries = calloc(cells + 1, sizeof(*entries));
	history->results = calloc(count + 1, sizeof(*history->results));
	if (!places || !entries || !history->results)
		return diag_errno(ENOMEM, "history");
	ret = history_find_builds(history, runs, count, options->order, places);
	if (ret)
		return ret;
	if (add_entries(history, runs, count, places, entries, &entry_count))
		return diag_errno(ENOMEM, "history");
	qsort(entries, entry_count, sizeof(*entries), compare_entries);
	if (add_all_series(history, entries, entry_count))
		return diag_errno(ENOMEM, "history");
	return 0;
}

static void free_builds(struct history *history)
{
	for (size_t i = 0; i < history->build_count; i++) {
		struct history_build *build = &history->builds[i];

		free(build->release);
		free(build->version);
		free(build->tag);
		free(build->commit);
		free(build->build_id);
	}
	free(history->builds);
}

void history_free(struct history *history)
{
	free_builds(history);
	for (size_t i = 0; i < history->track_count; i++) {
		free(history->tracks[i].suite);
		free(history->tracks[i].machine);
	}
	free(history->tracks);
	for (size_t i = 0; i < history->series_count; i++)
		free_series(&history->series[i]);
	free(history->series);
	for (size_t i = 0; i < history->event_count; i++)
		free(history->events[i].parts);
	free(history->events);
	for (size_t i = 0; i < history->files; i++)
		free(history->results[i].path);
	free(history->results);
	free(history->folder);
	free(history->root);
	*history = (struct history){ 0 };
}
