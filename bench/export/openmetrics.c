// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * OpenMetrics 1.0 text (prometheus.io/docs/specs/om/open_metrics_spec): for each clock domain a
 * gaugehistogram, whose bounds are the same for all cells, and a gauge of exact quantiles.
 */
#include "export/export.h"

#include <math.h>

#include "base/cleanup.h"
#include "export/label.h"
#include "export/metric.h"

/* Every eighth slot's end is a bound: four for each power of two. */
#define SLOTS_PER_BOUND 8

/* Least and greatest latency of a clock domain: bounds outside it say nothing. */
struct range {
	uint64_t low, high;
};

/* One sample: family, suffix, and one more label where it has a name. */
struct sample {
	const char *family, *suffix, *name;
	const struct metric *metric;
};

static void put_head(FILE *out, const struct sample *sample)
{
	fprintf(out, "%s%s{%srun=\"%zu\"", sample->family, sample->suffix, sample->metric->labels,
		sample->metric->run);
	if (sample->name)
		fprintf(out, ",%s=\"", sample->name);
}

static void put_count(FILE *out, const struct sample *sample, uint64_t count)
{
	fprintf(out, "} %llu%s\n", (unsigned long long)count, sample->metric->time);
}

/* ns as the family's unit. */
static double in_unit(const struct metric *metric, double ns)
{
	return metric->entry->result->clock.domain == DOMAIN_TIME ? ns / 1e9 : ns;
}

static void put_bucket(FILE *out, const struct sample *sample, uint64_t bound_ns, uint64_t count)
{
	put_head(out, sample);
	export_put_real(out, in_unit(sample->metric, (double)bound_ns));
	fputc('"', out);
	put_count(out, sample, count);
}

/* Faults that took at most ns; U64_ABSENT if a slot lies across it, so that it is not known. */
static uint64_t count_up_to(const struct latency *latency, uint64_t ns)
{
	uint64_t count = 0;

	for (size_t i = 0; i < latency->hist_ns_count; i++) {
		const struct bucket *slot = &latency->hist_ns[i];

		if (slot->from > ns)
			break;
		if (slot->to > ns && latency->max > ns)
			return U64_ABSENT;
		count += slot->count;
	}
	return count;
}

static void put_slots(FILE *out, const struct sample *sample, const struct range *range)
{
	const struct latency *latency = &sample->metric->entry->cell->latency;
	uint64_t bound = 0;

	for (unsigned int s = SLOTS_PER_BOUND - 1; s < SLOT_COUNT && bound < range->high;
	     s += SLOTS_PER_BOUND) {
		uint64_t count;

		bound = slot_high(s);
		count = bound < range->low ? U64_ABSENT : count_up_to(latency, bound);
		if (count != U64_ABSENT)
			put_bucket(out, sample, bound, count);
	}
}

/* The letter's buckets: whole microseconds, rounded down, so that each ends before the next one. */
static void put_log2(FILE *out, const struct sample *sample)
{
	const struct latency *latency = &sample->metric->entry->cell->latency;
	uint64_t count = 0;

	for (size_t i = 0; i < latency->log2_us_count; i++) {
		const struct bucket *bucket = &latency->log2_us[i];

		count += bucket->count;
		if (bucket->to < log2_us_to(LOG2_US_COUNT - 1))
			put_bucket(out, sample, (bucket->to + 1) * 1000 - 1, count);
	}
}

static double sum_ns(const struct latency *latency)
{
	uint64_t sum = 0;

	if (latency->sample_count != latency->count)
		return latency->mean * (double)latency->count;
	for (size_t i = 0; i < latency->sample_count; i++)
		sum += latency->samples[i];
	return (double)sum;
}

/* The two go together or not at all. */
static void put_sum(FILE *out, const char *family, const struct metric *metric)
{
	const struct latency *latency = &metric->entry->cell->latency;
	struct sample sample = { family, "_gcount", NULL, metric };
	double sum = sum_ns(latency);

	if (isnan(sum))
		return;
	put_head(out, &sample);
	put_count(out, &sample, latency->count);
	sample.suffix = "_gsum";
	put_head(out, &sample);
	fputs("} ", out);
	export_put_real(out, in_unit(metric, sum));
	fprintf(out, "%s\n", metric->time);
}

