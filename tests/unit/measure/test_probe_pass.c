// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/probe_pass.h"

/* A pass without a setup: whoever measured with it would crash. */
static struct probe_pass pass;

static void assert_left_alone(struct cell_result *cell)
{
	assert_int_equal(probe_pass_cell(&pass, NULL, cell), 0);
	assert_false(cell->has_probes);
	assert_int_equal(cell->warnings.count, 0);
	cell_result_free(cell);
}

static void a_cell_without_figures(void **state)
{
	struct cell_result cell;

	(void)state;
	cell_result_init(&cell);
	cell.proof.faults_expected = 512;
	assert_left_alone(&cell);
}

/* A pwrite takes no fault: that the probes see none is not worth a warning. */
static void a_cell_without_faults(void **state)
{
	struct cell_result cell;

	(void)state;
	cell_result_init(&cell);
	cell.config.commit = COMMIT_PWRITE_DSYNC;
	cell.has_latency = true;
	cell.proof.faults_expected = 0;
	assert_left_alone(&cell);
}

#define FAULTS 4
#define LOST   2

/* What the pass warns of, measured, and what the probes saw of it. */
static const char *said;
static uint64_t seen = FAULTS;
static const uint64_t timed_ns[FAULTS] = { 1000, 2000, 3000, 10000 };

static void fill_latency(struct latency *latency, uint64_t less_ns)
{
	uint64_t *samples = malloc(sizeof(timed_ns));
	struct hist hist;

	hist_init(&hist);
	for (size_t i = 0; i < FAULTS; i++) {
		samples[i] = timed_ns[i] - less_ns;
		hist_add(&hist, samples[i]);
	}
	assert_int_equal(latency_fill(latency, &hist, samples, FAULTS), 0);
}

int __wrap_measure_cell(const struct measure_setup *setup, struct target *target,
			const struct cell_config *config, uint64_t repeat,
			struct cell_result *cell);
int __wrap_measure_cell(const struct measure_setup *setup, struct target *target,
			const struct cell_config *config, uint64_t repeat, struct cell_result *cell)
{
	(void)setup, (void)target, (void)config, (void)repeat;
	cell_result_init(cell);
	fill_latency(&cell->latency, 0);
	cell->has_latency = true;
	return said ? strings_add(&cell->warnings, said) : 0;
}

const struct probes_stage *__wrap_probes_stage(const struct probes *probes, int stage);
const struct probes_stage *__wrap_probes_stage(const struct probes *probes, int stage)
{
	static const struct probes_stage best = { .rung = RUNG_FENTRY },
					 none = { .rung = RUNG_NONE };

	(void)probes;
	return stage == STAGE_MM ? &best : &none;
}

static void add(struct probes_hist *hist, uint64_t ns)
{
	if (!hist->count || ns < hist->min_ns)
		hist->min_ns = ns;
	if (ns > hist->max_ns)
		hist->max_ns = ns;
	hist->count++;
	hist->sum_ns += ns;
	hist->slots[slot_of(ns)]++;
}

int __wrap_probes_read(struct probes *probes, struct probes_totals *totals);
int __wrap_probes_read(struct probes *probes, struct probes_totals *totals)
{
	(void)probes;
	memset(totals, 0, sizeof(*totals));
	for (size_t i = 0; i < seen; i++) {
		add(&totals->hists[ROOT_FAULT][STAGE_OUTSIDE], timed_ns[i] - 100);
		add(&totals->hists[ROOT_FAULT][STAGE_MM], timed_ns[i] - 100);
	}
	totals->blocked_ns[ROOT_FAULT] = 8000;
	totals->runnable_ns[ROOT_FAULT] = 400;
	for (int phase = 0; phase < PHASE_COUNT; phase++)
		add(&totals->commits[phase], 500 + (uint64_t)phase);
	for (int which = 0; which < COUNT_COUNT; which++)
		totals->counts[which] = which < DROP_SLOT ? 100 + (uint64_t)which : 0;
	totals->counts[DROP_EVENT] = LOST;
	return 0;
}

