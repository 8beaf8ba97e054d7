// SPDX-License-Identifier: GPL-2.0-or-later
/* The top of the page: what is compared, the outcome, and when it changed. */
#include <math.h>
#include <string.h>

#include "dashboard/page.h"
#include "dashboard/text.h"

#define EVENT_PARTS 3 /* of an event that are named; the others are in their cells */

static bool has_two(const struct page *page)
{
	return page->build[SIDE_BASE] != page->build[SIDE_NEW];
}

void page_print_heading(const struct page *page, FILE *out)
{
	if (has_two(page)) {
		page_text(out, page_build_name(page, page->build[SIDE_BASE]));
		fprintf(out, " <span class=\"arrow\">→</span> ");
	}
	page_text(out, page_build_name(page, page->build[SIDE_NEW]));
}

void page_print_sentence(const struct page *page, FILE *out)
{
	if (page->is_compared) {
		page_text(out, page->comparison.sentence);
	} else if (has_two(page)) {
		fprintf(out, "Not compared: ");
		page_text(out, page->refusal);
	} else {
		fprintf(out, "One build alone: there is nothing to compare it with.");
	}
}

void page_print_tally(const struct page *page, FILE *out)
{
	const struct compare_counts *counts = &page->comparison.counts;
	const struct {
		int verdict;
		uint64_t count;
		const char *words;
	} items[] = {
		{ COMPARE_WORSE, counts->worse, "worse" },
		{ COMPARE_BETTER, counts->better, "better" },
		{ COMPARE_SAME, counts->same, "same" },
		{ COMPARE_UNKNOWN, counts->unknown, "unknown: more runs would tell" },
		{ COMPARE_NONE, counts->none, "not to be had of so few faults" },
	};

	if (!page->is_compared)
		return;
	fprintf(out, "<ul class=\"tally\" aria-label=\"verdicts\">\n");
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++)
		fprintf(out,
			"<li class=\"said %s\"><span class=\"mark\">%s</span> <b>%llu</b> %s</li>\n",
			compare_verdict_words[items[i].verdict], page_mark(items[i].verdict),
			(unsigned long long)items[i].count, items[i].words);
	fprintf(out, "</ul>\n");
}

/* The article of a series' cell, and the number of its figure there. */
static size_t find_cell(const struct page *page, const struct history_series *series, int *figure)
{
	for (size_t i = 0; i < page->cell_count; i++)
		for (*figure = 0; *figure < FIGURES_WITH_HISTORY; ++*figure)
			if (page->cells[i].series[*figure] == series)
				return i;
	*figure = 0;
	return 0;
}

static void print_part(const struct page *page, const struct history_part *part, FILE *out)
{
	const struct history_series *series = &page->history.series[part->series];
	const struct history_change *change = &series->changes[part->change];
	char before[PAGE_VALUE_SIZE], after[PAGE_VALUE_SIZE], ratio[COMPARE_CHANGE_SIZE];
	char name[PHRASE_SIZE];
	int figure;
	size_t cell = find_cell(page, series, &figure);

	fprintf(out, "<a href=\"#c%zu\" data-figure=\"%d\">", cell, figure);
	page_escape(out, phrase_cell(&series->config, name));
	fprintf(out, "</a> %s %s → %s <b>%s</b>", figure_names[series->figure],
		page_value(change->before, before), page_value(change->after, after),
		compare_change(change->ratio, ratio));
}

static void print_counts(const struct history_event *event, FILE *out)
{
	fprintf(out, "<span class=\"counts\">");
	if (event->worse)
		fprintf(out, "<span class=\"said worse\"><span class=\"mark\">▲</span> %zu</span> ",
			event->worse);
	if (event->better)
		fprintf(out,
			"<span class=\"said better\"><span class=\"mark\">▼</span> %zu</span> ",
			event->better);
	fprintf(out, "of cells and figures</span>");
}

void page_print_range(const struct page *page, int kind, size_t last_good, size_t first_bad,
		      FILE *out)
{
	if (kind == HISTORY_SUSPECT) {
		fprintf(out, "at ");
		page_text(out, page_build_name(page, first_bad));
		fprintf(out, " alone");
		return;
	}
	fprintf(out, "after ");
	page_text(out, page_build_name(page, last_good));
	fprintf(out, ", not after ");
	page_text(out, page_build_name(page, first_bad));
}

void page_print_git(const struct page *page, size_t last_good, size_t first_bad, FILE *out)
{
	char command[512] = "";

	if (last_good < first_bad)
		history_git_range(&page->history, last_good, first_bad, command, sizeof(command));
	if (!*command)
		return;
	fprintf(out, "<code class=\"command\">");
	page_escape(out, command);
	fprintf(out, "</code>");
}

