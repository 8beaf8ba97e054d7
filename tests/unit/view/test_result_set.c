// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "view/result_set.h"

#define RESULTS 4

static struct results results;

static int make_results(void **state)
{
	(void)state;
	results = (struct results){ .items = calloc(RESULTS, sizeof(*results.items)),
				    .paths = calloc(RESULTS, sizeof(*results.paths)) };
	return results.items && results.paths ? 0 : -1;
}

/* A guest's result of one cell, whose faults took so long. */
static struct result *add(const char *path, const char *started, uint64_t seed, uint64_t ns)
{
	struct result *result = &results.items[results.count];
	struct cell_result *cell;

	results.paths[results.count++] = strdup(path);
	result_init(result);
	result->clock.domain = DOMAIN_TIME;
	result->started = strdup(started);
	result->has_guest = true;
	result->guest.seed = seed;
	result->cells = calloc(1, sizeof(*result->cells));
	assert_non_null(result->cells);
	result->cell_count = 1;
	cell = &result->cells[0];
	cell_result_init(cell);
	cell->key = strdup("a-key");
	cell->repeat = 0;
	cell->has_latency = true;
	cell->latency.count = 1;
	cell->latency.mean = (double)ns;
	cell->latency.min = cell->latency.max = cell->latency.p50 = cell->latency.p90 =
		cell->latency.p99 = ns;
	return result;
}

static struct result_set take(void)
{
	struct result_set set;

	assert_int_equal(result_set_take("a-set", &results, &set), 0);
	assert_int_equal(results.count, 0);
	return set;
}

static void runs_are_by_seed_then_repetition(void **state)
{
	auto_result_set struct result_set set = { 0 };

	(void)state;
	add("a", "t1", 9, 100);
	add("b", "t2", 3, 101)->cells[0].repeat = 2;
	add("c", "t3", 3, 102)->cells[0].repeat = 1;
	add("d", "t4", U64_ABSENT, 103);
	set = take();
	assert_int_equal(set.cell_count, 1);
	assert_int_equal(set.cells[0].run_count, 4);
	assert_string_equal(set.cells[0].runs[0].file, "d");
	assert_string_equal(set.cells[0].runs[1].file, "c");
	assert_string_equal(set.cells[0].runs[2].file, "b");
	assert_string_equal(set.cells[0].runs[3].file, "a");
	assert_int_equal(set.copies, 0);
}

/* Of one start, one seed and one repetition, with the same figures. */
static void a_copy_is_no_run(void **state)
{
	auto_result_set struct result_set set = { 0 };

	(void)state;
	add("a", "t1", 1, 100);
	add("b", "t1", 1, 100);
	add("c", "t2", 1, 100); /* another start, that took as long */
	add("d", "t1", 1, 100)->cells[0].repeat = 1;
	set = take();
	assert_int_equal(set.copies, 1);
	assert_int_equal(set.cells[0].run_count, 3);
}

/* There a seed gives the same counts at every boot. */
static void a_boot_of_one_seed_adds_nothing_to_instructions(void **state)
{
	auto_result_set struct result_set set = { 0 };

	(void)state;
	add("a", "t1", 1, 100);
	add("b", "t2", 1, 100);
	add("c", "t3", 1, 100)->cells[0].latency.p50 = 99;
	add("d", "t4", 2, 100);
	for (size_t i = 0; i < RESULTS; i++)
		results.items[i].clock.domain = DOMAIN_INSTRUCTIONS;
	set = take();
	assert_int_equal(set.copies, 1);
	assert_int_equal(set.cells[0].run_count, 3);
}

static void cells_differ_by_scheduler_and_pause(void **state)
{
	auto_result_set struct result_set set = { 0 };
	struct cell_config config;

	(void)state;
	add("a", "t1", 1, 100)->cells[0].config.sched = SCHED_WORD_FIFO;
	add("b", "t2", 1, 101)->cells[0].config.pause_us = 50;
	add("c", "t3", 1, 102)->cells[0].config.pause_us = 0;
	add("d", "t4", 1, 103)->cells[0].config.pause_us = 0;
	results.items[0].cells[0].config.pause_us = 0;
	results.items[3].cells[0].has_latency = false;
	results.items[3].cells[0].reason = strdup("no DAX");
	set = take();
	assert_int_equal(set.cell_count, 3);
	assert_int_equal(set.cells[0].config->sched, 0);
	assert_int_equal(set.cells[0].config->pause_us, 0);
	assert_int_equal(set.cells[0].run_count, 1);
	assert_string_equal(set.cells[0].missing, "no DAX");
	assert_int_equal(set.cells[1].config->pause_us, 50);
	assert_null(set.cells[1].missing);
	assert_int_equal(set.cells[2].config->sched, SCHED_WORD_FIFO);
	config = *set.cells[1].config;
	assert_ptr_equal(result_set_find(&set, &config, "a-key"), &set.cells[1]);
	assert_null(result_set_find(&set, &config, "another-key"));
	config.pause_us = 51;
	assert_null(result_set_find(&set, &config, "a-key"));
}

#define DIFFERS(field, what)                                                     \
	do {                                                                     \
		struct result another = *one;                                    \
                                                                                 \
		another.field = (char *)"another";                               \
		assert_string_equal(result_set_difference(one, &another), what); \
	} while (0)

static void results_of_one_build_agree(void **state)
{
	struct result *one = add("a", "t1", 1, 100), other = *one;

	(void)state;
	other.started = (char *)"t2";
	other.guest.seed = 7;
	assert_null(result_set_difference(one, &other));
	other.clock.domain = DOMAIN_INSTRUCTIONS;
	assert_string_equal(result_set_difference(one, &other), "clock domain");
	DIFFERS(suite, "suite");
	DIFFERS(host.kernel, "kernel");
	DIFFERS(host.version, "kernel version");
	DIFFERS(host.machine, "machine");
	DIFFERS(host.build_id, "build id");
	DIFFERS(host.config_digest, "kernel configuration");
	DIFFERS(host.cpu, "CPU");
	DIFFERS(guest.qemu, "QEMU");
	DIFFERS(guest.accelerator, "QEMU accelerator");
}

static int free_results(void **state)
{
	(void)state;
	results_free(&results);
	return 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_results, free_results)
	const struct CMUnitTest tests[] = {
		TEST(runs_are_by_seed_then_repetition),
		TEST(a_copy_is_no_run),
		TEST(a_boot_of_one_seed_adds_nothing_to_instructions),
		TEST(cells_differ_by_scheduler_and_pause),
		TEST(results_of_one_build_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
