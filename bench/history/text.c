// SPDX-License-Identifier: GPL-2.0-or-later
/* A history as people read it: what changed and where, then each series on a line. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/diag.h"
#include "base/printable.h"
#include "base/text_table.h"
#include "history/history.h"
#include "view/phrases.h"

#define NAME_SIZE  512
#define NAME_WIDTH 60
#define PARTS_TOLD 12 /* of an event; --json has all */
#define LINE_MAX   40 /* builds that a line of the series draws */

static const char *cell_name(const struct cell_config *config, char buffer[NAME_SIZE])
{
	char text[PHRASE_SIZE];

	return printable(phrase_cell(config, text), NAME_WIDTH, buffer, NAME_SIZE);
}

static const char *change_text(double ratio, char buffer[PRINTABLE_NUMBER])
{
	if (ratio >= 10)
		snprintf(buffer, PRINTABLE_NUMBER, "x %.1f", ratio);
	else
		snprintf(buffer, PRINTABLE_NUMBER, "%+.1f %%", 100 * (ratio - 1));
	return buffer;
}

static const char *p_text(double p, char buffer[PRINTABLE_NUMBER])
{
	if (isnan(p))
		return "exact";
	snprintf(buffer, PRINTABLE_NUMBER, "%.0e", p);
	return buffer;
}

static int add_part(const struct history *history, const struct history_part *part,
		    struct text_table *table)
{
	const struct history_series *series = &history->series[part->series];
	const struct history_change *change = &series->changes[part->change];
	char name[NAME_SIZE], number[PRINTABLE_NUMBER];
	int ret = text_table_add(table, cell_name(&series->config, name));

	if (!ret)
		ret = text_table_add(table, figure_names[series->figure]);
	if (!ret)
		ret = text_table_add_us(table, change->before, 3);
	if (!ret)
		ret = text_table_add_us(table, change->after, 3);
	if (!ret)
		ret = text_table_add(table, change_text(change->ratio, number));
	if (!ret)
		ret = text_table_add(
			table, change->kind == HISTORY_SUSPECT ? "-" : p_text(change->p, number));
	return ret;
}

static void print_release(const struct history *history, size_t build, FILE *out)
{
	char release[NAME_SIZE], version[NAME_SIZE];
	const struct history_build *at = &history->builds[build];

	fputs(printable(at->release, NAME_WIDTH, release, sizeof(release)), out);
	if (strcmp(at->release, at->version) != 0)
		fprintf(out, " (%s)", printable(at->version, NAME_WIDTH, version, sizeof(version)));
}

static void print_event_head(const struct history *history, const struct history_event *event,
			     FILE *out)
{
	char range[NAME_SIZE];

	if (event->kind == HISTORY_CHANGE) {
		fputs("changed after ", out);
		print_release(history, event->last_good, out);
		fputs("\n  not after    ", out);
	} else {
		fputs("suspect: alone in ", out);
	}
	print_release(history, event->first_bad, out);
	fprintf(out, "\n  %zu figure%s: %zu worse, %zu better", event->part_count,
		event->part_count == 1 ? "" : "s", event->worse, event->better);
	history_git_range(history, event->last_good, event->first_bad, range, sizeof(range));
	if (*range && event->last_good < event->first_bad)
		fprintf(out, "     %s", range);
	fputc('\n', out);
}

static int print_event(const struct history *history, const struct history_event *event, FILE *out)
{
	static const char *const heads[] = { "cell", "figure", "before", "after", "change", "p" };
	auto_text_table struct text_table table = { .heads = heads,
						    .columns = 6,
						    .left_columns = 2 };

	print_event_head(history, event, out);
	for (size_t i = 0; i < event->part_count && i < PARTS_TOLD; i++)
		if (add_part(history, &event->parts[i], &table))
			return diag_errno(ENOMEM, "history");
	text_table_print(&table, out);
	if (event->part_count > PARTS_TOLD)
		fprintf(out, "  and %zu smaller (--json has all)\n",
			event->part_count - PARTS_TOLD);
	fputc('\n', out);
	return 0;
}

/*
 * A character a build, by height between least and greatest of the series; flat if these are close.
 */
