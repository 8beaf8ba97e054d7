// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "probes/worst.h"

#define AT(ns, stage) ((uint64_t)(ns) << 8 | (stage))

const struct probes_stage *__wrap_probes_stage(const struct probes *probes, int stage);
void __wrap_probes_symbol(uint64_t address, char *text, size_t size);
int __wrap_probes_commit(struct probes *probes, const struct probe_record *record,
			 struct commit_result *commit);

/* Probes that see all stages but the flush. */
const struct probes_stage *__wrap_probes_stage(const struct probes *probes, int stage)
{
	static const struct probes_stage seen = { .rung = RUNG_FENTRY },
					 unseen = { .rung = RUNG_NONE };

	(void)probes;
	return stage == STAGE_FLUSH ? &unseen : &seen;
}

void __wrap_probes_symbol(uint64_t address, char *text, size_t size)
{
	snprintf(text, size, "symbol-%u", (unsigned int)address);
}

static int commit_error;

int __wrap_probes_commit(struct probes *probes, const struct probe_record *record,
			 struct commit_result *commit)
{
	(void)probes;
	memset(commit, 0, sizeof(*commit));
	commit->id = record->commit_id;
	return commit_error;
}

/* A write of 1,000 ns: 300 in mm, 700 in the handler. */
static struct probe_record example(void)
{
	struct probe_record record = { .total_ns = 1000,
				       .address = 0x7f0000001000,
				       .inode = 131,
				       .page = 8,
				       .tid = 4712,
				       .blocked_ns = 11,
				       .runnable_ns = 22,
				       .trail_count = 4,
				       .trail = { AT(0, STAGE_MM), AT(100, STAGE_HANDLER),
						  AT(800, STAGE_MM), AT(1000, STAGE_OUTSIDE) } };

	record.stage_ns[STAGE_MM] = 300;
	record.stage_ns[STAGE_HANDLER] = 700;
	return record;
}

static void assert_span(const struct worst_result *worst, size_t i, int stage, uint64_t from,
			uint64_t to)
{
	assert_true(i < worst->timeline_count);
	assert_int_equal(worst->timeline[i].stage, stage);
	assert_int_equal(worst->timeline[i].from, from);
	assert_int_equal(worst->timeline[i].to, to);
}

static void a_fault(void **state)
{
	struct probe_record record = example();
	struct worst_result worst;

	(void)state;
	assert_int_equal(worst_fill(&worst, &record), 0);
	assert_int_equal(worst.total, 1000);
	assert_int_equal(worst.address, 0x7f0000001000);
	assert_int_equal(worst.inode, 131);
	assert_int_equal(worst.page, 8);
	assert_int_equal(worst.tid, 4712);
	assert_int_equal(worst.blocked, 11);
	assert_int_equal(worst.runnable, 22);
	assert_int_equal(worst.timeline_count, 3);
	assert_span(&worst, 0, STAGE_MM, 0, 100);
	assert_span(&worst, 1, STAGE_HANDLER, 100, 800);
	assert_span(&worst, 2, STAGE_MM, 800, 1000);
	assert_int_equal(worst.stage_ns_count, STAGE_COUNT);
	assert_int_equal(worst.stage_ns[STAGE_HANDLER], 700);
	assert_int_equal(worst.stage_ns[STAGE_FSYNC], 0);
	assert_false(worst.has_commit);
	worst_free(&worst);
}

static void the_last_stage_ends_with_the_fault(void **state)
{
	struct probe_record record = example();
	struct worst_result worst;

	(void)state;
	record.trail_count = 3;
	assert_int_equal(worst_fill(&worst, &record), 0);
	assert_int_equal(worst.timeline_count, 3);
	assert_span(&worst, 2, STAGE_MM, 800, 1000);
	worst_free(&worst);
}

