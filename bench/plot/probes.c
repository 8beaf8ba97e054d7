// SPDX-License-Identifier: GPL-2.0-or-later
#include "plot/probes.h"

#include <math.h>
#include <string.h>

#include "plot/gnuplot.h"
#include "result/stages.h"

#define MEANING_COLUMNS 80
#define BLACK		0x222222
#define WHITE		0xffffff

/*
 * Found by a search for the greatest least distance (Oklab, in normal vision and in each of the
 * three colour-blind ones as simulated by Machado and others, 2009), where stages of one fault
 * count more than those that exclude each other.
 */
static const uint32_t colours[PLOT_PARTS] = {
	[STAGE_OUTSIDE] = 0xc8c8c8,	[STAGE_LOCK] = 0x442ba2,
	[STAGE_RETRY] = 0xc88cc5,	[STAGE_MM] = 0x6388fe,
	[STAGE_HANDLER] = 0x96ac8c,	[STAGE_MAP] = 0xb46db2,
	[STAGE_INSERT] = 0x951015,	[STAGE_MKWRITE] = 0x761545,
	[STAGE_WP_WAIT] = 0x8760cf,	[STAGE_FINISH] = 0x552d72,
	[STAGE_FSYNC] = 0x8cfc93,	[STAGE_WRITEBACK] = 0xc0480c,
	[STAGE_LOG_SPACE] = 0xf4df2e,	[STAGE_JOURNAL_WAIT] = 0xf3a911,
	[STAGE_FAST_COMMIT] = 0x366469, [STAGE_LOG_FORCE] = 0x32baff,
	[STAGE_CIL_PUSH] = 0x228268,	[STAGE_ICLOG_WAIT] = 0x6e4f9e,
	[STAGE_FLUSH] = 0xe27300,	[PLOT_NOT_KEPT] = 0xe8e8e8,
};

uint32_t plot_probes_colour(int part)
{
	return colours[part];
}

/* Relative luminance, as WCAG 2 defines it. */
static double luminance(uint32_t colour)
{
	static const double weights[] = { 0.0722, 0.7152, 0.2126 };
	double sum = 0;

	for (int i = 0; i < 3; i++) {
		double c = (double)(colour >> 8 * i & 0xff) / 255;

		sum += weights[i] * (c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4));
	}
	return sum;
}

/* Contrast of text is (lighter + 0.05) / (darker + 0.05). */
uint32_t plot_probes_ink(int part)
{
	double paper = luminance(plot_probes_colour(part)) + 0.05;
	double on_black = paper / (luminance(BLACK) + 0.05);
	double on_white = (luminance(WHITE) + 0.05) / paper;

	return on_black > on_white ? BLACK : WHITE;
}

static const char *name_of(int part)
{
	return part == PLOT_NOT_KEPT ? "not kept" : stage_words[part];
}

static const char *meaning_of(int part)
{
	return part == PLOT_NOT_KEPT ? "after more stages than are kept in order"
				     : stage_meaning(part);
}

const char *plot_probes_us(double ns, double high_ns, char number[PRINTABLE_NUMBER])
{
	return printable_us(ns, high_ns < 10000 ? 2 : 1, number);
}

const char *plot_probes_label(int part, double ns, double high_ns, char label[PLOT_LABEL_SIZE])
{
	char number[PRINTABLE_NUMBER];

	snprintf(label, PLOT_LABEL_SIZE, "%s %s", name_of(part),
		 plot_probes_us(ns, high_ns, number));
	return label;
}

/* With a column to spare. */
static bool fits(const char *label, const struct plot_part *part, double high_ns, size_t columns)
{
	return (part->to_ns - part->from_ns) / high_ns * (double)columns >=
	       (double)strlen(label) + 1;
}

/* Name and number, or the number, or neither. */
static const char *label_of(const struct plot_part *part, double high_ns, size_t columns,
			    char text[PLOT_LABEL_SIZE])
{
	double ns = part->to_ns - part->from_ns;
	char number[PRINTABLE_NUMBER];

	plot_probes_label(part->part, ns, high_ns, text);
	if (!fits(text, part, high_ns, columns))
		snprintf(text, PLOT_LABEL_SIZE, "%s", plot_probes_us(ns, high_ns, number));
	return fits(text, part, high_ns, columns) ? text : "";
}

bool plot_probes_is_blank(const struct plot_part *part, double high_ns, size_t columns)
{
	char text[PLOT_LABEL_SIZE];

	return !*label_of(part, high_ns, columns, text);
}

void plot_probes_part(FILE *out, const struct plot_part *part, double high_ns, size_t columns)
{
	char text[PLOT_LABEL_SIZE];

	fprintf(out, "%.9g %.9g %u %u \"%s\"\n", part->from_ns / 1000, part->to_ns / 1000,
		plot_probes_colour(part->part), plot_probes_ink(part->part),
		label_of(part, high_ns, columns, text));
}

void plot_probes_end_block(FILE *out, bool is_empty)
{
	fputs(is_empty ? "NaN NaN NaN NaN \"\"\n\n\n" : "\n\n", out);
}

void plot_probes_legend(FILE *out, const bool is_used[PLOT_PARTS])
{
	int count = 0;

	fprintf(out, "array legend_name[%d]\narray legend_meaning[%d]\narray legend_colour[%d]\n",
		PLOT_PARTS, PLOT_PARTS, PLOT_PARTS);
	for (int part = 0; part < PLOT_PARTS; part++) {
		if (!is_used[part])
			continue;
		count++;
		fprintf(out, "legend_name[%d] = ", count);
		gnuplot_string(out, name_of(part), PLOT_LABEL_SIZE);
		fprintf(out, "\nlegend_meaning[%d] = ", count);
		gnuplot_string(out, meaning_of(part), MEANING_COLUMNS);
		fprintf(out, "\nlegend_colour[%d] = %u\n", count, plot_probes_colour(part));
	}
	fprintf(out, "legend_count = %d\n", count);
}
