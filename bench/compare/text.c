// SPDX-License-Identifier: GPL-2.0-or-later
/* The report as text: one sentence, what was compared and how, then the table. */
#include <errno.h>
#include <string.h>

#include "base/printable.h"
#include "base/text_table.h"
#include "compare/report.h"

#define LINE_COLUMNS  100
#define LABEL_COLUMNS 12

static size_t count_columns(const struct compare_column *columns)
{
	size_t count = 0;

	while (columns[count].head)
		count++;
	return count;
}

static int print_table(const struct comparison *comparison, FILE *out, bool with_same)
{
	const struct compare_column *columns = compare_columns(comparison);
	const char *heads[COMPARE_MAX_COLUMNS];
	size_t count = count_columns(columns);
	auto_text_table struct text_table table = {
		.heads = heads, .columns = count, .left_columns = 2, .last_are_left = 1
	};

	for (size_t i = 0; i < count; i++)
		heads[i] = columns[i].head;
	for (size_t i = 0; i < comparison->order_count; i++) {
		const struct compare_place *place = &comparison->order[i];
		const struct compare_cell *cell = &comparison->cells[place->cell];

		for (size_t j = 0;
		     j < count && compare_is_shown(&cell->rows[place->row], with_same); j++) {
			char text[COMPARE_FIELD_SIZE];

			columns[j].write(cell, &cell->rows[place->row], text);
			if (text_table_add(&table, text))
				return -ENOMEM;
		}
	}
	if (table.count)
		fprintf(out, "\n");
	text_table_print(&table, out);
	return 0;
}

static const char *colour_of(int verdict)
{
	static const char *const colours[] = {
		[COMPARE_SAME] = "\033[32m",  [COMPARE_BETTER] = "\033[32m",
		[COMPARE_WORSE] = "\033[31m", [COMPARE_UNKNOWN] = "\033[33m",
		[COMPARE_NONE] = "\033[33m",
	};

	return colours[verdict];
}

/*
 * "  label     text", continued below where it is longer than a line. Words are divided at blanks;
 * one that is longer than a line stays whole.
 */
static void print_wrapped(size_t indent, const char *label, const char *text, FILE *out)
{
	size_t column = indent;

	fprintf(out, "%-*s", (int)indent, label);
	while (*text) {
		size_t length = strcspn(text, " ");
		char word[COMPARE_FIELD_SIZE * 4];
		size_t columns;

		snprintf(word, sizeof(word), "%.*s", (int)length, text);
		columns = printable_columns(word);
		if (column > indent && column + 1 + columns > LINE_COLUMNS) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		}
		column += (size_t)fprintf(out, "%s", column > indent ? " " : "") + columns;
		fputs(word, out);
		text += length;
		text += strspn(text, " ");
	}
	fprintf(out, "\n");
}

static void print_notes(const struct comparison *comparison, FILE *out)
{
	bool is_time = comparison->engine == DOMAIN_TIME;

	if (comparison->counts.unknown)
		print_wrapped(2, "",
			      "unknown +N: not decided; N more runs on each side should tell.",
			      out);
	print_wrapped(
		2, "",
		is_time ? "base, new: microseconds, medians over the runs; interval: of new / "
			  "base, by bootstrap; q: of the Mann-Whitney test, for all figures "
			  "together."
			: "base, new: thousands of instructions, medians over the seeds; q: of "
			  "the Mann-Whitney test over the seeds, for all figures together; "
			  "CDF: largest distance of the cell's two distributions, 0 to 1.",
		out);
}

static int print_head(const struct comparison *comparison, FILE *out)
{
	for (size_t i = 0;; i++) {
		auto_free char *text = NULL;
		char label[LABEL_COLUMNS + 1];
		const char *word;
		int ret = compare_head(comparison, i, &word, &text);

		if (ret == -ENOENT)
			break;
		if (ret)
			return ret;
		snprintf(label, sizeof(label), "  %s", word);
		print_wrapped(LABEL_COLUMNS, label, text, out);
	}
	for (size_t i = 0; i < comparison->warnings.count; i++)
		print_wrapped(LABEL_COLUMNS, "  warning", comparison->warnings.items[i], out);
	return 0;
}

int compare_text(const struct comparison *comparison, FILE *out, bool has_colour, bool with_same)
{
	fprintf(out, "%s", has_colour ? colour_of(comparison->verdict) : "");
	print_wrapped(0, "", comparison->sentence, out);
	fprintf(out, "%s\n", has_colour ? "\033[0m" : "");
	if (print_head(comparison, out) || print_table(comparison, out, with_same))
		return -ENOMEM;
	fprintf(out, "\n");
	compare_print_reasons(comparison, COMPARE_UNKNOWN, "  ", out);
	compare_print_reasons(comparison, COMPARE_NONE, "  ", out);
	if (!with_same && comparison->counts.same)
		fprintf(out, "  %llu same: not in the table (--all)\n",
			(unsigned long long)comparison->counts.same);
	print_notes(comparison, out);
	return 0;
}
