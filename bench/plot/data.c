// SPDX-License-Identifier: GPL-2.0-or-later
#include "plot/data.h"

#include <math.h>

#include "view/tail.h"

/* Where the data is going, and how far it reached. */
struct plot_out {
	FILE *file;
	double low, high; /* of y */
	double x_low, x_high;
	bool is_thinned;
	size_t points;	 /* of the block that is being written */
	bool has_points; /* of our own, in any block */
};

typedef void (*cell_writer)(struct plot_out *out, struct table_span runs);

static void put(struct plot_out *out, double x, double y)
{
	fprintf(out->file, "%.9g %.9g\n", x, y);
	out->low = fmin(out->low, y);
	out->high = fmax(out->high, y);
	out->x_low = fmin(out->x_low, x);
	out->x_high = fmax(out->x_high, x);
	out->points++;
}

/* A block is what lies between two pairs of empty lines; one without a line would not count. */
static void end_block(struct plot_out *out)
{
	fputs(out->points ? "\n\n" : "NaN NaN NaN\n\n\n", out->file);
	out->points = 0;
}

struct cell_visit {
	struct plot_out *out;
	cell_writer write;
};

static void write_cell(const struct plot_position *at, struct table_span runs, void *context)
{
	const struct cell_visit *visit = context;

	(void)at;
	if (table_measured(runs))
		visit->write(visit->out, runs);
	end_block(visit->out);
}

static void write_cells(struct plot_out *out, const struct plot_page *page, cell_writer write)
{
	struct cell_visit visit = { out, write };

	fprintf(out->file, "$data << EOD\n");
	plot_page_visit(page, write_cell, &visit);
	out->has_points = out->high >= out->low;
	fprintf(out->file, "EOD\n");
}

static void write_letter(struct plot_out *out, const struct plot_page *page, cell_writer write)
{
	fprintf(out->file, "$letter << EOD\n");
	for (int load = 0; load < PLOT_LOADS; load++)
		for (int place = 0; place < PLOT_STATES; place++)
			for (int sync = 0; sync < PLOT_SYNCS; sync++) {
				struct table_entry entry = { .cell = plot_page_letter(
								     page, load, place, sync) };

				if (entry.cell)
					write(out, (struct table_span){ &entry, 1 });
				end_block(out);
			}
	fprintf(out->file, "EOD\n");
}

static struct plot_out start(FILE *file)
{
	return (struct plot_out){ .file = file,
				  .low = INFINITY,
				  .high = -INFINITY,
				  .x_low = INFINITY,
				  .x_high = -INFINITY };
}

/* On a logarithmic axis there is no 0: what took less than a clock can tell stands at 1 ns. */
static double us_of(double ns)
{
	return isnan(ns) ? NAN : fmax(ns, 1) / 1000;
}

static void print_ranges(const struct plot_out *out)
{
	fprintf(out->file, "us_low = %.9g\nus_high = %.9g\nx_high = %.9g\nis_thinned = %d\n",
		out->low, out->high, out->x_high, out->is_thinned);
}

static void write_buckets(struct plot_out *out, struct table_span runs)
{
	double measured = (double)table_measured(runs);
	uint64_t counts[65] = { 0 };

	for (size_t i = 0; i < runs.count; i++) {
		const struct latency *latency = &runs.entries[i].cell->latency;

		for (size_t j = 0; j < latency->log2_us_count; j++) {
			uint64_t from = latency->log2_us[j].from;

			counts[from ? 64 - __builtin_clzll(from) : 0] += latency->log2_us[j].count;
		}
	}
	for (size_t i = 0; i < 65; i++)
		if (counts[i])
			put(out, (double)i, (double)counts[i] / measured);
}

bool plot_histograms(const struct plot_page *page, FILE *file)
{
	struct plot_out out = start(file);

	write_cells(&out, page, write_buckets);
	write_letter(&out, page, write_buckets);
	fprintf(file, "bucket_low = %.0f\nbucket_high = %.0f\ncount_high = %.0f\n", out.x_low,
		out.x_high, out.high);
	return out.has_points;
}

/* Each number of slowest faults that a curve has a point for: all small ones, then every tenth. */
static uint64_t next_tail(uint64_t tail, uint64_t count)
{
	uint64_t next = tail < 40 ? tail + 1 : tail + tail / 20;

	return tail < count && next > count ? count : next;
}

