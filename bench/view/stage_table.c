// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/stage_table.h"

#include <math.h>

const struct section_count section_counts[SECTION_COUNTS] = {
	{ "faults", offsetof(struct probe_counts, faults), true },
	{ "NEEDDSYNC", offsetof(struct probe_counts, needdsync), true },
	{ "pfn_mkwrite", offsetof(struct probe_counts, insert_pfn_mkwrite), false },
	{ "fsyncs", offsetof(struct probe_counts, fsyncs), true },
	{ "xfs fsyncs", offsetof(struct probe_counts, xfs_fsyncs), false },
	{ "commits", offsetof(struct probe_counts, journal_commits), true },
	{ "fast commits", offsetof(struct probe_counts, fast_commits), false },
	{ "log forces", offsetof(struct probe_counts, log_forces), false },
	{ "CIL pushes", offsetof(struct probe_counts, cil_pushes), false },
	{ "iclog waits", offsetof(struct probe_counts, iclog_waits), false },
	{ "retries", offsetof(struct probe_counts, retries), false },
	{ "interrupted", offsetof(struct probe_counts, interrupted), false },
};

static void add_to(struct section_mean *mean, double value, uint64_t weight)
{
	if (isnan(value))
		return;
	mean->sum += value * (double)weight;
	mean->count += weight;
}

double section_mean_of(const struct section_mean *mean)
{
	return mean->count ? mean->sum / (double)mean->count : NAN;
}

double section_sum_of(const struct section_mean *mean)
{
	return mean->count ? mean->sum : NAN;
}

static double known(uint64_t value)
{
	return value == U64_ABSENT ? NAN : (double)value;
}

static void add_commits(struct section_column *column, const struct probes_result *probes)
{
	const struct latency *const phases[PHASE_COUNT] = {
		[PHASE_LOCKED] = &probes->commit_locked,
		[PHASE_FLUSHING] = &probes->commit_flushing,
		[PHASE_LOGGING] = &probes->commit_logging,
		[PHASE_ALL] = &probes->commit_total,
	};

	for (int i = 0; probes->has_commits && i < PHASE_COUNT; i++)
		if (phases[i]->count != U64_ABSENT)
			add_to(&column->phases[i], phases[i]->mean, phases[i]->count);
}

static void add_run(struct section *section, struct section_column *column,
		    const struct cell_result *cell)
{
	const struct probes_result *probes = &cell->probes;

	column->runs++;
	add_to(&column->fault, probes->latency.mean, 1);
	add_to(&column->blocked, probes->blocked_mean_ns, 1);
	add_to(&column->runnable, probes->runnable_mean_ns, 1);
	add_to(&column->plain_p50, known(cell->latency.p50), 1);
	add_to(&column->cost, probes->cost_ns, 1);
	add_commits(column, probes);
	for (int i = 0; i < STAGE_COUNT; i++) {
		add_to(&column->stages[i], probes->stages[i].mean_ns, 1);
		section->is_in[i] |= i == STAGE_OUTSIDE || probes->stages[i].mean_ns > 0;
	}
	for (size_t i = 0; i < SECTION_COUNTS; i++) {
		const void *field = (const char *)&probes->counts + section_counts[i].offset;

		add_to(&column->counts[i], known(*(const uint64_t *)field), 1);
	}
}

/* Where a run could not have a stage, its time is its caller's: so all means are over all runs. */
static void end_column(struct section_column *column)
{
	for (int i = 0; i < STAGE_COUNT; i++)
		if (column->stages[i].count)
			column->stages[i].count = column->runs;
}

void section_fill(struct section *section, struct table_span span)
{
	while (span.count && section->count < SECTION_CELLS) {
		struct table_span runs = table_cut(&span, TABLE_CELL);
		struct section_column *column = &section->columns[section->count];

		for (size_t i = 0; i < runs.count; i++)
			if (runs.entries[i].cell->has_probes)
				add_run(section, column, runs.entries[i].cell);
		if (!column->runs)
			continue;
		column->config = &runs.entries[0].cell->config;
		end_column(column);
		section->count++;
	}
}

double section_stages_ns(const struct section_column *column)
{
	double sum = 0;

	for (int i = 0; i < STAGE_COUNT; i++)
		sum += column->stages[i].sum / (double)column->runs;
	return sum;
}
