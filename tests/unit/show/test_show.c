// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(prices_are_of_one_way_and_one_variant, forget),
		cmocka_unit_test_teardown(what_is_not_plain_has_no_price, forget),
		cmocka_unit_test_teardown(other_ways_have_rows_of_their_own, forget),
		cmocka_unit_test_teardown(without_a_commit_there_are_no_prices, forget),
		cmocka_unit_test_teardown(small_times_have_two_decimals, forget),
		cmocka_unit_test_teardown(runs_have_a_spread_of_their_median, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
