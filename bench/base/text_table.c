// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text_table.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/printable.h"

#define MAX_COLUMNS 24
#define INDENT	    2

void text_table_free(struct text_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->cells[i]);
	free(table->cells);
}

int text_table_add(struct text_table *table, const char *text)
{
	char **grown = reallocarray(table->cells, table->count + 1, sizeof(*grown));
	char *copy = strdup(text);

	if (grown)
		table->cells = grown;
	if (!grown || !copy) {
		free(copy);
		return -ENOMEM;
	}
	grown[table->count++] = copy;
	return 0;
}

int text_table_add_us(struct text_table *table, double ns, int decimals)
{
	char number[PRINTABLE_NUMBER];

	return text_table_add(table, printable_us(ns, decimals, number));
}

/* The part of head on its upper or lower line. */
static const char *head_line(const char *head, bool is_upper, char buffer[64])
{
	const char *newline = strchr(head, '\n');

	if (is_upper)
		snprintf(buffer, 64, "%.*s", newline ? (int)(newline - head) : 0, head);
	else
		snprintf(buffer, 64, "%s", newline ? newline + 1 : head);
	return buffer;
}

static size_t column_width(const struct text_table *table, size_t column)
{
	char head[64];
	size_t upper = printable_columns(head_line(table->heads[column], true, head));
	size_t widest = printable_columns(head_line(table->heads[column], false, head));

	if (upper > widest)
		widest = upper;
	for (size_t i = column; i < table->count; i += table->columns) {
		size_t width = printable_columns(table->cells[i]);

		if (width > widest)
			widest = width;
	}
	return widest;
}

/* Padding is written only once text follows it: no line ends in blanks. */
static void print_cell(FILE *out, const char *text, size_t width, bool to_left, size_t *pending)
{
	size_t pad = width - printable_columns(text);

	if (!to_left)
		*pending += pad;
	if (*text) {
		fprintf(out, "%*s%s", (int)*pending, "", text);
		*pending = 0;
	}
	if (to_left)
		*pending += pad;
}

static bool is_left(const struct text_table *table, size_t column)
{
	return column < table->left_columns || column + table->last_are_left >= table->columns;
}

static void print_head(const struct text_table *table, FILE *out, const size_t *widths, size_t gap,
		       bool is_upper)
{
	size_t pending = INDENT;

	for (size_t i = 0; i < table->columns; i++) {
		char head[64];

		pending += i ? gap : 0;
		print_cell(out, head_line(table->heads[i], is_upper, head), widths[i],
			   is_left(table, i), &pending);
	}
	fprintf(out, "\n");
}

static void print_row(const struct text_table *table, FILE *out, const size_t *widths, size_t gap,
		      char *const *cells)
{
	size_t pending = INDENT;

	for (size_t i = 0; i < table->columns; i++) {
		pending += i ? gap : 0;
		print_cell(out, cells[i], widths[i], is_left(table, i), &pending);
	}
	fprintf(out, "\n");
}

void text_table_print(const struct text_table *table, FILE *out)
{
	size_t widths[MAX_COLUMNS], total = INDENT, gap = 2;
	bool has_upper = false;

	if (table->count < table->columns || table->columns > MAX_COLUMNS)
		return;
	for (size_t i = 0; i < table->columns; i++) {
		widths[i] = column_width(table, i);
		total += widths[i] + (i ? 2 : 0);
		has_upper |= strchr(table->heads[i], '\n') != NULL;
	}
	if (total > TEXT_TABLE_WIDTH)
		gap = 1;
	if (has_upper)
		print_head(table, out, widths, gap, true);
	print_head(table, out, widths, gap, false);
	for (size_t row = 0; row + table->columns <= table->count; row += table->columns)
		print_row(table, out, widths, gap, table->cells + row);
}
