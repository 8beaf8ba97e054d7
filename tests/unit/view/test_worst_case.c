// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "result/stages.h"
#include "view/worst_case.h"

#define MAX_CELLS 8

static struct cell_result cells[MAX_CELLS];
static struct table_entry entries[MAX_CELLS];
static size_t count;

/* So many faults, all of the same time but one. */
static struct cell_result *add(const char *fs, const char *mkfs, int load, uint64_t faults,
			       uint64_t ns, uint64_t max)
{
	struct cell_result *cell = &cells[count];
	struct hist hist;

	cell_result_init(cell);
	cell->config = (struct cell_config){ .fs = strdup(fs),
					     .mkfs_options = strdup(mkfs),
					     .mount_options = strdup(""),
					     .load = load,
					     .sync = SYNC_MAP_SYNC,
					     .pages = faults,
					     .threads = 1 };
	hist_init(&hist);
	for (uint64_t i = 1; i < faults; i++)
		hist_add(&hist, ns);
	hist_add(&hist, max);
	assert_int_equal(latency_fill(&cell->latency, &hist, NULL, 0), 0);
	cell->has_latency = true;
	entries[count] = (struct table_entry){ .cell = cell };
	count++;
	return cell;
}

static void add_worst(struct cell_result *cell, uint64_t first, uint64_t faults)
{
	cell->has_probes = true;
	cell->probes.worst = calloc(faults, sizeof(*cell->probes.worst));
	cell->probes.worst_count = faults;
	for (uint64_t i = 0; i < faults; i++)
		cell->probes.worst[i].total = first - i;
}

static int forget(void **state)
{
	(void)state;
	for (size_t i = 0; i < count; i++)
		cell_result_free(&cells[i]);
	count = 0;
	return 0;
}

static struct table_span all(void)
{
	return (struct table_span){ entries, count };
}

static void test_rows_by_log_load_and_file_system(void **state)
{
	auto_worst_case struct worst_case cases = { 0 };
	char name[PHRASE_SIZE];

	(void)state;
	add("xfs", "-l size=64m", LOAD_LOG, 10, 1000, 5000);
	add("ext4", "-J size=64", LOAD_LOG, 10, 1000, 7000);
	add("ext4", "-J size=64", LOAD_NONE, 10, 1000, 2000);
	add("ext4", "-J size=16", LOAD_LOG, 10, 1000, 3000)->config.dirty = 20000;
	assert_int_equal(worst_case_fill(&cases, all()), 0);
	assert_int_equal(cases.count, 7);
	assert_int_equal(cases.rows[0].log_bytes, 16 << 20);
	assert_string_equal(worst_case_load_name(&cases.rows[0], name), "log, 20,000 create");
	assert_string_equal(worst_case_load_name(&cases.rows[1], name), "any");
	assert_int_equal(cases.rows[2].load, LOAD_NONE);
	assert_string_equal(cases.rows[3].fs, "ext4");
	assert_string_equal(cases.rows[4].fs, "xfs");
	assert_int_equal(cases.rows[5].load, WORST_CASE_ANY);
	assert_int_equal(cases.rows[5].count, 20);
	assert_true(cases.rows[5].max == 7000);
	assert_true(cases.rows[6].max == 5000);
}

/* A tail of few faults would be the maximum under another name. */
static void test_percentiles_want_faults(void **state)
{
	auto_worst_case struct worst_case cases = { 0 };

	(void)state;
	add("ext4", "", LOAD_CREATE, 999, 1000, 9000);
	add("ext4", "", LOAD_FSYNC, 9002, 1000, 50000);
	assert_int_equal(worst_case_fill(&cases, all()), 0);
	assert_int_equal(cases.count, 3);
	assert_true(isnan(cases.rows[0].p999));
	assert_true(isnan(cases.rows[0].p9999));
	assert_in_range(cases.rows[1].p999, 1000, 1000 * 33 / 32);
	assert_true(isnan(cases.rows[1].p9999));
	assert_int_equal(cases.rows[2].count, 10001);
	assert_in_range(cases.rows[2].p9999, 9000, 9000 * 33 / 32);
	assert_true(cases.rows[2].max == 50000);
}

