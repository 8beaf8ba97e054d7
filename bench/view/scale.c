// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/scale.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/order.h"

#define MIB (1 << 20)

static bool is_plain(const struct cell_config *config)
{
	return config->load == LOAD_NONE && config->commit == COMMIT_NONE &&
	       config->remap == REMAP_NONE && config->attribute == ATTRIBUTE_NONE &&
	       !config->interface && !table_has_unsynced(config);
}

static bool is_on_axis(const struct cell_config *config, enum scale_axis axis)
{
	return is_plain(config) && (axis == SCALE_THREADS || config->threads == 1);
}

/* What the cells of one row of a comparison have in common. */
static int compare_kinds(const struct cell_config *a, const struct cell_config *b)
{
	int order = cell_compare_fs(a, b);

	if (!order)
		order = a->dax - b->dax;
	if (!order)
		order = a->state - b->state;
	return order ? order : a->sync - b->sync;
}

static int compare_conditions(const struct cell_config *a, const struct cell_config *b)
{
	int order = compare_kinds(a, b);

	if (!order)
		order = a->access - b->access;
	if (!order)
		order = a->sched - b->sched;
	if (!order)
		order = order_u64(a->pause_us, b->pause_us);
	return order;
}

static int compare_settings(const struct cell_config *a, const struct cell_config *b)
{
	int order = compare_conditions(a, b);

	return order ? order : a->page - b->page;
}

static int compare_lines_along(const struct scale_line *a, const struct scale_line *b,
			       enum scale_axis axis)
{
	int order = compare_settings(a->config, b->config);

	if (!order && axis == SCALE_THREADS)
		order = a->config->files - b->config->files;
	if (!order && axis == SCALE_THREADS)
		order = order_u64(a->config->pages, b->config->pages);
	return order ? order : a->is_on_device - b->is_on_device;
}

static int compare_along_threads(const void *a, const void *b)
{
	return compare_lines_along(a, b, SCALE_THREADS);
}

static int compare_along_pages(const void *a, const void *b)
{
	return compare_lines_along(a, b, SCALE_PAGES);
}

static struct scale_point make_point(struct table_span runs, enum scale_axis axis)
{
	const struct cell_config *config = &runs.entries[0].cell->config;
	double faults = (double)config->pages * (double)config->threads;

	return (struct scale_point){
		.x = axis == SCALE_THREADS ? config->threads : config->pages,
		.p50 = table_runs(runs, FIGURE_P50).median,
		.mean = table_runs(runs, FIGURE_MEAN).median,
		.share = table_runs(runs, FIGURE_ELAPSED).median / faults,
	};
}

/* Where x stands already, the first one stays: one cell for files=one and one thread for each. */
static void insert_point(struct scale_line *line, const struct scale_point *point)
{
	size_t at = line->point_count;

	while (at && line->points[at - 1].x > point->x)
		at--;
	if ((at && line->points[at - 1].x == point->x) || line->point_count == SCALE_MAX_POINTS)
		return;
	memmove(&line->points[at + 1], &line->points[at],
		(line->point_count - at) * sizeof(*line->points));
	line->points[at] = *point;
	line->point_count++;
}

static struct scale_line *find_line(struct scale *scale, const struct scale_line *like,
				    enum scale_axis axis)
{
	for (size_t i = 0; i < scale->count; i++)
		if (!compare_lines_along(&scale->lines[i], like, axis))
			return &scale->lines[i];
	return NULL;
}

static void add_cell(struct scale *scale, struct table_span runs, enum scale_axis axis)
{
	const struct cell_result *cell = runs.entries[0].cell;
	struct scale_line own = { .config = &cell->config,
				  .is_on_device = table_is_on_device(cell) };
	struct scale_point point = make_point(runs, axis);
	struct scale_line *line = find_line(scale, &own, axis);

	if (!line) {
		scale->lines[scale->count] = own;
		line = &scale->lines[scale->count++];
	}
	insert_point(line, &point);
}

/* One thread has one file, however the others would share it. */
static void share_first_point(struct scale *scale)
{
	for (size_t i = 0; i < scale->count; i++) {
		struct scale_line *line = &scale->lines[i], *one;
		struct cell_config config = *line->config;
		const struct scale_line like = { .config = &config,
						 .is_on_device = line->is_on_device };

		config.files = FILES_ONE;
		one = line->config->files == FILES_EACH ? find_line(scale, &like, SCALE_THREADS)
							: NULL;
		if (one && one->points[0].x == 1)
			insert_point(line, &one->points[0]);
	}
}

static void drop_single_points(struct scale *scale)
{
	size_t kept = 0;

	for (size_t i = 0; i < scale->count; i++)
		if (scale->lines[i].point_count > 1)
			scale->lines[kept++] = scale->lines[i];
	scale->count = kept;
}

