// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "show/show.h"

#define MAX_CELLS 16

static struct result result;
static struct cell_result cells[MAX_CELLS];
static struct table_entry entries[MAX_CELLS];
static size_t count;
static char *text;

/* A cell of ext4 of one thread on 4 KiB pages; all its faults take as long. */
static struct cell_result *add(int state, int sync, int commit, uint64_t ns)
{
	struct cell_result *cell = &cells[count];

	cell_result_init(cell);
	cell->config = (struct cell_config){ .fs = (char *)"ext4",
					     .mkfs_options = (char *)"",
					     .mount_options = (char *)"",
					     .state = state,
					     .sync = sync,
					     .commit = commit,
					     .pages = 64,
					     .threads = 1 };
	cell->has_latency = true;
	cell->latency = (struct latency){ .count = 64,
					  .min = ns,
					  .max = ns,
					  .mean = (double)ns,
					  .p50 = ns,
					  .p90 = ns,
					  .p99 = ns,
					  .p999 = ns,
					  .p9999 = U64_ABSENT };
	entries[count] = (struct table_entry){ "a", &result, cell, 0 };
	count++;
	return cell;
}

static int forget(void **state)
{
	(void)state;
	free(text);
	text = NULL;
	count = 0;
	return 0;
}

/* What a section prints of all cells. */
static void print(int (*section)(const struct show *, struct table_span))
{
	static const struct result no_letter;
	struct show show = { .with_table = true, .reference = &no_letter };
	size_t size;

	free(text);
	show.out = open_memstream(&text, &size);
	assert_int_equal(section(&show, (struct table_span){ entries, count }), 0);
	fclose(show.out);
}

/* There is such a line, however many blanks lie between its words. */
static void assert_row(const char *words)
{
	char *copy = strdup(text), *next = copy, *line, *word;
	bool is_there = false;

	while (!is_there && (line = strsep(&next, "\n"))) {
		char found[256] = "";

		while ((word = strsep(&line, " ")))
			if (*word)
				snprintf(found + strlen(found), sizeof(found) - strlen(found),
					 "%s%s", *found ? " " : "", word);
		is_there = !strcmp(found, words);
	}
	free(copy);
	if (!is_there)
		fail_msg("no line '%s' in: %s", words, text);
}

static void prices_are_of_one_way_and_one_variant(void **state)
{
	(void)state;
	add(STATE_HOLE, SYNC_NONE, COMMIT_MSYNC, 20000);
	add(STATE_WRITTEN, SYNC_NONE, COMMIT_MSYNC, 4560);
	add(STATE_HOLE, SYNC_MAP_SYNC, COMMIT_NONE, 30000);
	print(show_prices);
	assert_row("ext4 msync 20.0 - 4.6");
	assert_row("ext4 MAP_SYNC: nothing 30.0 - -");
}

/* Each of these would stand where the plain cell is not. */
static void what_is_not_plain_has_no_price(void **state)
{
	(void)state;
	add(STATE_HOLE, SYNC_NONE, COMMIT_MSYNC, 20000);
	add(STATE_WRITTEN, SYNC_NONE, COMMIT_MSYNC, 1000)->config.threads = 4;
	add(STATE_WRITTEN, SYNC_NONE, COMMIT_MSYNC, 2000)->config.page = PAGE_2M;
	add(STATE_WRITTEN, SYNC_NONE, COMMIT_MSYNC, 3000)->config.load = LOAD_COPY;
	add(STATE_WRITTEN, SYNC_NONE, COMMIT_MSYNC, 4000)->config.access = ACCESS_READ_THEN_WRITE;
	add(STATE_WRITTEN, SYNC_NONE, COMMIT_MSYNC, 5000)->config.remap = REMAP_WRITE;
	add(STATE_WRITTEN, SYNC_NONE, COMMIT_MSYNC, 6000)->config.dirty = 7;
	add(STATE_WRITTEN, SYNC_NONE, COMMIT_MSYNC, 7000)->has_latency = false;
	print(show_prices);
	assert_row("ext4 msync 20.0 - -");
}

