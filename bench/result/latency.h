/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The latencies of a cell's faults: figures, buckets, samples. All in nanoseconds. */
#ifndef SYNCFAULT_RESULT_LATENCY_H
#define SYNCFAULT_RESULT_LATENCY_H

#include <stddef.h>
#include <stdint.h>

#include "math/hist.h"

/* With fewer faults the nearest rank of p99.99 is the maximum, and says nothing more. */
#define LATENCY_P9999_FAULTS 10000

/* from and to are inclusive, in the unit of the array's name. */
struct bucket {
	uint64_t from;
	uint64_t to;
	uint64_t count;
};

/*
 * count is the number of faults; samples are the first RESULT_MAX_SAMPLES of them, in order, thread
 * after thread. Percentiles are nearest rank: exact if samples holds every fault, else from the
 * histogram (at most 1/32 too high). Published results of others may lack all but count, min, max.
 */
struct latency {
	uint64_t count;
	uint64_t min, max;
	double mean;
	uint64_t p50, p90, p99, p999;
	uint64_t p9999; /* absent with fewer faults than LATENCY_P9999_FAULTS */
	/* From the first thread's first fault to the end of the last fault, with everything in
	 * between.
	 */
	uint64_t elapsed;
	struct bucket *log2_us;
	size_t log2_us_count;
	struct bucket *hist_ns; /* non-empty slots, ascending */
	size_t hist_ns_count;
	uint64_t *samples;
	size_t sample_count;
};

/*
 * Fills percentiles, buckets and mean from hist and samples. Takes ownership of samples, on failure
 * too; they may be NULL.
 */
int latency_fill(struct latency *latency, const struct hist *hist, uint64_t *samples,
		 size_t sample_count);

#endif
