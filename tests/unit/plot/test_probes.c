// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plot/probes.h"

#define RUNS 2

/* One cell of ext4, without load, on a hole, with MAP_SYNC, measured RUNS times. */
struct sample {
	struct result result;
	struct cell_result cells[RUNS];
	struct stage_result stages[RUNS][STAGE_COUNT];
	struct stage_span spans[3];
	struct worst_result worst[RUNS][PLOT_WORST];
	struct table_entry entries[RUNS];
	struct plot_page page;
	char *text;
	size_t text_size;
};

#define BLOCK ((size_t)(PLOT_STATES - 1) * PLOT_SYNCS + 1)

static void fill_run(struct sample *sample, int run)
{
	struct cell_result *cell = &sample->cells[run];

	cell_result_init(cell);
	cell->config.fs = (char *)"ext4";
	cell->config.mkfs_options = cell->config.mount_options = (char *)"";
	cell->config.state = STATE_HOLE;
	cell->config.sync = SYNC_MAP_SYNC;
	cell->has_latency = cell->has_probes = true;
	cell->latency.mean = 90000;
	cell->probes.stages = sample->stages[run];
	cell->probes.stage_count = STAGE_COUNT;
	for (int i = 0; i < STAGE_COUNT; i++)
		sample->stages[run][i] = (struct stage_result){
			.stage = i,
			.rung = i == STAGE_FAST_COMMIT || !i ? RUNG_NONE : RUNG_FENTRY,
			.mean_ns = i == STAGE_FAST_COMMIT ? NAN : 0,
		};
	sample->entries[run] = (struct table_entry){ "a", &sample->result, cell, 0 };
}

static void fill(struct sample *sample)
{
	memset(sample, 0, sizeof(*sample));
	for (int run = 0; run < RUNS; run++)
		fill_run(sample, run);
	plot_page_init(&sample->page, (struct table_span){ sample->entries, RUNS }, NULL, NULL);
}

/* Into sample->text, which the caller frees; returns whether there was anything to draw. */
static bool draws(bool (*write)(const struct plot_page *, FILE *), struct sample *sample)
{
	FILE *out = open_memstream(&sample->text, &sample->text_size);
	bool has_any = write(&sample->page, out);

	fclose(out);
	return has_any;
}

/* The text of a block of $data or $ends: up to the next two empty lines. */
static char *block_of(const char *text, const char *name, size_t index)
{
	const char *from = strstr(text, name), *to;

	assert_non_null(from);
	from = strchr(from, '\n') + 1;
	for (; index; index--) {
		from = strstr(from, "\n\n\n");
		assert_non_null(from);
		from += 3;
	}
	to = strstr(from, "\n\n\n");
	assert_non_null(to);
	return strndup(from, (size_t)(to - from) + 1);
}

/* How far the parts of a bar reach, each beginning where the one before ends. */
static double length_of(const char *block, int *parts)
{
	double at = 0;

	for (*parts = 0; *block; (*parts)++) {
		char *rest;
		double from = strtod(block, &rest), to = strtod(rest, NULL);

		assert_true(fabs(from - at) < 1e-6);
		assert_true(to > from);
		at = to;
		block = strchr(block, '\n') + 1;
	}
	return at;
}

static void a_bar_is_as_long_as_the_mean_fault(void **state)
{
	struct sample sample;
	char *text, *data, *ends;
	int parts;

	(void)state;
	fill(&sample);
	for (int run = 0; run < RUNS; run++) {
		sample.stages[run][STAGE_OUTSIDE].mean_ns = 1000;
		sample.stages[run][STAGE_MAP].mean_ns = 20000 + 10000 * run;
		sample.stages[run][STAGE_JOURNAL_WAIT].mean_ns = 60000 + 10000 * run;
	}
	assert_true(draws(plot_stages, &sample));
	text = sample.text;
	data = block_of(text, "$data", BLOCK);
	ends = block_of(text, "$ends", BLOCK);
	assert_true(fabs(length_of(data, &parts) - 91) < 1e-6);
	assert_int_equal(parts, 3);
	assert_non_null(strstr(data, "\"map 25.0\""));
	assert_null(strstr(data, "outside"));
	assert_string_equal(ends, "91 90 \"91.0 (outside 1.0)\"\n");
	assert_non_null(strstr(text, "\nunseen = 'fast_commit'\n"));
	assert_non_null(strstr(text, "\nlegend_name[3] = 'journal_wait'\n"));
	assert_non_null(strstr(text, "\nlegend_count = 3\n"));
	free(text);
	free(data);
	free(ends);
}

