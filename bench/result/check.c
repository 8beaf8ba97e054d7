// SPDX-License-Identifier: GPL-2.0-or-later
#include "result/check.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/diag.h"
#include "result/stages.h"

/* A text that no file may lack can still be missing in what was measured just now. */
static bool is_text(const char *text, const char *wanted)
{
	return text && !strcmp(text, wanted);
}

/* Each check returns NULL, or what is wrong. */

static const char *check_percentiles(const struct latency *latency)
{
	const uint64_t values[] = { latency->min,  latency->p50,   latency->p90, latency->p99,
				    latency->p999, latency->p9999, latency->max };
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
	if (latency->elapsed != U64_ABSENT && latency->elapsed < latency->max)
		return "elapsed is less than the slowest fault took";
	wrong = check_percentiles(latency);
	if (!wrong)
		wrong = check_buckets(latency->log2_us, latency->log2_us_count, latency->count);
	if (!wrong)
		wrong = check_buckets(latency->hist_ns, latency->hist_ns_count, latency->count);
	return wrong ? wrong : check_samples(latency);
}

/* Beside a write() to the same file, an access may fault more than once. */
static bool may_fault_again(const struct cell_result *cell)
{
	return cell->config.remap == REMAP_WRITE &&
	       cell->proof.faults_observed > cell->proof.faults_expected;
}

