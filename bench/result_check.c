// SPDX-License-Identifier: GPL-2.0-or-later
#include "result_check.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "diag.h"

/* Each check returns NULL, or what is wrong. */

static const char *check_percentiles(const struct latency *latency)
{
	const uint64_t values[] = { latency->min, latency->p50,	 latency->p90,
				    latency->p99, latency->p999, latency->max };
	uint64_t last = 0;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (values[i] == U64_ABSENT)
			continue;
		if (values[i] < last)
			return "min, percentiles and max are not in ascending order";
		last = values[i];
	}
	/* A mean that others published may be rounded to their unit: the letter's are, to 1 us. */
	if (!isnan(latency->mean) && (latency->mean + 1000 < (double)latency->min ||
				      latency->mean > (double)latency->max + 1000))
		return "the mean is not between min and max";
	return NULL;
}

static const char *check_buckets(const struct bucket *buckets, size_t n, uint64_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		if (buckets[i].from > buckets[i].to)
			return "a bucket ends before it begins";
		if (i && buckets[i].from <= buckets[i - 1].to)
			return "buckets overlap or are not in ascending order";
		sum += buckets[i].count;
	}
	return n && sum != count ? "the buckets do not add up to count" : NULL;
}

static const char *check_samples(const struct latency *latency)
{
	uint64_t wanted = latency->count < RESULT_MAX_SAMPLES ? latency->count : RESULT_MAX_SAMPLES;

	if (!latency->sample_count)
		return NULL;
	if (latency->sample_count > wanted)
		return "more samples than faults";
	for (size_t i = 0; i < latency->sample_count; i++)
		if (latency->samples[i] < latency->min || latency->samples[i] > latency->max)
			return "a sample is not between min and max";
	return NULL;
}

static const char *check_latency(const struct latency *latency)
{
	const char *wrong;

	if (!latency->count)
		return "count is 0";
	wrong = check_percentiles(latency);
	if (!wrong)
		wrong = check_buckets(latency->log2_us, latency->log2_us_count, latency->count);
	if (!wrong)
		wrong = check_buckets(latency->hist_ns, latency->hist_ns_count, latency->count);
	return wrong ? wrong : check_samples(latency);
}

static const char *check_proof(const struct proof *proof)
{
	if (proof->faults_expected != U64_ABSENT && proof->faults_observed != U64_ABSENT &&
	    proof->faults_expected != proof->faults_observed)
		return "is ok, yet its faults are not those expected";
	return NULL;
}

static const char *check_count(const struct cell_result *cell)
{
	if (cell->latency.count == cell->config.pages * cell->config.threads)
		return NULL;
	return "count is not pages times threads";
}

static const char *check_cell(const struct cell_result *cell)
{
	char key[CELL_KEY_SIZE];

	if (cell_key(&cell->config, key, sizeof(key)) || strcmp(key, cell->key) != 0)
		return "the key is not that of its config";
	if ((cell->status == CELL_OK) != cell->has_latency)
		return "only a cell that is ok has latencies";
	if ((cell->status == CELL_OK) != !cell->reason)
		return "a cell has a reason when, and only when, it is not ok";
	if (cell->status != CELL_OK)
		return NULL;
	return check_proof(&cell->proof) ?: check_latency(&cell->latency) ?: check_count(cell);
}

int result_check(const struct result *result, const char *name)
{
	if (strcmp(result->clock.unit, "ns") != 0) {
		diag_error("%s: clock.unit: wants \"ns\"", name);
		return -EINVAL;
	}
	if (result->has_guest && !strcmp(result->guest.clock, "instructions") !=
					 (result->clock.domain == DOMAIN_INSTRUCTIONS)) {
		diag_error("%s: clock.domain and guest.clock contradict each other", name);
		return -EINVAL;
	}
	for (size_t i = 0; i < result->cell_count; i++) {
		const char *wrong = check_cell(&result->cells[i]);

		if (!wrong)
			continue;
		diag_error("%s: cells[%zu]: %s", name, i, wrong);
		return -EINVAL;
	}
	return 0;
}
