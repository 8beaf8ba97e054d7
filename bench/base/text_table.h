/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table of text with aligned columns. Rows are added cell by cell; what is printed is at most
 * TEXT_TABLE_WIDTH columns wide if the cells allow it.
 */
#ifndef SYNCFAULT_BASE_TEXT_TABLE_H
#define SYNCFAULT_BASE_TEXT_TABLE_H

#include <stddef.h>
#include <stdio.h>

#include "base/cleanup.h"

#define TEXT_TABLE_WIDTH 100

struct text_table {
	const char *const *heads; /* "upper\nlower", or the lower line alone */
	size_t columns;
	size_t left_columns;  /* the first columns, aligned left; others are right */
	size_t last_are_left; /* and the last ones, for text */
	char **cells;
	size_t count;
};

void text_table_free(struct text_table *table);
#define auto_text_table auto_release(text_table_free)

/* Adds the next cell, from left to right and top to bottom; text is copied. -ENOMEM. */
int text_table_add(struct text_table *table, const char *text);

/* The same for nanoseconds, as printable_us() writes them. */
int text_table_add_us(struct text_table *table, double ns, int decimals);

/* The head and all full rows, with two spaces in front. Without rows nothing is printed. */
void text_table_print(const struct text_table *table, FILE *out);

#endif