/* Of one run only: the other had none, and is no 0. */
static void runs_without_probes_do_not_count(void **state)
{
	struct sample sample;
	char *text, *ends;

	(void)state;
	fill(&sample);
	sample.cells[0].has_probes = false;
	sample.stages[1][STAGE_MM].mean_ns = 2500;
	sample.cells[1].latency.mean = 2000;
	sample.cells[1].probes.drops.slots = 3;
	sample.cells[1].probes.drops.unfinished = 4;
	assert_true(draws(plot_stages, &sample));
	text = sample.text;
	ends = block_of(text, "$ends", BLOCK);
	assert_string_equal(ends, "2.5 2 \"2.50, 7 faults unseen\"\n");
	free(text);
	free(ends);
}

/* A name and a number in the columns that they need and one more; else the number, or nothing. */
static void labels_have_a_column_to_spare(void **state)
{
	static const char *const labels[] = { "",	  "",	      "",	  "",		"",
					      "\"1.00\"", "\"1.00\"", "\"1.00\"", "\"mm 1.00\"" };
	const struct plot_part part = { STAGE_MM, 0, 1000 };

	(void)state;
	for (size_t columns = 1; columns < sizeof(labels) / sizeof(labels[0]); columns++) {
		char line[200] = "";
		FILE *out = fmemopen(line, sizeof(line), "w");

		plot_probes_part(out, &part, 1000, columns);
		fclose(out);
		assert_non_null(strstr(line, *labels[columns] ? labels[columns] : "\"\""));
		assert_true(plot_probes_is_blank(&part, 1000, columns) == !*labels[columns]);
	}
}

/* Those that last as long are in the order of their stages. */
static void short_stages_are_named_at_the_end(void **state)
{
	struct sample sample;
	char *ends;

	(void)state;
	fill(&sample);
	for (int run = 0; run < RUNS; run++) {
		sample.stages[run][STAGE_JOURNAL_WAIT].mean_ns = 90000;
		sample.stages[run][STAGE_MM].mean_ns = 100;
		sample.stages[run][STAGE_MAP].mean_ns = 100;
	}
	assert_true(draws(plot_stages, &sample));
	ends = block_of(sample.text, "$ends", BLOCK);
	assert_string_equal(ends, "90.2 90 \"90.2 (mm 0.1, map 0.1)\"\n");
	free(ends);
	free(sample.text);
}

static void without_probes_there_is_nothing_to_draw(void **state)
{
	struct sample sample;

	(void)state;
	fill(&sample);
	for (int run = 0; run < RUNS; run++)
		sample.cells[run].has_probes = false;
	assert_false(draws(plot_stages, &sample));
	free(sample.text);
	assert_false(draws(plot_worst, &sample));
	free(sample.text);
}

static void add_worst(struct sample *sample, int run, uint64_t total)
{
	struct probes_result *probes = &sample->cells[run].probes;

	probes->worst = sample->worst[run];
	probes->worst[probes->worst_count++] = (struct worst_result){
		.total = total,
		.blocked = U64_ABSENT,
		.runnable = U64_ABSENT,
		.timeline = sample->spans,
		.timeline_count = 3,
	};
}

static void the_slowest_are_of_all_runs(void **state)
{
	static const char *const totals[] = { "'9.0 us'", "'8.0 us'", "'6.0 us'" };
	struct sample sample;
	char *text;

	(void)state;
	fill(&sample);
	sample.spans[0] = (struct stage_span){ STAGE_MM, 0, 1000 };
	add_worst(&sample, 0, 9000);
	add_worst(&sample, 0, 6000);
	add_worst(&sample, 0, 4000);
	add_worst(&sample, 1, 8000);
	add_worst(&sample, 1, 5000);
	assert_true(draws(plot_worst, &sample));
	text = sample.text;
	for (size_t i = 0; i < PLOT_WORST; i++) {
		char line[80];

		snprintf(line, sizeof(line), "\nworst_text[%zu] = %s\n", BLOCK * PLOT_WORST + i + 1,
			 totals[i]);
		assert_non_null(strstr(text, line));
	}
	assert_null(strstr(text, "5.0 us"));
	assert_non_null(strstr(text, "\nworst_count = 3\n"));
	free(text);
}

/* Above a tenth of the fault. */
static void only_long_waits_are_named(void **state)
{
	struct sample sample;

	(void)state;
	fill(&sample);
	sample.spans[0] = (struct stage_span){ STAGE_MM, 0, 9000 };
	add_worst(&sample, 0, 9000);
	sample.worst[0][0].blocked = 901;
	sample.worst[0][0].runnable = 900;
	assert_true(draws(plot_worst, &sample));
	assert_non_null(strstr(sample.text, "] = '9.0 us, 0.9 blocked'\n"));
	free(sample.text);
}