/* A price is of the same file system, the same attribute and as many pages. */
static void other_ways_have_rows_of_their_own(void **state)
{
	(void)state;
	add(STATE_HOLE, SYNC_NONE, COMMIT_MSYNC, 20000);
	add(STATE_WRITTEN, SYNC_NONE, COMMIT_FDATASYNC, 1000);
	add(STATE_WRITTEN, SYNC_NONE, COMMIT_MSYNC, 2000)->config.attribute = ATTRIBUTE_SYNC;
	add(STATE_WRITTEN, SYNC_NONE, COMMIT_MSYNC, 3000)->config.pages = 8;
	add(STATE_WRITTEN, SYNC_NONE, COMMIT_MSYNC, 4000)->config.dax = DAX_NEVER;
	add(STATE_WRITTEN, SYNC_NONE, COMMIT_MSYNC, 5000)->config.fs = (char *)"xfs";
	add(STATE_WRITTEN, SYNC_NONE, COMMIT_MSYNC, 6000)->config.mount_options = (char *)"sync";
	print(show_prices);
	assert_row("ext4 msync 20.0 - -");
	assert_row("ext4 fdatasync - - 1.0");
	assert_row("ext4 chattr +S: msync - - 2.0");
	assert_row("xfs msync - - 5.0");
}

static void without_a_commit_there_are_no_prices(void **state)
{
	(void)state;
	add(STATE_HOLE, SYNC_MAP_SYNC, COMMIT_NONE, 30000);
	print(show_prices);
	assert_string_equal(text, "");
}

/* Below 2 us one decimal is too coarse. */
static void small_times_have_two_decimals(void **state)
{
	(void)state;
	add(STATE_HOLE, SYNC_NONE, COMMIT_NONE, 2000);
	print(show_table);
	assert_row("hole none none 64 2.0 2.0 2.0 2.0 2.0 2.0 2.0");
	cells[0].latency.min = 1999;
	print(show_table);
	assert_row("hole none none 64 2.00 2.00 2.00 2.00 2.00 2.00 2.00");
}

static void runs_have_a_spread_of_their_median(void **state)
{
	(void)state;
	add(STATE_HOLE, SYNC_NONE, COMMIT_NONE, 8000);
	print(show_table);
	assert_null(strstr(text, "spread"));
	add(STATE_HOLE, SYNC_NONE, COMMIT_NONE, 12000)->repeat = 1;
	print(show_table);
	assert_row("hole none none 64 10.0 10.0 10.0 10.0 10.0 10.0 10.0");
	assert_row("spread 2 runs 40.0% 40.0% 40.0% 40.0% 40.0% 40.0% 40.0%");
}

/* The first fault, and the others by themselves; file systems by what was dirty. */
static void the_first_fault_and_the_next(void **state)
{
	uint64_t few[] = { 90000, 1000, 4000 }, many[] = { 70000, 5000, 1000, 2000, 3000 };
	struct cell_result *cell;

	(void)state;
	cell = add(STATE_HOLE, SYNC_MAP_SYNC, COMMIT_NONE, 1000);
	cell->config.dirty = 1000;
	cell->latency.samples = many;
	cell->latency.sample_count = 5;
	cell->has_dirt = true;
	cell->dirt = (struct dirt_result){ .log_bytes = 1 << 20,
					   .committed_bytes = 2048,
					   .dirty_bytes = 10240,
					   .dirty_percent = 0.9765625 };
	cell = add(STATE_HOLE, SYNC_MAP_SYNC, COMMIT_NONE, 1000);
	cell->config.dirty = 10;
	cell->latency.samples = few;
	cell->latency.sample_count = 3;
	cell->has_dirt = true;
	cell->dirt = (struct dirt_result){ .log_bytes = 1 << 20,
					   .committed_bytes = U64_ABSENT,
					   .dirty_bytes = U64_ABSENT,
					   .dirty_percent = NAN };
	print(show_log);
	assert_row("ext4 1,000 create 1,024 2 10 0.98 70.0 2.0 5.0");
	assert_row("ext4 10 create 1,024 - - - 90.0 1.0 4.0");
	assert_true(strstr(text, " 10 create") < strstr(text, "1,000 create"));
}

