// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "trace/span.h"

static struct probes_totals before, now, span;

static void add(struct probes_hist *hist, uint64_t ns)
{
	hist->min_ns = hist->count && hist->min_ns < ns ? hist->min_ns : ns;
	hist->max_ns = hist->max_ns > ns ? hist->max_ns : ns;
	hist->count++;
	hist->sum_ns += ns;
	if (slot_of(ns) < SLOT_COUNT)
		hist->slots[slot_of(ns)]++;
	else
		hist->over++;
}

static int reset(void **state)
{
	(void)state;
	memset(&before, 0, sizeof(before));
	memset(&now, 0, sizeof(now));
	memset(&span, 0xff, sizeof(span));
	return 0;
}

/* One fault of two stages. */
static void add_fault(struct probes_totals *totals, uint64_t mm_ns, uint64_t map_ns)
{
	add(&totals->hists[ROOT_FAULT][STAGE_OUTSIDE], mm_ns + map_ns);
	add(&totals->hists[ROOT_FAULT][STAGE_MM], mm_ns);
	if (map_ns)
		add(&totals->hists[ROOT_FAULT][STAGE_MAP], map_ns);
}

static void only_what_came_since(void **state)
{
	struct probes_hist *mm = &span.hists[ROOT_FAULT][STAGE_MM];

	(void)state;
	for (int i = 0; i < 5; i++)
		add_fault(&before, 10, 1000);
	before.counts[COUNT_FSYNC] = 3;
	before.counts[DROP_SLOT] = 1;
	before.blocked_ns[ROOT_FAULT] = 50;
	now = before;
	add_fault(&now, 20, 0);
	add_fault(&now, 21, 0);
	add(&now.commits[PHASE_ALL], 7);
	now.counts[COUNT_FSYNC] = 5;
	now.blocked_ns[ROOT_FAULT] = 80;
	trace_subtract(&now, &before, &span);
	assert_int_equal(mm->count, 2);
	assert_int_equal(mm->sum_ns, 41);
	assert_int_equal(mm->slots[slot_of(10)], 0);
	assert_int_equal(mm->slots[slot_of(20)], 1);
	assert_int_equal(mm->slots[slot_of(21)], 1);
	assert_int_equal(span.hists[ROOT_FAULT][STAGE_MAP].count, 0);
	assert_int_equal(span.hists[ROOT_FAULT][STAGE_MAP].max_ns, 0);
	assert_int_equal(span.hists[ROOT_FAULT][STAGE_MAP].min_ns, 0);
	assert_int_equal(span.hists[ROOT_FSYNC][STAGE_OUTSIDE].count, 0);
	assert_int_equal(span.commits[PHASE_ALL].count, 1);
	assert_int_equal(span.commits[PHASE_LOCKED].count, 0);
	assert_int_equal(span.counts[COUNT_FSYNC], 2);
	assert_int_equal(span.counts[DROP_SLOT], 0);
	assert_int_equal(span.blocked_ns[ROOT_FAULT], 30);
}

static void check_extremes(uint64_t least, uint64_t least_high, uint64_t most, uint64_t most_high)
{
	const struct probes_hist *mm = &span.hists[ROOT_FAULT][STAGE_MM];

	trace_subtract(&now, &before, &span);
	assert_in_range(mm->min_ns, least, least_high);
	assert_in_range(mm->max_ns, most, most_high);
}

/* Exact where they are new; else from the slots, never on the wrong side. */
static void extremes_of_a_span(void **state)
{
	(void)state;
	add_fault(&now, 100000, 0);
	check_extremes(100000, 100000, 100000, 100000);
	before = now;
	add_fault(&now, 5000, 0);
	add_fault(&now, 200000, 0);
	check_extremes(5000, 5000, 200000, 200000);
	before = now;
	add_fault(&now, 7777, 0);
	add_fault(&now, 150001, 0);
	check_extremes(7777 - 7777 / 32, 7777, 150001, 150001 + 150001 / 32);
	before = now;
	/* A single value is its own sum, though its slot reaches further. */
	add_fault(&now, 99999, 0);
	check_extremes(99999 - 99999 / 32, 99999, 99999, 99999);
	before = now;
	/* In the slot of the least so far, and so not below that. */
	add_fault(&now, 5001, 0);
	check_extremes(5000, 5001, 5001, 5001);
	before = now;
	add_fault(&now, 1ULL << 41, 0);
	check_extremes(5000, 1ULL << 41, 1ULL << 41, 1ULL << 41);
	/* Above all slots, and not a new maximum: the slots say nothing about it. */
	before = now;
	add_fault(&now, 6000, 0);
	add_fault(&now, 1ULL << 40, 0);
	check_extremes(6000 - 6000 / 32, 6000, 1ULL << 40, (1ULL << 40) + 6000);
}

