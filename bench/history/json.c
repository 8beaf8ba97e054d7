// SPDX-License-Identifier: GPL-2.0-or-later
/* A history as a JSON document: docs/history.md describes it. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/json.h"
#include "history/history.h"

#define RANGE_SIZE 600

static const char *const kind_words[] = { "change", "suspect", NULL };

/* Strings belong to the history, except git. */
struct change_line {
	char *last_good, *first_bad;
	int kind;
	double before, after, ratio, p;
};

struct point_line {
	double value, low, high;
	uint64_t runs;
};

struct series_line {
	uint64_t track;
	char *key, *figure;
	double floor;
	struct point_line *points;
	size_t point_count;
	struct change_line *changes;
	size_t change_count;
};

struct part_line {
	char *key, *figure;
	double before, after, ratio, p;
};

struct event_line {
	int kind;
	uint64_t track;
	char *last_good, *first_bad, *git;
	uint64_t worse, better;
	struct part_line *parts;
	size_t part_count;
};

struct build_line {
	char *release, *version, *tag, *commit, *build_id;
	uint64_t results;
};

struct track_line {
	int domain;
	char *suite, *machine;
	uint64_t runs, series;
};

struct document {
	char *schema, *folder;
	double p_limit;
	uint64_t files, cells, cells_failed;
	struct build_line *builds;
	struct track_line *tracks;
	struct event_line *events;
	struct series_line *series;
	size_t build_count, track_count, event_count, series_count;
};

static const struct json_row change_rows[] = {
	JSON_ROW(struct change_line, "kind", WORD, kind, .words = kind_words),
	JSON_ROW(struct change_line, "last_good", STRING, last_good),
	JSON_ROW(struct change_line, "first_bad", STRING, first_bad),
	JSON_ROW(struct change_line, "before", REAL, before),
	JSON_ROW(struct change_line, "after", REAL, after),
	JSON_ROW(struct change_line, "ratio", REAL, ratio),
	JSON_ROW(struct change_line, "p", REAL, p),
	JSON_END,
};

static const struct json_row point_rows[] = {
	JSON_ROW(struct point_line, "value", REAL, value),
	JSON_ROW(struct point_line, "low", REAL, low),
	JSON_ROW(struct point_line, "high", REAL, high),
	JSON_ROW(struct point_line, "runs", U64, runs),
	JSON_END,
};

static const struct json_row series_rows[] = {
	JSON_ROW(struct series_line, "track", U64, track),
	JSON_ROW(struct series_line, "key", STRING, key),
	JSON_ROW(struct series_line, "figure", STRING, figure),
	JSON_ROW(struct series_line, "floor", REAL, floor),
	JSON_LIST(struct series_line, "points", points, point_count, point_rows),
	JSON_LIST(struct series_line, "changes", changes, change_count, change_rows),
	JSON_END,
};

static const struct json_row part_rows[] = {
	JSON_ROW(struct part_line, "key", STRING, key),
	JSON_ROW(struct part_line, "figure", STRING, figure),
	JSON_ROW(struct part_line, "before", REAL, before),
	JSON_ROW(struct part_line, "after", REAL, after),
	JSON_ROW(struct part_line, "ratio", REAL, ratio),
	JSON_ROW(struct part_line, "p", REAL, p),
	JSON_END,
};

static const struct json_row event_rows[] = {
	JSON_ROW(struct event_line, "kind", WORD, kind, .words = kind_words),
	JSON_ROW(struct event_line, "track", U64, track),
	JSON_ROW(struct event_line, "last_good", STRING, last_good),
	JSON_ROW(struct event_line, "first_bad", STRING, first_bad),
	JSON_ROW(struct event_line, "git", STRING, git),
	JSON_ROW(struct event_line, "worse", U64, worse),
	JSON_ROW(struct event_line, "better", U64, better),
	JSON_LIST(struct event_line, "parts", parts, part_count, part_rows),
	JSON_END,
};

static const struct json_row build_rows[] = {
	JSON_ROW(struct build_line, "release", STRING, release),
	JSON_ROW(struct build_line, "version", STRING, version),
	JSON_ROW(struct build_line, "tag", STRING, tag),
	JSON_ROW(struct build_line, "commit", STRING, commit),
	JSON_ROW(struct build_line, "build_id", STRING, build_id),
	JSON_ROW(struct build_line, "results", U64, results),
	JSON_END,
};

static const struct json_row track_rows[] = {
	JSON_ROW(struct track_line, "domain", WORD, domain, .words = domain_words),
	JSON_ROW(struct track_line, "suite", STRING, suite),
	JSON_ROW(struct track_line, "machine", STRING, machine),
	JSON_ROW(struct track_line, "runs", U64, runs),
	JSON_ROW(struct track_line, "series", U64, series),
	JSON_END,
};