static void a_bar_shows_the_stages_in_their_order(void **state)
{
	struct sample sample;
	char *text, *data;
	int parts;

	(void)state;
	fill(&sample);
	sample.spans[0] = (struct stage_span){ STAGE_MM, 0, 1000 };
	sample.spans[1] = (struct stage_span){ STAGE_JOURNAL_WAIT, 1000, 7000 };
	sample.spans[2] = (struct stage_span){ STAGE_MM, 7000, 8000 };
	add_worst(&sample, 0, 9000);
	assert_true(draws(plot_worst, &sample));
	text = sample.text;
	data = block_of(text, "$data", BLOCK * PLOT_WORST);
	assert_true(fabs(length_of(data, &parts) - 9) < 1e-6);
	assert_int_equal(parts, 4);
	assert_non_null(strstr(data, "\n1 7 "));
	assert_non_null(strstr(text, "] = 'not kept'\n"));
	free(data);
	data = block_of(text, "$data", BLOCK * PLOT_WORST + 1);
	assert_string_equal(data, "NaN NaN NaN NaN \"\"\n");
	free(data);
	free(text);
}

/* What others wrote is in a string that nothing in it can end. */
static void strings_stay_strings(void **state)
{
	char *frames[] = { (char *)"schedule+0x1", (char *)"x'; system '一' #`id`\nEOD\n\"" };
	struct commit_filler filler = { .comm = (char *)"'.`id`.'\n\x1b[31m" };
	struct sample sample;
	struct worst_result *worst;
	const char *line;
	char *text;

	(void)state;
	fill(&sample);
	sample.spans[0] = (struct stage_span){ STAGE_MM, 0, 9000 };
	add_worst(&sample, 0, 9000);
	worst = &sample.worst[0][0];
	worst->stack = (struct strings){ frames, 2 };
	worst->has_commit = true;
	worst->commit = (struct commit_result){ (char *)"jbd2'", .id = 5, .fillers = &filler };
	worst->commit.filler_count = 1;
	assert_true(draws(plot_worst, &sample));
	text = sample.text;
	line = strstr(text, "\nworst_text[");
	assert_non_null(line);
	line = strchr(line, '\'') + 1;
	assert_non_null(strstr(line, "commit 5"));
	assert_non_null(strstr(line, "system"));
	assert_int_equal(strcspn(line, "\n"), strcspn(line, "'") + 1);
	assert_null(strpbrk(text, "`\x1b"));
	assert_null(strstr(text, "schedule"));
	assert_null(strstr(text, "一"));
	free(text);
}

