// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/tail.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/order.h"

int tail_init(struct tail *curve, const struct latency *latency)
{
	size_t bytes = latency->sample_count * sizeof(uint64_t);

	*curve = (struct tail){ .count = latency->count, .latency = latency };
	if (latency->sample_count != latency->count)
		return latency->hist_ns_count ? 0 : -ENODATA;
	curve->sorted = malloc(bytes);
	if (!curve->sorted)
		return -ENOMEM;
	memcpy(curve->sorted, latency->samples, bytes);
	order_sort_u64(curve->sorted, latency->sample_count);
	return 0;
}

void tail_free(struct tail *curve)
{
	free(curve->sorted);
}

double tail_ns(const struct tail *curve, uint64_t tail)
{
	const struct latency *latency = curve->latency;
	uint64_t seen = 0;

	if (tail >= curve->count)
		return (double)latency->min;
	if (curve->sorted)
		return (double)curve->sorted[curve->count - tail];
	for (size_t i = latency->hist_ns_count; i > 0; i--) {
		const struct bucket *slot = &latency->hist_ns[i - 1];

		seen += slot->count;
		if (seen >= tail)
			return (double)(slot->to < latency->max ? slot->to : latency->max);
	}
	return (double)latency->min;
}
