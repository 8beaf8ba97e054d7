/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results in the formats of other programs. docs/export.md says what each holds and which
 * specification it follows.
 *
 * What was not measured is not exported: cells that were skipped or failed are only in KCIDB, which
 * has a status for them; a figure that a latency lacks has no line. Latencies of the instruction
 * clock are instructions, never seconds.
 */
#ifndef SYNCFAULT_EXPORT_EXPORT_H
#define SYNCFAULT_EXPORT_EXPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "view/result_table.h"

enum export_format {
	EXPORT_OPENMETRICS,
	EXPORT_BENCHSTAT,
	EXPORT_GITHUB,
	EXPORT_KCIDB,
	EXPORT_HGRM,
	EXPORT_TSV
};

extern const char *const export_format_words[];
extern const char *const export_figure_words[]; /* min, mean, p50, … max */

struct export_options {
	int format;		  /* enum export_format */
	const char *cell;	  /* only cells of this pattern (cell/match.h); NULL: all */
	struct word_list figures; /* of export_figure_words; none: all */
	bool with_timestamps;	  /* OpenMetrics: every sample with the time of its result */
	const char *origin;	  /* KCIDB: the CI system, [a-z0-9_]+ */
	const char *build; /* KCIDB: the build that was tested, ORIGIN:…; NULL: generated here */
};

/*
 * Removes from sorted the entries that options exclude and, except for KCIDB, those without a
 * latency. Returns how many had none.
 */
size_t export_select(struct result_table *sorted, const struct export_options *options);

/*
 * Each writes all of sorted, which export_select went through, to out as one document. 0, -EINVAL
 * if the format cannot hold these results, or -ENOMEM; both after one line on stderr. The caller
 * checks out for errors.
 */
int export_openmetrics(FILE *out, const struct result_table *sorted,
		       const struct export_options *options);
int export_benchstat(FILE *out, const struct result_table *sorted,
		     const struct export_options *options);
int export_github(FILE *out, const struct result_table *sorted,
		  const struct export_options *options);
int export_kcidb(FILE *out, const struct result_table *sorted,
		 const struct export_options *options);
int export_tsv(FILE *out, const struct result_table *sorted, const struct export_options *options);

/*
 * A percentile distribution holds one histogram: that of entry. -ENODATA, without a message, if the
 * latency has neither all samples nor slots.
 */
int export_hgrm(FILE *out, const struct table_entry *entry);

#endif
