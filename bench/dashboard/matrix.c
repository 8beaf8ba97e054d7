// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The matrix: for each figure, and each file system of each variant, a table of states and loads
 * against sync. All of them are in the page; radio buttons above choose which is seen.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "dashboard/page.h"
#include "dashboard/text.h"

/* Both sides of a row of a table; an index of page.cells, or none. */
#define NO_CELL SIZE_MAX
struct table_row {
	size_t cells[SYNC_MAP_SYNC + 1];
};

static void print_name(FILE *out, const char *text)
{
	page_escape(out, text);
}

static void print_class(FILE *out, int verdict)
{
	fputs(verdict == COMPARE_NONE ? "none" : compare_verdict_words[verdict], out);
}

static void print_pair(const struct compare_row *row, FILE *out)
{
	char base[PAGE_VALUE_SIZE], new[PAGE_VALUE_SIZE];

	fprintf(out, " <span class=\"pair\">%s → %s</span>", page_value(row->base, base),
		page_value(row->new, new));
}

/* A cell that only one side has is shown with its value and without a verdict. */
static void print_alone(const struct page *page, const struct page_cell *cell, int figure,
			FILE *out)
{
	char value[PAGE_VALUE_SIZE];
	double ns = figure < FIGURES_WITH_HISTORY ? page_point(page, cell, figure, SIDE_NEW) : NAN;

	fprintf(out, "<b>%s</b>%s", page_value(ns, value),
		page->is_compared ? " <span class=\"pair\">not in both</span>" : "");
}

static void print_cell(const struct page *page, size_t index, int figure, FILE *out)
{
	const struct page_cell *cell = &page->cells[index];
	const struct compare_row *row = page_row(cell, figure);
	char change[COMPARE_CHANGE_SIZE];

	fprintf(out, "<td><a class=\"verdict ");
	print_class(out, row ? row->verdict : COMPARE_NONE);
	fprintf(out, "\" href=\"#c%zu\" data-figure=\"%d\">", index, figure);
	if (!row) {
		print_alone(page, cell, figure, out);
	} else {
		fprintf(out,
			"<span class=\"mark\">%s</span> <b>%s</b> <span class=\"word\">%s</span>",
			page_mark(row->verdict), compare_change(row->ratio, change),
			compare_verdict_words[row->verdict]);
		print_pair(row, out);
	}
	fprintf(out, "</a></td>");
}

static bool is_same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool is_same_fs(const struct cell_config *a, const struct cell_config *b)
{
	return is_same_text(a->fs, b->fs) && is_same_text(a->mkfs_options, b->mkfs_options) &&
	       is_same_text(a->mount_options, b->mount_options) && a->dax == b->dax;
}

static bool is_same_variant(const struct cell_config *a, const struct cell_config *b)
{
	char one[PHRASE_SIZE], other[PHRASE_SIZE];

	return !strcmp(phrase_variant(a, one), phrase_variant(b, other));
}

/* The cell between index and end that differs from the one at index only in sync. */
static size_t find_partner(const struct page *page, size_t index, size_t end)
{
	struct cell_config config = *page->cells[index].config;
	char key[CELL_KEY_SIZE];

	config.sync = config.sync == SYNC_NONE ? SYNC_MAP_SYNC : SYNC_NONE;
	if (cell_key(&config, key, sizeof(key)))
		return NO_CELL;
	for (size_t i = index + 1; i < end; i++)
		if (!strcmp(page->cells[i].key, key) &&
		    page->cells[i].config->sched == config.sched &&
		    page->cells[i].config->pause_us == config.pause_us)
			return i;
	return NO_CELL;
}

static void print_row(const struct page *page, const struct table_row *row, int figure, FILE *out)
{
	char name[PHRASE_SIZE];
	size_t any = row->cells[SYNC_NONE] != NO_CELL ? row->cells[SYNC_NONE]
						      : row->cells[SYNC_MAP_SYNC];

	fprintf(out, "<tr><th scope=\"row\">");
	print_name(out, phrase_row(page->cells[any].config, name));
	fprintf(out, "</th>");
	for (int sync = SYNC_NONE; sync <= SYNC_MAP_SYNC; sync++)
		if (row->cells[sync] == NO_CELL)
			fprintf(out, "<td class=\"absent\">not in the suite</td>");
		else
			print_cell(page, row->cells[sync], figure, out);
	fprintf(out, "</tr>\n");
}

