/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every section of `syncfault show` prints with. */
#ifndef SYNCFAULT_SHOW_PRINT_H
#define SYNCFAULT_SHOW_PRINT_H

#include <stdbool.h>
#include <stdio.h>

#include "result/result.h"

#define SHOW_COLUMNS 100 /* of a line */

struct show {
	FILE *out;
	bool has_colour;
	bool with_letter;		/* the letter's layout */
	bool with_table;		/* percentiles, and the price of MAP_SYNC */
	bool with_probes;		/* where the time of a fault goes */
	bool with_worst_case;		/* the worst synchronous fault, by log size and load */
	bool with_scale;		/* how the cost of a fault grows */
	const struct result *reference; /* the letter's figures */
};

void show_heading(const struct show *show, const char *text, char underline);

/* text in one line or several, broken between words at SHOW_COLUMNS; later lines are indented. */
void show_wrapped(const struct show *show, const char *text, int indent);

/* "hole, load none, sync map_sync, repeat 1" */
void show_cell_name(FILE *out, const struct cell_result *cell);

#endif
