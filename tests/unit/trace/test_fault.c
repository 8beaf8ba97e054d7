// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/fault.h"

#define AT(ns, stage) ((uint64_t)(ns) << 8 | (stage))

/* A write of 1,000 ns: 300 in mm, 700 in the handler. */
static struct probe_record example(void)
{
	struct probe_record record = { .begin_ns = 5000,
				       .total_ns = 1000,
				       .address = 0x7f0000001000,
				       .inode = 131,
				       .page = 8,
				       .dev = 259 << 20 | 3,
				       .tgid = 4711,
				       .tid = 4712,
				       .flags = 0x55,
				       .comm = "writer",
				       .trail_count = 4,
				       .trail = { AT(0, STAGE_MM), AT(100, STAGE_HANDLER),
						  AT(800, STAGE_MM), AT(1000, STAGE_OUTSIDE) } };

	record.stage_ns[STAGE_MM] = 300;
	record.stage_ns[STAGE_HANDLER] = 700;
	return record;
}

static void check_span(const struct trace_fault *fault, size_t i, int stage, uint64_t from,
		       uint64_t to)
{
	assert_int_equal(fault->fault.timeline[i].stage, stage);
	assert_int_equal(fault->fault.timeline[i].from, from);
	assert_int_equal(fault->fault.timeline[i].to, to);
}

static void all_of_a_fault(void **state)
{
	struct probe_record record = example();
	struct trace_fault fault;

	(void)state;
	record.longest_ns = 9;
	record.commit_id = 77;
	record.is_sync = 1;
	assert_int_equal(trace_fault_fill(&fault, &record, 4000), 0);
	assert_int_equal(fault.at, 1000);
	assert_string_equal(fault.comm, "writer");
	assert_int_equal(fault.tgid, 4711);
	assert_int_equal(fault.fault.tid, 4712);
	assert_string_equal(fault.dev, "259:3");
	assert_int_equal(fault.access, TRACE_WRITE);
	assert_int_equal(fault.is_sync, 1);
	assert_int_equal(fault.has_failed, 0);
	assert_int_equal(fault.longest, 9);
	assert_int_equal(fault.commit_id, 77);
	assert_int_equal(fault.fault.total, 1000);
	assert_int_equal(fault.fault.page, 8);
	assert_int_equal(fault.fault.timeline_count, 3);
	check_span(&fault, 0, STAGE_MM, 0, 100);
	check_span(&fault, 1, STAGE_HANDLER, 100, 800);
	check_span(&fault, 2, STAGE_MM, 800, 1000);
	assert_int_equal(fault.is_cut, 0);
	assert_int_equal(fault.fault.stage_ns[STAGE_HANDLER], 700);
	assert_true(fault.fault.stage_ns[STAGE_FSYNC] == U64_ABSENT);
	assert_false(fault.fault.has_commit);
	trace_fault_free(&fault);
}

/* Where more stages came than are kept, the end of the last one that was is not known. */
static void a_cut_timeline(void **state)
{
	struct probe_record record = example();
	struct trace_fault fault;

	(void)state;
	for (size_t i = 0; i < PROBE_TRAIL; i++)
		record.trail[i] = AT(i * 10, i % 2 ? STAGE_HANDLER : STAGE_MM);
	record.trail_count = PROBE_TRAIL + 5;
	assert_int_equal(trace_fault_fill(&fault, &record, 0), 0);
	assert_int_equal(fault.is_cut, 1);
	assert_int_equal(fault.fault.timeline_count, PROBE_TRAIL - 1);
	check_span(&fault, PROBE_TRAIL - 2, STAGE_MM, (PROBE_TRAIL - 2) * 10,
		   (PROBE_TRAIL - 1) * 10);
	trace_fault_free(&fault);
	record.trail_count = 0;
	assert_int_equal(trace_fault_fill(&fault, &record, 0), 0);
	assert_int_equal(fault.fault.timeline_count, 0);
	trace_fault_free(&fault);
}

static void accesses(void **state)
{
	static const struct {
		uint32_t root, flags, result;
		int access, has_failed;
	} cases[] = {
		{ ROOT_FAULT, 0x55, 0, TRACE_WRITE, 0 },
		{ ROOT_FAULT, 0x54, 0x2004, TRACE_READ, 0 }, /* major, NEEDDSYNC */
		{ ROOT_FAULT, 0x54, 0x0002, TRACE_READ, 1 }, /* SIGBUS */
		{ ROOT_FAULT, 0x54, 0x0001, TRACE_READ, 1 }, /* OOM */
		{ ROOT_FAULT, 0x54, 0x0010, TRACE_READ, 1 }, /* HWPOISON */
		{ ROOT_FAULT, 0x54, 0x0040, TRACE_READ, 1 }, /* SIGSEGV */
		{ ROOT_FAULT, 0, 0, TRACE_UNKNOWN, 0 },
		{ ROOT_FSYNC, 0, 0, TRACE_FSYNC, 0 },
		{ ROOT_FSYNC, 0, (uint32_t)-5, TRACE_FSYNC, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct probe_record record = example();
		struct trace_fault fault;

		record.root = cases[i].root;
		record.flags = cases[i].flags;
		record.result = cases[i].result;
		assert_int_equal(trace_fault_fill(&fault, &record, 0), 0);
		assert_int_equal(fault.access, cases[i].access);
		assert_int_equal(fault.has_failed, cases[i].has_failed);
		assert_true((fault.fault.address == U64_ABSENT) == (record.root == ROOT_FSYNC));
		trace_fault_free(&fault);
	}
}

/* A name of 16 bytes has no end. */
static void what_is_not_known(void **state)
{
	struct probe_record record = example();
	struct trace_fault fault;

	(void)state;
	memset(record.comm, 'x', sizeof(record.comm));
	record.inode = 0;
	record.dev = 0;
	assert_int_equal(trace_fault_fill(&fault, &record, 9999), 0);
	assert_int_equal(strlen(fault.comm), PROBE_COMM);
	assert_int_equal(fault.at, 0);
	assert_true(fault.fault.page == U64_ABSENT);
	assert_true(fault.commit_id == U64_ABSENT);
	assert_null(fault.file);
	trace_fault_free(&fault);
}

static void longest_stage_first(void **state)
{
	struct probe_record record = example();
	struct trace_fault fault;
	int order[STAGE_COUNT];

	(void)state;
	record.stage_ns[STAGE_FLUSH] = 500;
	record.stage_ns[STAGE_LOCK] = 300;
	assert_int_equal(trace_fault_fill(&fault, &record, 0), 0);
	assert_int_equal(trace_fault_order(&fault, order), 4);
	assert_int_equal(order[0], STAGE_HANDLER);
	assert_int_equal(order[1], STAGE_FLUSH);
	assert_int_equal(order[2], STAGE_LOCK);
	assert_int_equal(order[3], STAGE_MM);
	trace_fault_free(&fault);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_a_fault),
		cmocka_unit_test(a_cut_timeline),
		cmocka_unit_test(accesses),
		cmocka_unit_test(what_is_not_known),
		cmocka_unit_test(longest_stage_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