static double median_of(double *values, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t j = i; j && values[j] < values[j - 1]; j--) {
			double swap = values[j];

			values[j] = values[j - 1];
			values[j - 1] = swap;
		}
	return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

#define MAX_CURVES 64

static void write_curve(struct plot_out *out, struct table_span runs)
{
	struct tail curves[MAX_CURVES];
	double values[MAX_CURVES];
	size_t n = 0;

	for (size_t i = 0; i < runs.count && n < MAX_CURVES; i++)
		if (runs.entries[i].cell->has_latency &&
		    tail_init(&curves[n], &runs.entries[i].cell->latency) == 0)
			n++;
	for (uint64_t tail = 1; n && tail <= curves[0].count;
	     tail = next_tail(tail, curves[0].count)) {
		for (size_t i = 0; i < n; i++)
			values[i] = tail_ns(&curves[i], tail);
		put(out, (double)curves[0].count / (double)tail, us_of(median_of(values, n)));
	}
	for (size_t i = 0; i < n; i++)
		tail_free(&curves[i]);
}

bool plot_percentiles(const struct plot_page *page, FILE *file)
{
	struct plot_out out = start(file);

	write_cells(&out, page, write_curve);
	print_ranges(&out);
	return out.has_points;
}

/* The lowest and the highest of samples from..to, in their order. */
static void put_extremes(struct plot_out *out, const uint64_t *samples, size_t from, size_t to)
{
	size_t low = from, high = from;

	for (size_t i = from; i < to; i++) {
		if (samples[i] < samples[low])
			low = i;
		if (samples[i] > samples[high])
			high = i;
	}
	put(out, (double)(low < high ? low : high) + 1,
	    us_of((double)samples[low < high ? low : high]));
	if (low != high)
		put(out, (double)(low < high ? high : low) + 1,
		    us_of((double)samples[low < high ? high : low]));
}

static void write_samples(struct plot_out *out, struct table_span runs)
{
	const struct latency *latency = NULL;
	size_t stretches;

	for (size_t i = runs.count; i > 0; i--)
		if (runs.entries[i - 1].cell->has_latency)
			latency = &runs.entries[i - 1].cell->latency;
	if (!latency)
		return;
	stretches = latency->sample_count;
	if (stretches > PLOT_MAX_POINTS) {
		stretches = PLOT_MAX_POINTS / 2;
		out->is_thinned = true;
	}
	for (size_t i = 0; i < stretches; i++)
		put_extremes(out, latency->samples, latency->sample_count * i / stretches,
			     latency->sample_count * (i + 1) / stretches);
}

bool plot_timeline(const struct plot_page *page, FILE *file)
{
	struct plot_out out = start(file);

	write_cells(&out, page, write_samples);
	print_ranges(&out);
	return out.has_points;
}

static void write_figures(struct plot_out *out, struct table_span runs)
{
	static const enum figure figures[] = { FIGURE_P50, FIGURE_P99, FIGURE_MAX };

	if (!table_runs(runs, FIGURE_P50).runs)
		return;
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		double us = us_of(table_runs(runs, figures[i]).median);

		fprintf(out->file, "%s%.9g", i ? " " : "", us);
		out->low = fmin(out->low, us);
		out->high = fmax(out->high, us);
	}
	fputc('\n', out->file);
	out->points++;
}

static void write_average(struct plot_out *out, struct table_span runs)
{
	put(out, us_of(runs.entries[0].cell->latency.mean), 1);
}

/* The letter's average is among what us_low and us_high span, though it is not our figure. */
static void extend_to_letter(struct plot_out *out, const struct plot_page *page)
{
	struct plot_out letter = start(out->file);

	write_letter(&letter, page, write_average);
	out->low = fmin(out->low, letter.x_low);
	out->high = fmax(out->high, letter.x_high);
}

bool plot_filesystems(const struct plot_page *page, FILE *file)
{
	struct plot_out out = start(file);

	out.x_high = 0;
	write_cells(&out, page, write_figures);
	extend_to_letter(&out, page);
	print_ranges(&out);
	return out.has_points;
}
