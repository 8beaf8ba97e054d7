/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts of latencies: exact count, minimum, maximum and sum, the log-linear slots of bpf/slots.h
 * and the letter's microsecond buckets. About 9.5 KiB; one writer at a time; histograms of several
 * threads are merged at the end. All latencies are nanoseconds (on the instruction clock: guest
 * instructions, one of which is one nanosecond of guest time).
 */
#ifndef SYNCFAULT_MATH_HIST_H
#define SYNCFAULT_MATH_HIST_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/slots.h"

struct hist {
	uint64_t count;
	uint64_t min_ns; /* UINT64_MAX while count is 0 */
	uint64_t max_ns;
	uint64_t sum_ns;
	uint64_t over; /* values without a slot (2^40 ns and more); in count, min, max, sum too */
	uint64_t slots[SLOT_COUNT];
	uint64_t log2_us[LOG2_US_COUNT];
};

void hist_init(struct hist *hist);
void hist_add(struct hist *hist, uint64_t ns);
void hist_add_all(struct hist *hist, const uint64_t *ns, size_t count);
void hist_merge(struct hist *into, const struct hist *from);

/* In nanoseconds; hist must not be empty. */
double hist_mean_ns(const struct hist *hist);

/*
 * The nearest-rank quantile: the smallest recorded value that at least p * count values do not
 * exceed, 0 < p <= 1. From the slots: the answer is the greatest value of the slot that holds it,
 * cut to [min, max], so it is never too low and at most 1/32 too high. hist must not be empty.
 */
uint64_t hist_quantile_ns(const struct hist *hist, double p);

/* The same quantile, exact, from count > 0 samples sorted in ascending order. */
uint64_t hist_exact_quantile_ns(const uint64_t *sorted_ns, size_t count, double p);

#endif
