/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tail of a latency's distribution: how slow its slowest 1, 2, 3, … faults are. */
#ifndef SYNCFAULT_VIEW_TAIL_H
#define SYNCFAULT_VIEW_TAIL_H

#include "result/result.h"

struct tail {
	uint64_t count;
	uint64_t *sorted; /* all samples, ascending; NULL if the result does not hold all */
	const struct latency *latency;
};

/* latency outlives the curve. -ENODATA if it has neither all samples nor slots; -ENOMEM. */
int tail_init(struct tail *curve, const struct latency *latency);
void tail_free(struct tail *curve);

/*
 * The latency that tail of the faults reached or exceeded, 1 <= tail (beyond count: the minimum).
 * Exact from samples; from slots at most 1/32 too high.
 */
double tail_ns(const struct tail *curve, uint64_t tail);

#endif
