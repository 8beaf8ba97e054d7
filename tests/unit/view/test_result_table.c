// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "view/result_table.h"

static struct result letter;

static int read_letter(void **state)
{
	(void)state;
	return result_read_letter(&letter);
}

static int free_letter(void **state)
{
	(void)state;
	result_free(&letter);
	return 0;
}

static void each_cell_of_the_letter_finds_itself(void **state)
{
	(void)state;
	assert_int_equal(letter.cell_count, 6);
	for (size_t i = 0; i < letter.cell_count; i++)
		assert_ptr_equal(table_letter_cell(&letter, &letter.cells[i].config),
				 &letter.cells[i]);
}

/* The letter's suite measures XFS too, so both are compared with the letter's figures. */
static void what_the_letter_does_not_say_may_differ(void **state)
{
	struct cell_config config = letter.cells[0].config;

	(void)state;
	config.fs = "xfs";
	config.mkfs_options = "-m reflink=0";
	config.mount_options = "noatime";
	config.pause_us = 100;
	config.sched = SCHED_WORD_FIFO;
	config.dirty = U64_ABSENT;
	assert_ptr_equal(table_letter_cell(&letter, &config), &letter.cells[0]);
}

#define UNLIKE(field, value)                                        \
	do {                                                        \
		struct cell_config config = letter.cells[0].config; \
                                                                    \
		config.field = value;                               \
		assert_null(table_letter_cell(&letter, &config));   \
	} while (0)

static void a_cell_that_differs_in_one_axis_has_no_letter(void **state)
{
	(void)state;
	UNLIKE(dax, DAX_NEVER);
	UNLIKE(dax, DAX_INODE);
	UNLIKE(state, STATE_UNWRITTEN);
	UNLIKE(load, LOAD_LOG);
	UNLIKE(commit, COMMIT_MSYNC);
	UNLIKE(dirty, 1000);
	UNLIKE(remap, REMAP_REFLINK);
	UNLIKE(attribute, ATTRIBUTE_SYNC);
	UNLIKE(interface, INTERFACE_SHARED);
	UNLIKE(access, ACCESS_READ);
	UNLIKE(page, PAGE_2M);
	UNLIKE(pages, 511);
	UNLIKE(threads, 2);
	UNLIKE(files, FILES_EACH);
}

/* Runs of one cell with the p50 of values, in their order; U64_ABSENT: a run that failed. */
static struct table_runs runs_of(const uint64_t *values, size_t count)
{
	struct cell_result *cells = calloc(count, sizeof(*cells));
	struct table_entry *entries = calloc(count, sizeof(*entries));
	struct table_runs runs;

	assert_non_null(cells);
	assert_non_null(entries);
	for (size_t i = 0; i < count; i++) {
		cells[i].latency.p50 = values[i];
		cells[i].has_latency = values[i] != U64_ABSENT;
		entries[i].cell = &cells[i];
	}
	runs = table_runs((struct table_span){ entries, count }, FIGURE_P50);
	free(cells);
	free(entries);
	return runs;
}

static void assert_runs(struct table_runs runs, size_t count, double median, double low,
			double high)
{
	assert_int_equal(runs.runs, count);
	assert_true(runs.median == median);
	assert_true(runs.low == low);
	assert_true(runs.high == high);
}

static void figures_over_runs(void **state)
{
	static const uint64_t one[] = { 7 }, odd[] = { 9, 0, 5 },
			      even[] = { 8, U64_ABSENT, 1, 3, 2 };
	static const uint64_t none[] = { U64_ABSENT }, same[] = { 4, 4, 4, 9 };
	struct table_runs runs = runs_of(none, 1);

	(void)state;
	assert_int_equal(runs.runs, 0);
	assert_true(isnan(runs.median) && isnan(runs.low) && isnan(runs.high));
	assert_runs(runs_of(one, 1), 1, 7, 7, 7);
	assert_runs(runs_of(odd, 3), 3, 5, 0, 9);
	assert_runs(runs_of(even, 5), 4, 2.5, 1, 8);
	assert_runs(runs_of(same, 4), 4, 4, 4, 9);
}

#define MANY 10000

static void no_number_of_runs_is_too_many(void **state)
{
	static uint64_t values[MANY];

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		values[i] = 1000 + (i * 7919 + 5000) % MANY;
	assert_runs(runs_of(values, MANY), MANY, 1000 + (MANY - 1) / 2.0, 1000, 999 + MANY);
}

static char folder[] = "/tmp/syncfault-table-XXXXXX";

/* How many environments the letter and a letter from another guest are of. */
static size_t environments_with(const char *qemu, const char *accelerator, const char *kernel)
{
	char here[64], there[64], *const paths[] = { here, there };
	auto_result_table struct result_table table = { 0 };
	struct table_span rest;
	size_t count = 0;

	for (int i = 0; i < 2; i++) {
		struct result result = letter;
		char *text;
		size_t length;
		FILE *file;

		result.has_provenance = false;
		result.has_guest = true;
		result.guest =
			(struct guest){ .qemu = (char *)(uintptr_t)(i ? qemu : "q"),
					.accelerator = (char *)(uintptr_t)(i ? accelerator : "a"),
					.kernel_package = (char *)"p",
					.command_line = (char *)"c",
					.image_digest = (char *)"d",
					.clock = (char *)"time",
					.started = (char *)"s",
					.cpus = 1,
					.seed = 1 };
		result.host.kernel = (char *)(uintptr_t)(i ? kernel : "k");
		assert_int_equal(result_format(&result, &text, &length), 0);
		snprintf(paths[i], sizeof(here), "%s/%d.json", folder, i);
		file = fopen(paths[i], "w");
		assert_non_null(file);
		fwrite(text, 1, length, file);
		fclose(file);
		free(text);
	}
	assert_int_equal(result_table_read(&table, paths, 2), 0);
	assert_int_equal(table.entry_count, 12);
	for (rest = table_all(&table); rest.count; count++)
		table_cut(&rest, TABLE_ENVIRONMENT);
	rest = table_all(&table);
	/* As in the letter, and in the order given: blocks first, then by load. */
	if (count == 1) {
		assert_int_equal(rest.entries[0].cell->config.state, STATE_WRITTEN);
		assert_int_equal(rest.entries[11].cell->config.state, STATE_HOLE);
		assert_string_equal(rest.entries[0].file, here);
		assert_string_equal(rest.entries[1].file, there);
	}
	unlink(here);
	unlink(there);
	return count;
}

static void environments_are_told_apart(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(environments_with("q", "a", "k"), 1);
	assert_int_equal(environments_with("q2", "a", "k"), 2);
	assert_int_equal(environments_with("q", "a2", "k"), 2);
	assert_int_equal(environments_with("q", "a", "k2"), 2);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_cell_of_the_letter_finds_itself),
		cmocka_unit_test(what_the_letter_does_not_say_may_differ),
		cmocka_unit_test(a_cell_that_differs_in_one_axis_has_no_letter),
		cmocka_unit_test(figures_over_runs),
		cmocka_unit_test(no_number_of_runs_is_too_many),
		cmocka_unit_test(environments_are_told_apart),
	};

	return cmocka_run_group_tests(tests, read_letter, free_letter);
}
