// SPDX-License-Identifier: GPL-2.0-or-later
/* An article for each cell: what was compared, where it changed, and places for its charts. */
#include <math.h>
#include <string.h>

#include "dashboard/page.h"
#include "dashboard/text.h"

static void print_interval(const struct compare_row *row, FILE *out)
{
	char low[COMPARE_CHANGE_SIZE], high[COMPARE_CHANGE_SIZE];

	if (isnan(row->low))
		return;
	fprintf(out, " <span class=\"interval\">%s … %s</span>", compare_change(row->low, low),
		compare_change(row->high, high));
}

static void print_row(const struct compare_row *row, FILE *out)
{
	char base[PAGE_VALUE_SIZE], new[PAGE_VALUE_SIZE], change[COMPARE_CHANGE_SIZE];

	fprintf(out, "<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td><td>%s",
		figure_names[row->figure], page_value(row->base, base), page_value(row->new, new),
		compare_change(row->ratio, change));
	print_interval(row, out);
	if (isnan(row->floor))
		fprintf(out, "</td><td>–</td>");
	else
		fprintf(out, "</td><td>±%.1f %%</td>", row->floor * 100);
	fprintf(out, "<td class=\"said %s\"><span class=\"mark\">%s</span> %s",
		compare_verdict_words[row->verdict], page_mark(row->verdict),
		compare_verdict_words[row->verdict]);
	if (row->verdict == COMPARE_UNKNOWN && row->runs_needed != U64_ABSENT)
		fprintf(out, ", needs %llu more run%s", (unsigned long long)row->runs_needed,
			row->runs_needed == 1 ? "" : "s");
	fprintf(out, "</td><td class=\"why\">");
	page_text(out, row->reason);
	fprintf(out, "</td></tr>\n");
}

static void print_distance(const struct compare_cell *cell, FILE *out)
{
	char value[PAGE_VALUE_SIZE];

	if (cell->is_identical)
		fprintf(out, "<p class=\"note\">Every sample of both is the same.</p>\n");
	else if (!isnan(cell->cdf_distance))
		fprintf(out,
			"<p class=\"note\">Largest distance of the two distributions: %.1f %% of "
			"faults, at %s.</p>\n",
			cell->cdf_distance * 100,
			page_value(cell->cdf_at == U64_ABSENT ? NAN : (double)cell->cdf_at, value));
}

static void print_evidence(const struct page *page, const struct page_cell *cell, FILE *out)
{
	if (!cell->compared) {
		fprintf(out, "<p class=\"note\">Not measured at both builds: no verdict.</p>\n");
		return;
	}
	fprintf(out,
		"<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
		"aria-label=\"figures and verdicts\"><table class=\"evidence\"><thead><tr>"
		"<th scope=\"col\">%s</th><th scope=\"col\">",
		page_unit(page));
	page_text(out, page_build_name(page, page->build[SIDE_BASE]));
	fprintf(out, "</th><th scope=\"col\">");
	page_text(out, page_build_name(page, page->build[SIDE_NEW]));
	fprintf(out, "</th><th scope=\"col\">change</th><th scope=\"col\">floor</th>"
		     "<th scope=\"col\">verdict</th><th scope=\"col\">because</th></tr></thead>\n");
	for (size_t i = 0; i < cell->compared->row_count; i++)
		print_row(&cell->compared->rows[i], out);
	fprintf(out, "</table></div>\n");
	print_distance(cell->compared, out);
}

static void print_change(const struct page *page, const struct history_series *series,
			 const struct history_change *change, FILE *out)
{
	char before[PAGE_VALUE_SIZE], after[PAGE_VALUE_SIZE], ratio[COMPARE_CHANGE_SIZE];

	fprintf(out, "<li><b>%s</b> ", figure_names[series->figure]);
	if (change->kind == HISTORY_SUSPECT)
		fprintf(out, "<span class=\"mark\">?</span> one odd build: ");
	else
		fprintf(out, "<span class=\"mark\">%s</span> ", change->ratio > 1 ? "▲" : "▼");
	fprintf(out, "%s → %s (%s), ", page_value(change->before, before),
		page_value(change->after, after), compare_change(change->ratio, ratio));
	page_print_range(page, change->kind, change->last_good, change->first_bad, out);
	if (isfinite(change->p))
		fprintf(out, ", p %.1e", change->p);
	fputc(' ', out);
	page_print_git(page, change->last_good, change->first_bad, out);
	fprintf(out, "</li>\n");
}

static void print_changes(const struct page *page, const struct page_cell *cell, FILE *out)
{
	size_t count = 0;

	for (int i = 0; i < FIGURES_WITH_HISTORY; i++)
		for (size_t j = 0; cell->series[i] && j < cell->series[i]->change_count; j++) {
			if (!count++)
				fprintf(out, "<ul class=\"changes\">\n");
			print_change(page, cell->series[i], &cell->series[i]->changes[j], out);
		}
	fprintf(out, count ? "</ul>\n" : "<p class=\"note\">No change point in its history.</p>\n");
}

static void print_cell(const struct page *page, size_t index, FILE *out)
{
	const struct page_cell *cell = &page->cells[index];
	char name[PHRASE_SIZE];

	fprintf(out,
		"<article class=\"cell\" id=\"c%zu\" tabindex=\"-1\" "
		"aria-labelledby=\"h%zu\">\n<h3 id=\"h%zu\">",
		index, index, index);
	page_escape(out, phrase_cell(cell->config, name));
	fprintf(out, "</h3>\n<p class=\"key\"><code>");
	page_text(out, cell->key);
	fprintf(out,
		"</code></p>\n<h4>Build by build</h4>\n<div class=\"chart timeline\"></div>\n");
	print_changes(page, cell, out);
	fprintf(out, "<h4>Figure by figure</h4>\n");
	print_evidence(page, cell, out);
	fprintf(out, "<div class=\"chart curves\"></div>\n");
	page_print_stages(cell, page, out);
	fprintf(out, "<p class=\"back\"><a href=\"#matrix\">Back to the matrix</a></p>\n"
		     "</article>\n");
}

void page_print_cells(const struct page *page, FILE *out)
{
	for (size_t i = 0; i < page->cell_count; i++)
		print_cell(page, i, out);
}