static void draw(const struct history *history, const struct history_series *series, char *line,
		 size_t size)
{
	static const char *const levels[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	size_t from = history->build_count > LINE_MAX ? history->build_count - LINE_MAX : 0;
	double low = INFINITY, high = 0;

	for (size_t i = from; i < history->build_count; i++) {
		low = fmin(low, series->points[i].value);
		high = fmax(high, series->points[i].value);
	}
	high = fmax(high, low * (1 + 2 * series->floor));
	*line = '\0';
	for (size_t i = from; i < history->build_count; i++) {
		double value = series->points[i].value;
		const char *mark =
			isnan(value) ? " " : levels[(int)(7.99 * (value - low) / (high - low))];

		if (strlen(line) + strlen(mark) < size)
			strcat(line, mark);
	}
}

static int add_series(const struct history *history, const struct history_series *series,
		      struct text_table *table)
{
	char text[NAME_SIZE], number[PRINTABLE_NUMBER];
	double first = NAN, last = NAN;
	int ret = text_table_add(table, cell_name(&series->config, text));

	for (size_t i = 0; i < history->build_count; i++)
		if (!isnan(series->points[i].value)) {
			last = series->points[i].value;
			first = isnan(first) ? last : first;
		}
	if (!ret)
		ret = text_table_add(table, figure_names[series->figure]);
	if (!ret)
		ret = text_table_add_us(table, first, 3);
	if (!ret)
		ret = text_table_add_us(table, last, 3);
	snprintf(number, sizeof(number), "%.1f %%", 100 * series->floor);
	if (!ret)
		ret = text_table_add(table, number);
	draw(history, series, text, sizeof(text));
	return ret ? ret : text_table_add(table, text);
}

static int print_series(const struct history *history, size_t track, FILE *out)
{
	static const char *const heads[] = {
		"cell", "figure", "first", "newest", "floor", "builds"
	};
	auto_text_table struct text_table table = {
		.heads = heads, .columns = 6, .left_columns = 2, .last_are_left = 1
	};

	for (size_t i = 0; i < history->series_count; i++)
		if (history->series[i].track == track &&
		    add_series(history, &history->series[i], &table))
			return diag_errno(ENOMEM, "history");
	text_table_print(&table, out);
	return 0;
}

static void print_head(const struct history *history, FILE *out)
{
	char folder[NAME_SIZE];

	fprintf(out, "history of %s: %zu build%s, ",
		printable(history->folder, NAME_WIDTH, folder, sizeof(folder)),
		history->build_count, history->build_count == 1 ? "" : "s");
	print_release(history, 0, out);
	if (history->build_count > 1) {
		fputs("\nto ", out);
		print_release(history, history->build_count - 1, out);
	}
	fprintf(out, "; %zu results, %zu cells", history->files, history->cells);
	if (history->cells_failed)
		fprintf(out, ", %zu of them without numbers", history->cells_failed);
	fputc('\n', out);
}

/* Everything of one track: figures of two are never beside each other. */
static int print_track(const struct history *history, size_t track, FILE *out)
{
	const struct history_track *at = &history->tracks[track];
	char machine[NAME_SIZE], suite[NAME_SIZE];
	size_t events = 0;

	fprintf(out, "\nsuite %s, %s\n%s\n", printable(at->suite, NAME_WIDTH, suite, sizeof(suite)),
		printable(at->machine, 90, machine, sizeof(machine)), phrase_clock(at->domain));
	fprintf(out,
		"%zu series; chance of a false change in any of them: %g where the t-test "
		"decides\n\n",
		at->series, history->p_limit);
	for (size_t i = 0; i < history->event_count; i++)
		if (history->events[i].track == track) {
			events++;
			if (print_event(history, &history->events[i], out))
				return -ENOMEM;
		}
	if (!events)
		fputs("nothing changed\n\n", out);
	return print_series(history, track, out);
}

int history_print_text(const struct history *history, FILE *out)
{
	print_head(history, out);
	for (size_t track = 0; track < history->track_count; track++)
		if (print_track(history, track, out))
			return -ENOMEM;
	return 0;
}
