/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The picture of the suite log-flush: the first fault, and the next, by how much of the log is
 * dirty.
 */
#ifndef SYNCFAULT_PLOT_LOG_H
#define SYNCFAULT_PLOT_LOG_H

#include "plot/page.h"

/*
 * $log: "KiB percent first_us next_us", a block for each line, by the number of operations. A line
 * is a file system with its options and at least two amounts of unsynced creates: line_count,
 * line_name[], line_is_ext4[]; us_low, us_high, kib_low, kib_high, percent_low, percent_high. False
 * if there is none.
 */
bool plot_log(const struct plot_page *page, FILE *out);

#endif
