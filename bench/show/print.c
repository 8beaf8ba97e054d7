// SPDX-License-Identifier: GPL-2.0-or-later
#include "show/print.h"

#include <string.h>

#include "base/printable.h"
#include "view/phrases.h"

void show_heading(const struct show *show, const char *text, char underline)
{
	size_t columns = printable_columns(text);

	fprintf(show->out, "%s%s%s\n", show->has_colour ? "\033[1m" : "", text,
		show->has_colour ? "\033[0m" : "");
	for (size_t i = 0; underline && i < columns && i < SHOW_COLUMNS; i++)
		fputc(underline, show->out);
	if (underline)
		fprintf(show->out, "\n");
}

/* Bytes of text up to the last space that fits into columns, or as many as fit. */
static size_t fitting(const char *text, size_t columns)
{
	size_t used = 0, space = 0, at = 0;

	while (text[at]) {
		char character[8] = { text[at] };
		size_t length = 1;

		while ((text[at + length] & 0xc0) == 0x80 && length < 4) {
			character[length] = text[at + length];
			length++;
		}
		used += printable_columns(character);
		if (used > columns)
			return space ? space : at ? at : length;
		if (text[at] == ' ' && at)
			space = at;
		at += length;
	}
	return at;
}

void show_wrapped(const struct show *show, const char *text, int indent)
{
	int pad = 0;

	while (*text) {
		size_t length = fitting(text, (size_t)(SHOW_COLUMNS - pad));

		fprintf(show->out, "%*s%.*s\n", pad, "", (int)length, text);
		text += length;
		text += strspn(text, " ");
		pad = indent;
	}
}

void show_cell_name(FILE *out, const struct cell_result *cell)
{
	char words[PHRASE_SIZE];

	fprintf(out, "%s", phrase_point(&cell->config, words));
	if (cell->repeat && cell->repeat != U64_ABSENT)
		fprintf(out, ", repeat %llu", (unsigned long long)cell->repeat);
}
