/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The points of each picture, as the data blocks $data and $letter of plot/page.h, and variables
 * for the ranges that all panels share. Latencies are microseconds. If a cell has several runs,
 * histograms are their mean, so that the letter's counts stay comparable; percentile curves and
 * figures are the median over runs; the timeline shows the first run. Each returns whether there is
 * anything to draw: published results may have no samples.
 */
#ifndef SYNCFAULT_PLOT_DATA_H
#define SYNCFAULT_PLOT_DATA_H

#include "plot/page.h"

/* "bucket count", bucket 0: below 1 us, i: from 2^(i-1) us; bucket_low, bucket_high, count_high. */
bool plot_histograms(const struct plot_page *page, FILE *out);

/*
 * "x us": one of x faults takes us or longer, so the share of faster ones is 1 - 1/x; from all
 * faults (x = 1) to the slowest one (x = n). us_low, us_high, x_high.
 */
bool plot_percentiles(const struct plot_page *page, FILE *out);

/*
 * "fault us", fault from 1 on; us_low, us_high, x_high, is_thinned. With more faults than
 * PLOT_MAX_POINTS, the lowest and highest of each of PLOT_MAX_POINTS / 2 stretches.
 */
#define PLOT_MAX_POINTS 2048
bool plot_timeline(const struct plot_page *page, FILE *out);

/* "p50 p99 max" and, for the letter, "avg"; us_low, us_high. */
bool plot_filesystems(const struct plot_page *page, FILE *out);

#endif
