// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where the time of a fault goes: a row for each stage, a column for each cell, as many columns to
 * a table as the line holds. Several runs of a cell are one column: the mean over all their faults.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/diag.h"
#include "base/printable.h"
#include "base/text_table.h"
#include "result/stages.h"
#include "show/show.h"
#include "view/stage_table.h"

#define LABEL_COLUMNS 14 /* "journal_wait", and the indent */
#define SHARE_COLUMNS 5	 /* " 100%" */
#define DECIMALS      2

static const char *write_share(double ns, double whole, char text[PRINTABLE_NUMBER])
{
	double share = ns / whole * 100;

	if (!isfinite(share))
		return strcpy(text, "-");
	if (share >= 999.5)
		return strcpy(text, ">9x");
	snprintf(text, PRINTABLE_NUMBER, share < 0.5 ? "<1%%" : "%.0f%%", share);
	return text;
}

/* "84.30  72%"; what no fault was in is a plain 0. */
static int add_share(struct text_table *table, const char *sign, double ns, double whole)
{
	char number[PRINTABLE_NUMBER], share[PRINTABLE_NUMBER], text[2 * PRINTABLE_NUMBER + 4];

	if (isnan(ns) || ns == 0)
		return text_table_add(table, isnan(ns) ? "-" : "0");
	snprintf(text, sizeof(text), "%s%s %4s", sign, printable_us(ns, DECIMALS, number),
		 write_share(ns, whole, share));
	return text_table_add(table, text);
}

static int add_number(struct text_table *table, double value)
{
	char number[PRINTABLE_NUMBER];

	return text_table_add(table, isnan(value) ? "-" : printable_count((uint64_t)value, number));
}

static int add_blank(struct text_table *table)
{
	int ret = 0;

	for (size_t i = 0; i < table->columns; i++)
		ret |= text_table_add(table, "");
	return ret;
}

/* The part of a section that one table shows. */
struct part {
	const struct section *section;
	const struct section_column *columns;
	size_t count;
};

static int add_names(struct text_table *table, const struct part *part)
{
	bool has_runs = false;
	int ret = text_table_add(table, "load");

	for (size_t i = 0; i < part->count; i++) {
		ret |= text_table_add(table, load_words[part->columns[i].config->load]);
		has_runs |= part->columns[i].runs > 1;
	}
	ret |= text_table_add(table, "sync");
	for (size_t i = 0; i < part->count; i++)
		ret |= text_table_add(table, sync_words[part->columns[i].config->sync]);
	if (has_runs)
		ret |= text_table_add(table, "runs");
	for (size_t i = 0; has_runs && i < part->count; i++)
		ret |= add_number(table, (double)part->columns[i].runs);
	return ret | add_blank(table);
}

static int add_stages(struct text_table *table, const struct part *part)
{
	int ret = 0;

	for (int stage = 0; stage < STAGE_COUNT; stage++) {
		if (!part->section->is_in[stage])
			continue;
		ret |= text_table_add(table, stage_words[stage]);
		for (size_t i = 0; i < part->count; i++)
			ret |= add_share(table, "",
					 section_mean_of(&part->columns[i].stages[stage]),
					 section_mean_of(&part->columns[i].fault));
	}
	ret |= text_table_add(table, "sum");
	for (size_t i = 0; i < part->count; i++)
		ret |= add_share(table, "", section_stages_ns(&part->columns[i]),
				 section_mean_of(&part->columns[i].fault));
	return ret | add_blank(table);
}

/* A row of one mean, with its share of another; offsets are of struct section_column. */
static int add_means(struct text_table *table, const struct part *part, const char *label,
		     size_t offset, size_t whole_offset)
{
	int ret = text_table_add(table, label);

	for (size_t i = 0; i < part->count; i++) {
		const char *column = (const char *)&part->columns[i];
		double ns = section_mean_of(
			(const struct section_mean *)(const void *)(column + offset));

		ret |= add_share(table, "", ns,
				 section_mean_of((const void *)(column + whole_offset)));
	}
	return ret;
}

static int add_costs(struct text_table *table, const struct part *part)
{
	int ret = text_table_add(table, "probes cost");

	for (size_t i = 0; i < part->count; i++) {
		double ns = section_mean_of(&part->columns[i].cost);

		ret |= add_share(table, ns < 0 ? "-" : "+", fabs(ns),
				 section_mean_of(&part->columns[i].plain_p50));
	}
	return ret;
}

static int add_phases(struct text_table *table, const struct part *part)
{
	static const char *const labels[PHASE_COUNT] = {
		[PHASE_LOCKED] = "  locked",
		[PHASE_FLUSHING] = "  flushing",
		[PHASE_LOGGING] = "  logging",
		[PHASE_ALL] = "commit",
	};
	static const int order[PHASE_COUNT] = { PHASE_ALL, PHASE_LOCKED, PHASE_FLUSHING,
						PHASE_LOGGING };
	int ret = 0;

	for (int phase = 0; phase < PHASE_COUNT; phase++) {
		bool has_any = false;

		for (size_t i = 0; i < part->count; i++)
			has_any |= part->columns[i].phases[order[phase]].count > 0;
		if (!has_any)
			continue;
		ret |= phase ? 0 : add_blank(table);
		ret |= add_means(table, part, labels[order[phase]],
				 offsetof(struct section_column, phases[0]) +
					 (size_t)order[phase] * sizeof(struct section_mean),
				 offsetof(struct section_column, phases[PHASE_ALL]));
	}
	return ret;
}

