// SPDX-License-Identifier: GPL-2.0-or-later
#include "result/latency.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/order.h"
#include "base/strings.h"

static int fill_percentiles(struct latency *latency, const struct hist *hist)
{
	static const double p[] = { 0.5, 0.9, 0.99, 0.999, 0.9999 };
	uint64_t *const values[] = { &latency->p50, &latency->p90, &latency->p99, &latency->p999,
				     &latency->p9999 };
	bool is_exact = latency->sample_count == latency->count;
	size_t bytes = latency->sample_count * sizeof(uint64_t);
	auto_free uint64_t *sorted = NULL;

	if (is_exact) {
		sorted = malloc(bytes);
		if (!sorted)
			return -ENOMEM;
		memcpy(sorted, latency->samples, bytes);
		order_sort_u64(sorted, latency->sample_count);
	}
	for (size_t i = 0; i < sizeof(p) / sizeof(p[0]); i++)
		*values[i] = is_exact ? hist_exact_quantile_ns(sorted, latency->count, p[i])
				      : hist_quantile_ns(hist, p[i]);
	if (latency->count < LATENCY_P9999_FAULTS)
		latency->p9999 = U64_ABSENT;
	return 0;
}

/* From the first bucket that holds something to the last, empty ones between them included. */
static int fill_log2_us(struct latency *latency, const struct hist *hist)
{
	unsigned int first = log2_us_of(hist->min_ns), last = log2_us_of(hist->max_ns);

	latency->log2_us = calloc(last - first + 1, sizeof(*latency->log2_us));
	if (!latency->log2_us)
		return -ENOMEM;
	for (unsigned int i = first; i <= last; i++)
		latency->log2_us[latency->log2_us_count++] = (struct bucket){
			.from = log2_us_from(i),
			.to = log2_us_to(i),
			.count = hist->log2_us[i],
		};
	return 0;
}

static int fill_hist_ns(struct latency *latency, const struct hist *hist)
{
	size_t used = hist->over > 0, n = 0;

	for (unsigned int i = 0; i < SLOT_COUNT; i++)
		used += hist->slots[i] > 0;
	latency->hist_ns = calloc(used, sizeof(*latency->hist_ns));
	if (!latency->hist_ns)
		return -ENOMEM;
	for (unsigned int i = 0; i < SLOT_COUNT; i++)
		if (hist->slots[i])
			latency->hist_ns[n++] =
				(struct bucket){ slot_low(i), slot_high(i), hist->slots[i] };
	if (hist->over)
		latency->hist_ns[n++] =
			(struct bucket){ slot_low(SLOT_COUNT), hist->max_ns, hist->over };
	latency->hist_ns_count = n;
	return 0;
}

int latency_fill(struct latency *latency, const struct hist *hist, uint64_t *samples,
		 size_t sample_count)
{
	*latency = (struct latency){ .count = hist->count,
				     .min = hist->min_ns,
				     .max = hist->max_ns,
				     .mean = hist_mean_ns(hist),
				     .elapsed = U64_ABSENT,
				     .samples = samples,
				     .sample_count = sample_count };
	if (fill_percentiles(latency, hist) || fill_log2_us(latency, hist) ||
	    fill_hist_ns(latency, hist))
		return -ENOMEM;
	return 0;
}
