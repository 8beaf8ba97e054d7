/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What distinguishes one exported figure from another, as pairs of name and text. */
#ifndef SYNCFAULT_EXPORT_LABEL_H
#define SYNCFAULT_EXPORT_LABEL_H

#include <stdbool.h>
#include <stdio.h>

#include "export/export.h"

/* The axes of the cell come first, so that some formats can name a cell by them alone. */
#define EXPORT_AXES   20
#define EXPORT_LABELS (EXPORT_AXES + 8)

/* Labels and configuration lines are cut here; others read whole lines into fixed buffers. */
#define EXPORT_TEXT_MAX 1024

struct export_label {
	const char *name; /* [a-z_]+ */
	const char *text; /* "" if it does not apply, or is as in most cells */
};

/* Points into itself and into the entry: not to be copied. */
struct export_labels {
	struct export_label items[EXPORT_LABELS]; /* always all of them, in the same order */
	char numbers[EXPORT_LABELS][24];
};

void export_labels_fill(struct export_labels *labels, const struct table_entry *entry);

/* "" if there is no such label. */
const char *export_label(const struct export_labels *labels, const char *name);

/* One figure of a latency. Numbers are nanoseconds, or instructions; NAN: absent. */
#define EXPORT_FIGURES 8
struct export_figure {
	enum figure figure;
	const char *name;     /* as figure_names has it, "p99.9" */
	const char *path;     /* "p99_9", of letters, digits and '_' */
	const char *quantile; /* "0.999"; NULL for the mean */
};

extern const struct export_figure export_figures[EXPORT_FIGURES]; /* by ascending quantile */

double export_figure_ns(const struct latency *latency, size_t figure);
bool export_has_figure(const struct export_options *options, size_t figure);

/* "ns" or "instructions". */
const char *export_unit(const struct table_entry *entry);

/* The shortest text that reads back as value, as Go prints it: 0.001, 1e-09, 100000.0, 1e+06. */
void export_put_real(FILE *out, double value);

#endif