static void answers_of_the_kernel(void **state)
{
	static char mapped[] = "mapped", refused[] = "EOPNOTSUPP";
	const struct answer good = { mapped, 0, mapped, 0 },
			    bad = { refused, BOOL_ABSENT, mapped, 1 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct cell_result *cell = add(STATE_HOLE, SYNC_NONE, COMMIT_NONE, 1);

		cell->repeat = (uint64_t)i;
		cell->config.interface = INTERFACE_VALIDATE_SYNC;
		cell->has_latency = false;
		cell->has_answer = true;
		cell->answer = i < 2 ? good : bad;
		cell->status = i < 2 ? CELL_OK : CELL_FAILED;
	}
	cells[1].answer.expected = refused; /* of another run, whose answer is the same otherwise */
	print(show_interface);
	assert_row("MAP_SHARED_VALIDATE | MAP_SYNC mapped no mapped no pass");
	assert_row("MAP_SHARED_VALIDATE | MAP_SYNC mapped no EOPNOTSUPP no pass");
	assert_row("MAP_SHARED_VALIDATE | MAP_SYNC EOPNOTSUPP - mapped yes FAIL");
}

static int show_letters(const struct show *show, struct table_span span)
{
	show_letter(show, span);
	return 0;
}

/* The letter's layout has one histogram for all runs. */
static void runs_are_counted_together(void **state)
{
	struct bucket buckets[] = { { 4, 7, 60 }, { 8, 15, 4 } }, more[] = { { 8, 15, 64 } };

	(void)state;
	add(STATE_HOLE, SYNC_NONE, COMMIT_NONE, 5000)->latency.log2_us = buckets;
	cells[0].latency.log2_us_count = 2;
	add(STATE_HOLE, SYNC_NONE, COMMIT_NONE, 9000)->latency.log2_us = more;
	cells[1].latency.log2_us_count = 1;
	cells[1].repeat = 1;
	print(show_letters);
	assert_row("min=5 avg=7 max=9");
	assert_row("4 - 7 us: 60");
	assert_row("8 - 15 us: 68");
}

/* Text of others is escaped where it would begin a column or steer a terminal, and only there. */
static void rows_for_programs(void **state)
{
	static const struct result no_letter;
	static char key[] = "£\xc2\x9b\tb\\";
	struct result_table table = { .entries = entries };
	size_t size;
	FILE *out;

	(void)state;
	add(STATE_HOLE, SYNC_NONE, COMMIT_NONE, 5000)->key = key;
	cells[0].latency.mean = 1234.5678;
	table.entry_count = count;
	free(text);
	out = open_memstream(&text, &size);
	assert_int_equal(show_tsv(out, &table, &no_letter), 0);
	fclose(out);
	assert_non_null(strstr(text, "\t£\\u009b\\tb\\\\\t"));
	assert_non_null(strstr(text, "\t1234.5678\t"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(prices_are_of_one_way_and_one_variant, forget),
		cmocka_unit_test_teardown(what_is_not_plain_has_no_price, forget),
		cmocka_unit_test_teardown(other_ways_have_rows_of_their_own, forget),
		cmocka_unit_test_teardown(without_a_commit_there_are_no_prices, forget),
		cmocka_unit_test_teardown(small_times_have_two_decimals, forget),
		cmocka_unit_test_teardown(runs_have_a_spread_of_their_median, forget),
		cmocka_unit_test_teardown(the_first_fault_and_the_next, forget),
		cmocka_unit_test_teardown(answers_of_the_kernel, forget),
		cmocka_unit_test_teardown(runs_are_counted_together, forget),
		cmocka_unit_test_teardown(rows_for_programs, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
