// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two questions about the newest build that a comparison of builds does not answer: which file
 * system is faster, and what MAP_SYNC costs. Both use p50, with p99 next to it.
 */
#include <math.h>
#include <string.h>

#include "dashboard/page.h"
#include "dashboard/text.h"

#define HISTORY_P50 0
#define HISTORY_P99 2

/* The cell with this key, except for what config changed; NULL without numbers at the newest. */
static const struct page_cell *find(const struct page *page, const struct cell_config *config)
{
	char key[CELL_KEY_SIZE];

	if (cell_key(config, key, sizeof(key)))
		return NULL;
	for (size_t i = 0; i < page->cell_count; i++)
		if (!strcmp(page->cells[i].key, key) &&
		    isfinite(page_point(page, &page->cells[i], HISTORY_P50, SIDE_NEW)))
			return &page->cells[i];
	return NULL;
}

static bool has_options(const struct cell_config *config)
{
	return (config->mkfs_options && *config->mkfs_options) ||
	       (config->mount_options && *config->mount_options);
}

static const struct page_cell *find_xfs(const struct page *page, const struct page_cell *ext4)
{
	struct cell_config config = *ext4->config;

	if (strcmp(config.fs, "ext4") != 0 || has_options(&config))
		return NULL;
	config.fs = (char *)"xfs";
	return find(page, &config);
}

static const struct page_cell *find_synced(const struct page *page, const struct page_cell *cell)
{
	struct cell_config config = *cell->config;

	if (config.sync != SYNC_NONE)
		return NULL;
	config.sync = SYNC_MAP_SYNC;
	return find(page, &config);
}

typedef const struct page_cell *find_fn(const struct page *page, const struct page_cell *cell);

static void print_figures(const struct page *page, const struct page_cell *a,
			  const struct page_cell *b, int figure, bool is_difference, FILE *out)
{
	double from = page_point(page, a, figure, SIDE_NEW);
	double to = page_point(page, b, figure, SIDE_NEW);
	char one[PAGE_VALUE_SIZE], other[PAGE_VALUE_SIZE], text[PAGE_VALUE_SIZE];

	fprintf(out, "<td>%s</td><td>%s</td>", page_value(from, one), page_value(to, other));
	if (is_difference)
		fprintf(out, "<td>%s%s</td>", to < from ? "−" : "+",
			page_value(fabs(to - from), text));
	if (from > 0 && isfinite(to))
		fprintf(out, "<td>× %.2f</td>", to / from);
	else
		fprintf(out, "<td>–</td>");
}

static void print_row(const struct page *page, const struct page_cell *a, const struct page_cell *b,
		      bool is_difference, FILE *out)
{
	char name[PHRASE_SIZE];

	fprintf(out, "<tr><th scope=\"row\">");
	page_escape(out,
		    is_difference ? phrase_cell(a->config, name) : phrase_row(a->config, name));
	if (!is_difference && a->config->sync == SYNC_MAP_SYNC)
		fprintf(out, ", MAP_SYNC");
	fprintf(out, "</th>");
	print_figures(page, a, b, HISTORY_P50, is_difference, out);
	print_figures(page, a, b, HISTORY_P99, is_difference, out);
	fprintf(out, "</tr>\n");
}

static void print_heads(const char *from, const char *to, bool is_difference, FILE *out)
{
	for (int i = 0; i < 2; i++)
		fprintf(out,
			"<th scope=\"col\">%s</th><th scope=\"col\">%s</th>%s"
			"<th scope=\"col\">ratio</th>",
			from, to, is_difference ? "<th scope=\"col\">price</th>" : "");
	fprintf(out, "</tr></thead>\n");
}

static void print_table(const struct page *page, const char *caption, const char *from,
			const char *to, bool is_difference, find_fn *find_other, FILE *out)
{
	bool has_any = false;

	for (size_t i = 0; i < page->cell_count; i++) {
		const struct page_cell *cell = &page->cells[i], *other = find_other(page, cell);

		if (!other || !isfinite(page_point(page, cell, HISTORY_P50, SIDE_NEW)))
			continue;
		if (!has_any) {
			fprintf(out,
				"<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
				"aria-label=\"%s\"><table class=\"prices\"><caption>%s "
				"<span class=\"figure\">%s</span></caption>\n<thead><tr><td></td>"
				"<th colspan=\"%d\" scope=\"colgroup\">p50</th>"
				"<th colspan=\"%d\" scope=\"colgroup\">p99</th></tr>\n<tr><td></td>",
				caption, caption, page_unit(page), 3 + is_difference,
				3 + is_difference);
			print_heads(from, to, is_difference, out);
		}
		has_any = true;
		print_row(page, cell, other, is_difference, out);
	}
	if (has_any)
		fprintf(out, "</table></div>\n");
}

static bool has_any(const struct page *page)
{
	for (size_t i = 0; i < page->cell_count; i++)
		if (find_xfs(page, &page->cells[i]) || find_synced(page, &page->cells[i]))
			return true;
	return false;
}

void page_print_prices(const struct page *page, FILE *out)
{
	if (!has_any(page))
		return;
	fprintf(out, "<section aria-labelledby=\"prices\">\n<h2 id=\"prices\">At ");
	page_text(out, page_build_name(page, page->build[SIDE_NEW]));
	fprintf(out, "</h2>\n");
	print_table(page, "XFS against ext4", "ext4", "XFS", false, find_xfs, out);
	print_table(page, "The price of MAP_SYNC", "none", "MAP_SYNC", true, find_synced, out);
	fprintf(out, "</section>\n");
}
