// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "view/scale.h"

#define MAX_CELLS 40

static struct cell_result cells[MAX_CELLS];
static struct result result;
static struct table_entry entries[MAX_CELLS];
static size_t count;

/* pages times threads faults of ns each, that took elapsed_ns together. */
static struct cell_result *add(const char *fs, uint64_t pages, uint64_t threads, uint64_t ns,
			       uint64_t elapsed_ns)
{
	struct cell_result *cell = &cells[count];
	struct hist hist;

	cell_result_init(cell);
	cell->config = (struct cell_config){ .fs = strdup(fs),
					     .mkfs_options = strdup(""),
					     .mount_options = strdup(""),
					     .sync = SYNC_MAP_SYNC,
					     .pages = pages,
					     .threads = threads };
	hist_init(&hist);
	for (uint64_t i = 0; i < pages * threads; i++)
		hist_add(&hist, ns);
	assert_int_equal(latency_fill(&cell->latency, &hist, NULL, 0), 0);
	assert_true(cell->latency.elapsed == U64_ABSENT);
	cell->latency.elapsed = elapsed_ns;
	cell->has_latency = true;
	entries[count] = (struct table_entry){ .cell = cell, .result = &result };
	count++;
	return cell;
}

static void put_struct_pages(struct cell_result *cell, const char *where)
{
	cell->placement.struct_pages = strdup(where);
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

static void assert_point(const struct scale_line *line, size_t i, uint64_t x, double p50,
			 double share)
{
	assert_true(i < line->point_count);
	assert_int_equal(line->points[i].x, x);
	assert_true(fabs(line->points[i].p50 - p50) < 1e-9);
	assert_true(fabs(line->points[i].share - share) < 1e-9);
}

static void threads_on_one_file_and_on_one_each(void **state)
{
	auto_scale struct scale scale = { 0 };

	(void)state;
	add("xfs", 10, 4, 30, 40 * 7);
	add("xfs", 10, 1, 20, 10 * 21);
	add("ext4", 10, 1, 10, 10 * 11);
	add("xfs", 10, 2, 25, 20 * 13);
	add("xfs", 10, 2, 22, 20 * 12)->config.files = FILES_EACH;
	assert_int_equal(scale_fill(&scale, all(), SCALE_THREADS), 0);
	assert_int_equal(scale.count, 2);
	assert_string_equal(scale.lines[0].config->fs, "xfs");
	assert_int_equal(scale.lines[0].config->files, FILES_ONE);
	assert_int_equal(scale.lines[0].point_count, 3);
	assert_point(&scale.lines[0], 0, 1, 20, 21);
	assert_point(&scale.lines[0], 1, 2, 25, 13);
	assert_point(&scale.lines[0], 2, 4, 30, 7);
	assert_int_equal(scale.lines[1].config->files, FILES_EACH);
	assert_int_equal(scale.lines[1].point_count, 2);
	assert_point(&scale.lines[1], 0, 1, 20, 21);
	assert_point(&scale.lines[1], 1, 2, 22, 12);
}

/* The runs of a cell are one point; results of before `elapsed` have the rest. */
static void runs_and_absent_figures(void **state)
{
	auto_scale struct scale scale = { 0 };

	(void)state;
	add("ext4", 10, 1, 10, 100);
	add("ext4", 10, 1, 16, 300);
	add("ext4", 10, 1, 14, 800);
	add("ext4", 10, 2, 40, U64_ABSENT);
	assert_int_equal(scale_fill(&scale, all(), SCALE_THREADS), 0);
	assert_int_equal(scale.count, 1);
	assert_int_equal(scale.lines[0].point_count, 2);
	assert_point(&scale.lines[0], 0, 1, 14, 30);
	assert_true(isnan(scale.lines[0].points[1].share));
	assert_true(fabs(scale.lines[0].points[1].mean - 40) < 1e-9);
}

static void pages_by_one_thread(void **state)
{
	auto_scale struct scale scale = { 0 };

	(void)state;
	add("ext4", 4096, 1, 10, 1);
	add("ext4", 512, 1, 12, 1);
	add("ext4", 512, 2, 99, 1);
	add("ext4", 1, 1, 500, 1)->config.page = PAGE_2M;
	add("ext4", 8, 1, 400, 1)->config.page = PAGE_2M;
	add("ext4", 64, 1, 9, 1)->config.access = ACCESS_READ;
	assert_int_equal(scale_fill(&scale, all(), SCALE_PAGES), 0);
	assert_int_equal(scale.count, 2);
	assert_int_equal(scale.lines[0].config->page, PAGE_4K);
	assert_int_equal(scale.lines[0].point_count, 2);
	assert_int_equal(scale.lines[0].points[0].x, 512);
	assert_int_equal(scale.lines[0].points[1].x, 4096);
	assert_int_equal(scale.lines[1].config->page, PAGE_2M);
	assert_int_equal(scale.lines[1].points[1].x, 8);
	assert_true(scale_is_other_page(&scale.lines[0], &scale.lines[1]));
	assert_false(scale_is_other_page(&scale.lines[1], &scale.lines[0]));
	scale.lines[1].is_on_device = true;
	assert_false(scale_is_other_page(&scale.lines[0], &scale.lines[1]));
	assert_true(fabs(scale_of_mib(scale.lines[0].config, 10) - 2560) < 1e-9);
	assert_true(fabs(scale_of_mib(scale.lines[1].config, 500) - 250) < 1e-9);
}

/* What else was done to a file, or not measured, is on no line; nor is one point a line. */
static void cells_of_other_suites(void **state)
{
	(void)state;
	add("ext4", 10, 1, 10, 1);
	add("ext4", 10, 2, 10, 1)->config.load = LOAD_COPY;
	add("ext4", 10, 3, 10, 1)->config.commit = COMMIT_MSYNC;
	add("ext4", 10, 4, 10, 1)->config.remap = REMAP_PUNCH;
	add("ext4", 10, 5, 10, 1)->config.attribute = ATTRIBUTE_SYNC;
	add("ext4", 10, 6, 10, 1)->config.dirty = 5;
	add("ext4", 10, 7, 10, 1)->has_latency = false;
	add("ext4", 10, 8, 10, 1)->config.pause_us = 100;
	add("xfs", 10, 9, 10, 1);
	assert_false(scale_is_in(all()));
	add("xfs", 10, 2, 10, 1);
	assert_true(scale_is_in(all()));
}

static void struct_pages_in_memory_and_on_the_device(void **state)
{
	auto_scale struct scale scale = { 0 };
	auto_scale_maps struct scale_maps maps = { 0 };

	(void)state;
	put_struct_pages(add("ext4", 10, 1, 10, 1), "ram");
	put_struct_pages(add("ext4", 20, 1, 10, 1), "ram");
	put_struct_pages(add("ext4", 40, 1, 10, 1), "ram");
	put_struct_pages(add("xfs", 10, 1, 10, 1), "ram");
	put_struct_pages(add("ext4", 10, 1, 20, 1), "pmem");
	put_struct_pages(add("ext4", 20, 1, 5, 1), "pmem");
	put_struct_pages(add("ext4", 80, 1, 7, 1), "pmem");
	assert_int_equal(scale_compare_maps(&maps, all()), 0);
	assert_int_equal(maps.count, 1);
	assert_int_equal(maps.rows[0].cells, 2);
	assert_true(fabs(maps.rows[0].least - 0.5) < 1e-9);
	assert_true(fabs(maps.rows[0].median - 1.25) < 1e-9);
	assert_true(fabs(maps.rows[0].greatest - 2) < 1e-9);
	assert_int_equal(scale_fill(&scale, all(), SCALE_PAGES), 0);
	assert_int_equal(scale.count, 2);
	assert_false(scale.lines[0].is_on_device);
	assert_int_equal(scale.lines[0].point_count, 3);
	assert_true(scale.lines[1].is_on_device);
	assert_int_equal(scale.lines[1].point_count, 3);
}

/* What was not read back cannot be a side of a comparison. */
static void struct_pages_that_are_not_told(void **state)
{
	auto_scale_maps struct scale_maps maps = { 0 };

	(void)state;
	add("ext4", 10, 1, 10, 1);
	put_struct_pages(add("ext4", 10, 1, 20, 1), "pmem");
	assert_int_equal(scale_compare_maps(&maps, all()), 0);
	assert_int_equal(maps.count, 0);
	assert_false(scale_is_in(all()));
}

static void more_points_than_a_line_holds(void **state)
{
	auto_scale struct scale scale = { 0 };

	(void)state;
	for (uint64_t i = 0; i < SCALE_MAX_POINTS + 3; i++)
		add("ext4", i + 1, 1, 10, 1);
	assert_int_equal(scale_fill(&scale, all(), SCALE_PAGES), 0);
	assert_int_equal(scale.lines[0].point_count, SCALE_MAX_POINTS);
}

static void names(void **state)
{
	struct cell_result *cell = add("ext4", 1, 1, 1, 1);
	char name[PHRASE_SIZE];

	(void)state;
	assert_string_equal(scale_name(&cell->config, name), "ext4, hole, MAP_SYNC");
	cell->config.sync = SYNC_NONE;
	cell->config.state = STATE_WRITTEN;
	cell->config.access = ACCESS_READ;
	assert_string_equal(scale_name(&cell->config, name), "ext4, written, read");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(threads_on_one_file_and_on_one_each, forget),
		cmocka_unit_test_teardown(runs_and_absent_figures, forget),
		cmocka_unit_test_teardown(pages_by_one_thread, forget),
		cmocka_unit_test_teardown(cells_of_other_suites, forget),
		cmocka_unit_test_teardown(struct_pages_in_memory_and_on_the_device, forget),
		cmocka_unit_test_teardown(struct_pages_that_are_not_told, forget),
		cmocka_unit_test_teardown(more_points_than_a_line_holds, forget),
		cmocka_unit_test_teardown(names, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
