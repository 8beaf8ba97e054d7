// SPDX-License-Identifier: GPL-2.0-or-later
/* Parts of the page, of a page that is filled by hand: two builds and four cells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dashboard/page.h"
#include "result/stages.h"

#define CELLS	4
#define FIGURES 3

static char releases[2][8] = { "6.1", "6.2" };
static char keys[CELLS][CELL_KEY_SIZE];
static struct history_build builds[2];
static struct history_track track;
static struct history_point points[CELLS][FIGURES][2];
static struct history_series series[CELLS * FIGURES];
static struct cell_config configs[CELLS];
static struct page_cell cells[CELLS];
static struct page page;

static void set_figure(size_t cell, size_t figure, double base, double new)
{
	struct history_series *at = &series[cell * FIGURES + figure];

	points[cell][figure][0].value = base;
	points[cell][figure][1].value = new;
	*at = (struct history_series){ .key = keys[cell],
				       .config = configs[cell],
				       .figure = (int)figure,
				       .points = points[cell][figure] };
	cells[cell].series[figure] = at;
}

/* ext4 without and with MAP_SYNC, XFS without, and ext4 with options. */
static int fill(void **state)
{
	(void)state;
	memset(&page, 0, sizeof(page));
	memset(cells, 0, sizeof(cells));
	for (size_t i = 0; i < 2; i++)
		builds[i] =
			(struct history_build){ .release = releases[i], .version = releases[i] };
	for (size_t i = 0; i < CELLS; i++) {
		configs[i] = (struct cell_config){ .fs = (char *)(i == 2 ? "xfs" : "ext4"),
						   .mkfs_options = (char *)(i == 3 ? "-b 1k" : ""),
						   .mount_options = (char *)"",
						   .sync = i == 1 ? SYNC_MAP_SYNC : SYNC_NONE,
						   .pages = 512,
						   .threads = 1 };
		assert_int_equal(cell_key(&configs[i], keys[i], sizeof(keys[i])), 0);
		cells[i].key = keys[i];
		cells[i].config = &configs[i];
		set_figure(i, 0, 1000, (double[CELLS]){ 2000, 3000, 1000, 7000 }[i]);
		set_figure(i, 1, 1000, 9000);
		set_figure(i, 2, 1000, (double[CELLS]){ 4000, 5000, 8000, 8000 }[i]);
	}
	page.history = (struct history){ .builds = builds,
					 .build_count = 2,
					 .tracks = &track,
					 .track_count = 1,
					 .series = series };
	page.build[SIDE_NEW] = 1;
	page.cells = cells;
	page.cell_count = CELLS;
	return 0;
}

static char *printed(void (*print)(const struct page *, FILE *))
{
	char *text;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	print(&page, out);
	fclose(out);
	return text;
}

static void assert_prints(void (*print)(const struct page *, FILE *), const char *words)
{
	char *text = printed(print);

	if (!strstr(text, words))
		fail_msg("'%s' is not in: %s", words, text);
	free(text);
}

static size_t count_of(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)); text++)
		n++;
	return n;
}

static void prices_are_of_cells_that_differ_in_one_axis(void **state)
{
	char *text = printed(page_print_prices);

	(void)state;
	assert_non_null(strstr(text, "ext4 hole</th><td>2.00</td><td>3.00</td><td>+1.00</td>"
				     "<td>× 1.50</td><td>4.00</td><td>5.00</td><td>+1.00</td>"
				     "<td>× 1.25</td></tr>"));
	assert_non_null(strstr(text, "hole</th><td>2.00</td><td>1.00</td><td>× 0.50</td>"
				     "<td>4.00</td><td>8.00</td><td>× 2.00</td></tr>"));
	/* With options ext4 has no XFS to be compared with. */
	assert_int_equal(count_of(text, "<th scope=\"row\">"), 2);
	free(text);
	set_figure(1, 0, 1000, 1500);
	assert_prints(page_print_prices, "<td>2.00</td><td>1.50</td><td>−0.50</td><td>× 0.75</td>");
	/* With the same options XFS is not compared with it: they mean something else there. */
	configs[2].mkfs_options = configs[3].mkfs_options;
	assert_int_equal(cell_key(&configs[2], keys[2], sizeof(keys[2])), 0);
	text = printed(page_print_prices);
	assert_null(strstr(text, "XFS against ext4"));
	free(text);
}

static char *git_of(size_t last_good, size_t first_bad)
{
	char *text;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	page_print_git(&page, last_good, first_bad, out);
	fclose(out);
	return text;
}