/* The cells from begin to end are of one file system. */
static void print_table(const struct page *page, size_t begin, size_t end, int figure, FILE *out)
{
	char name[PHRASE_SIZE];

	fprintf(out, "<table class=\"matrix\"><caption>");
	print_name(out, phrase_fs(page->cells[begin].config, name));
	fprintf(out,
		" <span class=\"figure\">%s</span></caption>\n"
		"<thead><tr><th scope=\"col\">file, load</th><th scope=\"col\">no MAP_SYNC</th>"
		"<th scope=\"col\">MAP_SYNC</th></tr></thead>\n<tbody>\n",
		figure_names[figure]);
	for (size_t i = begin; i < end; i++) {
		struct table_row row = { { NO_CELL, NO_CELL } };
		int sync = page->cells[i].config->sync;
		bool is_told = false;

		for (size_t j = begin; j < i && !is_told; j++)
			is_told = find_partner(page, j, end) == i;
		if (is_told)
			continue;
		row.cells[sync] = i;
		row.cells[!sync] = find_partner(page, i, end);
		print_row(page, &row, figure, out);
	}
	fprintf(out, "</tbody></table>\n");
}

static void print_variants(const struct page *page, int figure, FILE *out)
{
	char name[PHRASE_SIZE];

	for (size_t i = 0; i < page->cell_count;) {
		const struct cell_config *variant = page->cells[i].config;

		fprintf(out, "<p class=\"variant\">");
		print_name(out, phrase_variant(variant, name));
		fprintf(out, "; %s</p>\n<div class=\"tables\">\n", page_unit(page));
		while (i < page->cell_count && is_same_variant(page->cells[i].config, variant)) {
			size_t begin = i;

			while (i < page->cell_count &&
			       is_same_variant(page->cells[i].config, variant) &&
			       is_same_fs(page->cells[i].config, page->cells[begin].config))
				i++;
			print_table(page, begin, i, figure, out);
		}
		fprintf(out, "</div>\n");
	}
}

/* Without a comparison there are the figures that have a history. */
static bool has_figure(const struct page *page, int figure)
{
	for (size_t i = 0; i < page->cell_count; i++)
		if (page->is_compared
			    ? page_row(&page->cells[i], figure) != NULL
			    : figure < FIGURES_WITH_HISTORY && page->cells[i].series[figure])
			return true;
	return false;
}

static size_t count_changed(const struct page *page, int figure)
{
	size_t changed = 0;

	for (size_t i = 0; i < page->cell_count; i++) {
		const struct compare_row *row = page_row(&page->cells[i], figure);

		changed += row && (row->verdict == COMPARE_WORSE || row->verdict == COMPARE_BETTER);
	}
	return changed;
}

void page_print_matrix(const struct page *page, FILE *out)
{
	fprintf(out, "<div class=\"tabs\">\n<fieldset><legend>Figure</legend>\n");
	for (int figure = 0; figure < FIGURES_COMPARED; figure++) {
		if (!has_figure(page, figure))
			continue;
		fprintf(out,
			"<label><input type=\"radio\" name=\"figure\" value=\"%d\"%s> %s"
			"<span class=\"count\"> %zu</span></label>\n",
			figure, figure ? "" : " checked", figure_names[figure],
			count_changed(page, figure));
	}
	fprintf(out, "</fieldset>\n");
	for (int figure = 0; figure < FIGURES_COMPARED; figure++) {
		if (!has_figure(page, figure))
			continue;
		fprintf(out, "<div class=\"tab\" data-figure=\"%d\">\n", figure);
		print_variants(page, figure, out);
		fprintf(out, "</div>\n");
	}
	fprintf(out, "</div>\n");
}
