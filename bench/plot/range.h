/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The range of what is drawn on a logarithmic axis, as gnuplot's NAME_low and NAME_high. */
#ifndef SYNCFAULT_PLOT_RANGE_H
#define SYNCFAULT_PLOT_RANGE_H

#include <stdio.h>

/* Zeroed: empty. */
struct plot_range {
	double low, high;
};

/* A value that the axis cannot show, 0 or NAN, is ignored. */
void plot_range_widen(struct plot_range *range, double value);
void plot_range_print(FILE *out, const char *name, const struct plot_range *range);

#endif
