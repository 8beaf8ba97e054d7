/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `syncfault show` prints: for people, in sections; for programs, as rows. */
#ifndef SYNCFAULT_SHOW_SHOW_H
#define SYNCFAULT_SHOW_SHOW_H

#include "show/print.h"
#include "view/result_table.h"

/*
 * Everything, in sections by environment, variant and file system. 0, or -ENOMEM: reported on
 * stderr, and the output is incomplete.
 */
int show_text(const struct show *show, const struct result_table *sorted);

/* The head of an environment: files, kernel, clock, machine, and warnings in the results. */
void show_head(const struct show *show, struct table_span span);

/*
 * The cells of one file system as the letter printed them: whole microseconds. The faults of
 * several runs are counted together.
 */
void show_letter(const struct show *show, struct table_span span);

/* The same cells as a table, and the price of MAP_SYNC; a row is the median over runs. -ENOMEM. */
int show_table(const struct show *show, struct table_span span);

/* The first fault by how much of the log was dirty; nothing without cells of that kind. -ENOMEM. */
int show_log(const struct show *show, struct table_span span);

/*
 * Where the time of a fault goes, in cells that were measured with probes: a table, then how the
 * stages are seen, what was lost, and the slowest faults. Nothing without such cells. -ENOMEM.
 */
int show_probes(const struct show *show, struct table_span span);
bool show_has_probes(struct table_span span);

/* The part of it below the table. */
void show_worst(const struct show *show, struct table_span span);

/*
 * The worst synchronous fault of an environment by log size, load and file system, if loads fought
 * for the log; else nothing. -ENOMEM.
 */
int show_worst_case(const struct show *show, struct table_span span);

/*
 * How the cost of a fault grows with threads, pages and page size, and how it depends on the place
 * of the struct pages, in an environment; nothing without cells that differ only in these. -ENOMEM.
 */
int show_scale(const struct show *show, struct table_span span);

/*
 * What makes a store durable and its price, in an environment: a table of all file systems. Nothing
 * without cells that have a commit. -ENOMEM.
 */
int show_prices(const struct show *show, struct table_span span);

/* The meaning of the stages that faults of span were in, once, below everything. */
void show_legend(const struct show *show, struct table_span span);

/*
 * What the kernel answered in cells that ask for mmap flags; nothing without such cells. -ENOMEM.
 */
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
