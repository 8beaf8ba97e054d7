/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The picture of the suite scale, with the same lines as its tables. */
#ifndef SYNCFAULT_PLOT_SCALE_H
#define SYNCFAULT_PLOT_SCALE_H

#include "plot/page.h"

/*
 * $threads: "threads p50 share" and $pages: "pages mean MiB mean-of-a-MiB", a block for each line;
 * times in microseconds, NaN where absent, share as in view/scale.h. For each line of thread_lines
 * and page_lines: thread_kind[], thread_is_alt[] (a file for each thread), thread_is_dev[];
 * page_kind[], page_is_alt[] (2 MiB pages), page_is_dev[] (struct pages on the device). kind_count,
 * kind_name[]: what a colour stands for. threads_low and threads_high, likewise pages, file (in
 * MiB), and in microseconds p50, share, mean, mib: least above 0, and greatest. False if there is
 * no line.
 */
bool plot_scale(const struct plot_page *page, FILE *out);

#endif
