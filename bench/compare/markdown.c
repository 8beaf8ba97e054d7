// SPDX-License-Identifier: GPL-2.0-or-later
/* The report as Markdown, for a mail or an issue. */
#include <errno.h>
#include <string.h>

#include "base/channel.h"
#include "base/printable.h"
#include "compare/report.h"

static void print_line_escaped(const char *text, FILE *out)
{
	char shown[COMPARE_FIELD_SIZE * 4];

	printable(text, COMPARE_FIELD_SIZE - 1, shown, sizeof(shown));
	channel_put(out, CHANNEL_MARKDOWN, shown, CHANNEL_WHOLE);
}

static void print_markdown_row(const struct comparison *comparison,
			       const struct compare_place *place, FILE *out)
{
	const struct compare_column *columns = compare_columns(comparison);
	const struct compare_cell *cell = &comparison->cells[place->cell];

	for (size_t i = 0; columns[i].head; i++) {
		char text[COMPARE_FIELD_SIZE];

		columns[i].write(cell, &cell->rows[place->row], text);
		fprintf(out, "| ");
		channel_put(out, CHANNEL_MARKDOWN, text, CHANNEL_WHOLE);
		fprintf(out, " ");
	}
	fprintf(out, "|\n");
}

static void print_markdown_table(const struct comparison *comparison, FILE *out, bool with_same)
{
	const struct compare_column *columns = compare_columns(comparison);
	bool has_head = false;

	for (size_t i = 0; i < comparison->order_count; i++) {
		const struct compare_place *place = &comparison->order[i];

		if (!compare_is_shown(&comparison->cells[place->cell].rows[place->row], with_same))
			continue;
		for (size_t j = 0; columns[j].head && !has_head; j++)
			fprintf(out, "%s| %s ", j ? "" : "\n", columns[j].head);
		for (size_t j = 0; columns[j].head && !has_head; j++)
			fprintf(out, "%s",
				j ? j > 1 && columns[j + 1].head ? "|--:" : "|---" : "|\n|---");
		if (!has_head)
			fprintf(out, "|\n");
		has_head = true;
		print_markdown_row(comparison, place, out);
	}
}

/* A reason may have words of a result in it. */
static int print_reasons_escaped(const struct comparison *comparison, int verdict, FILE *out)
{
	auto_free char *text = NULL;
	size_t length;
	FILE *memory = open_memstream(&text, &length);

	if (!memory)
		return -ENOMEM;
	compare_print_reasons(comparison, verdict, "", memory);
	if (fclose(memory))
		return -ENOMEM;
	for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		fprintf(out, "- ");
		print_line_escaped(line, out);
		fprintf(out, "\n");
	}
	return 0;
}

int compare_markdown(const struct comparison *comparison, FILE *out, bool with_same)
{
	fprintf(out, "**");
	print_line_escaped(comparison->sentence, out);
	fprintf(out, "**\n\n");
	for (size_t i = 0;; i++) {
		auto_free char *text = NULL;
		const char *label;
		int ret = compare_head(comparison, i, &label, &text);

		if (ret == -ENOENT)
			break;
		if (ret)
			return ret;
		fprintf(out, "- %s: ", label);
		print_line_escaped(text, out);
		fprintf(out, "\n");
	}
	for (size_t i = 0; i < comparison->warnings.count; i++) {
		fprintf(out, "- warning: ");
		print_line_escaped(comparison->warnings.items[i], out);
		fprintf(out, "\n");
	}
	print_markdown_table(comparison, out, with_same);
	fprintf(out, "\n");
	if (print_reasons_escaped(comparison, COMPARE_UNKNOWN, out))
		return -ENOMEM;
	return print_reasons_escaped(comparison, COMPARE_NONE, out);
}