int scale_fill(struct scale *scale, struct table_span span, enum scale_axis axis)
{
	*scale = (struct scale){ .lines = calloc(span.count + 1, sizeof(*scale->lines)) };
	if (!scale->lines)
		return -ENOMEM;
	while (span.count) {
		struct table_span runs = table_cut(&span, TABLE_CELL);

		if (table_measured(runs) && is_on_axis(&runs.entries[0].cell->config, axis))
			add_cell(scale, runs, axis);
	}
	if (axis == SCALE_THREADS)
		share_first_point(scale);
	drop_single_points(scale);
	qsort(scale->lines, scale->count, sizeof(*scale->lines),
	      axis == SCALE_THREADS ? compare_along_threads : compare_along_pages);
	return 0;
}

void scale_free(struct scale *scale)
{
	free(scale->lines);
	*scale = (struct scale){ 0 };
}

/* One cell on both: its figures, ns. */
struct pair {
	const struct cell_config *config;
	double ratio;
};

static bool is_same_cell(const struct cell_config *a, const struct cell_config *b)
{
	return !compare_settings(a, b) && a->files == b->files && a->pages == b->pages &&
	       a->threads == b->threads;
}

static double p50_of(struct table_span runs)
{
	return table_runs(runs, FIGURE_P50).median;
}

/* The median of the cell's twin whose struct pages are in memory, as placement says. */
static double find_in_memory(struct table_span span, const struct cell_config *config)
{
	while (span.count) {
		struct table_span runs = table_cut(&span, TABLE_CELL);
		const struct cell_result *cell = runs.entries[0].cell;
		const char *where = cell->placement.struct_pages;

		if (where && !strcmp(where, "ram") && table_measured(runs) &&
		    is_plain(&cell->config) && is_same_cell(&cell->config, config))
			return p50_of(runs);
	}
	return NAN;
}

static int compare_pairs(const void *left, const void *right)
{
	const struct pair *a = left, *b = right;
	int order = compare_kinds(a->config, b->config);

	return order ? order : order_double(a->ratio, b->ratio);
}

/* By kind, then by ratio. */
static size_t find_pairs(struct table_span span, struct pair *pairs)
{
	struct table_span rest = span;
	size_t count = 0;

	while (rest.count) {
		struct table_span runs = table_cut(&rest, TABLE_CELL);
		const struct cell_result *cell = runs.entries[0].cell;
		double in_memory;

		if (!table_is_on_device(cell) || !table_measured(runs) || !is_plain(&cell->config))
			continue;
		in_memory = find_in_memory(span, &cell->config);
		if (in_memory > 0)
			pairs[count++] = (struct pair){ &cell->config, p50_of(runs) / in_memory };
	}
	qsort(pairs, count, sizeof(*pairs), compare_pairs);
	return count;
}

int scale_compare_maps(struct scale_maps *maps, struct table_span span)
{
	auto_free struct pair *pairs = calloc(span.count + 1, sizeof(*pairs));
	size_t count, n;

	*maps = (struct scale_maps){ .rows = calloc(span.count + 1, sizeof(*maps->rows)) };
	if (!pairs || !maps->rows) {
		scale_free_maps(maps);
		return -ENOMEM;
	}
	count = find_pairs(span, pairs);
	for (size_t i = 0; i < count; i += n) {
		for (n = 1; i + n < count && !compare_kinds(pairs[i].config, pairs[i + n].config);)
			n++;
		maps->rows[maps->count++] = (struct scale_map){
			.config = pairs[i].config,
			.cells = n,
			.least = pairs[i].ratio,
			.median = (pairs[i + (n - 1) / 2].ratio + pairs[i + n / 2].ratio) / 2,
			.greatest = pairs[i + n - 1].ratio,
		};
	}
	return 0;
}

void scale_free_maps(struct scale_maps *maps)
{
	free(maps->rows);
	*maps = (struct scale_maps){ 0 };
}

bool scale_is_in(struct table_span span)
{
	auto_scale struct scale threads = { 0 }, pages = { 0 };
	auto_scale_maps struct scale_maps maps = { 0 };

	return !scale_fill(&threads, span, SCALE_THREADS) &&
	       !scale_fill(&pages, span, SCALE_PAGES) && !scale_compare_maps(&maps, span) &&
	       threads.count + pages.count + maps.count;
}

bool scale_is_other_page(const struct scale_line *small, const struct scale_line *large)
{
	return small->config->page == PAGE_4K && large->config->page == PAGE_2M &&
	       small->is_on_device == large->is_on_device &&
	       !compare_conditions(small->config, large->config);
}

const char *scale_name(const struct cell_config *config, char buffer[PHRASE_SIZE])
{
	char fs[PHRASE_SIZE];

	snprintf(buffer, PHRASE_SIZE, "%.*s, %s%s%s", PHRASE_SIZE - 64, phrase_fs(config, fs),
		 state_words[config->state], config->sync == SYNC_MAP_SYNC ? ", MAP_SYNC" : "",
		 config->access == ACCESS_READ		    ? ", read"
		 : config->access == ACCESS_READ_THEN_WRITE ? ", write after read"
							    : "");
	return buffer;
}

double scale_of_mib(const struct cell_config *config, double ns)
{
	return ns * MIB / (double)cell_page_bytes(config);
}