static void put_histogram(FILE *out, const char *family, const struct metric *metric,
			  const struct range *range)
{
	const struct latency *latency = &metric->entry->cell->latency;
	struct sample sample = { family, "_bucket", "le", metric };

	if (latency->hist_ns_count)
		put_slots(out, &sample, range);
	else
		put_log2(out, &sample);
	put_head(out, &sample);
	fputs("+Inf\"", out);
	put_count(out, &sample, latency->count);
	put_sum(out, family, metric);
}

static void put_quantile(FILE *out, const char *family, const struct metric *metric, size_t figure)
{
	struct sample sample = { family, "", "quantile", metric };
	double ns = export_figure_ns(&metric->entry->cell->latency, figure);

	if (isnan(ns))
		return;
	put_head(out, &sample);
	fprintf(out, "%s\"} ", export_figures[figure].quantile);
	export_put_real(out, in_unit(metric, ns));
	fprintf(out, "%s\n", metric->time);
}

static bool is_of(const struct metric *metric, int domain)
{
	return (int)metric->entry->result->clock.domain == domain;
}

/* Whether there are any. */
static bool find_range(const struct metrics *metrics, int domain, struct range *range)
{
	range->low = UINT64_MAX;
	range->high = 0;
	for (size_t i = 0; i < metrics->count; i++) {
		const struct latency *latency = &metrics->items[i].entry->cell->latency;

		if (!is_of(&metrics->items[i], domain))
			continue;
		if (latency->min < range->low)
			range->low = latency->min;
		if (latency->max > range->high)
			range->high = latency->max;
	}
	return range->low != UINT64_MAX;
}

static void put_metadata(FILE *out, const char *family, const char *type, const char *unit,
			 const char *help)
{
	fprintf(out, "# TYPE %s %s\n# UNIT %s %s\n# HELP %s %s\n", family, type, family, unit,
		family, help);
}

static void put_histograms(FILE *out, const struct metrics *metrics, int domain, const char *unit,
			   const struct range *range)
{
	char family[64];

	snprintf(family, sizeof(family), "syncfault_page_fault_%s", unit);
	put_metadata(out, family, "gaugehistogram", unit, "Page faults by what each one cost.");
	for (size_t i = 0; i < metrics->count; i++)
		if (is_of(&metrics->items[i], domain))
			put_histogram(out, family, &metrics->items[i], range);
}

/* Points of one metric are adjacent: the quantiles of the same labels, one after another. */
static void put_quantile_points(FILE *out, const char *family, const struct metric *first,
				size_t count, const struct export_options *options)
{
	for (size_t f = 0; f < EXPORT_FIGURES; f++)
		for (size_t i = 0; i < count; i++)
			if (export_figures[f].quantile && export_has_figure(options, f))
				put_quantile(out, family, &first[i], f);
}

static void put_quantiles(FILE *out, const struct metrics *metrics, int domain, const char *unit,
			  const struct export_options *options)
{
	char family[64];

	snprintf(family, sizeof(family), "syncfault_page_fault_quantile_%s", unit);
	put_metadata(out, family, "gauge", unit, "Quantiles of page faults, by nearest rank.");
	for (size_t i = 0, n; i < metrics->count; i += n) {
		n = metrics_points(metrics, i);
		if (is_of(&metrics->items[i], domain))
			put_quantile_points(out, family, &metrics->items[i], n, options);
	}
}

int export_openmetrics(FILE *out, const struct result_table *sorted,
		       const struct export_options *options)
{
	static const char *const units[] = { "seconds", "instructions" };
	auto_release(metrics_free) struct metrics metrics = { 0 };
	struct range range;
	int ret = metrics_collect(&metrics, sorted, options);

	for (int domain = DOMAIN_TIME; !ret && domain <= DOMAIN_INSTRUCTIONS; domain++) {
		if (!find_range(&metrics, domain, &range))
			continue;
		put_histograms(out, &metrics, domain, units[domain], &range);
		put_quantiles(out, &metrics, domain, units[domain], options);
	}
	if (!ret)
		fputs("# EOF\n", out);
	return ret;
}
