/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text of others on its way out: what each kind of document may hold as it is, and how it spells
 * what it may not. Ordinary text is the same everywhere.
 *
 * Two ways out are elsewhere. A terminal and a picture get one line that is cut, with '?' in place
 * of what cannot be shown (base/printable.h). JSON is written in ASCII (base/json.h).
 */
#ifndef SYNCFAULT_BASE_CHANNEL_H
#define SYNCFAULT_BASE_CHANNEL_H

#include <stdint.h>
#include <stdio.h>

/*
 * "\xNN" is a byte, "\uNNNN" and "\UNNNNNNNN" a character: what is hidden (base/unicode.h), or not
 * UTF-8. Where a backslash is two, that can be read back: docs/export.md.
 */
enum channel {
	/*
	 * A field of a table of tabs. No spreadsheet may take it for a formula or for the beginning
	 * of a quotation: a backslash precedes =, +, -, @ and quotes where a field may begin.
	 */
	CHANNEL_TSV,
	CHANNEL_LINE,	 /* the rest of a line: \n, \t and \\ as in C */
	CHANNEL_LABEL,	 /* between the quotes of OpenMetrics */
	CHANNEL_EXCERPT, /* lines for a person to read: a line feed and a tab stay */
	/* A name that others put between backquotes, in a table: as a line, without ` and |. */
	CHANNEL_CODE,
	/*
	 * A line of Markdown or a cell of its tables: a word that some renderer would make a link
	 * or a reference of is code, all else has backslashes.
	 */
	CHANNEL_MARKDOWN,
	CHANNEL_HTML,	/* the content of an element, or of an attribute in quotes */
	CHANNEL_SCRIPT, /* between the quotes of a JSON string in a script element */
	CHANNEL_PERCENT /* a word of letters, digits and "_.:,=@+-"; all else is %XX */
};

#define CHANNEL_WHOLE (SIZE_MAX - 1)

/* Writes text, at most max bytes of it, then "…": never half a character. NULL writes nothing. */
void channel_put(FILE *out, enum channel channel, const char *text, size_t max);

#endif