static int add_counts(struct text_table *table, const struct part *part)
{
	int ret = add_blank(table);

	for (size_t i = 0; i < SECTION_COUNTS; i++) {
		bool has_any = section_counts[i].is_always;

		for (size_t j = 0; j < part->section->count; j++)
			has_any |= part->section->columns[j].counts[i].sum > 0;
		if (!has_any)
			continue;
		ret |= text_table_add(table, section_counts[i].label);
		for (size_t j = 0; j < part->count; j++)
			ret |= add_number(table, section_sum_of(&part->columns[j].counts[i]));
	}
	return ret;
}

static int print_part(const struct show *show, const struct part *part)
{
	const char *heads[SECTION_CELLS + 1] = { "file" };
	auto_text_table struct text_table table = { .heads = heads,
						    .columns = part->count + 1,
						    .left_columns = 1 };
	int ret;

	for (size_t i = 0; i < part->count; i++)
		heads[i + 1] = state_words[part->columns[i].config->state];
	ret = add_names(&table, part) | add_stages(&table, part);
	ret |= add_means(&table, part, "blocked", offsetof(struct section_column, blocked),
			 offsetof(struct section_column, fault));
	ret |= add_means(&table, part, "runnable", offsetof(struct section_column, runnable),
			 offsetof(struct section_column, fault));
	ret |= add_costs(&table, part) | add_phases(&table, part) | add_counts(&table, part);
	if (ret)
		return diag_errno(ENOMEM, "show");
	text_table_print(&table, show->out);
	fprintf(show->out, "\n");
	return 0;
}

static void widen(size_t *columns, double ns)
{
	char number[PRINTABLE_NUMBER];
	size_t wanted = strlen(printable_us(ns, DECIMALS, number)) + SHARE_COLUMNS + 1;

	if (wanted > *columns)
		*columns = wanted;
}

/* How many columns a line holds; an even number, so that none and map_sync stay side by side. */
static size_t columns_of_line(const struct section *section)
{
	size_t columns = 0, fit;

	for (size_t i = 0; i < section->count; i++) {
		const struct section_column *column = &section->columns[i];

		widen(&columns, section_mean_of(&column->fault));
		widen(&columns, section_stages_ns(column));
		widen(&columns, section_mean_of(&column->blocked));
		widen(&columns, section_mean_of(&column->runnable));
		widen(&columns, fabs(section_mean_of(&column->cost)));
		for (int phase = 0; phase < PHASE_COUNT; phase++)
			widen(&columns, section_mean_of(&column->phases[phase]));
		for (size_t j = 0; j < SECTION_COUNTS; j++)
			widen(&columns, section_sum_of(&column->counts[j]));
	}
	fit = (TEXT_TABLE_WIDTH - LABEL_COLUMNS) / columns;
	return fit < 2 ? 1 : fit < section->count ? fit & ~(size_t)1 : fit;
}

bool show_has_probes(struct table_span span)
{
	for (size_t i = 0; i < span.count; i++)
		if (span.entries[i].cell->has_probes)
			return true;
	return false;
}

int show_probes(const struct show *show, struct table_span span)
{
	struct section section = { .count = 0 };
	size_t fit;

	section_fill(&section, span);
	if (!section.count)
		return 0;
	fit = columns_of_line(&section);
	fprintf(show->out, "Where the time of a fault goes, by stage (mean us over all faults, and "
			   "share):\n\n");
	for (size_t i = 0; i < section.count; i += fit) {
		struct part part = { &section, &section.columns[i],
				     section.count - i < fit ? section.count - i : fit };

		if (print_part(show, &part))
			return -ENOMEM;
	}
	show_worst(show, span);
	return 0;
}

void show_legend(const struct show *show, struct table_span span)
{
	fprintf(show->out, "Stages, each without those entered from it:\n");
	for (int stage = 0; stage < STAGE_COUNT; stage++) {
		bool is_in = stage == STAGE_OUTSIDE;

		for (size_t i = 0; !is_in && i < span.count; i++)
			is_in = span.entries[i].cell->has_probes &&
				span.entries[i].cell->probes.stages[stage].mean_ns > 0;
		if (is_in)
			fprintf(show->out, "  %-12s  %s\n", stage_words[stage],
				stage_meaning(stage));
	}
	show_wrapped(
		show,
		"0: no fault was in it. -: it cannot be had. blocked, runnable: off the CPU, "
		"waiting for something and for the CPU, in whatever stage. probes cost: p50 "
		"with probes minus p50 without, and its share of the latter. commit: of the "
		"journal, meanwhile, by phases. Of several runs: the mean over all faults, and "
		"the sum of the counts.",
		0);
}
