// SPDX-License-Identifier: GPL-2.0-or-later
/* The pictures of lines: each is the data of a table, in microseconds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "math/hist.h"
#include "plot/log.h"
#include "plot/scale.h"
#include "plot/worst_case.h"

#define MAX_CELLS 8
#define SAMPLES	  4

static struct result result;
static struct cell_result cells[MAX_CELLS];
static struct table_entry entries[MAX_CELLS];
static uint64_t samples[SAMPLES];
static size_t count;
static char *text;

static struct cell_result *add(const char *fs)
{
	struct cell_result *cell = &cells[count];

	cell_result_init(cell);
	cell->config.fs = (char *)(uintptr_t)fs;
	cell->config.mkfs_options = cell->config.mount_options = (char *)"";
	cell->config.pages = 512;
	cell->config.threads = 1;
	cell->has_latency = true;
	entries[count++] = (struct table_entry){ "a", &result, cell, 0 };
	return cell;
}

static bool draw(bool (*write)(const struct plot_page *, FILE *))
{
	const struct plot_page page = { .all = { entries, count }, .fs_count = 1 };
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool has_any = write(&page, out);

	fclose(out);
	return has_any;
}

static int forget(void **state)
{
	(void)state;
	free(text);
	text = NULL;
	count = 0;
	return 0;
}

static void assert_holds(const char *lines)
{
	if (!strstr(text, lines))
		fail_msg("'%s' is not in: %s", lines, text);
}

/* The first fault took 5 us, the median of the others is 2. */
static void add_dirty(const char *fs, int kind, uint64_t dirty, uint64_t kib)
{
	struct cell_result *cell = add(fs);

	memcpy(samples, (uint64_t[]){ 5000, 1000, 9000, 2000 }, sizeof(samples));
	cell->config.dirty = dirty;
	cell->config.dirty_kind = kind;
	cell->has_dirt = true;
	cell->dirt.dirty_bytes = kib * 1024;
	cell->dirt.log_bytes = 1000 * 1024;
	cell->latency.samples = samples;
	cell->latency.sample_count = cell->latency.count = SAMPLES;
}

static void a_line_of_the_log_is_one_file_system(void **state)
{
	(void)state;
	add_dirty("ext4", DIRTY_CREATE, 4000, 400);
	add_dirty("ext4", DIRTY_CREATE, 1000, 100);
	add_dirty("ext4", DIRTY_CREATE + 1, 2000, 200);
	add_dirty("xfs", DIRTY_CREATE, 1000, 800); /* one amount is not a line */
	assert_true(draw(plot_log));
	assert_ptr_equal(strstr(text, "$log << EOD\n100 10 5 2\n400 40 5 2\nEOD\n"
				      "line_count = 1\n"),
			 text);
	assert_holds("line_is_ext4[1] = 1\nline_name[1] = 'ext4'\nus_low = 2\nus_high = 5\n"
		     "kib_low = 100\nkib_high = 400\npercent_low = 10\npercent_high = 40\n");
}

static void add_scale(uint64_t pages, uint64_t threads, uint64_t p50_us, double mean_us,
		      uint64_t share_us)
{
	struct cell_result *cell = add("ext4");

	cell->config.pages = pages;
	cell->config.threads = threads;
	cell->latency.p50 = p50_us * 1000;
	cell->latency.mean = mean_us * 1000;
	cell->latency.elapsed = share_us * 1000 * pages * threads;
}

/* A page of 4 KiB is 1/256 MiB. */
static void lines_of_scale_are_of_two_axes(void **state)
{
	(void)state;
	add_scale(256, 1, 9, 30, 19);
	add_scale(512, 1, 10, 60, 20);
	add_scale(512, 2, 12, 61, 40);
	assert_true(draw(plot_scale));
	assert_ptr_equal(strstr(text, "$threads << EOD\n1 10 20\n2 12 40\nEOD\n"
				      "$pages << EOD\n256 30 1 7680\n512 60 2 15360\nEOD\n"
				      "thread_lines = 1\n"),
			 text);
	assert_holds("thread_kind[1] = 1\nthread_is_alt[1] = 0\nthread_is_dev[1] = 0\n");
	assert_holds("page_kind[1] = 1\npage_is_alt[1] = 0\npage_is_dev[1] = 0\n");
	assert_holds("kind_count = 1\n");
	assert_holds("threads_low = 1\nthreads_high = 2\npages_low = 256\npages_high = 512\n"
		     "file_low = 1\nfile_high = 2\np50_low = 10\np50_high = 12\n"
		     "share_low = 20\nshare_high = 40\nmean_low = 30\nmean_high = 60\n"
		     "mib_low = 7680\nmib_high = 15360\n");
}

static void add_worst(int load, uint64_t us)
{
	static struct bucket bucket;
	struct cell_result *cell = add("ext4");

	cell->config.sync = SYNC_MAP_SYNC;
	cell->config.load = load;
	bucket = (struct bucket){ 5000, 5000, 2000 };
	cell->latency.count = 2000;
	cell->latency.min = 5000;
	cell->latency.p50 = us * 1000;
	cell->latency.p999 = us * 3000;
	cell->latency.p9999 = us * 4000;
	cell->latency.max = us * 5000;
	cell->latency.hist_ns = &bucket;
	cell->latency.hist_ns_count = 1;
}

static void a_worst_case_has_three_figures(void **state)
{
	(void)state;
	add_worst(LOAD_NONE, 4);
	add_worst(LOAD_COPY + 1, 6);
	assert_true(draw(plot_worst_case));
	assert_ptr_equal(strstr(text, "$worst << EOD\n1 1 1 20 12 4 2000\n1 2 1 30 18 6 2000\n"
				      "1 3 1 30 "),
			 text);
	assert_holds("case_count = 3\n");
	assert_holds("case_name[1] = 'none'\n");
	assert_holds("case_name[3] = 'any'\n");
	assert_holds("kind_count = 1\narray kind_name[1]\nkind_name[1] = 'ext4'\n");
	assert_holds("us_low = 4\nus_high = 30\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_line_of_the_log_is_one_file_system, forget),
		cmocka_unit_test_teardown(lines_of_scale_are_of_two_axes, forget),
		cmocka_unit_test_teardown(a_worst_case_has_three_figures, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