int __wrap_probes_worst(struct probes *probes, struct probe_record *records, size_t max);
int __wrap_probes_worst(struct probes *probes, struct probe_record *records, size_t max)
{
	(void)probes, (void)records, (void)max;
	return 0;
}

static void prepare(struct cell_result *cell)
{
	cell_result_init(cell);
	fill_latency(&cell->latency, 40);
	cell->has_latency = true;
	cell->proof.faults_expected = FAULTS;
}

static void measure(struct cell_result *cell)
{
	prepare(cell);
	assert_int_equal(probe_pass_cell(&pass, NULL, cell), 0);
}

static void each_figure_in_its_place(void **state)
{
	const struct probes_result *probes;
	struct cell_result cell;

	(void)state;
	measure(&cell);
	assert_true(cell.has_probes);
	assert_int_equal(cell.warnings.count, 0);
	probes = &cell.probes;
	assert_int_equal(probes->latency.max, 10000);
	assert_int_equal(probes->total.count, FAULTS);
	assert_int_equal(probes->total.max, 9900);
	assert_true(probes->cost_ns == 40);
	assert_true(probes->blocked_mean_ns == 2000);
	assert_true(probes->runnable_mean_ns == 100);
	assert_true(probes->stages[STAGE_OUTSIDE].mean_ns == 100);
	assert_true(probes->stages[STAGE_MM].mean_ns == 3900);
	assert_true(isnan(probes->stages[STAGE_FSYNC].mean_ns));
	assert_int_equal(probes->commit_locked.max, 500 + PHASE_LOCKED);
	assert_int_equal(probes->commit_flushing.max, 500 + PHASE_FLUSHING);
	assert_int_equal(probes->commit_logging.max, 500 + PHASE_LOGGING);
	assert_int_equal(probes->commit_total.max, 500 + PHASE_ALL);
	assert_int_equal(probes->counts.faults, FAULTS);
	assert_int_equal(probes->counts.needdsync, 100 + COUNT_NEEDDSYNC);
	assert_int_equal(probes->counts.fsyncs, 100 + COUNT_FSYNC);
	assert_int_equal(probes->counts.fast_commits, 100 + COUNT_FAST_COMMIT);
	assert_int_equal(probes->counts.interrupted, 100 + COUNT_INTERRUPTED);
	assert_int_equal(probes->drops.events, LOST);
	assert_int_equal(probes->drops.deep, 0);
	assert_int_equal(probes->drops.slots, 0);
	/* What was measured without probes stays. */
	assert_int_equal(cell.latency.max, 9960);
	cell_result_free(&cell);
}

static void faults_that_the_probes_missed(void **state)
{
	struct cell_result cell;

	(void)state;
	seen = 0;
	measure(&cell);
	assert_false(cell.has_probes);
	assert_int_equal(cell.warnings.count, 1);
	assert_string_equal(cell.warnings.items[0], "no probes: they saw none of the 4 faults");
	cell_result_free(&cell);
	seen = 3;
	measure(&cell);
	assert_int_not_equal(cell.warnings.count, 0);
	assert_string_equal(cell.warnings.items[0], "the probes saw 3 of 4 faults");
	cell_result_free(&cell);
	seen = FAULTS;
}

/* Not what the cell says already. */
static void warnings_of_the_pass(void **state)
{
	struct cell_result cell;

	(void)state;
	said = "the process stood still";
	measure(&cell);
	assert_int_equal(cell.warnings.count, 1);
	assert_string_equal(cell.warnings.items[0], "with probes: the process stood still");
	cell_result_free(&cell);
	prepare(&cell);
	assert_int_equal(strings_add(&cell.warnings, said), 0);
	assert_int_equal(probe_pass_cell(&pass, NULL, &cell), 0);
	assert_int_equal(cell.warnings.count, 1);
	said = NULL;
	cell_result_free(&cell);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cell_without_figures),
		cmocka_unit_test(a_cell_without_faults),
		cmocka_unit_test(each_figure_in_its_place),
		cmocka_unit_test(faults_that_the_probes_missed),
		cmocka_unit_test(warnings_of_the_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
