// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "plot/data.h"
#include "view/tail.h"

#define RUNS	3
#define SAMPLES 5000

/* One cell of ext4, on a hole, without load and MAP_SYNC, measured up to RUNS times. */
static struct result result;
static struct cell_result cells[RUNS];
static struct table_entry entries[RUNS];
static uint64_t samples[RUNS][SAMPLES];
static struct bucket log2_us[RUNS][2];
static struct plot_page page;
static char *text;

static void fill(size_t runs, size_t count)
{
	for (size_t run = 0; run < runs; run++) {
		struct cell_result *cell = &cells[run];

		cell_result_init(cell);
		cell->config.fs = (char *)"ext4";
		cell->config.mkfs_options = cell->config.mount_options = (char *)"";
		cell->config.state = STATE_HOLE;
		cell->has_latency = true;
		cell->latency.count = cell->latency.sample_count = count;
		cell->latency.samples = samples[run];
		cell->latency.min = 1000;
		cell->latency.max = 100000;
		cell->latency.log2_us = log2_us[run];
		entries[run] = (struct table_entry){ "a", &result, cell, 0 };
		for (size_t i = 0; i < count; i++)
			samples[run][i] = 1000;
	}
	plot_page_init(&page, (struct table_span){ entries, runs }, NULL, NULL);
}

static bool draw(bool (*write)(const struct plot_page *, FILE *))
{
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
	return 0;
}

static double variable(const char *name)
{
	const char *at = strstr(text, name);

	assert_non_null(at);
	return strtod(at + strlen(name), NULL);
}

/* The lines of the one cell; they end with an empty one. */
static size_t points(double x[], double y[], size_t max)
{
	const char *line = text;
	size_t n = 0;
	int read;

	/* Cells without a point have a line of NaN. */
	while (*line < '0' || *line > '9') {
		line = strchr(line, '\n');
		assert_non_null(line);
		line++;
	}
	while (n < max && sscanf(line, "%lf %lf%n", &x[n], &y[n], &read) == 2 &&
	       line[read] == '\n') {
		n++;
		line += read + 1;
		if (*line == '\n')
			break;
	}
	return n;
}

static bool is_near(double a, double b)
{
	return a > b * (1 - 1e-6) && a < b * (1 + 1e-6);
}

/* The counts are the mean of the runs; bucket 0 is below 1 us, bucket 4 from 8 us on. */
static void histograms_are_the_mean_of_runs(void **state)
{
	double x[8], y[8];

	(void)state;
	fill(2, 100);
	log2_us[0][0] = (struct bucket){ 0, 0, 30 };
	log2_us[0][1] = (struct bucket){ 8, 15, 70 };
	log2_us[1][0] = (struct bucket){ 8, 15, 100 };
	cells[0].latency.log2_us_count = 2;
	cells[1].latency.log2_us_count = 1;
	assert_true(draw(plot_histograms));
	assert_int_equal(points(x, y, 8), 2);
	assert_true(x[0] == 0 && y[0] == 15);
	assert_true(x[1] == 4 && y[1] == 85);
	assert_true(variable("bucket_low = ") == 0);
	assert_true(variable("bucket_high = ") == 4);
	assert_true(variable("count_high = ") == 85);
}

/* Faults of 1..100 us: each of the 40 slowest, then one for every twentieth more, and all 100. */
static void a_curve_has_all_of_its_tail(void **state)
{
	double x[100], y[100];
	size_t n;

	(void)state;
	fill(1, 100);
	for (size_t i = 0; i < 100; i++)
		samples[0][i] = (i * 37 % 100 + 1) * 1000;
	assert_true(draw(plot_percentiles));
	n = points(x, y, 100);
	for (size_t i = 0; i < 40; i++) {
		assert_true(is_near(x[i], 100.0 / (double)(i + 1)));
		assert_true(is_near(y[i], 100 - (double)i));
	}
	assert_true(is_near(x[40], 100.0 / 42));
	assert_true(is_near(y[40], 59));
	assert_true(n > 50 && n < 70);
	assert_true(is_near(x[n - 1], 1) && is_near(y[n - 1], 1));
	assert_true(is_near(x[n - 2], 100.0 / 97));
	assert_true(variable("us_low = ") == 1 && variable("us_high = ") == 100);
	assert_true(variable("x_high = ") == 100);
}