/* Where more stages came than are kept, the end of the last one that was is not known. */
static void a_cut_timeline(void **state)
{
	struct probe_record record = example();
	struct worst_result worst;

	(void)state;
	for (size_t i = 0; i < PROBE_TRAIL; i++)
		record.trail[i] = AT(i * 10, i % 2 ? STAGE_HANDLER : STAGE_MM);
	record.trail_count = PROBE_TRAIL;
	assert_int_equal(worst_fill(&worst, &record), 0);
	assert_int_equal(worst.timeline_count, PROBE_TRAIL);
	assert_span(&worst, PROBE_TRAIL - 1, STAGE_HANDLER, (PROBE_TRAIL - 1) * 10, 1000);
	worst_free(&worst);
	record.trail_count = PROBE_TRAIL + 1;
	assert_int_equal(worst_fill(&worst, &record), 0);
	assert_int_equal(worst.timeline_count, PROBE_TRAIL - 1);
	assert_span(&worst, PROBE_TRAIL - 2, STAGE_MM, (PROBE_TRAIL - 2) * 10,
		    (PROBE_TRAIL - 1) * 10);
	worst_free(&worst);
}

static void every_stage_in_a_timeline(void **state)
{
	struct probe_record record = example();
	struct worst_result worst;

	(void)state;
	for (int stage = STAGE_OUTSIDE + 1; stage < STAGE_COUNT; stage++)
		record.trail[stage - 1] = AT(stage, stage);
	record.trail_count = STAGE_COUNT - 1;
	assert_int_equal(worst_fill(&worst, &record), 0);
	assert_int_equal(worst.timeline_count, STAGE_COUNT - 1);
	for (int stage = STAGE_OUTSIDE + 1; stage < STAGE_COUNT - 1; stage++)
		assert_span(&worst, (size_t)stage - 1, stage, (uint64_t)stage, (uint64_t)stage + 1);
	worst_free(&worst);
}

static void what_is_not_there(void **state)
{
	struct probe_record record = example();
	struct worst_result worst;

	(void)state;
	record.inode = 0;
	assert_int_equal(worst_fill(&worst, &record), 0);
	assert_true(worst.page == U64_ABSENT);
	assert_int_equal(worst.address, 0x7f0000001000);
	worst_free(&worst);
	record.inode = 131;
	record.root = ROOT_FSYNC;
	assert_int_equal(worst_fill(&worst, &record), 0);
	assert_true(worst.page == U64_ABSENT);
	assert_true(worst.address == U64_ABSENT);
	worst_free(&worst);
}

static int explained(const struct probe_record *record, struct worst_result *worst)
{
	assert_int_equal(worst_fill(worst, record), 0);
	return worst_explain(worst, record, NULL);
}

static void unseen_stages_are_absent(void **state)
{
	struct probe_record record = example();
	struct worst_result worst;

	(void)state;
	assert_int_equal(explained(&record, &worst), 0);
	assert_true(worst.stage_ns[STAGE_FLUSH] == U64_ABSENT);
	assert_int_equal(worst.stage_ns[STAGE_FSYNC], 0);
	assert_int_equal(worst.stage_ns[STAGE_MM], 300);
	assert_int_equal(worst.stack.count, 0);
	worst_free(&worst);
}

static void the_stack_has_names(void **state)
{
	struct probe_record record = example();
	struct worst_result worst;

	(void)state;
	record.frames[0] = 70;
	record.frames[1] = 71;
	record.frame_count = 2;
	assert_int_equal(explained(&record, &worst), 0);
	assert_int_equal(worst.stack.count, 0);
	assert_int_equal(worst_add_stack(&worst, &record), 0);
	assert_int_equal(worst.stack.count, 2);
	assert_string_equal(worst.stack.items[0], "symbol-70");
	assert_string_equal(worst.stack.items[1], "symbol-71");
	worst_free(&worst);
}

static void commits(void **state)
{
	struct probe_record record = example();
	struct worst_result worst;

	(void)state;
	record.commit_id = 77;
	commit_error = 0;
	assert_int_equal(explained(&record, &worst), 0);
	assert_true(worst.has_commit);
	assert_int_equal(worst.commit.id, 77);
	worst_free(&worst);
	commit_error = -ENOENT;
	assert_int_equal(explained(&record, &worst), 0);
	assert_false(worst.has_commit);
	worst_free(&worst);
	commit_error = -ENOMEM;
	assert_int_equal(explained(&record, &worst), -ENOMEM);
	worst_free(&worst);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fault),
		cmocka_unit_test(the_last_stage_ends_with_the_fault),
		cmocka_unit_test(a_cut_timeline),
		cmocka_unit_test(every_stage_in_a_timeline),
		cmocka_unit_test(what_is_not_there),
		cmocka_unit_test(unseen_stages_are_absent),
		cmocka_unit_test(the_stack_has_names),
		cmocka_unit_test(commits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
