// SPDX-License-Identifier: GPL-2.0-or-later
#include "measure/probe_pass.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "probes/worst.h"
#include "result/check.h"

#define KEPT_WORST 10

int probe_pass_begin(struct probe_pass *pass, const struct measure_setup *setup, unsigned int rungs)
{
	const struct probes_setup probes = { .tgid = getpid(),
					     .worst = KEPT_WORST,
					     .rungs = rungs };
	int ret = probes_open(&probes, &pass->probes);

	pass->setup = *setup;
	pass->setup.probes = pass->probes;
	return ret;
}

void probe_pass_end(struct probe_pass *pass)
{
	probes_close(pass->probes);
	pass->probes = NULL;
}

/* The letter's buckets cannot be told from slots, whose bounds are not whole microseconds. */
static int fill_latency(struct latency *latency, const struct probes_hist *from)
{
	auto_free struct hist *hist = malloc(sizeof(*hist));
	int ret;

	if (!hist)
		return -ENOMEM;
	hist_init(hist);
	hist->count = from->count;
	hist->sum_ns = from->sum_ns;
	hist->min_ns = from->min_ns;
	hist->max_ns = from->max_ns;
	hist->over = from->over;
	memcpy(hist->slots, from->slots, sizeof(hist->slots));
	ret = latency_fill(latency, hist, NULL, 0);
	free(latency->log2_us);
	latency->log2_us = NULL;
	latency->log2_us_count = 0;
	return ret;
}

static int fill_stage(struct probe_pass *pass, const struct probes_totals *totals, int stage,
		      struct stage_result *to)
{
	const struct probes_stage *seen = probes_stage(pass->probes, stage);
	const struct probes_hist *hist = &totals->hists[ROOT_FAULT][stage];
	uint64_t faults = totals->hists[ROOT_FAULT][STAGE_OUTSIDE].count;

	to->stage = stage;
	to->rung = seen->rung;
	to->probes = seen->probes ? strdup(seen->probes) : NULL;
	to->reason = seen->reason ? strdup(seen->reason) : NULL;
	if (!to->probes != !seen->probes || !to->reason != !seen->reason)
		return -ENOMEM;
	to->mean_ns = NAN;
	if (seen->rung == RUNG_NONE)
		return 0;
	to->mean_ns = (double)hist->sum_ns / (double)faults;
	to->has_latency = hist->count != 0;
	return to->has_latency ? fill_latency(&to->latency, hist) : 0;
}

static int fill_stages(struct probe_pass *pass, const struct probes_totals *totals,
		       struct probes_result *probes)
{
	int ret = 0;

	probes->stages = calloc(STAGE_COUNT, sizeof(*probes->stages));
	if (!probes->stages)
		return -ENOMEM;
	probes->stage_count = STAGE_COUNT;
	for (int stage = 0; stage < STAGE_COUNT && !ret; stage++)
		ret = fill_stage(pass, totals, stage, &probes->stages[stage]);
	probes->stages[STAGE_OUTSIDE].mean_ns = probes->latency.mean - probes->total.mean;
	return ret;
}

static int fill_commits(const struct probes_totals *totals, struct probes_result *probes)
{
	struct latency *to[PHASE_COUNT] = { [PHASE_LOCKED] = &probes->commit_locked,
					    [PHASE_FLUSHING] = &probes->commit_flushing,
					    [PHASE_LOGGING] = &probes->commit_logging,
					    [PHASE_ALL] = &probes->commit_total };
	int ret = 0;

	probes->has_commits = totals->commits[PHASE_ALL].count != 0;
	for (int phase = 0; phase < PHASE_COUNT && probes->has_commits && !ret; phase++)
		if (totals->commits[phase].count)
			ret = fill_latency(to[phase], &totals->commits[phase]);
	return ret;
}

static void fill_counts(const struct probes_totals *totals, struct probes_result *probes)
{
	const uint64_t *counts = totals->counts;

	probes->counts = (struct probe_counts){
		.faults = totals->hists[ROOT_FAULT][STAGE_OUTSIDE].count,
		.needdsync = counts[COUNT_NEEDDSYNC],
		.insert_pfn_mkwrite = counts[COUNT_INSERT_PFN_MKWRITE],
		.fsyncs = counts[COUNT_FSYNC],
		.xfs_fsyncs = counts[COUNT_XFS_FSYNC],
		.journal_commits = counts[COUNT_JOURNAL_COMMIT],
		.fast_commits = counts[COUNT_FAST_COMMIT],
		.log_forces = counts[COUNT_LOG_FORCE],
		.cil_pushes = counts[COUNT_CIL_PUSH],
		.iclog_waits = counts[COUNT_ICLOG_WAIT],
		.retries = counts[COUNT_RETRY],
		.interrupted = counts[COUNT_INTERRUPTED],
	};
	probes->drops = (struct probe_drops){
		.slots = counts[DROP_SLOT],
		.unfinished = counts[DROP_UNFINISHED],
		.deep = counts[DROP_DEEP],
		.unmatched = counts[DROP_UNMATCHED],
		.events = counts[DROP_EVENT],
	};
}

