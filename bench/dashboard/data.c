// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the charts are drawn from, as one JSON object in a script element:
 *
 *	unit	"thousand instructions" or "µs"; all values are in thousandths of it
 *	sides	indices in builds of A and B
 *	builds	names, oldest first
 *	figures	names, of series
 *	cells	in the order of the articles c0, c1, …:
 *		series	for each figure a value for each build, or null
 *		changes	figure, suspect, from and to (builds), ratio
 *		curves	of A and of B: [x, value] lists: one of x faults takes that long or longer
 */
#include <math.h>

#include "dashboard/page.h"
#include "dashboard/text.h"

static void print_series(const struct page *page, const struct page_cell *cell, FILE *out)
{
	fprintf(out, "\"series\":[");
	for (int i = 0; i < FIGURES_WITH_HISTORY; i++) {
		fprintf(out, "%s[", i ? "," : "");
		for (size_t j = 0; cell->series[i] && j < page->history.build_count; j++) {
			fputs(j ? "," : "", out);
			page_json_number(out, cell->series[i]->points[j].value);
		}
		fputc(']', out);
	}
	fputc(']', out);
}

static void print_changes(const struct page_cell *cell, FILE *out)
{
	const char *between = "";

	fprintf(out, ",\"changes\":[");
	for (int i = 0; i < FIGURES_WITH_HISTORY; i++)
		for (size_t j = 0; cell->series[i] && j < cell->series[i]->change_count; j++) {
			const struct history_change *change = &cell->series[i]->changes[j];

			fprintf(out,
				"%s{\"figure\":%d,\"suspect\":%s,\"from\":%zu,\"to\":%zu,\"ratio\":",
				between, i, change->kind == HISTORY_SUSPECT ? "true" : "false",
				change->last_good, change->first_bad);
			page_json_number(out, change->ratio);
			fputc('}', out);
			between = ",";
		}
	fputc(']', out);
}

/*
 * All faults of the runs of a cell, counted together: the slots agree, since all come from
 * bpf/slots.h.
 */
static bool pool(const struct set_cell *cell, struct hist *hist)
{
	hist_init(hist);
	for (size_t i = 0; cell && i < cell->run_count; i++) {
		const struct latency *latency = &cell->runs[i].cell->latency;

		for (size_t j = 0; j < latency->hist_ns_count; j++) {
			const struct bucket *bucket = &latency->hist_ns[j];
			uint64_t highest = bucket->to < latency->max ? bucket->to : latency->max;
			unsigned slot = slot_of(highest);

			if (slot >= SLOT_COUNT)
				continue;
			hist->slots[slot] += bucket->count;
			hist->count += bucket->count;
			hist->max_ns = latency->max > hist->max_ns ? latency->max : hist->max_ns;
		}
	}
	return hist->count;
}

static void print_axis(const struct hist *hist, bool is_x, FILE *out)
{
	uint64_t left = hist->count;
	const char *between = "";

	fputc('[', out);
	for (unsigned slot = 0; slot < SLOT_COUNT; slot++) {
		uint64_t highest = slot_high(slot);

		if (!hist->slots[slot])
			continue;
		fputs(between, out);
		page_json_number(out,
				 is_x ? (double)hist->count / (double)left
				      : (double)(highest < hist->max_ns ? highest : hist->max_ns));
		left -= hist->slots[slot];
		between = ",";
	}
	/* The slowest fault is one of count, in whatever slot. */
	fputs(between, out);
	page_json_number(out, (double)(is_x ? hist->count : hist->max_ns));
	fputc(']', out);
}

static void print_curves(const struct page *page, const struct page_cell *cell, FILE *out)
{
	fprintf(out, ",\"curves\":[");
	for (int side = SIDE_BASE; side < SIDES; side++) {
		struct hist hist;

		fputs(side ? "," : "", out);
		if (!pool(cell->sides[side], &hist) ||
		    (side == SIDE_BASE && page->build[SIDE_BASE] == page->build[SIDE_NEW])) {
			fputs("null", out);
			continue;
		}
		fputc('[', out);
		print_axis(&hist, true, out);
		fputc(',', out);
		print_axis(&hist, false, out);
		fputc(']', out);
	}
	fputc(']', out);
}

void page_print_data(const struct page *page, FILE *out)
{
	fprintf(out, "{\"unit\":\"%s\",\"sides\":[%zu,%zu],\n\"builds\":[", page_unit(page),
		page->build[SIDE_BASE], page->build[SIDE_NEW]);
	for (size_t i = 0; i < page->history.build_count; i++) {
		fputs(i ? "," : "", out);
		page_json_string(out, page_build_name(page, i));
	}
	fprintf(out, "],\n\"figures\":[");
	for (int i = 0; i < FIGURES_WITH_HISTORY; i++)
		fprintf(out, "%s\"%s\"", i ? "," : "", figure_names[i]);
	fprintf(out, "],\n\"cells\":[");
	for (size_t i = 0; i < page->cell_count; i++) {
		fprintf(out, "%s\n{", i ? "," : "");
		print_series(page, &page->cells[i], out);
		print_changes(&page->cells[i], out);
		print_curves(page, &page->cells[i], out);
		fputc('}', out);
	}
	fprintf(out, "]}\n");
}
