// SPDX-License-Identifier: GPL-2.0-or-later
/* Changes of each series, and which of them are one event. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/order.h"
#include "history/run.h"
#include "math/changepoint.h"

/*
 * How far a figure of one build varies over three seeds, in nine of ten cells: for series without
 * repeated runs. docs/history.md says how it was measured.
 */
static const double seed_floors[] = {
	[FIGURE_P50] = 0.003,
	[FIGURE_P90] = 0.012,
	[FIGURE_P99] = 0.085,
	[FIGURE_P999] = 0.085,
};

/*
 * The median distance between runs of one build, so that no single boot decides: with an even
 * number the greater of the middle two, but with two builds the lesser. NAN: no build has two runs.
 */
static int usual_spread(const struct history *history, const struct history_series *series,
			double *spread)
{
	auto_free double *spreads = calloc(history->build_count + 1, sizeof(*spreads));
	size_t count = 0;

	if (!spreads)
		return -ENOMEM;
	for (size_t i = 0; i < history->build_count; i++)
		if (series->points[i].runs > 1)
			spreads[count++] = series->points[i].spread;
	order_sort_doubles(spreads, count);
	*spread = count ? spreads[count == 2 ? 0 : count / 2] : NAN;
	return 0;
}

static int find_floor(const struct history *history, struct history_series *series,
		      const struct history_options *options)
{
	double spread;

	if (options->floor > 0)
		series->floor = options->floor;
	else if (history->tracks[series->track].domain != DOMAIN_INSTRUCTIONS)
		series->floor = HISTORY_FLOOR_TIME;
	else if (usual_spread(history, series, &spread))
		return -ENOMEM;
	else
		series->floor = fmax(HISTORY_FLOOR_EXACT,
				     isnan(spread) ? seed_floors[series->figure] : spread);
	return 0;
}

static size_t count_series(const struct history *history, size_t track)
{
	size_t n = 0;

	for (size_t i = 0; i < history->series_count; i++)
		n += history->series[i].track == track;
	return n;
}

/* An odd first value has only a later neighbour; all others name the one before. */
static struct history_change take_change(const struct changepoint *point, const size_t *builds)
{
	bool is_first = point->is_odd && !point->index;

	return (struct history_change){
		.kind = point->is_odd ? HISTORY_SUSPECT : HISTORY_CHANGE,
		.last_good = builds[is_first ? 1 : point->last],
		.first_bad = builds[point->index],
		.before = point->before,
		.after = point->after,
		.ratio = point->after / point->before,
		.p = point->p,
	};
}

static int find_changes(const struct history *history, struct history_series *series,
			const struct changepoint_options *options)
{
	auto_free double *values = calloc(history->build_count, sizeof(*values));
	auto_free size_t *builds = calloc(history->build_count, sizeof(*builds));
	auto_free struct changepoint *points = NULL;
	size_t count = 0, point_count;

	if (!values || !builds)
		return -ENOMEM;
	for (size_t i = 0; i < history->build_count; i++)
		if (!isnan(series->points[i].value)) {
			values[count] = series->points[i].value;
			builds[count++] = i;
		}
	if (changepoint_find(values, count, options, &points, &point_count))
		return -ENOMEM;
	series->changes = calloc(point_count + 1, sizeof(*series->changes));
	if (!series->changes)
		return -ENOMEM;
	for (size_t i = 0; i < point_count; i++)
		series->changes[series->change_count++] = take_change(&points[i], builds);
	return 0;
}

int history_find_changes(struct history *history, const struct history_options *options)
{
	for (size_t i = 0; i < history->series_count; i++) {
		struct history_series *series = &history->series[i];
		struct history_track *track = &history->tracks[series->track];
		struct changepoint_options point = {
			.is_exact = track->domain == DOMAIN_INSTRUCTIONS,
		};

		if (!track->series)
			track->series = count_series(history, series->track);
		if (find_floor(history, series, options))
			return diag_errno(ENOMEM, "history");
		point.floor = series->floor;
		point.p = history->p_limit / (double)track->series;
		if (find_changes(history, series, &point))
			return diag_errno(ENOMEM, "history");
	}
	return 0;
}

