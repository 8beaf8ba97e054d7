// SPDX-License-Identifier: GPL-2.0-or-later
/* How the cost of a fault grows: a table against each of threads, pages, page size, struct pages.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/diag.h"
#include "base/printable.h"
#include "base/text_table.h"
#include "show/show.h"
#include "view/scale.h"

#define DECIMALS     1
#define NAME_COLUMNS 44
#define MAX_VALUES   10 /* columns of numbers that fit beside a name */
#define MAX_HEADS    (MAX_VALUES + 2)
#define FIGURE(name) offsetof(struct scale_point, name)

/* A row for each line of scale, a column for each x of any of them. */
struct grid {
	const struct scale *scale;
	enum scale_axis axis;
	int page; /* enum cell_page of the lines wanted, or -1 */
	uint64_t xs[MAX_VALUES];
	size_t x_count, omitted;
	char head_text[MAX_HEADS][PRINTABLE_NUMBER];
	const char *heads[MAX_HEADS];
};

static bool is_wanted(const struct grid *grid, const struct scale_line *line)
{
	return grid->page < 0 || line->config->page == grid->page;
}

static void insert_x(struct grid *grid, uint64_t x)
{
	size_t at = 0;

	while (at < grid->x_count && grid->xs[at] < x)
		at++;
	if (at < grid->x_count && grid->xs[at] == x)
		return;
	if (grid->x_count == MAX_VALUES) {
		grid->omitted++;
		return;
	}
	memmove(&grid->xs[at + 1], &grid->xs[at], (grid->x_count - at) * sizeof(*grid->xs));
	grid->xs[at] = x;
	grid->x_count++;
}

static void grid_init(struct grid *grid, const struct scale *scale, enum scale_axis axis, int page)
{
	*grid = (struct grid){ .scale = scale, .axis = axis, .page = page };
	for (size_t i = 0; i < scale->count; i++)
		for (size_t j = 0;
		     is_wanted(grid, &scale->lines[i]) && j < scale->lines[i].point_count; j++)
			insert_x(grid, scale->lines[i].points[j].x);
	grid->heads[0] = "file system, file, mapping";
	grid->heads[1] = axis == SCALE_THREADS ? "files" : "pages of";
	for (size_t i = 0; i < grid->x_count; i++)
		grid->heads[i + 2] = printable_count(grid->xs[i], grid->head_text[i + 2]);
}

static int add_name(struct text_table *table, const struct scale_line *line)
{
	char name[PHRASE_SIZE], shown[NAME_COLUMNS * 4 + 4], text[PHRASE_SIZE + 32];

	snprintf(text, sizeof(text), "%s%s", scale_name(line->config, name),
		 line->is_on_device ? ", map=dev" : "");
	return text_table_add(table, printable(text, NAME_COLUMNS, shown, sizeof(shown)));
}

/* NAN where the line has no such point. */
static double find_figure(const struct scale_line *line, uint64_t x, size_t figure)
{
	for (size_t i = 0; i < line->point_count; i++)
		if (line->points[i].x == x)
			return *(const double *)(const void *)((const char *)&line->points[i] +
							       figure);
	return NAN;
}

static int add_line(struct text_table *table, const struct grid *grid,
		    const struct scale_line *line, size_t figure)
{
	const struct cell_config *config = line->config;
	int ret = add_name(table, line);

	if (!ret)
		ret = text_table_add(table, grid->axis == SCALE_THREADS ? files_words[config->files]
					    : config->page == PAGE_2M	? "2 MiB"
									: "4 KiB");
	for (size_t i = 0; i < grid->x_count && !ret; i++)
		ret = text_table_add_us(table, find_figure(line, grid->xs[i], figure), DECIMALS);
	return ret;
}

static int print_grid(const struct show *show, const struct grid *grid, const char *title,
		      size_t figure)
{
	auto_text_table struct text_table table = { .heads = grid->heads,
						    .columns = grid->x_count + 2,
						    .left_columns = 2 };

	for (size_t i = 0; i < grid->scale->count; i++)
		if (is_wanted(grid, &grid->scale->lines[i]) &&
		    add_line(&table, grid, &grid->scale->lines[i], figure))
			return diag_errno(ENOMEM, "show");
	if (!table.count)
		return 0;
	show_wrapped(show, title, 2);
	text_table_print(&table, show->out);
	if (grid->omitted)
		fprintf(show->out, "  (and %zu points more)\n", grid->omitted);
	fprintf(show->out, "\n");
	return 0;
}

static int print_threads(const struct show *show, struct table_span span)
{
	auto_scale struct scale scale = { 0 };
	struct grid grid;

	if (scale_fill(&scale, span, SCALE_THREADS))
		return diag_errno(ENOMEM, "show");
	grid_init(&grid, &scale, SCALE_THREADS, -1);
	if (print_grid(show, &grid, "Against threads: p50 of a fault", FIGURE(p50)))
		return -ENOMEM;
	return print_grid(show, &grid,
			  "Against threads: time from the first fault to the last, for each fault "
			  "of all threads",
			  FIGURE(share));
}

static int print_pages(const struct show *show, const struct scale *scale, int page)
{
	struct grid grid;

	grid_init(&grid, scale, SCALE_PAGES, page);
	if (print_grid(show, &grid, "Against pages: p50 of a fault", FIGURE(p50)))
		return -ENOMEM;
	return print_grid(show, &grid, "Against pages: mean fault", FIGURE(mean));
}