static void a_curve_is_the_median_of_runs(void **state)
{
	double x[40], y[40];

	(void)state;
	fill(3, 4);
	samples[0][2] = 9000;
	samples[1][0] = 4000;
	samples[2][1] = 7000;
	assert_true(draw(plot_percentiles));
	assert_int_equal(points(x, y, 40), 4);
	assert_true(is_near(y[0], 7));
	free(text);
	fill(2, 4);
	samples[0][2] = 9000;
	samples[1][0] = 4000;
	assert_true(draw(plot_percentiles));
	assert_int_equal(points(x, y, 40), 4);
	assert_true(is_near(y[0], 6.5));
}

/* On a logarithmic axis there is no 0. */
static void nothing_is_below_a_nanosecond(void **state)
{
	double x[8], y[8];

	(void)state;
	fill(1, 2);
	samples[0][0] = 0;
	assert_true(draw(plot_timeline));
	assert_int_equal(points(x, y, 8), 2);
	assert_true(x[0] == 1 && is_near(y[0], 0.001));
	assert_true(x[1] == 2 && y[1] == 1);
	assert_true(is_near(variable("us_low = "), 0.001));
	assert_true(variable("is_thinned = ") == 0);
}

static void a_long_timeline_keeps_its_extremes(void **state)
{
	double x[PLOT_MAX_POINTS + 100], y[PLOT_MAX_POINTS + 100];
	bool has_low = false, has_high = false;
	size_t n;

	(void)state;
	fill(2, SAMPLES);
	samples[0][1234] = 90000;
	samples[0][1235] = 10;
	samples[1][7] = 5;
	assert_true(draw(plot_timeline));
	n = points(x, y, PLOT_MAX_POINTS + 100);
	assert_true(n >= PLOT_MAX_POINTS / 2 && n <= PLOT_MAX_POINTS);
	for (size_t i = 0; i < n; i++) {
		has_high |= x[i] == 1235 && is_near(y[i], 90);
		has_low |= x[i] == 1236 && is_near(y[i], 0.01);
		assert_true(!i || x[i] > x[i - 1]);
	}
	assert_true(has_low && has_high);
	assert_true(variable("is_thinned = ") == 1);
	assert_true(is_near(variable("us_low = "), 0.01));
	free(text);
	fill(1, PLOT_MAX_POINTS);
	assert_true(draw(plot_timeline));
	assert_int_equal(points(x, y, PLOT_MAX_POINTS + 100), PLOT_MAX_POINTS);
	assert_true(variable("is_thinned = ") == 0);
}

/* All that is drawn lies between us_low and us_high, what the letter has included. */
static void the_letters_average_is_in_range(void **state)
{
	static struct cell_result letter;
	static struct result reference;

	(void)state;
	fill(1, 4);
	cells[0].latency.p50 = 2000;
	cells[0].latency.p99 = 3000;
	cells[0].latency.max = 4000;
	letter = cells[0];
	letter.latency.mean = 64000;
	reference.cells = &letter;
	reference.cell_count = 1;
	assert_true(draw(plot_filesystems));
	assert_true(variable("us_low = ") == 2 && variable("us_high = ") == 4);
	free(text);
	page.reference = &reference;
	assert_true(draw(plot_filesystems));
	assert_non_null(strstr(text, "\n2 3 4\n"));
	assert_true(variable("us_low = ") == 2 && variable("us_high = ") == 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(histograms_are_the_mean_of_runs, forget),
		cmocka_unit_test_teardown(a_curve_has_all_of_its_tail, forget),
		cmocka_unit_test_teardown(a_curve_is_the_median_of_runs, forget),
		cmocka_unit_test_teardown(nothing_is_below_a_nanosecond, forget),
		cmocka_unit_test_teardown(a_long_timeline_keeps_its_extremes, forget),
		cmocka_unit_test_teardown(the_letters_average_is_in_range, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
