/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The picture of the suite worst-case, with the same rows as its table. */
#ifndef SYNCFAULT_PLOT_WORST_CASE_H
#define SYNCFAULT_PLOT_WORST_CASE_H

#include "plot/page.h"

/*
 * $worst: "panel load fs max p999 p50 'n'", a line for each row of the table; p999 is NaN with
 * fewer than 1,000 faults. panel_count, panel_name[], case_count, case_name[], kind_count,
 * kind_name[] (of file systems), us_low, us_high, most_faults. False if no load fought for the log.
 */
bool plot_worst_case(const struct plot_page *page, FILE *out);

#endif