static void test_p9999_is_absent_of_fewer_faults(void **state)
{
	(void)state;
	assert_true(add("ext4", "", LOAD_NONE, 9999, 1000, 2000)->latency.p9999 == U64_ABSENT);
	assert_in_range(add("ext4", "", LOAD_NONE, 20000, 1000, 2000)->latency.p9999, 1000,
			1000 * 33 / 32);
}

static void test_the_ten_slowest_of_all_cells(void **state)
{
	auto_worst_case struct worst_case cases = { 0 };
	const struct worst_case_row *any;

	(void)state;
	add_worst(add("xfs", "", LOAD_CREATE, 10, 1, 2), 105, 8);
	add_worst(add("xfs", "", LOAD_LOG, 10, 1, 2), 200, 7);
	assert_int_equal(worst_case_fill(&cases, all()), 0);
	any = &cases.rows[2];
	assert_int_equal(any->worst_count, WORST_CASE_KEPT);
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(any->worst[i].fault->total, 200 - i);
	for (size_t i = 7; i < WORST_CASE_KEPT; i++)
		assert_int_equal(any->worst[i].fault->total, 105 - (i - 7));
	assert_int_equal(any->worst[0].config->load, LOAD_LOG);
	assert_int_equal(cases.rows[0].worst_count, 8);
}

static void test_other_cells_are_left_out(void **state)
{
	auto_worst_case struct worst_case cases = { 0 };

	(void)state;
	add("xfs", "", LOAD_COPY, 10, 1, 2);
	assert_false(worst_case_is_in(all()));
	add("xfs", "", LOAD_LOG, 10, 1, 2)->config.sync = SYNC_NONE;
	add("xfs", "", LOAD_LOG, 10, 1, 2)->config.commit = COMMIT_MSYNC;
	add("xfs", "", LOAD_LOG, 10, 1, 2)->has_latency = false;
	assert_false(worst_case_is_in(all()));
	assert_int_equal(worst_case_fill(&cases, all()), 0);
	assert_int_equal(cases.count, 2);
	add("xfs", "", LOAD_LOG, 10, 1, 2);
	assert_true(worst_case_is_in(all()));
}

static void test_where_a_fault_was(void **state)
{
	uint64_t stages[STAGE_COUNT] = {
		[STAGE_LOG_SPACE] = 610, [STAGE_CIL_PUSH] = 300, [STAGE_MAP] = 90
	};
	struct worst_result fault = { .total = 1000, .stage_ns = stages };
	char text[PHRASE_SIZE];

	(void)state;
	assert_string_equal(worst_case_waits(&fault, text), "-");
	fault.stage_ns_count = STAGE_COUNT;
	assert_string_equal(worst_case_waits(&fault, text), "log_space 61%, cil_push 30%, map 9%");
	stages[STAGE_MAP] = U64_ABSENT;
	stages[STAGE_CIL_PUSH] = 30;
	assert_string_equal(worst_case_waits(&fault, text), "log_space 61%");
}

/* Of 2,000 ns, 90 and 89 round to 5 % and 4 %: less than 5 % is not worth a word. */
static void test_little_waits_are_left_out(void **state)
{
	uint64_t stages[STAGE_COUNT] = { [STAGE_MAP] = 1000, [STAGE_INSERT] = 90 };
	struct worst_result fault = { .total = 2000,
				      .stage_ns = stages,
				      .stage_ns_count = STAGE_COUNT };
	char text[PHRASE_SIZE];

	(void)state;
	assert_string_equal(worst_case_waits(&fault, text), "map 50%, insert 5%");
	stages[STAGE_INSERT] = 89;
	assert_string_equal(worst_case_waits(&fault, text), "map 50%");
	stages[STAGE_MAP] = 89;
	assert_string_equal(worst_case_waits(&fault, text), "-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_rows_by_log_load_and_file_system, forget),
		cmocka_unit_test_teardown(test_percentiles_want_faults, forget),
		cmocka_unit_test_teardown(test_p9999_is_absent_of_fewer_faults, forget),
		cmocka_unit_test_teardown(test_the_ten_slowest_of_all_cells, forget),
		cmocka_unit_test_teardown(test_other_cells_are_left_out, forget),
		cmocka_unit_test(test_where_a_fault_was),
		cmocka_unit_test(test_little_waits_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
