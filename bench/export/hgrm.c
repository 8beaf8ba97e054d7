// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * HdrHistogram's percentile distribution (.hgrm), as its outputPercentileDistribution prints it
 * with five ticks for each half of the distance to 100 %, and as its plotter reads it: lines of
 * four numbers count, lines that begin with # do not. Values are nanoseconds or instructions.
 */
#include "export/export.h"

#include <errno.h>
#include <math.h>

#include "base/channel.h"
#include "base/cleanup.h"
#include "export/label.h"
#include "view/tail.h"

#define TICKS_PER_HALF 5

/* Our slots in HdrHistogram's terms: half of the sub-buckets serve each power of two. */
#define SUB_BUCKETS (2 * SLOTS_PER_OCTAVE)
#define BUCKETS	    (SLOT_RANGE_BITS - SLOT_SUB_BITS)

/* Faults that took at most value, which is one that a quantile of curve had. */
static uint64_t count_up_to(const struct tail *curve, double value)
{
	const struct latency *latency = curve->latency;
	uint64_t count = 0;

	if (curve->sorted) {
		while (count < curve->count && (double)curve->sorted[count] <= value)
			count++;
		return count;
	}
	for (size_t i = 0; i < latency->hist_ns_count; i++)
		if (fmin((double)latency->hist_ns[i].to, (double)latency->max) <= value)
			count += latency->hist_ns[i].count;
	return count;
}

/* The value that this percentage of the faults did not exceed. */
static double value_at(const struct tail *curve, double percent)
{
	uint64_t rank = (uint64_t)ceil(percent * (double)curve->count / 100);

	if (rank < 1)
		rank = 1;
	return tail_ns(curve, curve->count - rank + 1);
}

static double next_percent(double percent)
{
	double halves = floor(log2(100 / (100 - percent))) + 1;

	return percent + 100 / (TICKS_PER_HALF * exp2(halves));
}

static void put_distribution(FILE *out, const struct tail *curve)
{
	uint64_t count = 0;

	fprintf(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
		"1/(1-Percentile)");
	for (double percent = 0; count < curve->count; percent = next_percent(percent)) {
		double value = value_at(curve, percent);

		count = count_up_to(curve, value);
		fprintf(out, "%12.3f %2.12f %10llu %14.2f\n", value, percent / 100,
			(unsigned long long)count, 1 / (1 - percent / 100));
	}
	fprintf(out, "%12.3f %2.12f %10llu\n", value_at(curve, 100), 1.0,
		(unsigned long long)curve->count);
}

/* Of samples, or as HdrHistogram has them: of the middles of slots. */
static void find_moments(const struct tail *curve, double *mean, double *deviation)
{
	const struct latency *latency = curve->latency;
	size_t n = curve->sorted ? latency->sample_count : latency->hist_ns_count;
	double sum = 0, squares = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < n; i++) {
			const struct bucket *slot = curve->sorted ? NULL : &latency->hist_ns[i];
			double weight = slot ? (double)slot->count : 1;
			double value = slot ? ((double)slot->from + (double)slot->to) / 2
					    : (double)curve->sorted[i];

			if (pass == 0)
				sum += weight * value;
			else
				squares += weight * (value - *mean) * (value - *mean);
		}
		*mean = isnan(latency->mean) ? sum / (double)curve->count : latency->mean;
	}
	*deviation = sqrt(squares / (double)curve->count);
}

static void put_footer(FILE *out, const struct tail *curve)
{
	double mean = 0, deviation;

	find_moments(curve, &mean, &deviation);
	fprintf(out, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", mean, deviation);
	fprintf(out, "#[Max     = %12.3f, Total count    = %12llu]\n", (double)curve->latency->max,
		(unsigned long long)curve->count);
	fprintf(out, "#[Buckets = %12d, SubBuckets     = %12d]\n", BUCKETS, SUB_BUCKETS);
}

static void put_labels(FILE *out, const struct table_entry *entry)
{
	struct export_labels labels;

	export_labels_fill(&labels, entry);
	fprintf(out, "# unit: %s\n", export_unit(entry));
	for (size_t i = 0; i < EXPORT_LABELS; i++) {
		if (!labels.items[i].text[0])
			continue;
		fprintf(out, "# %s: ", labels.items[i].name);
		channel_put(out, CHANNEL_LINE, labels.items[i].text, EXPORT_TEXT_MAX);
		fputc('\n', out);
	}
}

int export_hgrm(FILE *out, const struct table_entry *entry)
{
	struct tail curve;
	int ret = tail_init(&curve, &entry->cell->latency);

	if (ret)
		return ret;
	put_distribution(out, &curve);
	put_footer(out, &curve);
	put_labels(out, entry);
	tail_free(&curve);
	return 0;
}