static const char *const size_heads[] = { "file system, file, mapping", "MiB", "4 KiB pages",
					  "2 MiB pages", "4 KiB /\n2 MiB" };
#define SIZE_COLUMNS (sizeof(size_heads) / sizeof(size_heads[0]))

static int add_ratio(struct text_table *table, double ratio, int decimals)
{
	char text[PRINTABLE_NUMBER];

	snprintf(text, sizeof(text), "%.*f", decimals, ratio);
	return text_table_add(table, isnan(ratio) ? "-" : text);
}

/* The same bytes of the file, once by small pages and once by large ones. */
static int add_size(struct text_table *table, const struct scale_line *small,
		    const struct scale_line *large, const struct scale_point *point)
{
	uint64_t bytes = point->x * cell_page_bytes(small->config);
	uint64_t pages = bytes / cell_page_bytes(large->config);
	double by_large = scale_of_mib(large->config, find_figure(large, pages, FIGURE(mean)));
	double by_small = scale_of_mib(small->config, point->mean);
	char number[PRINTABLE_NUMBER];
	int ret;

	if (isnan(by_large) || pages * cell_page_bytes(large->config) != bytes)
		return 0;
	ret = add_name(table, small);
	ret |= text_table_add(table, printable_count(bytes >> 20, number));
	ret |= text_table_add_us(table, by_small, DECIMALS) |
	       text_table_add_us(table, by_large, DECIMALS);
	return ret | add_ratio(table, by_small / by_large, 1) ? -ENOMEM : 0;
}

static int add_sizes(struct text_table *table, const struct scale_line *small,
		     const struct scale_line *large)
{
	int ret = 0;

	for (size_t i = 0; i < small->point_count && !ret; i++)
		ret = add_size(table, small, large, &small->points[i]);
	return ret;
}

static int print_sizes(const struct show *show, const struct scale *scale)
{
	auto_text_table struct text_table table = { .heads = size_heads,
						    .columns = SIZE_COLUMNS,
						    .left_columns = 1 };
	int ret = 0;

	for (size_t i = 0; i < scale->count; i++)
		for (size_t j = 0; j < scale->count && !ret; j++)
			if (scale_is_other_page(&scale->lines[i], &scale->lines[j]))
				ret = add_sizes(&table, &scale->lines[i], &scale->lines[j]);
	if (ret)
		return diag_errno(ENOMEM, "show");
	if (!table.count)
		return 0;
	fprintf(show->out, "4 KiB against 2 MiB pages: mean for each MiB of the file\n");
	text_table_print(&table, show->out);
	fprintf(show->out, "\n");
	return 0;
}

static const char *const map_heads[] = { "file system, file, mapping", "cells", "least", "median",
					 "greatest" };
#define MAP_COLUMNS (sizeof(map_heads) / sizeof(map_heads[0]))

static int add_map(struct text_table *table, const struct scale_map *row)
{
	char name[PHRASE_SIZE], shown[NAME_COLUMNS * 4 + 4], number[PRINTABLE_NUMBER];
	int ret = text_table_add(table, printable(scale_name(row->config, name), NAME_COLUMNS,
						  shown, sizeof(shown)));

	ret |= text_table_add(table, printable_count(row->cells, number));
	ret |= add_ratio(table, row->least, 3) | add_ratio(table, row->median, 3);
	return ret | add_ratio(table, row->greatest, 3) ? -ENOMEM : 0;
}

static int print_maps(const struct show *show, struct table_span span)
{
	auto_scale_maps struct scale_maps maps = { 0 };
	auto_text_table struct text_table table = { .heads = map_heads,
						    .columns = MAP_COLUMNS,
						    .left_columns = 1 };
	int ret = scale_compare_maps(&maps, span);

	for (size_t i = 0; i < maps.count && !ret; i++)
		ret = add_map(&table, &maps.rows[i]);
	if (ret)
		return diag_errno(ENOMEM, "show");
	if (!table.count)
		return 0;
	show_wrapped(show,
		     "Struct pages on the device (map=dev) against in ordinary memory (map=mem): "
		     "p50 with the one / p50 with the other, over all cells that both have",
		     2);
	text_table_print(&table, show->out);
	fprintf(show->out, "\n");
	return 0;
}

int show_scale(const struct show *show, struct table_span span)
{
	auto_scale struct scale pages = { 0 };

	if (!scale_is_in(span))
		return 0;
	show_heading(show, "How the cost of a fault grows (us)", '-');
	fprintf(show->out, "\n");
	if (scale_fill(&pages, span, SCALE_PAGES))
		return diag_errno(ENOMEM, "show");
	if (print_threads(show, span) || print_pages(show, &pages, PAGE_4K) ||
	    print_pages(show, &pages, PAGE_2M) || print_sizes(show, &pages) ||
	    print_maps(show, span))
		return -ENOMEM;
	show_wrapped(show,
		     "Columns are threads or pages. The time for each fault of all threads is what "
		     "the machine needed for one: on one CPU it falls where faults share a commit. "
		     "The mean holds what few faults pay for all: commits, page tables, extents.",
		     0);
	fprintf(show->out, "\n");
	return 0;
}