/* An odd first build precedes its neighbour, and there is no range of git for that. */
static void git_ranges_go_forwards(void **state)
{
	char *text;

	(void)state;
	builds[0].tag = (char *)"v6.1";
	builds[1].tag = (char *)"v6.2";
	text = git_of(0, 1);
	assert_string_equal(text, "<code class=\"command\">git log v6.1..v6.2</code>");
	free(text);
	text = git_of(1, 0);
	assert_string_equal(text, "");
	free(text);
}

static void a_tally_has_each_verdict(void **state)
{
	char *text;

	(void)state;
	page.is_compared = true;
	page.comparison.counts = (struct compare_counts){
		.same = 1, .better = 2, .worse = 3, .unknown = 4, .none = 5
	};
	text = printed(page_print_tally);
	assert_non_null(strstr(text, "<b>3</b> worse"));
	assert_non_null(strstr(text, "<b>2</b> better"));
	assert_non_null(strstr(text, "<b>1</b> same"));
	assert_non_null(strstr(text, "<b>4</b> unknown"));
	assert_non_null(strstr(text, "<b>5</b> not"));
	free(text);
}

/* Five parts: the first three are named. */
static void an_event_names_three_of_its_parts(void **state)
{
	struct history_part parts[5];
	struct history_change change = {
		.kind = HISTORY_CHANGE, .first_bad = 1, .before = 1000, .after = 2000, .ratio = 2
	};
	struct history_event event = {
		.first_bad = 1, .parts = parts, .part_count = 5, .worse = 5
	};
	char *text;

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		parts[i] = (struct history_part){ i, 0 };
		series[parts[i].series].changes = &change;
	}
	page.history.events = &event;
	page.history.event_count = 1;
	text = printed(page_print_events);
	assert_non_null(strstr(text, "after 6.1, not after 6.2"));
	assert_int_equal(count_of(text, "<a href="), 3);
	assert_non_null(strstr(text, "p50 1.00 → 2.00 <b>+100.0 %</b>"));
	assert_non_null(strstr(text, "and 2 smaller"));
	assert_non_null(strstr(text, "▲</span> 5"));
	free(text);
}

/* Of the two runs of a side one alone had probes. */
static void bars_are_shares_of_the_longest_stage(void **state)
{
	struct stage_result stages[2][STAGE_COUNT] = { 0 };
	struct cell_result runs[3];
	struct set_run base[1], new[2];
	struct set_cell sides[SIDES] = { { .runs = base, .run_count = 1 },
					 { .runs = new, .run_count = 2 } };
	char *text;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		cell_result_init(&runs[i]);
		runs[i].config = configs[0];
		runs[i].has_probes = i < 2;
		runs[i].probes.stages = stages[i % 2];
		runs[i].probes.stage_count = STAGE_COUNT;
	}
	stages[0][STAGE_MM].mean_ns = 1000;
	stages[1][STAGE_MM].mean_ns = 4000;
	stages[1][STAGE_MAP].mean_ns = 1000;
	base[0] = (struct set_run){ .cell = &runs[0] };
	new[0] = (struct set_run){ .cell = &runs[1] };
	new[1] = (struct set_run){ .cell = &runs[2] };
	cells[0].sides[SIDE_BASE] = &sides[SIDE_BASE];
	cells[0].sides[SIDE_NEW] = &sides[SIDE_NEW];
	page.cell_count = 1;
	text = printed(page_print_cells);
	assert_non_null(strstr(text,
			       "<td>1.00</td><td>4.00</td><td>+300.0 %</td><td class=\"bars\">"
			       "<i class=\"bar base\" style=\"width:25.00%\"></i>"
			       "<i class=\"bar new\" style=\"width:100.00%\"></i></td>"));
	assert_non_null(strstr(text, ">sum</th><td>1.00</td><td>5.00</td><td>+400.0 %</td>"));
	free(text);
	/* One side is enough for a table. */
	cells[0].sides[SIDE_BASE] = NULL;
	assert_prints(page_print_cells, ">sum</th><td>–</td><td>5.00</td><td>–</td>");
}

