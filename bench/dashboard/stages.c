// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the time of the mean fault goes, in cells that were measured with probes. */
#include <math.h>
#include <string.h>

#include "dashboard/page.h"
#include "dashboard/text.h"
#include "result/stages.h"
#include "view/stage_table.h"

/* The runs of a cell on one side that have probes, as one column; its count is 0 without any. */
static void fill_side(const struct set_cell *cell, struct section *section)
{
	auto_free struct table_entry *entries = NULL;
	size_t count = 0;

	memset(section, 0, sizeof(*section));
	if (!cell)
		return;
	entries = calloc(cell->run_count, sizeof(*entries));
	for (size_t i = 0; entries && i < cell->run_count; i++)
		if (cell->runs[i].cell->has_probes)
			entries[count++] =
				(struct table_entry){ cell->runs[i].file, cell->runs[i].result,
						      cell->runs[i].cell, 0 };
	if (count)
		section_fill(section, (struct table_span){ entries, count });
}

static double stage_ns(const struct section *section, int stage)
{
	return section->count ? section_mean_of(&section->columns[0].stages[stage]) : NAN;
}

/* A bar's length in percent of the longer of the two faults. */
static void print_bar(double ns, double whole, const char *class, FILE *out)
{
	if (isfinite(ns) && ns > 0)
		fprintf(out, "<i class=\"bar %s\" style=\"width:%.2f%%\"></i>", class,
			ns / whole * 100);
}

static void print_numbers(const double ns[SIDES], FILE *out)
{
	char value[PAGE_VALUE_SIZE], change[COMPARE_CHANGE_SIZE];

	for (int side = 0; side < SIDES; side++)
		fprintf(out, "<td>%s</td>", page_value(ns[side], value));
	fprintf(out, "<td>%s</td>",
		ns[SIDE_BASE] > 0 ? compare_change(ns[SIDE_NEW] / ns[SIDE_BASE], change) : "–");
}

static void print_stage(const struct section sections[SIDES], int stage, double whole, FILE *out)
{
	double ns[SIDES];

	for (int side = 0; side < SIDES; side++)
		ns[side] = stage_ns(&sections[side], stage);
	fprintf(out,
		"<tr><th scope=\"row\"><span class=\"stage\">%s</span> <span class=\"meaning\">",
		stage_words[stage]);
	page_escape(out, stage_meaning(stage));
	fprintf(out, "</span></th>");
	print_numbers(ns, out);
	fprintf(out, "<td class=\"bars\">");
	print_bar(ns[SIDE_BASE], whole, "base", out);
	print_bar(ns[SIDE_NEW], whole, "new", out);
	fprintf(out, "</td></tr>\n");
}

static void print_sum(const struct section sections[SIDES], FILE *out)
{
	double ns[SIDES];

	for (int side = 0; side < SIDES; side++)
		ns[side] =
			sections[side].count ? section_stages_ns(&sections[side].columns[0]) : NAN;
	fprintf(out, "<tr class=\"sum\"><th scope=\"row\">sum</th>");
	print_numbers(ns, out);
	fprintf(out, "<td></td></tr>\n");
}

static void print_head(const struct page *page, FILE *out)
{
	fprintf(out,
		"<h4>Stage by stage</h4>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
		"aria-label=\"stages\"><table class=\"stages\"><thead><tr><th scope=\"col\">"
		"%s, mean fault with probes</th>",
		page_unit(page));
	for (int side = 0; side < SIDES; side++) {
		fprintf(out, "<th scope=\"col\">");
		page_text(out, page_build_name(page, page->build[side]));
		fprintf(out, "</th>");
	}
	fprintf(out, "<th scope=\"col\">change</th><th scope=\"col\"></th></tr></thead>\n");
}

void page_print_stages(const struct page_cell *cell, const struct page *page, FILE *out)
{
	struct section sections[SIDES];
	double whole = 0;

	for (int side = 0; side < SIDES; side++) {
		fill_side(cell->sides[side], &sections[side]);
		for (int stage = 0; stage < STAGE_COUNT; stage++)
			whole = fmax(whole, stage_ns(&sections[side], stage));
	}
	if (!sections[SIDE_BASE].count && !sections[SIDE_NEW].count)
		return;
	print_head(page, out);
	for (int stage = 0; stage < STAGE_COUNT; stage++)
		if (stage_ns(&sections[SIDE_BASE], stage) > 0 ||
		    stage_ns(&sections[SIDE_NEW], stage) > 0)
			print_stage(sections, stage, whole, out);
	print_sum(sections, out);
	fprintf(out, "</table></div>\n");
}
