// SPDX-License-Identifier: GPL-2.0-or-later
#include "plot/log.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/order.h"
#include "plot/gnuplot.h"
#include "plot/range.h"
#include "view/phrases.h"

#define MAX_LINES    12
#define NAME_COLUMNS 44

struct picture {
	FILE *out;
	const struct cell_result **cells; /* by line, then by operations */
	size_t count;
	struct plot_range us, kib, percent;
};

static bool has_point(const struct cell_result *cell)
{
	return table_has_unsynced(&cell->config) && cell->has_latency && cell->has_dirt &&
	       cell->dirt.dirty_bytes != U64_ABSENT && cell->dirt.dirty_bytes &&
	       cell->dirt.log_bytes != U64_ABSENT && cell->config.dirty_kind == DIRTY_CREATE &&
	       cell->latency.sample_count > 1;
}

static int compare_points(const void *left, const void *right)
{
	const struct cell_result *a = *(const struct cell_result *const *)left;
	const struct cell_result *b = *(const struct cell_result *const *)right;
	int order = cell_compare_fs(&a->config, &b->config);

	if (order)
		return order;
	/* By what was done: where the log was flushed meanwhile, the line turns back. */
	return order_u64(a->config.dirty, b->config.dirty);
}

/* The median of all faults but the first; 0 without memory. */
static double next_us(const struct latency *latency)
{
	size_t count = latency->sample_count - 1;
	auto_free uint64_t *sorted = malloc(count * sizeof(*sorted));

	if (!sorted)
		return 0;
	memcpy(sorted, latency->samples + 1, count * sizeof(*sorted));
	order_sort_u64(sorted, count);
	return (double)sorted[(count - 1) / 2] / 1000;
}

static void write_point(struct picture *picture, const struct cell_result *cell)
{
	double kib = (double)cell->dirt.dirty_bytes / 1024, next = next_us(&cell->latency);
	double percent = (double)cell->dirt.dirty_bytes / (double)cell->dirt.log_bytes * 100;
	double first = (double)cell->latency.samples[0] / 1000;

	plot_range_widen(&picture->us, first);
	plot_range_widen(&picture->us, next);
	plot_range_widen(&picture->kib, kib);
	plot_range_widen(&picture->percent, percent);
	fprintf(picture->out, "%.9g %.9g %.9g %.9g\n", kib, percent, first, next);
}

/* Cells from first on that are of its line. */
static size_t measure_line(const struct picture *picture, size_t first)
{
	size_t count = 1;

	while (first + count < picture->count &&
	       !cell_compare_fs(&picture->cells[first]->config,
				&picture->cells[first + count]->config))
		count++;
	return count;
}

/* One amount alone is not a line. Returns how many there are; their first cells in firsts. */
static size_t write_lines(struct picture *picture, size_t firsts[MAX_LINES])
{
	size_t lines = 0, length;

	fprintf(picture->out, "$log << EOD\n");
	for (size_t i = 0; i < picture->count && lines < MAX_LINES; i += length) {
		length = measure_line(picture, i);
		if (length < 2)
			continue;
		fprintf(picture->out, "%s", lines ? "\n\n" : "");
		for (size_t j = 0; j < length; j++)
			write_point(picture, picture->cells[i + j]);
		firsts[lines++] = i;
	}
	fprintf(picture->out, "EOD\n");
	return lines;
}

static void print_names(const struct picture *picture, const size_t *firsts, size_t lines)
{
	char name[PHRASE_SIZE];

	fprintf(picture->out, "line_count = %zu\narray line_name[%d]\narray line_is_ext4[%d]\n",
		lines, MAX_LINES, MAX_LINES);
	for (size_t i = 0; i < lines; i++) {
		const struct cell_config *config = &picture->cells[firsts[i]]->config;

		fprintf(picture->out, "line_is_ext4[%zu] = %d\nline_name[%zu] = ", i + 1,
			!strcmp(config->fs, "ext4"), i + 1);
		gnuplot_string(picture->out, phrase_fs(config, name), NAME_COLUMNS);
		fputc('\n', picture->out);
	}
}

bool plot_log(const struct plot_page *page, FILE *out)
{
	auto_free const struct cell_result **cells = calloc(page->all.count + 1, sizeof(*cells));
	struct picture picture = { .out = out, .cells = cells };
	size_t firsts[MAX_LINES], lines;

	for (size_t i = 0; cells && i < page->all.count; i++)
		if (has_point(page->all.entries[i].cell))
			cells[picture.count++] = page->all.entries[i].cell;
	if (!picture.count)
		return false;
	qsort(cells, picture.count, sizeof(*cells), compare_points);
	lines = write_lines(&picture, firsts);
	print_names(&picture, firsts, lines);
	plot_range_print(out, "us", &picture.us);
	plot_range_print(out, "kib", &picture.kib);
	plot_range_print(out, "percent", &picture.percent);
	return lines > 0;
}
