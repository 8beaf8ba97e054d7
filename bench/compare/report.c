// SPDX-License-Identifier: GPL-2.0-or-later
#include "compare/report.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/printable.h"

#define CELL_COLUMNS   44
#define REASON_COLUMNS 76

static void write_verdict(const struct compare_cell *cell, const struct compare_row *row,
			  char text[COMPARE_FIELD_SIZE])
{
	(void)cell;
	if (row->verdict == COMPARE_UNKNOWN && row->runs_needed != U64_ABSENT)
		snprintf(text, COMPARE_FIELD_SIZE, "unknown +%llu",
			 (unsigned long long)row->runs_needed);
	else
		snprintf(text, COMPARE_FIELD_SIZE, "%s",
			 row->verdict == COMPARE_NONE ? "no verdict"
						      : compare_verdict_words[row->verdict]);
}

static void write_figure(const struct compare_cell *cell, const struct compare_row *row,
			 char text[COMPARE_FIELD_SIZE])
{
	(void)cell;
	snprintf(text, COMPARE_FIELD_SIZE, "%s", figure_names[row->figure]);
}

static void write_us(double ns, char text[COMPARE_FIELD_SIZE])
{
	printable_us(ns, ns < 10000 ? 3 : ns < 1e6 ? 2 : 1, text);
}

static void write_base(const struct compare_cell *cell, const struct compare_row *row,
		       char text[COMPARE_FIELD_SIZE])
{
	(void)cell;
	write_us(row->base, text);
}

static void write_new(const struct compare_cell *cell, const struct compare_row *row,
		      char text[COMPARE_FIELD_SIZE])
{
	(void)cell;
	write_us(row->new, text);
}

static void write_change(const struct compare_cell *cell, const struct compare_row *row,
			 char text[COMPARE_FIELD_SIZE])
{
	(void)cell;
	compare_change(row->ratio, text);
}

static void write_floor(const struct compare_cell *cell, const struct compare_row *row,
			char text[COMPARE_FIELD_SIZE])
{
	(void)cell;
	if (isnan(row->floor))
		snprintf(text, COMPARE_FIELD_SIZE, "-");
	else
		snprintf(text, COMPARE_FIELD_SIZE, "%.1f %%", row->floor * 100);
}

static void write_distance(const struct compare_cell *cell, const struct compare_row *row,
			   char text[COMPARE_FIELD_SIZE])
{
	(void)row;
	if (isnan(cell->cdf_distance))
		snprintf(text, COMPARE_FIELD_SIZE, "-");
	else
		snprintf(text, COMPARE_FIELD_SIZE, "%.2f", cell->cdf_distance);
}

static void write_interval(const struct compare_cell *cell, const struct compare_row *row,
			   char text[COMPARE_FIELD_SIZE])
{
	char low[COMPARE_CHANGE_SIZE], high[COMPARE_CHANGE_SIZE];

	(void)cell;
	if (isnan(row->low))
		snprintf(text, COMPARE_FIELD_SIZE, "-");
	else
		snprintf(text, COMPARE_FIELD_SIZE, "%s to %s", compare_change(row->low, low),
			 compare_change(row->high, high));
}

static void write_q(const struct compare_cell *cell, const struct compare_row *row,
		    char text[COMPARE_FIELD_SIZE])
{
	(void)cell;
	if (isnan(row->q))
		snprintf(text, COMPARE_FIELD_SIZE, "-");
	else
		snprintf(text, COMPARE_FIELD_SIZE, row->q < 0.001 ? "%.0e" : "%.3f", row->q);
}

static void write_cell(const struct compare_cell *cell, const struct compare_row *row,
		       char text[COMPARE_FIELD_SIZE])
{
	(void)row;
	printable(cell->words, CELL_COLUMNS, text, COMPARE_FIELD_SIZE);
}

static const struct compare_column instruction_columns[] = {
	{ "verdict", write_verdict },
	{ "figure", write_figure },
	{ "base", write_base },
	{ "new", write_new },
	{ "change", write_change },
	{ "floor", write_floor },
	{ "q", write_q },
	{ "CDF", write_distance },
	{ "cell", write_cell },
	{ NULL, NULL },
};

static const struct compare_column time_columns[] = {
	{ "verdict", write_verdict },
	{ "figure", write_figure },
	{ "base", write_base },
	{ "new", write_new },
	{ "change", write_change },
	{ "95 % interval", write_interval },
	{ "q", write_q },
	{ "cell", write_cell },
	{ NULL, NULL },
};

const struct compare_column *compare_columns(const struct comparison *comparison)
{
	return comparison->engine == DOMAIN_TIME ? time_columns : instruction_columns;
}

bool compare_is_shown(const struct compare_row *row, bool with_same)
{
	return with_same || (row->verdict != COMPARE_SAME && row->verdict != COMPARE_NONE);
}

static void print_seeds(const struct compare_side *side, FILE *out)
{
	if (!side->seed_count)
		return;
	fprintf(out, ", seed%s", side->seed_count == 1 ? "" : "s");
	for (size_t i = 0; i < side->seed_count && i < 16; i++)
		fprintf(out, "%s%llu", i ? "," : " ", (unsigned long long)side->seeds[i]);
	if (side->seed_count > 16)
		fprintf(out, ",…");
}