/* ---- the slowest faults
 * ---------------------------------------------------------------------------- */

static int fill_worsts(struct probe_pass *pass, struct probes_result *probes)
{
	auto_free struct probe_record *records = calloc(KEPT_WORST, sizeof(*records));
	int count, ret = 0;

	probes->worst = calloc(KEPT_WORST, sizeof(*probes->worst));
	if (!records || !probes->worst)
		return -ENOMEM;
	count = probes_worst(pass->probes, records, KEPT_WORST);
	for (int i = 0; i < count && !ret; i++) {
		struct worst_result *worst = &probes->worst[probes->worst_count++];

		ret = worst_fill(worst, &records[i]);
		if (!ret)
			ret = worst_explain(worst, &records[i], pass->probes);
	}
	return count < 0 ? count : ret;
}

static int fill(struct probe_pass *pass, const struct probes_totals *totals,
		struct cell_result *again, struct cell_result *cell)
{
	const struct probes_hist *all = &totals->hists[ROOT_FAULT][STAGE_OUTSIDE];
	struct probes_result *probes = &cell->probes;
	int ret = fill_latency(&probes->total, all);

	probes->latency = again->latency;
	again->has_latency = false;
	memset(&again->latency, 0, sizeof(again->latency));
	probes->cost_ns = (double)probes->latency.p50 - (double)cell->latency.p50;
	probes->blocked_mean_ns = (double)totals->blocked_ns[ROOT_FAULT] / (double)all->count;
	probes->runnable_mean_ns = (double)totals->runnable_ns[ROOT_FAULT] / (double)all->count;
	fill_counts(totals, probes);
	if (!ret)
		ret = fill_stages(pass, totals, probes);
	if (!ret)
		ret = fill_commits(totals, probes);
	return ret ? ret : fill_worsts(pass, probes);
}

static int __attribute__((format(printf, 2, 3)))
warn(struct cell_result *cell, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return strings_add(&cell->warnings, text);
}

static int take(struct probe_pass *pass, struct cell_result *again, struct cell_result *cell)
{
	auto_free struct probes_totals *totals = malloc(sizeof(*totals));
	uint64_t seen, expected = cell->proof.faults_expected;
	const char *wrong;
	int ret = totals ? probes_read(pass->probes, totals) : -ENOMEM;

	if (ret)
		return ret;
	seen = totals->hists[ROOT_FAULT][STAGE_OUTSIDE].count;
	if (!seen)
		return warn(cell, "no probes: they saw none of the %llu faults",
			    (unsigned long long)expected);
	if (seen != expected) {
		ret = warn(cell, "the probes saw %llu of %llu faults", (unsigned long long)seen,
			   (unsigned long long)expected);
		if (ret)
			return ret;
	}
	ret = fill(pass, totals, again, cell);
	wrong = ret ? NULL : result_check_probes(&cell->probes);
	cell->has_probes = !ret && !wrong;
	return wrong ? warn(cell, "no probes: %s", wrong) : ret;
}

static bool has_warning(const struct cell_result *cell, const char *warning)
{
	for (size_t i = 0; i < cell->warnings.count; i++)
		if (!strcmp(cell->warnings.items[i], warning))
			return true;
	return false;
}

/* What its reader does not know from the cell itself. */
static int pass_on_warnings(const struct cell_result *again, struct cell_result *cell)
{
	int ret = 0;

	for (size_t i = 0; i < again->warnings.count && !ret; i++)
		if (!has_warning(cell, again->warnings.items[i]))
			ret = warn(cell, "with probes: %s", again->warnings.items[i]);
	return ret;
}

int probe_pass_cell(struct probe_pass *pass, struct target *target, struct cell_result *cell)
{
	struct cell_result again;
	int ret;

	if (!cell->has_latency || !cell->proof.faults_expected)
		return 0;
	ret = measure_cell(&pass->setup, target, &cell->config, cell->repeat, &again);
	if (!ret && again.status == CELL_OK)
		ret = take(pass, &again, cell);
	else if (!ret)
		ret = warn(cell, "no probes: the pass with them %s: %s", status_words[again.status],
			   again.reason);
	if (!ret)
		ret = pass_on_warnings(&again, cell);
	cell_result_free(&again);
	return ret;
}