struct loose {
	struct history_part part;
	size_t track;
	const struct history_change *change;
};

/* By what may be one event, then by the end of the range: ranges that end first are cut first. */
static int compare_loose(const void *a, const void *b)
{
	const struct loose *left = a, *right = b;
	int order = order_u64(left->track, right->track);

	if (!order)
		order = left->change->kind - right->change->kind;
	if (!order)
		order = order_u64(left->change->first_bad, right->change->first_bad);
	return order ? order : order_u64(left->change->last_good, right->change->last_good);
}

static double weight(const struct history *history, const struct history_part *part)
{
	return fabs(log(history->series[part->series].changes[part->change].ratio));
}

/* Insertion: parts of equal weight stay in the order of their series. */
static void sort_parts(const struct history *history, struct history_event *event)
{
	for (size_t i = 1; i < event->part_count; i++)
		for (size_t j = i;
		     j && weight(history, &event->parts[j]) > weight(history, &event->parts[j - 1]);
		     j--) {
			struct history_part part = event->parts[j];

			event->parts[j] = event->parts[j - 1];
			event->parts[j - 1] = part;
		}
}

static bool fits(const struct history_event *event, const struct loose *loose)
{
	return event->kind == loose->change->kind && event->track == loose->track &&
	       loose->change->last_good < event->first_bad &&
	       event->last_good < loose->change->first_bad &&
	       (event->kind == HISTORY_CHANGE || event->first_bad == loose->change->first_bad);
}

static int add_event(struct history *history, const struct loose *loose, size_t count)
{
	struct history_event *event = &history->events[history->event_count++];

	*event = (struct history_event){
		.kind = loose->change->kind,
		.track = loose->track,
		.last_good = loose->change->last_good,
		.first_bad = loose->change->first_bad,
		.parts = calloc(count, sizeof(*event->parts)),
	};
	return event->parts ? 0 : -ENOMEM;
}

static void add_part(struct history_event *event, const struct loose *loose)
{
	const struct history_change *change = loose->change;

	event->parts[event->part_count++] = loose->part;
	if (change->last_good > event->last_good)
		event->last_good = change->last_good;
	if (change->first_bad < event->first_bad)
		event->first_bad = change->first_bad;
	event->worse += change->ratio > 1;
	event->better += change->ratio < 1;
}

static int compare_events(const void *a, const void *b)
{
	const struct history_event *left = a, *right = b;
	int order = left->kind - right->kind;

	if (!order)
		order = order_u64(right->first_bad, left->first_bad);
	return order ? order : order_u64(left->track, right->track);
}

static size_t collect(const struct history *history, struct loose *loose)
{
	size_t count = 0;

	for (size_t i = 0; i < history->series_count; i++)
		for (size_t j = 0; j < history->series[i].change_count; j++)
			loose[count++] = (struct loose){ { i, j },
							 history->series[i].track,
							 &history->series[i].changes[j] };
	return count;
}

int history_group_events(struct history *history)
{
	auto_free struct loose *loose = NULL;
	size_t count = 0;

	for (size_t i = 0; i < history->series_count; i++)
		count += history->series[i].change_count;
	loose = calloc(count + 1, sizeof(*loose));
	history->events = calloc(count + 1, sizeof(*history->events));
	if (!loose || !history->events)
		return diag_errno(ENOMEM, "history");
	count = collect(history, loose);
	qsort(loose, count, sizeof(*loose), compare_loose);
	for (size_t i = 0; i < count; i++) {
		size_t last = history->event_count;

		if (!last || !fits(&history->events[last - 1], &loose[i]))
			if (add_event(history, &loose[i], count))
				return diag_errno(ENOMEM, "history");
		add_part(&history->events[history->event_count - 1], &loose[i]);
	}
	for (size_t i = 0; i < history->event_count; i++)
		sort_parts(history, &history->events[i]);
	qsort(history->events, history->event_count, sizeof(*history->events), compare_events);
	return 0;
}
