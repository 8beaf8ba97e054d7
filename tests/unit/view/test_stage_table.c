// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "view/stage_table.h"

#define RUNS 3

static struct result result;
static struct cell_result cells[RUNS];
static struct stage_result stages[RUNS][STAGE_COUNT];
static struct table_entry entries[RUNS];

/* The first two runs have probes; the second could not have STAGE_MAP. */
static int fill(void **state)
{
	(void)state;
	memset(stages, 0, sizeof(stages));
	for (size_t run = 0; run < RUNS; run++) {
		struct cell_result *cell = &cells[run];

		cell_result_init(cell);
		cell->config.fs = (char *)"ext4";
		cell->config.mkfs_options = cell->config.mount_options = (char *)"";
		cell->latency.p50 = 100 * (run + 1);
		cell->has_probes = run < 2;
		cell->probes.stages = stages[run];
		cell->probes.stage_count = STAGE_COUNT;
		cell->probes.latency.mean = 1000 * (double)(run + 1);
		cell->probes.blocked_mean_ns = 10 * (double)(run + 1);
		cell->probes.runnable_mean_ns = 2 * (double)(run + 1);
		cell->probes.cost_ns = 50;
		stages[run][STAGE_MM].mean_ns = 400;
		stages[run][STAGE_MAP].mean_ns = run ? NAN : 600;
		entries[run] = (struct table_entry){ "a", &result, cell, 0 };
	}
	return 0;
}

static struct section section_of(void)
{
	struct section section = { 0 };

	section_fill(&section, (struct table_span){ entries, RUNS });
	assert_int_equal(section.count, 1);
	assert_int_equal(section.columns[0].runs, 2);
	return section;
}

static void assert_mean(const struct section_mean *mean, double expected)
{
	assert_true(section_mean_of(mean) == expected);
}

/* A run without a stage has its time in the stage's caller, so that it counts as 0. */
static void means_are_over_all_runs(void **state)
{
	struct section section = section_of();
	const struct section_column *column = &section.columns[0];

	(void)state;
	assert_mean(&column->fault, 1500);
	assert_mean(&column->blocked, 15);
	assert_mean(&column->runnable, 3);
	assert_mean(&column->plain_p50, 150);
	assert_mean(&column->cost, 50);
	assert_mean(&column->stages[STAGE_MM], 400);
	assert_mean(&column->stages[STAGE_MAP], 300);
	assert_true(section_stages_ns(column) == 700);
	assert_true(section.is_in[STAGE_OUTSIDE]);
	assert_true(section.is_in[STAGE_MAP]);
	assert_false(section.is_in[STAGE_FLUSH]);
}

/* One run had three commits, the other one: each counts. */
static void commits_weigh_by_their_number(void **state)
{
	struct section section;

	(void)state;
	for (size_t run = 0; run < 2; run++) {
		struct probes_result *probes = &cells[run].probes;
		struct latency *const phases[] = { &probes->commit_locked, &probes->commit_flushing,
						   &probes->commit_logging, &probes->commit_total };

		probes->has_commits = true;
		for (size_t i = 0; i < 4; i++) {
			phases[i]->count = run ? 1 : 3;
			phases[i]->mean = (run ? 500 : 100) + (double)i;
		}
	}
	cells[1].probes.commit_flushing.count = U64_ABSENT;
	section = section_of();
	assert_mean(&section.columns[0].phases[PHASE_LOCKED], 200);
	assert_mean(&section.columns[0].phases[PHASE_FLUSHING], 101);
	assert_mean(&section.columns[0].phases[PHASE_LOGGING], 202);
	assert_mean(&section.columns[0].phases[PHASE_ALL], 203);
}

static void assert_count(const struct section_column *column, const char *label, double expected)
{
	for (size_t i = 0; i < SECTION_COUNTS; i++)
		if (!strcmp(section_counts[i].label, label)) {
			assert_true(section_sum_of(&column->counts[i]) == expected);
			return;
		}
	fail_msg("no count '%s'", label);
}

static void counts_are_under_their_label(void **state)
{
	struct probe_counts *counts = &cells[0].probes.counts;
	struct section section;

	(void)state;
	*counts = (struct probe_counts){ .faults = 1,
					 .needdsync = 2,
					 .insert_pfn_mkwrite = 3,
					 .fsyncs = 4,
					 .xfs_fsyncs = 5,
					 .journal_commits = 6,
					 .fast_commits = 7,
					 .log_forces = 8,
					 .cil_pushes = 9,
					 .iclog_waits = 10,
					 .retries = 11,
					 .interrupted = U64_ABSENT };
	cells[1].has_probes = true;
	cells[1].probes.counts = (struct probe_counts){ .faults = 100, .interrupted = U64_ABSENT };
	section = section_of();
	assert_count(&section.columns[0], "faults", 101);
	assert_count(&section.columns[0], "NEEDDSYNC", 2);
	assert_count(&section.columns[0], "pfn_mkwrite", 3);
	assert_count(&section.columns[0], "fsyncs", 4);
	assert_count(&section.columns[0], "xfs fsyncs", 5);
	assert_count(&section.columns[0], "commits", 6);
	assert_count(&section.columns[0], "fast commits", 7);
	assert_count(&section.columns[0], "log forces", 8);
	assert_count(&section.columns[0], "CIL pushes", 9);
	assert_count(&section.columns[0], "iclog waits", 10);
	assert_count(&section.columns[0], "retries", 11);
	assert_true(isnan(section_sum_of(&section.columns[0].counts[SECTION_COUNTS - 1])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(means_are_over_all_runs, fill),
		cmocka_unit_test_setup(commits_weigh_by_their_number, fill),
		cmocka_unit_test_setup(counts_are_under_their_label, fill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
