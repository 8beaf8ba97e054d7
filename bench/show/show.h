/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `syncfault show` prints: for people, in sections; for programs, as rows. */
#ifndef SYNCFAULT_SHOW_SHOW_H
#define SYNCFAULT_SHOW_SHOW_H

#include "show/print.h"
#include "view/result_table.h"

/*
 * Everything, in sections by environment, variant and file system. 0, or -ENOMEM: told on stderr,
 * and what has been printed is not all there is.
 */
int show_text(const struct show *show, const struct result_table *sorted);

/* One head of an environment: files, kernel, clock, machine, what the results warn about. */
void show_head(const struct show *show, struct table_span span);

/*
 * The cells of one file system as the letter printed them: microseconds without their fraction. The
 * faults of several runs are counted together.
 */
void show_letter(const struct show *show, struct table_span span);

/* The same cells as a table, and the price of MAP_SYNC; a row is the median over runs. -ENOMEM. */
int show_table(const struct show *show, struct table_span span);

/* The first fault by what was dirty in the log; nothing without cells of that kind. -ENOMEM. */
int show_log(const struct show *show, struct table_span span);

/*
 * Where the time of a fault goes, of the cells that were measured with probes: a table, then how
 * the stages are seen, what was lost, and the slowest faults. Nothing without such cells. -ENOMEM.
 */
int show_probes(const struct show *show, struct table_span span);
bool show_has_probes(struct table_span span);

/* The part of it below the table. */
void show_worst(const struct show *show, struct table_span span);

/*
 * The worst synchronous fault of an environment by log size, load and file system, where loads
 * fought for the log; nothing else. -ENOMEM.
 */
int show_worst_case(const struct show *show, struct table_span span);

/*
 * How the cost of a fault grows with threads, pages and page size, and what the place of the struct
 * pages makes of it, of an environment; nothing without cells that differ in these alone. -ENOMEM.
 */
int show_scale(const struct show *show, struct table_span span);

/*
 * What makes a store durable and its price, of an environment: a table of all file systems. Nothing
 * without cells that have a commit. -ENOMEM.
 */
int show_prices(const struct show *show, struct table_span span);
bool show_has_prices(struct table_span span);

/* What the stages are that faults of span were in, once below everything. */
void show_legend(const struct show *show, struct table_span span);

/* What the kernel answered where mmap flags were asked for; nothing without such cells. -ENOMEM. */
int show_interface(const struct show *show, struct table_span span);
bool show_has_answers(struct table_span span);

/*
 * All cells of all results, a row each: a JSON document {"schema": "syncfault-show/1", "cells":
 * […]} or tab-separated values under one line of names. Latencies are nanoseconds; absent: null,
 * empty.
 */
int show_json(FILE *out, const struct result_table *sorted, const struct result *reference);
int show_tsv(FILE *out, const struct result_table *sorted, const struct result *reference);

#endif
