// SPDX-License-Identifier: GPL-2.0-or-later
#include "plot/worst_case.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "cell/log_size.h"
#include "plot/gnuplot.h"
#include "view/worst_case.h"

#define MAX_NAMES    64
#define NAME_COLUMNS 40

/* Names in the order in which they came, each once. */
struct names {
	char text[MAX_NAMES][NAME_COLUMNS * 4 + 4];
	size_t count;
};

struct picture {
	struct names panels, loads, kinds;
	double low, high;
};

/* The number of the name, from 1; 0 where there is no room for another. */
static size_t number_of(struct names *names, const char *name)
{
	size_t i = 0;

	while (i < names->count && strncmp(names->text[i], name, NAME_COLUMNS * 4) != 0)
		i++;
	if (i == MAX_NAMES)
		return 0;
	if (i == names->count)
		snprintf(names->text[names->count++], sizeof(names->text[i]), "%.*s",
			 NAME_COLUMNS * 4, name);
	return i + 1;
}

static void put_us(FILE *out, double ns)
{
	if (isnan(ns))
		fprintf(out, " NaN");
	else
		fprintf(out, " %.9g", ns / 1000);
}

static void widen(struct picture *picture, double ns)
{
	if (isnan(ns))
		return;
	picture->low = fmin(picture->low, ns / 1000);
	picture->high = fmax(picture->high, ns / 1000);
}

static void write_row(struct picture *picture, FILE *out, const struct worst_case_row *row)
{
	char log[LOG_SIZE_NAME], load[PHRASE_SIZE];
	size_t panel = number_of(&picture->panels, log_size_name(row->log_bytes, log));
	size_t place = number_of(&picture->loads, worst_case_load_name(row, load));
	size_t kind = number_of(&picture->kinds, row->fs);

	if (!panel || !place || !kind)
		return;
	fprintf(out, "%zu %zu %zu", panel, place, kind);
	put_us(out, row->max);
	put_us(out, row->p999);
	put_us(out, row->p50);
	fprintf(out, " %" PRIu64 "\n", row->count);
	widen(picture, row->max);
	widen(picture, row->p50);
}

static void print_names(FILE *out, const char *what, const struct names *names)
{
	fprintf(out, "%s_count = %zu\narray %s_name[%zu]\n", what, names->count, what,
		names->count);
	for (size_t i = 0; i < names->count; i++) {
		fprintf(out, "%s_name[%zu] = ", what, i + 1);
		gnuplot_string(out, names->text[i], NAME_COLUMNS);
		fputc('\n', out);
	}
}

/* All loads together come last in each panel, wherever they came first. */
static void name_loads(struct picture *picture, const struct worst_case *cases)
{
	char load[PHRASE_SIZE];

	for (size_t i = 0; i < cases->count; i++)
		if (cases->rows[i].load != WORST_CASE_ANY)
			number_of(&picture->loads, worst_case_load_name(&cases->rows[i], load));
}

bool plot_worst_case(const struct plot_page *page, FILE *out)
{
	struct picture picture = { .low = INFINITY };
	auto_worst_case struct worst_case cases = { 0 };

	if (!worst_case_is_in(page->all) || worst_case_fill(&cases, page->all))
		return false;
	name_loads(&picture, &cases);
	fprintf(out, "$worst << EOD\n");
	for (size_t i = 0; i < cases.count; i++)
		write_row(&picture, out, &cases.rows[i]);
	fprintf(out, "EOD\n");
	print_names(out, "panel", &picture.panels);
	print_names(out, "case", &picture.loads);
	print_names(out, "kind", &picture.kinds);
	fprintf(out, "us_low = %.9g\nus_high = %.9g\n", picture.low, picture.high);
	return picture.high > 0;
}
