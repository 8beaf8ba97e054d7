// SPDX-License-Identifier: GPL-2.0-or-later
#include "plot/range.h"

void plot_range_widen(struct plot_range *range, double value)
{
	if (!(value > 0))
		return;
	if (!(range->low > 0) || value < range->low)
		range->low = value;
	if (value > range->high)
		range->high = value;
}

void plot_range_print(FILE *out, const char *name, const struct plot_range *range)
{
	fprintf(out, "%s_low = %.9g\n%s_high = %.9g\n", name, range->low, name, range->high);
}
