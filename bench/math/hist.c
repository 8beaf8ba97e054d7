// SPDX-License-Identifier: GPL-2.0-or-later
#include "math/hist.h"

#include <math.h>
#include <string.h>

void hist_init(struct hist *hist)
{
	memset(hist, 0, sizeof(*hist));
	hist->min_ns = UINT64_MAX;
}

void hist_add(struct hist *hist, uint64_t ns)
{
	unsigned int slot = slot_of(ns);

	hist->count++;
	hist->sum_ns += ns;
	if (ns < hist->min_ns)
		hist->min_ns = ns;
	if (ns > hist->max_ns)
		hist->max_ns = ns;
	if (slot < SLOT_COUNT)
		hist->slots[slot]++;
	else
		hist->over++;
	hist->log2_us[log2_us_of(ns)]++;
}

void hist_add_all(struct hist *hist, const uint64_t *ns, size_t count)
{
	for (size_t i = 0; i < count; i++)
		hist_add(hist, ns[i]);
}

void hist_merge(struct hist *into, const struct hist *from)
{
	into->count += from->count;
	into->sum_ns += from->sum_ns;
	into->over += from->over;
	if (from->min_ns < into->min_ns)
		into->min_ns = from->min_ns;
	if (from->max_ns > into->max_ns)
		into->max_ns = from->max_ns;
	for (size_t i = 0; i < SLOT_COUNT; i++)
		into->slots[i] += from->slots[i];
	for (size_t i = 0; i < LOG2_US_COUNT; i++)
		into->log2_us[i] += from->log2_us[i];
}

double hist_mean_ns(const struct hist *hist)
{
	return (double)hist->sum_ns / (double)hist->count;
}

/* Ranks are 1-based. The product is rounded down by an ulp so that 0.9 * 10 is rank 9, not 10. */
static uint64_t rank_of(double p, uint64_t count)
{
	double rank = ceil(p * (double)count * (1 - 1e-12));

	if (rank < 1)
		return 1;
	return rank < (double)count ? (uint64_t)rank : count;
}

uint64_t hist_quantile_ns(const struct hist *hist, double p)
{
	uint64_t rank = rank_of(p, hist->count), seen = 0;

	for (unsigned int i = 0; i < SLOT_COUNT; i++) {
		seen += hist->slots[i];
		if (seen < rank)
			continue;
		if (slot_high(i) < hist->min_ns)
			return hist->min_ns;
		return slot_high(i) < hist->max_ns ? slot_high(i) : hist->max_ns;
	}
	return hist->max_ns;
}

uint64_t hist_exact_quantile_ns(const uint64_t *sorted_ns, size_t count, double p)
{
	return sorted_ns[rank_of(p, count) - 1];
}