static void figures(void **state)
{
	struct trace_span filled;
	uint64_t counted = 0;

	(void)state;
	for (uint64_t i = 1; i <= 1000; i++)
		add_fault(&now, 10, i % 2 ? 0 : 40);
	now.blocked_ns[ROOT_FAULT] = 5000;
	now.runnable_ns[ROOT_FAULT] = 3000;
	now.counts[COUNT_NEEDDSYNC] = 9;
	assert_int_equal(trace_span_fill(&filled, &now, true), 0);
	assert_int_equal(filled.faults.whole.count, 1000);
	assert_true(filled.faults.whole.mean == 30);
	assert_int_equal(filled.faults.whole.p50, 10);
	assert_int_equal(filled.faults.whole.p90, 50);
	assert_int_equal(filled.faults.whole.p999, 50);
	assert_int_equal(filled.faults.whole.max, 50);
	assert_true(isnan(filled.faults.whole.share));
	assert_true(filled.faults.blocked_mean == 5);
	assert_true(filled.faults.runnable_mean == 3);
	assert_int_equal(filled.faults.stage_count, 2);
	assert_int_equal(filled.faults.stages[0].stage, STAGE_MM);
	assert_int_equal(filled.faults.stages[1].stage, STAGE_MAP);
	assert_int_equal(filled.faults.stages[1].count, 500);
	assert_true(filled.faults.stages[1].mean == 40);
	assert_true(fabs(filled.faults.stages[0].share - 1.0 / 3) < 1e-9);
	assert_true(fabs(filled.faults.stages[1].share - 2.0 / 3) < 1e-9);
	for (size_t i = 0; i < filled.faults.whole.hist_ns_count; i++)
		counted += filled.faults.whole.hist_ns[i].count;
	assert_int_equal(counted, 1000);
	assert_int_equal(filled.faults.whole.hist_ns[0].from, 10);
	assert_int_equal(filled.counts[COUNT_NEEDDSYNC], 9);
	assert_false(filled.has_fsyncs);
	assert_false(filled.has_commits);
	trace_span_free(&filled);
}

static void nothing_counted_is_absent(void **state)
{
	struct trace_span filled;

	(void)state;
	assert_int_equal(trace_span_fill(&filled, &now, true), 0);
	assert_int_equal(filled.faults.whole.count, 0);
	assert_true(isnan(filled.faults.whole.mean));
	assert_true(isnan(filled.faults.blocked_mean));
	assert_true(filled.faults.whole.p50 == U64_ABSENT);
	assert_true(filled.faults.whole.max == U64_ABSENT);
	assert_int_equal(filled.faults.stage_count, 0);
	trace_span_free(&filled);
}

/* A count that the probes cannot know is not 0, and not counted in an interval either. */
static void a_count_that_is_not_known(void **state)
{
	struct trace_span filled;

	(void)state;
	now.counts[COUNT_INTERRUPTED] = before.counts[COUNT_INTERRUPTED] = U64_ABSENT;
	trace_subtract(&now, &before, &span);
	assert_true(span.counts[COUNT_INTERRUPTED] == U64_ABSENT);
	assert_int_equal(trace_span_fill(&filled, &span, false), 0);
	assert_true(filled.counts[COUNT_INTERRUPTED] == U64_ABSENT);
	trace_span_free(&filled);
}

static void fsyncs_and_commits_are_apart(void **state)
{
	struct trace_span filled;

	(void)state;
	add(&now.hists[ROOT_FSYNC][STAGE_OUTSIDE], 300);
	add(&now.hists[ROOT_FSYNC][STAGE_FSYNC], 300);
	add(&now.commits[PHASE_LOGGING], 200);
	add(&now.commits[PHASE_ALL], 250);
	assert_int_equal(trace_span_fill(&filled, &now, false), 0);
	assert_int_equal(filled.faults.whole.count, 0);
	assert_true(filled.has_fsyncs);
	assert_int_equal(filled.fsyncs.whole.max, 300);
	assert_true(filled.fsyncs.stages[0].share == 1);
	assert_null(filled.fsyncs.whole.hist_ns);
	assert_true(filled.has_commits);
	assert_int_equal(filled.commits[PHASE_LOGGING].p50, 200);
	assert_true(filled.commits[PHASE_LOCKED].max == U64_ABSENT);
	trace_span_free(&filled);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(only_what_came_since, reset),
		cmocka_unit_test_setup(extremes_of_a_span, reset),
		cmocka_unit_test_setup(figures, reset),
		cmocka_unit_test_setup(nothing_counted_is_absent, reset),
		cmocka_unit_test_setup(a_count_that_is_not_known, reset),
		cmocka_unit_test_setup(fsyncs_and_commits_are_apart, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