static void print_event(const struct page *page, const struct history_event *event, FILE *out)
{
	fprintf(out, "<li class=\"event\"><h3>");
	page_print_range(page, event->kind, event->last_good, event->first_bad, out);
	fprintf(out, "</h3>\n<p>");
	print_counts(event, out);
	fprintf(out, "</p>\n<ol>\n");
	for (size_t i = 0; i < event->part_count && i < EVENT_PARTS; i++) {
		fprintf(out, "<li>");
		print_part(page, &event->parts[i], out);
		fprintf(out, "</li>\n");
	}
	fprintf(out, "</ol>\n");
	if (event->part_count > EVENT_PARTS)
		fprintf(out, "<p class=\"note\">and %zu smaller</p>\n",
			event->part_count - EVENT_PARTS);
	fprintf(out, "<p>");
	page_print_git(page, event->last_good, event->first_bad, out);
	fprintf(out, "</p>\n</li>\n");
}

static bool is_shown(const struct page *page, size_t event, int kind)
{
	return page->history.events[event].track == page->track &&
	       page->history.events[event].kind == kind;
}

static size_t count_events(const struct page *page, int kind)
{
	size_t count = 0;

	for (size_t i = 0; i < page->history.event_count; i++)
		count += is_shown(page, i, kind);
	return count;
}

static void print_suspect(const struct page *page, const struct history_event *event, FILE *out)
{
	fprintf(out, "<li><span class=\"mark\">?</span> ");
	page_print_range(page, event->kind, event->last_good, event->first_bad, out);
	fprintf(out, ": ");
	for (size_t i = 0; i < event->part_count && i < EVENT_PARTS; i++) {
		fputs(i ? "; " : "", out);
		print_part(page, &event->parts[i], out);
	}
	if (event->part_count > EVENT_PARTS)
		fprintf(out, "; and %zu smaller", event->part_count - EVENT_PARTS);
	fprintf(out, "</li>\n");
}

static void print_suspects(const struct page *page, FILE *out)
{
	size_t count = count_events(page, HISTORY_SUSPECT);

	if (!count)
		return;
	fprintf(out,
		"<details class=\"suspects\"><summary>%zu suspect%s: one build is odd, and the next "
		"is not, or there is none yet</summary>\n<ul>\n",
		count, count == 1 ? "" : "s");
	for (size_t i = 0; i < page->history.event_count; i++)
		if (is_shown(page, i, HISTORY_SUSPECT))
			print_suspect(page, &page->history.events[i], out);
	fprintf(out, "</ul></details>\n");
}

void page_print_events(const struct page *page, FILE *out)
{
	size_t count = count_events(page, HISTORY_CHANGE);

	fprintf(out,
		count ? "<ol class=\"events\">\n"
		      : "<p>No cell changed for good at any build of this folder, as far as its "
			"floor and number of builds can tell.</p>\n");
	for (size_t i = 0; i < page->history.event_count; i++)
		if (is_shown(page, i, HISTORY_CHANGE))
			print_event(page, &page->history.events[i], out);
	fprintf(out, count ? "</ol>\n" : "");
	print_suspects(page, out);
}

static void print_fact(const char *name, const char *const sides[SIDES], FILE *out)
{
	if (!sides[SIDE_BASE] && !sides[SIDE_NEW])
		return;
	fprintf(out, "<tr><th scope=\"row\">%s</th>", name);
	for (int side = 0; side < SIDES; side++) {
		fprintf(out, "<td>");
		page_text(out, sides[side] ? sides[side] : "–");
		fprintf(out, "</td>");
	}
	fprintf(out, "</tr>\n");
}

/* The first result of each side: those of a set agree in what is shown here, except the start. */
#define FACT(name, field)                                                               \
	print_fact(name,                                                                \
		   (const char *const[SIDES]){ page->sets[SIDE_BASE].results[0].field,  \
					       page->sets[SIDE_NEW].results[0].field }, \
		   out)

void page_print_identity(const struct page *page, FILE *out)
{
	fprintf(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"identity\">"
		     "<table class=\"identity\"><thead><tr><td></td><th scope=\"col\">A: ");
	page_text(out, page_build_name(page, page->build[SIDE_BASE]));
	fprintf(out, "</th><th scope=\"col\">B: ");
	page_text(out, page_build_name(page, page->build[SIDE_NEW]));
	fprintf(out, "</th></tr></thead>\n");
	FACT("kernel", host.kernel);
	FACT("version", host.version);
	FACT("package", guest.kernel_package);
	FACT("build id", host.build_id);
	FACT("configuration", host.config_digest);
	FACT("machine", host.machine);
	FACT("CPU", host.cpu);
	FACT("emulator", guest.qemu);
	FACT("suite", suite);
	FACT("measured", started);
	FACT("syncfault", tool.version);
	FACT("its commit", tool.commit);
	fprintf(out, "</table></div>\n");
}