static double linear(uint32_t colour, int shift)
{
	double c = (double)(colour >> shift & 0xff) / 255;

	return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

/* Normal, protanopic, deuteranopic, tritanopic: Machado, Oliveira and Fernandes, 2009, table 1. */
static const double visions[][3][3] = {
	{ { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } },
	{ { 0.152286, 1.052583, -0.204868 },
	  { 0.114503, 0.786281, 0.099216 },
	  { -0.003882, -0.048116, 1.051998 } },
	{ { 0.367322, 0.860646, -0.227968 },
	  { 0.280085, 0.672501, 0.047413 },
	  { -0.011820, 0.042940, 0.968881 } },
	{ { 1.255528, -0.076749, -0.178779 },
	  { -0.078411, 0.930809, 0.147602 },
	  { 0.004733, 0.691367, 0.303900 } },
};
#define VISIONS (sizeof(visions) / sizeof(visions[0]))

/* Oklab (Ottosson, 2020) times 100. */
static void lab_of(uint32_t colour, size_t vision, double lab[3])
{
	static const double cones[3][3] = { { 0.4122214708, 0.5363325363, 0.0514459929 },
					    { 0.2119034982, 0.6806995451, 0.1073969566 },
					    { 0.0883024619, 0.2817188376, 0.6299787005 } };
	static const double axes[3][3] = { { 0.2104542553, 0.7936177850, -0.0040720468 },
					   { 1.9779984951, -2.4285922050, 0.4505937099 },
					   { 0.0259040371, 0.7827717662, -0.8086757660 } };
	double rgb[3] = { linear(colour, 16), linear(colour, 8), linear(colour, 0) };
	double seen[3] = { 0 }, lms[3] = { 0 };

	for (int i = 0; i < 3; i++) {
		for (int j = 0; j < 3; j++)
			seen[i] += visions[vision][i][j] * rgb[j];
		seen[i] = fmin(fmax(seen[i], 0), 1);
	}
	for (int i = 0; i < 3; i++)
		for (int j = 0; j < 3; j++)
			lms[i] += cones[i][j] * seen[j];
	for (int i = 0; i < 3; i++) {
		lab[i] = 0;
		for (int j = 0; j < 3; j++)
			lab[i] += 100 * axes[i][j] * cbrt(lms[j]);
	}
}

static double distance(uint32_t a, uint32_t b)
{
	double least = INFINITY;

	for (size_t i = 0; i < VISIONS; i++) {
		double x[3], y[3];

		lab_of(a, i, x);
		lab_of(b, i, y);
		least = fmin(least,
			     sqrt(pow(x[0] - y[0], 2) + pow(x[1] - y[1], 2) + pow(x[2] - y[2], 2)));
	}
	return least;
}

/* The least distance within Okabe and Ito's colours and the two greys of plots/style.gp. */
static double style_distance(void)
{
	static const uint32_t style[] = { 0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7,
					  0xe69f00, 0x56b4e9, 0x222222, 0x666666 };
	double least = INFINITY;

	for (size_t i = 0; i < sizeof(style) / sizeof(style[0]); i++)
		for (size_t j = 0; j < i; j++)
			least = fmin(least, distance(style[i], style[j]));
	return least;
}

static void colours_are_told_apart_with_any_vision(void **state)
{
	double enough = style_distance();

	(void)state;
	assert_true(enough > 5);
	for (int i = 0; i < STAGE_COUNT; i++)
		for (int j = 0; j < i; j++)
			if (distance(plot_probes_colour(i), plot_probes_colour(j)) < enough)
				fail_msg("%s and %s are alike", stage_words[i], stage_words[j]);
}

/* A MAP_SYNC fault of each file system; what most bars consist of. */
static void stages_of_one_fault_are_further_apart(void **state)
{
	static const int faults[][11] = {
		{ STAGE_OUTSIDE, STAGE_MM, STAGE_HANDLER, STAGE_MAP, STAGE_INSERT, STAGE_FINISH,
		  STAGE_FSYNC, STAGE_WRITEBACK, STAGE_JOURNAL_WAIT, STAGE_FAST_COMMIT,
		  STAGE_FLUSH },
		{ STAGE_OUTSIDE, STAGE_MM, STAGE_HANDLER, STAGE_MAP, STAGE_INSERT, STAGE_FINISH,
		  STAGE_FSYNC, STAGE_WRITEBACK, STAGE_LOG_FORCE, STAGE_CIL_PUSH, STAGE_ICLOG_WAIT },
	};
	double enough = 1.3 * style_distance();

	(void)state;
	for (size_t f = 0; f < 2; f++)
		for (int i = 0; i < 11; i++)
			for (int j = 0; j < i; j++)
				if (distance(plot_probes_colour(faults[f][i]),
					     plot_probes_colour(faults[f][j])) < enough)
					fail_msg("%s and %s are alike", stage_words[faults[f][i]],
						 stage_words[faults[f][j]]);
}

static double luminance(uint32_t colour)
{
	return 0.2126 * linear(colour, 16) + 0.7152 * linear(colour, 8) +
	       0.0722 * linear(colour, 0);
}

/* WCAG 2 asks for a contrast of 3 for what is large or short. */
static void labels_can_be_read(void **state)
{
	(void)state;
	for (int i = 0; i < PLOT_PARTS; i++) {
		double a = luminance(plot_probes_colour(i)), b = luminance(plot_probes_ink(i));

		assert_true((fmax(a, b) + 0.05) / (fmin(a, b) + 0.05) >= 3);
	}
}

static void count_blocks(const struct plot_position *at, struct table_span runs, void *context)
{
	size_t *next = context;

	assert_int_equal(at->block, (*next)++);
	assert_int_equal(at->block, ((at->fs * PLOT_LOADS + (size_t)at->load) * PLOT_STATES +
				     (size_t)at->place) *
						    PLOT_SYNCS +
					    (size_t)at->sync);
	assert_int_equal(runs.count, at->block == BLOCK ? RUNS : 0);
}

static void cells_are_visited_by_block(void **state)
{
	struct sample sample;
	size_t visited = 0;

	(void)state;
	fill(&sample);
	plot_page_visit(&sample.page, count_blocks, &visited);
	assert_int_equal(visited, PLOT_LOADS * PLOT_STATES * PLOT_SYNCS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bar_is_as_long_as_the_mean_fault),
		cmocka_unit_test(runs_without_probes_do_not_count),
		cmocka_unit_test(labels_have_a_column_to_spare),
		cmocka_unit_test(short_stages_are_named_at_the_end),
		cmocka_unit_test(without_probes_there_is_nothing_to_draw),
		cmocka_unit_test(the_slowest_are_of_all_runs),
		cmocka_unit_test(only_long_waits_are_named),
		cmocka_unit_test(a_bar_shows_the_stages_in_their_order),
		cmocka_unit_test(strings_stay_strings),
		cmocka_unit_test(colours_are_told_apart_with_any_vision),
		cmocka_unit_test(stages_of_one_fault_are_further_apart),
		cmocka_unit_test(labels_can_be_read),
		cmocka_unit_test(cells_are_visited_by_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
