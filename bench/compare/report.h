/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the report says in every text format: lines of its head, columns of its table, reasons. */
#ifndef SYNCFAULT_COMPARE_REPORT_H
#define SYNCFAULT_COMPARE_REPORT_H

#include "compare/private.h"

#define COMPARE_FIELD_SIZE  404 /* 100 columns */
#define COMPARE_MAX_COLUMNS 10

/* A column writes its field of a row: printable, not yet escaped for any format. */
struct compare_column {
	const char *head; /* NULL ends the list */
	void (*write)(const struct compare_cell *cell, const struct compare_row *row,
		      char text[COMPARE_FIELD_SIZE]);
};

/* The columns of the comparison's engine; the first two hold words, and so does the last. */
const struct compare_column *compare_columns(const struct comparison *comparison);

/* Whether a row is in the table: with_same shows all. */
bool compare_is_shown(const struct compare_row *row, bool with_same);

/*
 * Line index of the head, from 0: its label ("base"), and *text, which the caller frees. -ENOENT
 * after the last, -ENOMEM.
 */
int compare_head(const struct comparison *comparison, size_t index, const char **label,
		 char **text);

/*
 * The reasons of all rows with a verdict, each once on a line that begins with lead, with their
 * number.
 */
void compare_print_reasons(const struct comparison *comparison, int verdict, const char *lead,
			   FILE *out);

#endif