static const struct json_row document_rows[] = {
	JSON_ROW(struct document, "schema", STRING, schema),
	JSON_ROW(struct document, "folder", STRING, folder),
	JSON_ROW(struct document, "p_limit", REAL, p_limit),
	JSON_ROW(struct document, "files", U64, files),
	JSON_ROW(struct document, "cells", U64, cells),
	JSON_ROW(struct document, "cells_failed", U64, cells_failed),
	JSON_LIST(struct document, "builds", builds, build_count, build_rows),
	JSON_LIST(struct document, "tracks", tracks, track_count, track_rows),
	JSON_LIST(struct document, "events", events, event_count, event_rows),
	JSON_LIST(struct document, "series", series, series_count, series_rows),
	JSON_END,
};

/* The writer takes char * and leaves it alone. */
static char *word(const char *text)
{
	return (char *)(uintptr_t)text;
}

static int fill_series(const struct history *history, const struct history_series *series,
		       struct series_line *line)
{
	*line = (struct series_line){
		.track = series->track,
		.key = series->key,
		.figure = word(figure_names[series->figure]),
		.floor = series->floor,
		.points = calloc(history->build_count, sizeof(*line->points)),
		.point_count = history->build_count,
		.changes = calloc(series->change_count + 1, sizeof(*line->changes)),
		.change_count = series->change_count,
	};
	for (size_t i = 0; line->points && i < history->build_count; i++) {
		const struct history_point *point = &series->points[i];

		line->points[i] =
			(struct point_line){ point->value, point->low, point->high, point->runs };
	}
	for (size_t i = 0; line->changes && i < series->change_count; i++) {
		const struct history_change *change = &series->changes[i];

		line->changes[i] = (struct change_line){
			history->builds[change->last_good].release,
			history->builds[change->first_bad].release,
			change->kind,
			change->before,
			change->after,
			change->ratio,
			change->p,
		};
	}
	return line->points && line->changes ? 0 : -ENOMEM;
}

static int fill_event(const struct history *history, const struct history_event *event,
		      struct event_line *line)
{
	char range[RANGE_SIZE];

	history_git_range(history, event->last_good, event->first_bad, range, sizeof(range));
	*line = (struct event_line){
		.kind = event->kind,
		.track = event->track,
		.last_good = history->builds[event->last_good].release,
		.first_bad = history->builds[event->first_bad].release,
		.git = *range ? strdup(range) : NULL,
		.worse = event->worse,
		.better = event->better,
		.parts = calloc(event->part_count + 1, sizeof(*line->parts)),
		.part_count = event->part_count,
	};
	for (size_t i = 0; line->parts && i < event->part_count; i++) {
		const struct history_series *series = &history->series[event->parts[i].series];
		const struct history_change *change = &series->changes[event->parts[i].change];

		line->parts[i] = (struct part_line){
			series->key,	word(figure_names[series->figure]),
			change->before, change->after,
			change->ratio,	change->p,
		};
	}
	return line->parts ? 0 : -ENOMEM;
}

static void fill_heads(const struct history *history, struct document *document)
{
	for (size_t i = 0; i < history->build_count; i++) {
		const struct history_build *build = &history->builds[i];

		document->builds[i] =
			(struct build_line){ build->release, build->version,  build->tag,
					     build->commit,  build->build_id, build->results };
	}
	for (size_t i = 0; i < history->track_count; i++) {
		const struct history_track *track = &history->tracks[i];

		document->tracks[i] =
			(struct track_line){ track->domain, track->suite, track->machine,
					     track->runs, track->series };
	}
}

static int fill(const struct history *history, struct document *document)
{
	int ret = 0;

	document->builds = calloc(history->build_count + 1, sizeof(*document->builds));
	document->tracks = calloc(history->track_count + 1, sizeof(*document->tracks));
	document->events = calloc(history->event_count + 1, sizeof(*document->events));
	document->series = calloc(history->series_count + 1, sizeof(*document->series));
	if (!document->builds || !document->tracks || !document->events || !document->series)
		return -ENOMEM;
	fill_heads(history, document);
	document->build_count = history->build_count;
	document->track_count = history->track_count;
	while (!ret && document->event_count < history->event_count) {
		size_t i = document->event_count++;

		ret = fill_event(history, &history->events[i], &document->events[i]);
	}
	while (!ret && document->series_count < history->series_count) {
		size_t i = document->series_count++;

		ret = fill_series(history, &history->series[i], &document->series[i]);
	}
	return ret;
}

static void free_document(struct document *document)
{
	for (size_t i = 0; i < document->event_count; i++) {
		free(document->events[i].git);
		free(document->events[i].parts);
	}
	for (size_t i = 0; i < document->series_count; i++) {
		free(document->series[i].points);
		free(document->series[i].changes);
	}
	free(document->builds);
	free(document->tracks);
	free(document->events);
	free(document->series);
}

int history_print_json(const struct history *history, FILE *out)
{
	auto_release(free_document) struct document document = {
		.schema = word("syncfault-history/1"),
		.folder = history->folder,
		.p_limit = history->p_limit,
		.files = history->files,
		.cells = history->cells,
		.cells_failed = history->cells_failed,
	};
	auto_free char *text = NULL;
	size_t length;

	if (fill(history, &document) || json_write(document_rows, &document, &text, &length))
		return diag_errno(ENOMEM, "history");
	fwrite(text, 1, length, out);
	return 0;
}