static void print_side(const struct compare_side *side, FILE *out)
{
	char kernel[COMPARE_FIELD_SIZE], version[COMPARE_FIELD_SIZE], name[COMPARE_FIELD_SIZE];

	fprintf(out, "%s, %s: %s (%llu result%s, %llu run%s of a cell",
		printable(side->kernel ? side->kernel : "unknown kernel", 60, kernel,
			  sizeof(kernel)),
		printable(side->version ? side->version : "unknown version", 60, version,
			  sizeof(version)),
		printable(side->name, 60, name, sizeof(name)), (unsigned long long)side->results,
		side->results == 1 ? "" : "s", (unsigned long long)side->runs,
		side->runs == 1 ? "" : "s");
	print_seeds(side, out);
	fprintf(out, ")");
}

static void print_counts(const struct comparison *comparison, FILE *out)
{
	const struct {
		uint64_t count;
		const char *what;
	} counts[] = { { comparison->counts.worse, "worse" },
		       { comparison->counts.better, "better" },
		       { comparison->counts.unknown, "unknown" },
		       { comparison->counts.same, "same" },
		       { comparison->counts.none, "without a verdict" } };
	const char *glue = "";

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (counts[i].count) {
			fprintf(out, "%s%llu %s", glue, (unsigned long long)counts[i].count,
				counts[i].what);
			glue = ", ";
		}
}

static void print_thresholds(const struct comparison *comparison, FILE *out)
{
	if (comparison->engine == DOMAIN_INSTRUCTIONS)
		fprintf(out,
			"instruction clock: a change is beyond %.1f %% and beyond what the seeds of the "
			"two builds can tell; p50 without load from one seed on (then beyond %.1f %%); "
			"all else from %llu seeds on, and with q <= %g over %llu tests",
			comparison->floor * 100, comparison->floor_one_seed * 100,
			(unsigned long long)comparison->least_runs,
			comparison->false_discovery_rate, (unsigned long long)comparison->family);
	else
		fprintf(out,
			"real time: a change has q <= %g over %llu tests and its whole %g %% interval "
			"beyond %.1f %%, from %llu runs on each side; bootstrap of %llu with seed %llu",
			comparison->false_discovery_rate, (unsigned long long)comparison->family,
			comparison->confidence * 100, comparison->floor * 100,
			(unsigned long long)comparison->least_runs,
			(unsigned long long)comparison->resamples,
			(unsigned long long)comparison->seed);
}

typedef void writer(const struct comparison *comparison, FILE *out);

static void print_base(const struct comparison *comparison, FILE *out)
{
	print_side(&comparison->base, out);
}

static void print_new(const struct comparison *comparison, FILE *out)
{
	print_side(&comparison->new, out);
}

static void print_suite(const struct comparison *comparison, FILE *out)
{
	char suite[COMPARE_FIELD_SIZE];

	fputs(printable(comparison->suite, 60, suite, sizeof(suite)), out);
}

static void print_verdict(const struct comparison *comparison, FILE *out)
{
	fprintf(out, "%s: ", compare_verdict_words[comparison->verdict]);
	print_counts(comparison, out);
}

static const struct head {
	const char *label;
	writer *write;
} heads[] = {
	{ "base", print_base },		{ "new", print_new },	      { "suite", print_suite },
	{ "method", print_thresholds }, { "verdict", print_verdict },
};

int compare_head(const struct comparison *comparison, size_t index, const char **label, char **text)
{
	size_t length;
	FILE *memory;

	if (index >= sizeof(heads) / sizeof(heads[0]))
		return -ENOENT;
	memory = open_memstream(text, &length);
	if (!memory)
		return -ENOMEM;
	heads[index].write(comparison, memory);
	*label = heads[index].label;
	return fclose(memory) ? -ENOMEM : 0;
}

/* Each reason of rows of this verdict once, with how often it is given. */
void compare_print_reasons(const struct comparison *comparison, int verdict, const char *lead,
			   FILE *out)
{
	for (size_t i = 0; i < comparison->order_count; i++) {
		const struct compare_place *at = &comparison->order[i];
		const struct compare_row *row = &comparison->cells[at->cell].rows[at->row];
		char shown[COMPARE_FIELD_SIZE];
		size_t count = 0;
		bool is_first = true;

		if (row->verdict != verdict)
			continue;
		for (size_t j = 0; j < comparison->order_count; j++) {
			const struct compare_place *other_at = &comparison->order[j];
			const struct compare_row *other =
				&comparison->cells[other_at->cell].rows[other_at->row];

			if (other->verdict != verdict || strcmp(other->reason, row->reason) != 0)
				continue;
			is_first &= count > 0 || j == i;
			count++;
		}
		if (is_first)
			fprintf(out, "%s%zu %s: %s\n", lead, count,
				verdict == COMPARE_NONE ? "without a verdict" : "unknown",
				printable(row->reason, REASON_COLUMNS, shown, sizeof(shown)));
	}
}
