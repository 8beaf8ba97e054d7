// SPDX-License-Identifier: GPL-2.0-or-later
#include "plot/scale.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "plot/gnuplot.h"
#include "plot/range.h"
#include "view/scale.h"

#define MAX_KINDS    16
#define NAME_COLUMNS 44

struct picture {
	FILE *out;
	char kinds[MAX_KINDS][PHRASE_SIZE];
	size_t kind_count;
	struct plot_range threads, pages, file; /* of the x axes */
	struct plot_range p50, share, mean, mib;
};

/* From 1; kinds beyond the last share its colour. */
static size_t kind_of(struct picture *picture, const struct scale_line *line)
{
	char name[PHRASE_SIZE];
	size_t i = 0;

	scale_name(line->config, name);
	while (i < picture->kind_count && strcmp(picture->kinds[i], name) != 0)
		i++;
	if (i == MAX_KINDS)
		return MAX_KINDS;
	if (i == picture->kind_count)
		strcpy(picture->kinds[picture->kind_count++], name);
	return i + 1;
}

static void put_us(struct picture *picture, struct plot_range *range, double ns)
{
	double us = ns / 1000;

	if (isnan(us)) {
		fprintf(picture->out, " NaN");
		return;
	}
	fprintf(picture->out, " %.9g", us);
	plot_range_widen(range, us);
}

static void write_threads(struct picture *picture, const struct scale_line *line)
{
	for (size_t i = 0; i < line->point_count; i++) {
		const struct scale_point *point = &line->points[i];

		fprintf(picture->out, "%" PRIu64, point->x);
		plot_range_widen(&picture->threads, (double)point->x);
		put_us(picture, &picture->p50, point->p50);
		put_us(picture, &picture->share, point->share);
		fputc('\n', picture->out);
	}
}

static void write_pages(struct picture *picture, const struct scale_line *line)
{
	for (size_t i = 0; i < line->point_count; i++) {
		const struct scale_point *point = &line->points[i];
		double mib = (double)point->x * (double)cell_page_bytes(line->config) / (1 << 20);

		fprintf(picture->out, "%" PRIu64, point->x);
		plot_range_widen(&picture->pages, (double)point->x);
		plot_range_widen(&picture->file, mib);
		put_us(picture, &picture->mean, point->mean);
		fprintf(picture->out, " %.9g", mib);
		put_us(picture, &picture->mib, scale_of_mib(line->config, point->mean));
		fputc('\n', picture->out);
	}
}

static void write_lines(struct picture *picture, const struct scale *scale, enum scale_axis axis)
{
	fprintf(picture->out, "$%s << EOD\n", axis == SCALE_THREADS ? "threads" : "pages");
	for (size_t i = 0; i < scale->count; i++) {
		fprintf(picture->out, "%s", i ? "\n\n" : "");
		if (axis == SCALE_THREADS)
			write_threads(picture, &scale->lines[i]);
		else
			write_pages(picture, &scale->lines[i]);
	}
	fprintf(picture->out, "EOD\n");
}

static void describe_lines(struct picture *picture, const struct scale *scale, enum scale_axis axis)
{
	const char *what = axis == SCALE_THREADS ? "thread" : "page";

	/* gnuplot has no empty arrays */
	fprintf(picture->out,
		"%s_lines = %zu\narray %s_kind[%zu]\narray %s_is_alt[%zu]\narray %s_is_dev[%zu]\n",
		what, scale->count, what, scale->count + 1, what, scale->count + 1, what,
		scale->count + 1);
	for (size_t i = 0; i < scale->count; i++) {
		const struct scale_line *line = &scale->lines[i];
		bool is_alt = axis == SCALE_THREADS ? line->config->files == FILES_EACH
						    : line->config->page == PAGE_2M;

		fprintf(picture->out, "%s_kind[%zu] = %zu\n%s_is_alt[%zu] = %d\n", what, i + 1,
			kind_of(picture, line), what, i + 1, is_alt);
		fprintf(picture->out, "%s_is_dev[%zu] = %d\n", what, i + 1, line->is_on_device);
	}
}

static void print_kinds(const struct picture *picture)
{
	fprintf(picture->out, "kind_count = %zu\narray kind_name[%d]\n", picture->kind_count,
		MAX_KINDS);
	for (size_t i = 0; i < picture->kind_count; i++) {
		fprintf(picture->out, "kind_name[%zu] = ", i + 1);
		gnuplot_string(picture->out, picture->kinds[i], NAME_COLUMNS);
		fputc('\n', picture->out);
	}
}

bool plot_scale(const struct plot_page *page, FILE *out)
{
	auto_scale struct scale threads = { 0 }, pages = { 0 };
	struct picture picture = { .out = out };

	if (scale_fill(&threads, page->all, SCALE_THREADS) ||
	    scale_fill(&pages, page->all, SCALE_PAGES) || !(threads.count + pages.count))
		return false;
	write_lines(&picture, &threads, SCALE_THREADS);
	write_lines(&picture, &pages, SCALE_PAGES);
	describe_lines(&picture, &threads, SCALE_THREADS);
	describe_lines(&picture, &pages, SCALE_PAGES);
	print_kinds(&picture);
	plot_range_print(out, "threads", &picture.threads);
	plot_range_print(out, "pages", &picture.pages);
	plot_range_print(out, "file", &picture.file);
	plot_range_print(out, "p50", &picture.p50);
	plot_range_print(out, "share", &picture.share);
	plot_range_print(out, "mean", &picture.mean);
	plot_range_print(out, "mib", &picture.mib);
	return true;
}
