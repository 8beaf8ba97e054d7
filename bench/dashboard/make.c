// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads the folder, chooses two of its builds and compares them. */
#include "dashboard/dashboard.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/diag.h"
#include "dashboard/files.h"
#include "dashboard/page.h"

static bool is_measured(const struct page *page, size_t build)
{
	for (size_t i = 0; i < page->history.series_count; i++)
		if (page->history.series[i].track == page->track &&
		    isfinite(page->history.series[i].points[build].value))
			return true;
	return false;
}

/* The track with the most numbers; the page says what is left out. */
static int choose_track(struct page *page)
{
	const struct history *history = &page->history;

	for (size_t i = 1; i < history->track_count; i++)
		if (history->tracks[i].runs > history->tracks[page->track].runs)
			page->track = i;
	for (size_t i = 0; i < history->build_count; i++)
		if (is_measured(page, i))
			return 0;
	diag_error("dashboard: no cell in %s was measured", page->options->folder);
	return -ENODATA;
}

static bool is_called(const struct history_build *build, const char *name)
{
	return !strcmp(build->release, name) || !strcmp(build->version, name) ||
	       (build->tag && (!strcmp(build->tag, name) || !strcmp(build->tag + 1, name)));
}

static int find_build(const struct page *page, const char *option, const char *name, size_t *build)
{
	char known[512] = "";

	for (size_t i = page->history.build_count; i-- > 0;) {
		size_t used = strlen(known);

		if (!is_measured(page, i))
			continue;
		if (is_called(&page->history.builds[i], name))
			return *build = i, 0;
		if (used + 64 < sizeof(known))
			snprintf(known + used, sizeof(known) - used, "%s%.60s", used ? ", " : "",
				 page->history.builds[i].release);
	}
	diag_error("dashboard: --%s '%s' is no build with numbers in %s; there are %s", option,
		   name, page->options->folder, known);
	return -EINVAL;
}

static int choose_builds(struct page *page)
{
	size_t *build = page->build;
	int ret = 0;

	for (size_t i = page->history.build_count; i-- > 0;)
		if (is_measured(page, i))
			build[SIDE_BASE] = i;
	for (size_t i = 0; i < page->history.build_count; i++)
		if (is_measured(page, i))
			build[SIDE_NEW] = i;
	if (page->options->base)
		ret = find_build(page, "base", page->options->base, &build[SIDE_BASE]);
	if (!ret && page->options->new)
		ret = find_build(page, "new", page->options->new, &build[SIDE_NEW]);
	return ret;
}

static int read_sets(struct page *page)
{
	int ret = 0;

	for (int side = SIDE_NEW; side >= SIDE_BASE && ret >= 0; side--) {
		ret = page_read_build(&page->history, page->build[side], page->track,
				      &page->sets[side], &page->set_aside[side]);
		page->is_partial |= ret > 0;
	}
	return ret < 0 ? ret : 0;
}

static int compare_builds(struct page *page)
{
	const struct result_set *base = &page->sets[SIDE_BASE], *new = &page->sets[SIDE_NEW];
	struct compare_options options;
	const char *refusal;
	int ret;

	if (page->build[SIDE_BASE] == page->build[SIDE_NEW])
		return 0;
	refusal = compare_refusal(base, new, page->refusal);
	if (refusal) {
		diag_warning("dashboard: %s and %s are not compared: %s", base->name, new->name,
			     refusal);
		if (refusal != page->refusal)
			snprintf(page->refusal, sizeof(page->refusal), "%s", refusal);
		return 0;
	}
	compare_defaults(&options);
	ret = compare_sets(base, new, &options, &page->comparison);
	page->is_compared = !ret;
	return ret;
}

static bool is_same_cell(const struct cell_config *a, const char *a_key,
			 const struct cell_config *b, const char *b_key)
{
	return a->sched == b->sched && a->pause_us == b->pause_us && !strcmp(a_key, b_key);
}

static struct page_cell *find_cell(struct page *page, const struct history_series *series)
{
	for (size_t i = page->cell_count; i-- > 0;)
		if (is_same_cell(page->cells[i].config, page->cells[i].key, &series->config,
				 series->key))
			return &page->cells[i];
	return NULL;
}

static void add_cell(struct page *page, const struct history_series *series)
{
	struct page_cell *cell = &page->cells[page->cell_count++];

	*cell = (struct page_cell){ .key = series->key, .config = &series->config };
	for (int side = 0; side < SIDES; side++)
		cell->sides[side] =
			result_set_find(&page->sets[side], &series->config, series->key);
	for (size_t i = 0; page->is_compared && i < page->comparison.cell_count; i++) {
		const struct compare_cell *compared = &page->comparison.cells[i];

		if (is_same_cell(&compared->config, compared->key, &series->config, series->key))
			cell->compared = compared;
	}
}

static int fill_cells(struct page *page)
{
	page->cells = calloc(page->history.series_count + 1, sizeof(*page->cells));
	if (!page->cells)
		return diag_errno(ENOMEM, "dashboard");
	for (size_t i = 0; i < page->history.series_count; i++) {
		const struct history_series *series = &page->history.series[i];

		if (series->track != page->track)
			continue;
		if (!find_cell(page, series))
			add_cell(page, series);
		find_cell(page, series)->series[series->figure] = series;
	}
	return 0;
}

static void free_page(struct page *page)
{
	free(page->cells);
	comparison_free(&page->comparison);
	for (int side = 0; side < SIDES; side++)
		result_set_free(&page->sets[side]);
	history_free(&page->history);
}

static int fill_page(struct page *page)
{
	int ret = choose_track(page);

	if (!ret)
		ret = choose_builds(page);
	if (!ret)
		ret = read_sets(page);
	if (!ret)
		ret = compare_builds(page);
	return ret ? ret : fill_cells(page);
}

int dashboard_make(const struct dashboard_options *options, char **html, size_t *length)
{
	const struct history_options history = { .order = options->order,
						 .follows_links = options->follows_links,
						 .output = options->output };
	auto_release(free_page) struct page page = { .options = options };
	int unread = history_read(options->folder, &history, &page.history), ret;
	FILE *out;

	if (unread && (unread != -EINVAL || !page.history.build_count))
		return unread;
	ret = fill_page(&page);
	if (ret)
		return ret;
	out = open_memstream(html, length);
	if (!out)
		return diag_errno(ENOMEM, "dashboard");
	ret = page_print(&page, out);
	if (fclose(out) && !ret)
		ret = diag_errno(ENOMEM, "dashboard");
	if (ret) {
		free(*html);
		*html = NULL;
	}
	return ret ? ret : unread || page.is_partial;
}