/* Both of ext4 without options are in one row, with and without MAP_SYNC. */
static void a_row_has_both_kinds_of_sync(void **state)
{
	struct compare_row row = { .figure = FIGURE_P50, .verdict = COMPARE_BETTER, .ratio = 0.5 };
	struct compare_cell compared = { .rows = &row, .row_count = 1, .cdf_distance = 0.25 };
	char *text = printed(page_print_matrix);

	(void)state;
	assert_int_equal(count_of(text, "<th scope=\"row\">"), 3 * FIGURES);
	free(text);
	page.is_compared = true;
	cells[2].compared = &compared;
	assert_prints(page_print_matrix, "p50<span class=\"count\"> 1</span>");
	assert_prints(page_print_cells, "distributions: 25.0 % of faults, at 0.00.");
	row.verdict = COMPARE_SAME;
	assert_prints(page_print_matrix, "p50<span class=\"count\"> 0</span>");
}

/* Three faults of 1 us and one of 4: one of one takes the first, one of four the second. */
static void curves_are_of_all_faults(void **state)
{
	struct bucket buckets[] = { { 1000, 1000, 3 }, { 4000, 4000, 1 } };
	struct cell_result cell;
	struct set_run run = { .cell = &cell };
	struct set_cell side = { .runs = &run, .run_count = 1 };
	struct history_change change = { .kind = HISTORY_CHANGE,
					 .last_good = 0,
					 .first_bad = 1,
					 .before = 1000,
					 .after = 2000,
					 .ratio = 2,
					 .p = NAN };

	(void)state;
	cell_result_init(&cell);
	cell.latency.hist_ns = buckets;
	cell.latency.hist_ns_count = 2;
	cell.latency.max = 4000;
	cells[0].sides[SIDE_NEW] = &side;
	series[0].changes = &change;
	series[0].change_count = 1;
	page.cell_count = 1;
	assert_prints(page_print_data, "\"curves\":[null,[[1,4,4],[10");
	assert_prints(page_print_data, ",4000,4000]]]");
	assert_prints(page_print_data, "\"changes\":[{\"figure\":0,\"suspect\":false,\"from\":0,"
				       "\"to\":1,\"ratio\":2}]");
	assert_prints(page_print_cells, "<b>p50</b> <span class=\"mark\">▲</span> 1.00 → 2.00");
	change.ratio = 0.5;
	assert_prints(page_print_cells, "<b>p50</b> <span class=\"mark\">▼</span> 1.00 → 2.00");
}

/* Two results of one seed: a copy of a file is not another boot. */
static void a_against_a_takes_two_boots(void **state)
{
	struct dashboard_options options = { .folder = "folder", .output = "page.html" };
	struct result results[2];
	struct cell_result cell;

	(void)state;
	cell_result_init(&cell);
	cell.key = keys[0];
	cell.has_latency = true;
	cell.latency.mean = 1000;
	for (size_t i = 0; i < 2; i++) {
		result_init(&results[i]);
		results[i].clock.domain = DOMAIN_INSTRUCTIONS;
		results[i].has_guest = true;
		results[i].guest.seed = 1;
		results[i].guest.cpus = 1;
		results[i].guest.started = (char *)"then";
		results[i].cells = &cell;
		results[i].cell_count = 1;
	}
	track.domain = DOMAIN_INSTRUCTIONS;
	track.series = 1;
	page.sets[SIDE_BASE].results = page.sets[SIDE_NEW].results = results;
	page.sets[SIDE_BASE].result_count = 2;
	page.sets[SIDE_NEW].result_count = 1;
	page.options = &options;
	assert_prints(page_print_trust, "no seed was booted twice on either side");
	results[1].guest.started = (char *)"later";
	assert_prints(page_print_trust, "of 1 cells 1 are bit-identical, 0 differ");
	assert_prints(page_print_commands, "--clock instructions --seed 1 --out DIR -- </code>");
	results[0].guest.cpus = 2;
	assert_prints(page_print_commands, "--clock instructions --cpus 2 --seed 1 --out DIR -- ");
	track.domain = DOMAIN_TIME;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(prices_are_of_cells_that_differ_in_one_axis, fill),
		cmocka_unit_test_setup(git_ranges_go_forwards, fill),
		cmocka_unit_test_setup(a_tally_has_each_verdict, fill),
		cmocka_unit_test_setup(an_event_names_three_of_its_parts, fill),
		cmocka_unit_test_setup(a_row_has_both_kinds_of_sync, fill),
		cmocka_unit_test_setup(curves_are_of_all_faults, fill),
		cmocka_unit_test_setup(a_against_a_takes_two_boots, fill),
		cmocka_unit_test_setup(bars_are_shares_of_the_longest_stage, fill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
