// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/span.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"

const char *const trace_phase_words[] = { "locked", "flushing", "logging", "total", NULL };

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* From the highest slot: no value is above its slot, above all so far, or above their sum. */
static uint64_t greatest(const struct probes_hist *span, uint64_t max_now)
{
	uint64_t bound = min_u64(max_now, span->sum_ns);

	for (unsigned int i = SLOT_COUNT; i-- > 0 && !span->over;)
		if (span->slots[i])
			return min_u64(bound, slot_high(i));
	return bound;
}

/* Likewise, the other way round: none is below the smallest so far. */
static uint64_t smallest(const struct probes_hist *span, uint64_t min_now)
{
	for (unsigned int i = 0; i < SLOT_COUNT; i++)
		if (span->slots[i])
			return slot_low(i) > min_now ? slot_low(i) : min_now;
	return min_now;
}

static void subtract_hist(const struct probes_hist *now, const struct probes_hist *before,
			  struct probes_hist *span)
{
	span->count = now->count - before->count;
	span->sum_ns = now->sum_ns - before->sum_ns;
	span->over = now->over - before->over;
	for (size_t i = 0; i < SLOT_COUNT; i++)
		span->slots[i] = now->slots[i] - before->slots[i];
	span->min_ns = span->max_ns = 0;
	if (!span->count)
		return;
	span->max_ns = now->max_ns;
	if (now->max_ns == before->max_ns)
		span->max_ns = greatest(span, now->max_ns);
	span->min_ns = now->min_ns;
	if (before->count && now->min_ns == before->min_ns)
		span->min_ns = smallest(span, now->min_ns);
}

void trace_subtract(const struct probes_totals *now, const struct probes_totals *before,
		    struct probes_totals *span)
{
	for (size_t root = 0; root < ROOT_COUNT; root++) {
		for (size_t stage = 0; stage < STAGE_COUNT; stage++)
			subtract_hist(&now->hists[root][stage], &before->hists[root][stage],
				      &span->hists[root][stage]);
		span->blocked_ns[root] = now->blocked_ns[root] - before->blocked_ns[root];
		span->runnable_ns[root] = now->runnable_ns[root] - before->runnable_ns[root];
	}
	for (size_t phase = 0; phase < PHASE_COUNT; phase++)
		subtract_hist(&now->commits[phase], &before->commits[phase], &span->commits[phase]);
	for (size_t i = 0; i < COUNT_COUNT; i++)
		span->counts[i] = now->counts[i] == U64_ABSENT ? U64_ABSENT
							       : now->counts[i] - before->counts[i];
}

static int fill_buckets(struct trace_figures *figures, const struct probes_hist *hist)
{
	figures->hist_ns = calloc(SLOT_COUNT, sizeof(*figures->hist_ns));
	if (!figures->hist_ns)
		return diag_errno(ENOMEM, "trace");
	for (unsigned int i = 0; i < SLOT_COUNT; i++)
		if (hist->slots[i])
			figures->hist_ns[figures->hist_ns_count++] =
				(struct bucket){ slot_low(i), slot_high(i), hist->slots[i] };
	return 0;
}

static int fill_figures(struct trace_figures *figures, int stage, const struct probes_hist *hist,
			bool has_buckets)
{
	*figures = (struct trace_figures){ .stage = stage,
					   .count = hist->count,
					   .mean = NAN,
					   .share = NAN,
					   .p50 = U64_ABSENT,
					   .p90 = U64_ABSENT,
					   .p99 = U64_ABSENT,
					   .p999 = U64_ABSENT,
					   .max = U64_ABSENT };
	if (!hist->count)
		return 0;
	figures->mean = (double)hist->sum_ns / (double)hist->count;
	figures->p50 = probes_quantile_ns(hist, 0.5);
	figures->p90 = probes_quantile_ns(hist, 0.9);
	figures->p99 = probes_quantile_ns(hist, 0.99);
	figures->p999 = probes_quantile_ns(hist, 0.999);
	figures->max = hist->max_ns;
	return has_buckets ? fill_buckets(figures, hist) : 0;
}

/* Of the stages' sum, not of the whole's: a reading may fall between the two. */
static uint64_t sum_stages(const struct probes_hist *hists)
{
	uint64_t sum = 0;

	for (size_t stage = STAGE_OUTSIDE + 1; stage < STAGE_COUNT; stage++)
		sum += hists[stage].sum_ns;
	return sum;
}

static int fill_stages(struct trace_root *root, const struct probes_hist *hists, bool has_buckets)
{
	uint64_t sum = sum_stages(hists);
	int ret = 0;

	root->stages = calloc(STAGE_COUNT, sizeof(*root->stages));
	if (!root->stages)
		return diag_errno(ENOMEM, "trace");
	for (int stage = STAGE_OUTSIDE + 1; stage < STAGE_COUNT && !ret; stage++) {
		struct trace_figures *figures = &root->stages[root->stage_count];

		if (!hists[stage].count)
			continue;
		root->stage_count++;
		ret = fill_figures(figures, stage, &hists[stage], has_buckets);
		if (sum)
			figures->share = (double)hists[stage].sum_ns / (double)sum;
	}
	return ret;
}

static int fill_root(struct trace_root *root, const struct probes_totals *totals, int number,
		     bool has_buckets)
{
	const struct probes_hist *hists = totals->hists[number];
	uint64_t count = hists[STAGE_OUTSIDE].count;
	int ret = fill_figures(&root->whole, STAGE_OUTSIDE, &hists[STAGE_OUTSIDE], has_buckets);

	root->blocked_mean = root->runnable_mean = NAN;
	if (count) {
		root->blocked_mean = (double)totals->blocked_ns[number] / (double)count;
		root->runnable_mean = (double)totals->runnable_ns[number] / (double)count;
	}
	return ret ? ret : fill_stages(root, hists, has_buckets);
}

int trace_span_fill(struct trace_span *span, const struct probes_totals *totals, bool has_buckets)
{
	int ret;

	*span = (struct trace_span){ 0 };
	memcpy(span->counts, totals->counts, sizeof(span->counts));
	span->has_fsyncs = totals->hists[ROOT_FSYNC][STAGE_OUTSIDE].count > 0;
	ret = fill_root(&span->faults, totals, ROOT_FAULT, has_buckets);
	if (!ret)
		ret = fill_root(&span->fsyncs, totals, ROOT_FSYNC, has_buckets);
	for (int phase = 0; phase < PHASE_COUNT && !ret; phase++) {
		span->has_commits |= totals->commits[phase].count > 0;
		ret = fill_figures(&span->commits[phase], phase, &totals->commits[phase],
				   has_buckets);
	}
	return ret;
}

static void free_root(struct trace_root *root)
{
	for (size_t i = 0; i < root->stage_count; i++)
		free(root->stages[i].hist_ns);
	free(root->stages);
	free(root->whole.hist_ns);
}

void trace_span_free(struct trace_span *span)
{
	free_root(&span->faults);
	free_root(&span->fsyncs);
	for (size_t phase = 0; phase < PHASE_COUNT; phase++)
		free(span->commits[phase].hist_ns);
	*span = (struct trace_span){ 0 };
}
