// SPDX-License-Identifier: GPL-2.0-or-later
#include "export/metric.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/channel.h"
#include "base/diag.h"
#include "export/label.h"

void metrics_free(struct metrics *metrics)
{
	for (size_t i = 0; i < metrics->count; i++)
		free(metrics->items[i].labels);
	free(metrics->items);
}

static char *format_labels(const struct table_entry *entry)
{
	struct export_labels labels;
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return NULL;
	export_labels_fill(&labels, entry);
	for (size_t i = 0; i < EXPORT_LABELS; i++) {
		if (!labels.items[i].text[0])
			continue;
		fprintf(out, "%s=\"", labels.items[i].name);
		channel_put(out, CHANNEL_LABEL, labels.items[i].text, EXPORT_TEXT_MAX);
		fputs("\",", out);
	}
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

/* "Z", "+02:00" or "-02:00", to the end of text; seconds east of UTC. */
static int parse_zone(const char *text, long *seconds)
{
	int hours, minutes, end = 0;

	*seconds = 0;
	if (!strcmp(text, "Z") || !strcmp(text, "z"))
		return 0;
	if ((text[0] != '+' && text[0] != '-') ||
	    sscanf(text + 1, "%2d:%2d%n", &hours, &minutes, &end) != 2 || end != 5 || text[6])
		return -EINVAL;
	*seconds = (hours * 60L + minutes) * (text[0] == '-' ? -60 : 60);
	return 0;
}

/* RFC 3339 as seconds since 1970, digits of the fraction kept as they are. */
static int format_time(const char *started, struct metric *metric)
{
	struct tm tm = { 0 };
	char fraction[16] = "";
	const char *rest = started ? strptime(started, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
	size_t digits = 0;
	long zone;

	if (rest && *rest == '.') {
		digits = strspn(rest + 1, "0123456789");
		snprintf(fraction, sizeof(fraction), ".%.*s", (int)(digits < 9 ? digits : 9),
			 rest + 1);
		rest += digits + 1;
	}
	if (!rest || parse_zone(rest, &zone))
		return -EINVAL;
	snprintf(metric->time, sizeof(metric->time), " %lld%s", (long long)timegm(&tm) - zone,
		 digits ? fraction : "");
	metric->seconds = strtod(metric->time, NULL);
	return 0;
}

static int fill_metric(struct metric *metric, const struct table_entry *entry,
		       const struct export_options *options)
{
	metric->entry = entry;
	if (options->with_timestamps && format_time(entry->result->started, metric)) {
		diag_error("export: %s: --timestamps wants \"started\" to be a time as in RFC 3339",
			   entry->file);
		return -EINVAL;
	}
	metric->labels = format_labels(entry);
	return metric->labels ? 0 : diag_errno(ENOMEM, "export");
}

static int compare_labels(const struct metric *a, const struct metric *b)
{
	int order = a->entry->result->clock.domain - b->entry->result->clock.domain;

	return order ? order : strcmp(a->labels, b->labels);
}

static int compare_times(const struct metric *a, const struct metric *b)
{
	if (a->seconds != b->seconds)
		return a->seconds < b->seconds ? -1 : 1;
	return (a->entry > b->entry) - (a->entry < b->entry);
}

static int by_time(const void *left, const void *right)
{
	return compare_labels(left, right) ?: compare_times(left, right);
}

/* The points of a metric are adjacent, oldest first. */
static int by_metric(const void *left, const void *right)
{
	const struct metric *a = left, *b = right;
	int order = compare_labels(a, b);

	if (!order)
		order = (a->run > b->run) - (a->run < b->run);
	return order ? order : compare_times(a, b);
}

static void number_runs(struct metrics *metrics)
{
	qsort(metrics->items, metrics->count, sizeof(*metrics->items), by_time);
	for (size_t i = 1; i < metrics->count; i++) {
		struct metric *metric = &metrics->items[i];

		if (!compare_labels(metric - 1, metric) && metric[-1].seconds == metric->seconds)
			metric->run = metric[-1].run + 1;
	}
	qsort(metrics->items, metrics->count, sizeof(*metrics->items), by_metric);
}

int metrics_collect(struct metrics *metrics, const struct result_table *sorted,
		    const struct export_options *options)
{
	metrics->items = calloc(sorted->entry_count + 1, sizeof(*metrics->items));
	if (!metrics->items)
		return diag_errno(ENOMEM, "export");
	while (metrics->count < sorted->entry_count) {
		size_t i = metrics->count++;
		int ret = fill_metric(&metrics->items[i], &sorted->entries[i], options);

		if (ret)
			return ret;
	}
	number_runs(metrics);
	return 0;
}

size_t metrics_points(const struct metrics *metrics, size_t first)
{
	const struct metric *metric = &metrics->items[first];
	size_t n = 1;

	while (first + n < metrics->count && !compare_labels(metric, &metric[n]) &&
	       metric[n].run == metric->run)
		n++;
	return n;
}