static const char *check_proof(const struct cell_result *cell)
{
	const struct proof *proof = &cell->proof;

	if (may_fault_again(cell))
		return NULL;
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

/* Times that add up do so to this: clocks are read to whole nanoseconds, means are rounded. */
static bool is_sum(double sum, double whole)
{
	return fabs(sum - whole) <= fmax(1, whole / 1000);
}

static const char *check_stage(const struct stage_result *stage, uint64_t faults)
{
	if (stage->mean_ns < 0 || isinf(stage->mean_ns))
		return "the mean of a stage is no time";
	if (stage->stage == STAGE_OUTSIDE && (stage->rung != RUNG_NONE || stage->has_latency))
		return "what is outside of the probes has a rung or latencies";
	if (stage->stage != STAGE_OUTSIDE && stage->rung == RUNG_NONE &&
	    (stage->has_latency || !isnan(stage->mean_ns)))
		return "a stage that no probe saw has figures";
	if (!stage->has_latency)
		return NULL;
	if (stage->latency.count > faults)
		return "more faults were in a stage than there were";
	return check_latency(&stage->latency);
}

static bool is_whole(const struct probe_drops *drops)
{
	const uint64_t figures[] = { drops->slots, drops->unfinished, drops->deep,
				     drops->unmatched };

	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		if (figures[i] && figures[i] != U64_ABSENT)
			return false;
	return true;
}

static const char *check_stages(const struct probes_result *probes)
{
	double sum = 0;

	if (probes->stage_count != STAGE_COUNT)
		return "not every stage is there once";
	for (size_t i = 0; i < STAGE_COUNT; i++) {
		const char *wrong = "the stages are not in their order";

		if (probes->stages[i].stage == (int)i)
			wrong = check_stage(&probes->stages[i], probes->total.count);
		if (wrong)
			return wrong;
		if (!isnan(probes->stages[i].mean_ns))
			sum += probes->stages[i].mean_ns;
	}
	if (isnan(probes->latency.mean))
		return "the pass with probes has no mean";
	if (is_whole(&probes->drops) && !is_sum(sum, probes->latency.mean))
		return "the means of the stages do not add up to the mean fault";
	return NULL;
}

static const char *check_timeline(const struct worst_result *worst)
{
	uint64_t at = 0;

	for (size_t i = 0; i < worst->timeline_count; i++) {
		const struct stage_span *span = &worst->timeline[i];

		if (span->from != at || span->to < span->from)
			return "the timeline of a fault has a gap or goes back";
		at = span->to;
	}
	return at > worst->total ? "the timeline of a fault is longer than the fault" : NULL;
}

static const char *check_worst(const struct worst_result *worst)
{
	double sum = 0;

	if (worst->stage_ns_count && worst->stage_ns_count != STAGE_COUNT)
		return "a fault has not a time for every stage";
	for (size_t i = 0; i < worst->stage_ns_count; i++)
		if (worst->stage_ns[i] != U64_ABSENT)
			sum += (double)worst->stage_ns[i];
	if (worst->stage_ns_count && !is_sum(sum, (double)worst->total))
		return "the stages of a fault do not add up to it";
	if (worst->has_commit && !is_text(worst->commit.kind, "jbd2") &&
	    !is_text(worst->commit.kind, "cil"))
		return "the kind of a commit is neither jbd2 nor cil";
	return check_timeline(worst);
}

static const char *check_worsts(const struct probes_result *probes)
{
	for (size_t i = 0; i < probes->worst_count; i++) {
		const char *wrong = check_worst(&probes->worst[i]);

		if (wrong)
			return wrong;
		if (i && probes->worst[i].total > probes->worst[i - 1].total)
			return "the slowest faults are not slowest first";
	}
	return NULL;
}

static const char *check_commits(const struct probes_result *probes)
{
	const struct latency *phases[] = { &probes->commit_locked, &probes->commit_flushing,
					   &probes->commit_logging, &probes->commit_total };

	for (size_t i = 0; probes->has_commits && i < sizeof(phases) / sizeof(phases[0]); i++) {
		const char *wrong = NULL;

		if (phases[i]->count != U64_ABSENT)
			wrong = check_latency(phases[i]);
		else if (phases[i] == &probes->commit_total)
			wrong = "commits have no total";
		if (wrong)
			return wrong;
	}
	return NULL;
}

static const char *check_counts(const struct probes_result *probes)
{
	if (probes->counts.faults != U64_ABSENT && probes->counts.faults != probes->total.count)
		return "the faults counted are not those timed in the kernel";
	return NULL;
}

const char *result_check_probes(const struct probes_result *probes)
{
	return check_latency(&probes->latency) ?: check_latency(&probes->total) ?:
	       check_counts(probes) ?: check_stages(probes) ?: check_worsts(probes) ?:
	       check_commits(probes);
}

/* The kernel was asked, and answered as documented: there is nothing to time. */
static bool is_answered(const struct cell_result *cell)
{
	return cell->has_answer && cell->config.interface && cell->status == CELL_OK;
}

static const char *check_answer(const struct cell_result *cell)
{
	const struct answer *answer = &cell->answer;

	if (cell->has_latency || cell->has_probes)
		return "an answer has no latencies";
	if (!answer->said || !is_text(answer->expected, answer->said) ||
	    answer->has_map_sync != answer->expected_map_sync)
		return "is ok, yet its answer is not the expected one";
	return NULL;
}

static bool is_struct_pages(const char *where)
{
	return !where || !strcmp(where, "ram") || !strcmp(where, "pmem") || !strcmp(where, "none");
}

static const char *check_cell(const struct cell_result *cell)
{
	char key[CELL_KEY_SIZE];

	if (!is_struct_pages(cell->placement.struct_pages))
		return "placement.struct_pages is neither ram, pmem nor none";
	if (cell_key(&cell->config, key, sizeof(key)) || !is_text(cell->key, key))
		return "the key is not that of its config";
	if ((cell->status == CELL_OK) != (cell->has_latency || is_answered(cell)))
		return "only a cell that is ok has latencies";
	if ((cell->status == CELL_OK) != !cell->reason)
		return "a cell has a reason when, and only when, it is not ok";
	if (cell->status != CELL_OK)
		return cell->has_probes ? "only a cell that is ok has probes" : NULL;
	if (is_answered(cell))
		return check_answer(cell);
	return check_proof(cell) ?: check_latency(&cell->latency) ?: check_count(cell);
}

int result_check(const struct result *result, const char *name)
{
	if (!is_text(result->clock.unit, "ns")) {
		diag_error("%s: clock.unit: wants \"ns\"", name);
		return -EINVAL;
	}
	if (result->has_guest && is_text(result->guest.clock, "instructions") !=
					 (result->clock.domain == DOMAIN_INSTRUCTIONS)) {
		diag_error("%s: clock.domain and guest.clock contradict each other", name);
		return -EINVAL;
	}
	for (size_t i = 0; i < result->cell_count; i++) {
		const struct cell_result *cell = &result->cells[i];
		const char *wrong = check_cell(cell), *part = "";

		if (!wrong && cell->has_probes) {
			wrong = result_check_probes(&cell->probes);
			part = ".probes";
		}
		if (!wrong)
			continue;
		diag_error("%s: cells[%zu]%s: %s", name, i, part, wrong);
		return -EINVAL;
	}
	return 0;
}
