// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Verdicts of made-up runs, and how often they are wrong: simulated comparisons of a build with
 * itself, and with one that is slower by a known share. Seeded, so every machine simulates the
 *same.
 *
 *	SYNCFAULT_SIMULATE=400 build/tests/unit/compare/test_compare
 *
 * prints the table of docs/compare.md from so many comparisons a row instead.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../capture.h"
#include "base/diag.h"
#include "compare/compare.h"
#include "math/stats.h"

#define MAX_CELLS 24
#define MAX_RUNS  40
#define FAULTS	  512

/* One side: a set as result_set_read makes it, with figures that a test fills. */
struct side {
	struct result result;
	struct cell_result cells[MAX_CELLS][MAX_RUNS];
	struct set_run runs[MAX_CELLS][MAX_RUNS];
	struct set_cell set_cells[MAX_CELLS];
	char keys[MAX_CELLS][32];
	struct result_set set;
};

static void set_figures(struct latency *latency, double p50, double tail)
{
	latency->count = FAULTS;
	latency->min = (uint64_t)(p50 / 2);
	latency->p50 = (uint64_t)p50;
	latency->p90 = (uint64_t)(p50 * 1.1 * tail);
	latency->p99 = (uint64_t)(p50 * 1.5 * tail);
	latency->p999 = latency->max = (uint64_t)(p50 * 4 * tail);
	latency->mean = p50 * 1.05 * tail;
}

static struct side *side_new(int domain, size_t cells, size_t runs)
{
	struct side *side = calloc(1, sizeof(*side));

	assert_non_null(side);
	result_init(&side->result);
	side->result.clock.domain = domain;
	side->result.suite = strdup("a-suite");
	side->result.host.kernel = strdup("6.1.0");
	side->set = (struct result_set){ .name = (char *)"side",
					 .results = &side->result,
					 .files = (char *[]){ (char *)"file" },
					 .result_count = 1,
					 .cells = side->set_cells,
					 .cell_count = cells };
	for (size_t i = 0; i < cells; i++) {
		snprintf(side->keys[i], sizeof(side->keys[i]), "cell-%02zu", i);
		for (size_t j = 0; j < runs; j++) {
			struct cell_result *cell = &side->cells[i][j];

			cell->config = (struct cell_config){ .fs = (char *)"ext4",
							     .mkfs_options = (char *)"",
							     .mount_options = (char *)"",
							     .pages = FAULTS,
							     .threads = 1 };
			cell->has_latency = true;
			set_figures(&cell->latency, 10000, 1);
			side->runs[i][j] = (struct set_run){
				.result = &side->result, .file = "file", .cell = cell, .seed = j
			};
		}
		side->set_cells[i] = (struct set_cell){ .key = side->keys[i],
							.config = &side->cells[i][0].config,
							.runs = side->runs[i],
							.run_count = runs };
	}
	return side;
}

static void side_free(struct side *side)
{
	result_free(&side->result);
	free(side);
}

static void compare(const struct side *base, const struct side *new, struct comparison *comparison)
{
	struct compare_options options;

	compare_defaults(&options);
	assert_int_equal(compare_sets(&base->set, &new->set, &options, comparison), 0);
}

static const struct compare_row *row_of(const struct comparison *comparison, size_t cell,
					enum figure figure)
{
	char key[32];

	snprintf(key, sizeof(key), "cell-%02zu", cell);
	for (size_t i = 0; i < comparison->cell_count; i++)
		for (size_t j = 0; j < comparison->cells[i].row_count; j++)
			if (comparison->cells[i].rows[j].figure == (int)figure &&
			    !strcmp(comparison->cells[i].key, key))
				return &comparison->cells[i].rows[j];
	return NULL;
}

static double uniform(uint64_t *state)
{
	return ((double)(stats_random(state) >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(uint64_t *state)
{
	double radius = sqrt(-2 * log(uniform(state)));

	return radius * cos(2 * M_PI * uniform(state));
}

/* Runs that differ by noise, p50 and tails each by their own beside; cell 0 is slower by shift. */
static void draw_runs(struct side *side, double noise, double shift, uint64_t *state)
{
	for (size_t i = 0; i < side->set.cell_count; i++)
		for (size_t j = 0; j < side->set_cells[i].run_count; j++)
			set_figures(&side->cells[i][j].latency,
				    1e6 * (i ? 1 : 1 + shift) * exp(noise * normal(state)),
				    exp(noise * normal(state)));
}

/* Seeds: p50 is one count, tails move. */
static void draw_seeds(struct side *side, double noise, double shift, uint64_t *state)
{
	for (size_t i = 0; i < side->set.cell_count; i++)
		for (size_t j = 0; j < side->set_cells[i].run_count; j++)
			set_figures(&side->cells[i][j].latency, 1e6 * (i ? 1 : 1 + shift),
				    exp(noise * normal(state)));
}

struct rates {
	double alarms;	/* comparisons that called another cell than the slower one changed */
	double p50;	/* that called p50 of the slower cell worse */
	double p99;	/* and p99 */
	double unknown; /* that called p50 of it unknown */
	double called_same;
};

static bool has_alarm(const struct comparison *comparison, bool is_shifted)
{
	for (size_t i = is_shifted; i < comparison->cell_count; i++)
		for (size_t j = 0; j < comparison->cells[i].row_count; j++) {
			int verdict = comparison->cells[i].rows[j].verdict;

			if (verdict == COMPARE_WORSE || verdict == COMPARE_BETTER)
				return true;
		}
	return false;
}

struct simulation {
	int domain;
	size_t cells, runs;
	double noise, shift, floor;
};

static struct rates simulate(const struct simulation *simulation, int comparisons)
{
	struct side *base = side_new(simulation->domain, simulation->cells, simulation->runs);
	struct side *new = side_new(simulation->domain, simulation->cells, simulation->runs);
	void (*draw)(struct side *, double, double, uint64_t *) =
		simulation->domain == DOMAIN_TIME ? draw_runs : draw_seeds;
	struct compare_options options;
	struct rates rates = { 0 };
	uint64_t state = 20170817;

	compare_defaults(&options);
	options.floor = simulation->floor;
	for (int i = 0; i < comparisons; i++) {
		struct comparison comparison;
		int p50, p99;

		draw(base, simulation->noise, 0, &state);
		draw(new, simulation->noise, simulation->shift, &state);
		assert_int_equal(compare_sets(&base->set, &new->set, &options, &comparison), 0);
		p50 = row_of(&comparison, 0, FIGURE_P50)->verdict;
		p99 = row_of(&comparison, 0, FIGURE_P99)->verdict;
		rates.alarms += has_alarm(&comparison, simulation->shift != 0);
		rates.p50 += p50 == COMPARE_WORSE;
		rates.p99 += p99 == COMPARE_WORSE;
		rates.unknown += p50 == COMPARE_UNKNOWN;
		rates.called_same += p50 == COMPARE_SAME;
		comparison_free(&comparison);
	}
	side_free(base);
	side_free(new);
	rates.alarms /= comparisons;
	rates.p50 /= comparisons;
	rates.p99 /= comparisons;
	rates.unknown /= comparisons;
	rates.called_same /= comparisons;
	return rates;
}

static void equal_runs_are_the_same(void **state)
{
	struct side *base = side_new(DOMAIN_INSTRUCTIONS, 2, 1);
	struct side *new = side_new(DOMAIN_INSTRUCTIONS, 2, 1);
	struct bucket slot = { 1, 100000, FAULTS };
	struct comparison comparison;

	(void)state;
	for (int i = 0; i < 2; i++) {
		base->cells[i][0].latency.hist_ns = &slot;
		new->cells[i][0].latency.hist_ns = &slot;
		base->cells[i][0].latency.hist_ns_count = new->cells[i][0].latency.hist_ns_count =
			1;
	}
	compare(base, new, &comparison);
	assert_true(comparison.cells[0].is_identical);
	assert_float_equal(comparison.cells[0].cdf_distance, 0, 0);
	assert_int_equal(comparison.counts.same, 10);
	assert_int_equal(comparison.counts.none, 2); /* p99.9 of 512 faults */
	assert_int_equal(comparison_exit_code(&comparison), EXIT_DONE);
	/* Without a verdict comes last. */
	assert_int_equal(comparison.order_count, 12);
	for (size_t i = 0; i < 12; i++)
		assert_int_equal(comparison.cells[comparison.order[i].cell]
					 .rows[comparison.order[i].row]
					 .verdict,
				 i < 10 ? COMPARE_SAME : COMPARE_NONE);
	comparison_free(&comparison);
	/* One instruction more, in one fault: no longer equal, and told by no floor. */
	new->cells[0][0].latency.max++;
	compare(base, new, &comparison);
	assert_false(comparison.cells[0].is_identical);
	assert_int_equal(row_of(&comparison, 0, FIGURE_P50)->verdict, COMPARE_SAME);
	assert_int_equal(row_of(&comparison, 0, FIGURE_MAX)->verdict, COMPARE_UNKNOWN);
	assert_int_equal(row_of(&comparison, 1, FIGURE_MAX)->verdict, COMPARE_SAME);
	assert_int_equal(comparison_exit_code(&comparison), EXIT_UNKNOWN);
	comparison_free(&comparison);
	side_free(base);
	side_free(new);
}

static int verdict_of_p50(double share, int load, size_t seeds)
{
	struct side *base = side_new(DOMAIN_INSTRUCTIONS, 1, seeds);
	struct side *new = side_new(DOMAIN_INSTRUCTIONS, 1, seeds);
	struct comparison comparison;
	int verdict;

	for (size_t i = 0; i < seeds; i++) {
		base->cells[0][i].config.load = new->cells[0][i].config.load = load;
		set_figures(&base->cells[0][i].latency, 100000, 1);
		set_figures(&new->cells[0][i].latency, 100000 * (1 + share), 1);
	}
	compare(base, new, &comparison);
	verdict = row_of(&comparison, 0, FIGURE_P50)->verdict;
	comparison_free(&comparison);
	side_free(base);
	side_free(new);
	return verdict;
}

static void p50_is_told_from_one_seed_on(void **state)
{
	(void)state;
	assert_int_equal(verdict_of_p50(0.005, LOAD_NONE, 1), COMPARE_WORSE);
	assert_int_equal(verdict_of_p50(-0.005, LOAD_NONE, 1), COMPARE_BETTER);
	assert_int_equal(verdict_of_p50(0.0025, LOAD_NONE, 1), COMPARE_SAME);
	assert_int_equal(verdict_of_p50(0.0025, LOAD_NONE, 3), COMPARE_WORSE);
	assert_int_equal(verdict_of_p50(0.0015, LOAD_NONE, 3), COMPARE_SAME);
	/* Just beyond the floor of 0.2 %, and just within. */
	assert_int_equal(verdict_of_p50(0.0022, LOAD_NONE, 3), COMPARE_WORSE);
	assert_int_equal(verdict_of_p50(0.0019, LOAD_NONE, 3), COMPARE_SAME);
	assert_int_equal(verdict_of_p50(0.5, LOAD_COPY, 1), COMPARE_UNKNOWN);
	assert_int_equal(verdict_of_p50(0.5, LOAD_COPY, 8), COMPARE_WORSE);
}

static void one_seed_tells_no_tail(void **state)
{
	struct side *base = side_new(DOMAIN_INSTRUCTIONS, 1, 1);
	struct side *new = side_new(DOMAIN_INSTRUCTIONS, 1, 1);
	struct comparison comparison;

	(void)state;
	set_figures(&new->cells[0][0].latency, 10000, 3);
	compare(base, new, &comparison);
	for (int figure = FIGURE_P90; figure <= FIGURE_MAX; figure++) {
		const struct compare_row *row = row_of(&comparison, 0, figure);

		assert_int_equal(row->verdict,
				 figure == FIGURE_P999 ? COMPARE_NONE : COMPARE_UNKNOWN);
		assert_true(figure == FIGURE_P999 || row->runs_needed == 2);
	}
	assert_int_equal(comparison_exit_code(&comparison), EXIT_UNKNOWN);
	comparison_free(&comparison);
	side_free(base);
	side_free(new);
}

/* Eight seeds from 1 to 1.07: half the interval of the ratio of their medians is 4 to 4.6 %. */
static void tails_are_set_against_what_seeds_can_tell(void **state)
{
	static const struct {
		double share;
		int verdict;
	} cases[] = { { 0, COMPARE_UNKNOWN },
		      { 0.02, COMPARE_UNKNOWN },
		      { 0.06, COMPARE_WORSE },
		      { 0.20, COMPARE_WORSE } };
	struct side *base = side_new(DOMAIN_INSTRUCTIONS, 1, 8);
	struct side *new = side_new(DOMAIN_INSTRUCTIONS, 1, 8);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct comparison comparison;
		const struct compare_row *row;

		for (int j = 0; j < 8; j++) {
			set_figures(&base->cells[0][j].latency, 100000, 1 + j * 0.01);
			set_figures(&new->cells[0][j].latency, 100000,
				    1 + cases[i].share + j * 0.01);
		}
		/* Nearly equal: equal samples are the same whatever the seeds lie apart. */
		new->cells[0][0].latency.min++;
		compare(base, new, &comparison);
		row = row_of(&comparison, 0, FIGURE_P99);
		assert_int_equal(row->verdict, cases[i].verdict);
		assert_float_equal(row->floor, 0.043, 0.003);
		assert_float_equal(row->base, 155250, 1);
		if (row->verdict == COMPARE_UNKNOWN)
			assert_true(row->runs_needed >= 1 && row->runs_needed <= 20);
		else
			assert_true(row->q <= 0.05);
		assert_int_equal(row_of(&comparison, 0, FIGURE_P50)->verdict, COMPARE_SAME);
		comparison_free(&comparison);
	}
	side_free(base);
	side_free(new);
}

static void only_common_seeds_are_compared(void **state)
{
	struct side *base = side_new(DOMAIN_INSTRUCTIONS, 1, 3);
	struct side *new = side_new(DOMAIN_INSTRUCTIONS, 1, 3);
	struct comparison comparison;

	(void)state;
	for (int i = 0; i < 3; i++)
		new->runs[0][i].seed = (uint64_t)i + 2;
	compare(base, new, &comparison);
	assert_int_equal(row_of(&comparison, 0, FIGURE_P50)->base_runs, 1);
	comparison_free(&comparison);
	for (int i = 0; i < 3; i++)
		new->runs[0][i].seed = (uint64_t)i + 3;
	compare(base, new, &comparison);
	assert_int_equal(row_of(&comparison, 0, FIGURE_P50)->verdict, COMPARE_UNKNOWN);
	assert_int_equal(comparison.verdict, COMPARE_UNKNOWN);
	comparison_free(&comparison);
	side_free(base);
	side_free(new);
}

static void set_runs(struct side *side, double p50)
{
	for (size_t i = 0; i < side->set_cells[0].run_count; i++)
		set_figures(&side->cells[0][i].latency, p50 * (1 + 0.001 * (double)i), 1);
}

static void time_is_told_by_runs(void **state)
{
	static const struct {
		size_t runs;
		double share;
		int verdict;
	} cases[] = {
		{ 8, 1.10, COMPARE_WORSE },    { 8, 0.90, COMPARE_BETTER },
		{ 8, 1.00, COMPARE_SAME },     { 8, 1.02, COMPARE_SAME }, /* within the floor */
		{ 8, 1.035, COMPARE_UNKNOWN }, { 4, 1.10, COMPARE_UNKNOWN },
		{ 1, 2.00, COMPARE_UNKNOWN },  { 4, 1.00, COMPARE_UNKNOWN },
		{ 20, 1.00, COMPARE_SAME },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct side *base = side_new(DOMAIN_TIME, 1, cases[i].runs);
		struct side *new = side_new(DOMAIN_TIME, 1, cases[i].runs);
		const struct compare_row *row;
		struct comparison comparison;

		set_runs(base, 1e6);
		set_runs(new, 1e6 * cases[i].share);
		compare(base, new, &comparison);
		row = row_of(&comparison, 0, FIGURE_P50);
		assert_int_equal(row->verdict, cases[i].verdict);
		if (row->verdict == COMPARE_WORSE)
			assert_non_null(strstr(comparison.sentence,
					       "(and of 4 more figures; 1 cell in all)"));
		if (row->verdict == COMPARE_UNKNOWN) {
			assert_true(row->runs_needed >= 1 && row->runs_needed < 1000);
			assert_non_null(strstr(row->reason, "needs"));
		}
		comparison_free(&comparison);
		side_free(base);
		side_free(new);
	}
}

/* Runs of one seed are told apart by their repetition. */
static void only_common_repetitions_are_compared(void **state)
{
	struct side *base = side_new(DOMAIN_INSTRUCTIONS, 1, 2);
	struct side *new = side_new(DOMAIN_INSTRUCTIONS, 1, 2);
	struct comparison comparison;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		base->runs[0][i].seed = new->runs[0][i].seed = 1;
		base->runs[0][i].repeat = i;
		new->runs[0][i].repeat = i + 1;
	}
	set_figures(&base->cells[0][1].latency, 20000, 1);
	set_figures(&new->cells[0][0].latency, 20000, 1);
	compare(base, new, &comparison);
	assert_int_equal(row_of(&comparison, 0, FIGURE_P50)->base_runs, 1);
	assert_float_equal(row_of(&comparison, 0, FIGURE_P50)->ratio, 1, 0);
	comparison_free(&comparison);
	side_free(base);
	side_free(new);
}

/* The fastest seed of the slower side is as fast as the slowest of the other: that takes a test. */
static void seeds_that_touch_are_tested(void **state)
{
	struct side *base = side_new(DOMAIN_INSTRUCTIONS, 1, 8);
	struct side *new = side_new(DOMAIN_INSTRUCTIONS, 1, 8);
	struct comparison comparison;
	const struct compare_row *row;

	(void)state;
	for (int touching = 1; touching >= 0; touching--) {
		for (int i = 0; i < 8; i++) {
			set_figures(&base->cells[0][i].latency, i ? 100000 : 101000, 1);
			set_figures(&new->cells[0][i].latency, i ? 103000 : 101001 - touching, 1);
		}
		compare(base, new, &comparison);
		row = row_of(&comparison, 0, FIGURE_P50);
		assert_int_equal(row->verdict, COMPARE_WORSE);
		assert_string_equal(row->reason,
				    touching ? "beyond its floor, and beyond chance over the seeds"
					     : "beyond its floor at every seed of both sides");
		assert_true(isnan(row->p) == !touching);
		comparison_free(&comparison);
	}
	side_free(base);
	side_free(new);
}

/*
 * Five runs on each side: p is 2 / 252, and five figures of 120 share it, so q is 0.19. Seven runs
 * have 2 / 3432, less than the 0.05 * 5 / 120 that are needed; six have 2 / 924, more.
 */
static void many_tests_take_more_runs(void **state)
{
	struct side *base = side_new(DOMAIN_TIME, 24, 5), *new = side_new(DOMAIN_TIME, 24, 5);
	struct comparison comparison;
	const struct compare_row *row;

	(void)state;
	set_runs(base, 1e6);
	set_runs(new, 1.5e6);
	compare(base, new, &comparison);
	assert_int_equal(comparison.family, 120); /* p99.9 of 512 faults is not tested */
	row = row_of(&comparison, 0, FIGURE_P50);
	assert_float_equal(row->p, 2. / 252, 1e-9);
	assert_float_equal(row->q, 2. / 252 * 120 / 5, 1e-9);
	assert_int_equal(row->verdict, COMPARE_UNKNOWN);
	assert_int_equal(row->runs_needed, 2);
	comparison_free(&comparison);
	side_free(base);
	side_free(new);
}

/* Half the faults of one side are in the lower slot: the functions differ most at its end. */
static void distributions_are_compared_by_one_measure(void **state)
{
	struct side *base = side_new(DOMAIN_TIME, 1, 1), *new = side_new(DOMAIN_TIME, 1, 1);
	struct bucket slots[] = { { 1, 10, FAULTS / 2 }, { 11, 20, FAULTS / 2 } };
	struct bucket upper = { 11, 20, FAULTS };
	struct latency *a = &base->cells[0][0].latency, *b = &new->cells[0][0].latency;
	uint64_t samples[FAULTS];
	struct comparison comparison;

	(void)state;
	for (int i = 0; i < FAULTS; i++)
		samples[i] = 7;
	a->hist_ns = slots;
	a->hist_ns_count = 2;
	b->hist_ns = &upper;
	b->hist_ns_count = 1;
	/* Only one side has its samples, so that they do not count. */
	a->samples = samples;
	a->sample_count = FAULTS;
	compare(base, new, &comparison);
	assert_float_equal(comparison.cells[0].cdf_distance, 0.5, 1e-9);
	assert_int_equal(comparison.cells[0].cdf_at, 10);
	comparison_free(&comparison);
	b->samples = samples;
	b->sample_count = FAULTS;
	compare(base, new, &comparison);
	assert_float_equal(comparison.cells[0].cdf_distance, 0, 0);
	comparison_free(&comparison);
	side_free(base);
	side_free(new);
}

static void a_quantile_wants_faults(void **state)
{
	struct side *base = side_new(DOMAIN_TIME, 1, 8), *new = side_new(DOMAIN_TIME, 1, 8);
	struct comparison comparison;

	(void)state;
	compare(base, new, &comparison);
	assert_int_equal(row_of(&comparison, 0, FIGURE_P999)->verdict, COMPARE_NONE);
	assert_non_null(strstr(row_of(&comparison, 0, FIGURE_P999)->reason, "3688"));
	comparison_free(&comparison);
	for (int i = 0; i < 8; i++)
		base->cells[0][i].latency.count = new->cells[0][i].latency.count = 3688;
	compare(base, new, &comparison);
	assert_int_equal(row_of(&comparison, 0, FIGURE_P999)->verdict, COMPARE_SAME);
	comparison_free(&comparison);
	base->cells[0][3].latency.count = 3687;
	compare(base, new, &comparison);
	assert_int_equal(row_of(&comparison, 0, FIGURE_P999)->verdict, COMPARE_NONE);
	assert_string_equal(row_of(&comparison, 0, FIGURE_P999)->reason,
			    "3687 faults do not carry it: it needs 3688");
	comparison_free(&comparison);
	base->cells[0][3].latency.count = 3689;
	new->cells[0][3].latency.count = 3687;
	compare(base, new, &comparison);
	assert_string_equal(row_of(&comparison, 0, FIGURE_P999)->reason,
			    "3687 faults do not carry it: it needs 3688");
	comparison_free(&comparison);
	side_free(base);
	side_free(new);
}

static void a_side_without_figures_is_unknown(void **state)
{
	struct side *base = side_new(DOMAIN_TIME, 2, 8), *new = side_new(DOMAIN_TIME, 2, 8);
	struct comparison comparison;

	(void)state;
	new->set_cells[0].run_count = 0;
	new->set_cells[0].missing = "no DAX here";
	compare(base, new, &comparison);
	assert_int_equal(row_of(&comparison, 0, FIGURE_P50)->verdict, COMPARE_UNKNOWN);
	assert_non_null(strstr(row_of(&comparison, 0, FIGURE_P50)->reason, "no DAX here"));
	assert_true(row_of(&comparison, 0, FIGURE_P50)->runs_needed == U64_ABSENT);
	assert_int_equal(row_of(&comparison, 1, FIGURE_P50)->verdict, COMPARE_SAME);
	assert_int_equal(comparison_exit_code(&comparison), EXIT_UNKNOWN);
	comparison_free(&comparison);
	base->set_cells[0].run_count = 0;
	base->set_cells[0].missing = "no DAX here";
	compare(base, new, &comparison);
	assert_int_equal(row_of(&comparison, 0, FIGURE_P50)->verdict, COMPARE_NONE);
	assert_int_equal(comparison_exit_code(&comparison), EXIT_DONE);
	comparison_free(&comparison);
	side_free(base);
	side_free(new);
}

static void the_weightiest_is_first(void **state)
{
	struct side *base = side_new(DOMAIN_INSTRUCTIONS, 4, 1);
	struct side *new = side_new(DOMAIN_INSTRUCTIONS, 4, 1);
	struct comparison comparison;

	(void)state;
	set_figures(&new->cells[1][0].latency, 10100, 1);
	set_figures(&new->cells[2][0].latency, 12000, 1);
	set_figures(&new->cells[3][0].latency, 9000, 1);
	compare(base, new, &comparison);
	assert_int_equal(comparison.order[0].cell, 2);
	assert_int_equal(comparison.order[1].cell, 3);
	assert_int_equal(comparison.order[2].cell, 1);
	assert_int_equal(comparison.verdict, COMPARE_WORSE);
	assert_int_equal(comparison_exit_code(&comparison), EXIT_FAILED);
	assert_non_null(strstr(comparison.sentence,
			       "a 20.0 % regression of p50 of ext4 hole (and of 1 more figure"));
	comparison_free(&comparison);
	side_free(base);
	side_free(new);
}

static bool is_refused(const struct side *base, const struct side *new, const char *words)
{
	char reason[COMPARE_TEXT_SIZE] = "";
	struct compare_options options;
	struct comparison comparison;
	struct capture capture;
	int ret;

	compare_defaults(&options);
	capture_begin(&capture, STDERR_FILENO);
	ret = compare_sets(&base->set, &new->set, &options, &comparison);
	capture_end(&capture);
	if (!ret)
		comparison_free(&comparison);
	return ret == -EINVAL && compare_refusal(&base->set, &new->set, reason) &&
	       strstr(reason, words) && strstr(capture.text, words);
}

static void assert_warned(const struct comparison *comparison, const char *words)
{
	for (size_t i = 0; i < comparison->warnings.count; i++)
		if (!strcmp(comparison->warnings.items[i], words))
			return;
	fail_msg("no warning: %s", words);
}

/* A value that some results of one side have, and none of the other, is a difference too. */
static void what_differs_beside_the_kernel_is_warned_of(void **state)
{
	struct side *base = side_new(DOMAIN_INSTRUCTIONS, 1, 1);
	struct side *new = side_new(DOMAIN_INSTRUCTIONS, 1, 1);
	struct result pair[2] = { base->result, base->result };
	struct comparison comparison;

	(void)state;
	pair[0].has_guest = pair[1].has_guest = true;
	pair[0].guest.seed = 0;
	pair[1].host.governor = (char *)"powersave";
	pair[1].host.cpu = (char *)"one";
	new->result.host.cpu = (char *)"two";
	base->set.results = pair;
	base->set.result_count = 2;
	compare(base, new, &comparison);
	assert_warned(&comparison, "the governor differs: unknown, against unknown and powersave");
	assert_warned(&comparison, "the CPU differs: two, against unknown and one");
	assert_warned(&comparison, "the seeds differ: only those of both sides are compared");
	assert_int_equal(comparison.warnings.count, 3);
	assert_int_equal(comparison.base.results, 2);
	assert_int_equal(comparison.base.seed_count, 1); /* the other one's is not known */
	assert_int_equal(comparison.base.seeds[0], 0);
	assert_int_equal(comparison.new.seed_count, 0);
	comparison_free(&comparison);
	new->result.host.cpu = NULL;
	side_free(base);
	side_free(new);
}

static void what_is_not_compared_is_warned_of(void **state)
{
	struct side *base = side_new(DOMAIN_TIME, 3, 5), *new = side_new(DOMAIN_TIME, 3, 5);
	struct comparison comparison;

	(void)state;
	strcpy(new->keys[0], "another");
	new->cells[0][0].config.mkfs_options = (char *)"-b 1k";
	new->set_cells[1].missing = "no DAX";
	new->set_cells[2].missing = "no DAX";
	new->set_cells[2].run_count = 0;
	new->set.copies = 4;
	compare(base, new, &comparison);
	assert_warned(&comparison, "1 cell is only in BASE and not compared (for some only mkfs "
				   "differs): the first is cell-00");
	assert_warned(&comparison, "NEW: some runs of 1 cell are missing: no DAX");
	assert_warned(&comparison, "NEW: 4 runs of cells are there twice, and count once");
	comparison_free(&comparison);
	new->cells[0][0].config.state = STATE_WRITTEN;
	compare(base, new, &comparison);
	assert_warned(&comparison, "1 cell is only in BASE and not compared: the first is cell-00");
	comparison_free(&comparison);
	side_free(base);
	side_free(new);
}

static void what_does_not_fit_is_refused(void **state)
{
	struct side *base = side_new(DOMAIN_TIME, 1, 1), *new = side_new(DOMAIN_TIME, 1, 1);

	(void)state;
	assert_false(is_refused(base, new, ""));
	new->result.clock.domain = DOMAIN_INSTRUCTIONS;
	assert_true(is_refused(base, new, "different clock domains, time and instructions"));
	new->result.clock.domain = DOMAIN_TIME;
	new->result.suite[0] = 'b';
	assert_true(is_refused(base, new, "different suites, 'a-suite' and 'b-suite'"));
	new->result.suite[0] = 'a';
	new->cells[0][0].config.page = PAGE_2M;
	assert_true(is_refused(base, new, "different page sizes, 4k and 2m"));
	new->cells[0][0].config.page = PAGE_4K;
	new->cells[0][0].config.pause_us = 100;
	assert_true(is_refused(base, new, "no cell in common"));
	new->cells[0][0].config.pause_us = 0;
	assert_false(is_refused(base, new, ""));
	/* Of what mmap answers there are no latencies. */
	base->cells[0][0].config.interface = new->cells[0][0].config.interface = 1;
	assert_true(is_refused(base, new, "no cell in common"));
	side_free(base);
	side_free(new);
}

/* Without a floor, so that chance alone is tested: at most 5 % of comparisons, and twice sigma. */
static void chance_alone_raises_few_alarms(void **state)
{
	const struct simulation simulation = {
		.domain = DOMAIN_TIME, .cells = 4, .runs = 8, .noise = 0.03
	};

	(void)state;
	assert_true(simulate(&simulation, 40).alarms <= 0.05 + 2 * sqrt(0.05 * 0.95 / 40));
}

static void noise_within_the_floor_raises_none(void **state)
{
	const struct simulation in_time = {
		.domain = DOMAIN_TIME, .cells = 4, .runs = 8, .noise = 0.03, .floor = NAN
	};
	const struct simulation by_seeds[] = {
		{ DOMAIN_INSTRUCTIONS, 24, 3, 0.05, 0, NAN },
		{ DOMAIN_INSTRUCTIONS, 24, 8, 0.05, 0, NAN },
		{ DOMAIN_INSTRUCTIONS, 24, 40, 0.05, 0, NAN },
	};

	(void)state;
	assert_float_equal(simulate(&in_time, 25).alarms, 0, 0);
	assert_true(simulate(&by_seeds[0], 200).alarms <= 0.05);
	assert_true(simulate(&by_seeds[1], 200).alarms <= 0.05);
	assert_true(simulate(&by_seeds[2], 50).alarms <= 0.05);
}

static void real_shifts_are_found(void **state)
{
	const struct simulation in_time = { DOMAIN_TIME, 4, 10, 0.015, 0.10, NAN };
	const struct simulation by_one_seed = { DOMAIN_INSTRUCTIONS, 24, 1, 0.05, 0.005, NAN };

	(void)state;
	assert_true(simulate(&in_time, 25).p50 >= 0.8);
	assert_float_equal(simulate(&by_one_seed, 25).p50, 1, 0);
}

/* How many of the 24 rows of p99 have each verdict; every cell of the one side is slower. */
static void count_p99(size_t seeds, double noise, double shift, int counts[COMPARE_NONE + 1])
{
	struct side *base = side_new(DOMAIN_INSTRUCTIONS, MAX_CELLS, seeds);
	struct side *new = side_new(DOMAIN_INSTRUCTIONS, MAX_CELLS, seeds);
	struct comparison comparison;
	uint64_t state = 20170817;

	draw_seeds(base, noise, 0, &state);
	draw_seeds(new, noise, 0, &state);
	for (size_t i = 0; i < MAX_CELLS; i++)
		for (size_t j = 0; j < seeds; j++) {
			uint64_t *p99 = &new->cells[i][j].latency.p99;

			*p99 = (uint64_t)((double)*p99 * (1 + shift));
		}
	compare(base, new, &comparison);
	memset(counts, 0, (COMPARE_NONE + 1) * sizeof(*counts));
	for (size_t i = 0; i < MAX_CELLS; i++)
		counts[row_of(&comparison, i, FIGURE_P99)->verdict]++;
	comparison_free(&comparison);
	side_free(base);
	side_free(new);
}

static void more_seeds_show_a_change(void **state)
{
	int counts[COMPARE_NONE + 1];

	(void)state;
	count_p99(3, 0.05, 0.10, counts);
	assert_int_equal(counts[COMPARE_WORSE], 0);
	assert_true(counts[COMPARE_UNKNOWN] >= 23);
	for (size_t seeds = 20; seeds <= 40; seeds += 20) {
		count_p99(seeds, 0.05, 0.10, counts);
		assert_true(counts[COMPARE_WORSE] >= 23);
		assert_int_equal(counts[COMPARE_SAME] + counts[COMPARE_BETTER], 0);
	}
	/* A tenth of what seeds lie apart takes more of them than there are, and is not denied. */
	count_p99(20, 0.30, 0.10, counts);
	assert_int_equal(counts[COMPARE_SAME] + counts[COMPARE_BETTER], 0);
}

static void a_build_and_itself_are_quiet(void **state)
{
	int counts[COMPARE_NONE + 1];

	(void)state;
	count_p99(3, 0.05, 0, counts);
	assert_true(counts[COMPARE_UNKNOWN] >= 22);
	for (size_t seeds = 5; seeds <= 40; seeds *= 2) {
		count_p99(seeds, 0.05, 0, counts);
		assert_int_equal(counts[COMPARE_WORSE] + counts[COMPARE_BETTER], 0);
	}
	assert_true(counts[COMPARE_SAME] >= 18);
}

static void print_table(int comparisons)
{
	static const struct simulation rows[] = {
		{ DOMAIN_TIME, 24, 8, 0.02, 0, 0 },
		{ DOMAIN_TIME, 24, 8, 0.02, 0, NAN },
		{ DOMAIN_TIME, 24, 8, 0.02, 0.03, NAN },
		{ DOMAIN_TIME, 24, 5, 0.02, 0.10, NAN },
		{ DOMAIN_TIME, 24, 8, 0.02, 0.05, NAN },
		{ DOMAIN_TIME, 24, 8, 0.02, 0.07, NAN },
		{ DOMAIN_TIME, 24, 8, 0.02, 0.10, NAN },
		{ DOMAIN_TIME, 24, 10, 0.02, 0.07, NAN },
		{ DOMAIN_TIME, 24, 10, 0.02, 0.10, NAN },
		{ DOMAIN_TIME, 24, 20, 0.02, 0.07, NAN },
		{ DOMAIN_INSTRUCTIONS, 24, 3, 0.05, 0, NAN },
		{ DOMAIN_INSTRUCTIONS, 24, 8, 0.05, 0, NAN },
		{ DOMAIN_INSTRUCTIONS, 24, 40, 0.05, 0, NAN },
		{ DOMAIN_INSTRUCTIONS, 24, 1, 0.05, 0.005, NAN },
		{ DOMAIN_INSTRUCTIONS, 24, 3, 0.05, 0.005, NAN },
		{ DOMAIN_INSTRUCTIONS, 24, 8, 0.05, 0.10, NAN },
		{ DOMAIN_INSTRUCTIONS, 24, 8, 0.05, 0.20, NAN },
		{ DOMAIN_INSTRUCTIONS, 24, 20, 0.05, 0.10, NAN },
		{ DOMAIN_INSTRUCTIONS, 24, 40, 0.05, 0.10, NAN },
	};

	printf("clock         cells  runs  noise  shift  floor   alarms  p50   p99   unknown  same\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct simulation *row = &rows[i];
		struct rates rates = simulate(row, comparisons);

		printf("%-12s  %5zu  %4zu  %3.0f %%  %4.1f %%  %-6s  %5.1f %%  %3.0f %%  %3.0f %%  %5.0f %%  %3.0f %%\n",
		       domain_words[row->domain], row->cells, row->runs, row->noise * 100,
		       row->shift * 100, isnan(row->floor) ? "usual" : "none", rates.alarms * 100,
		       rates.p50 * 100, rates.p99 * 100, rates.unknown * 100,
		       rates.called_same * 100);
		fflush(stdout);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_runs_are_the_same),
		cmocka_unit_test(p50_is_told_from_one_seed_on),
		cmocka_unit_test(one_seed_tells_no_tail),
		cmocka_unit_test(tails_are_set_against_what_seeds_can_tell),
		cmocka_unit_test(only_common_seeds_are_compared),
		cmocka_unit_test(time_is_told_by_runs),
		cmocka_unit_test(only_common_repetitions_are_compared),
		cmocka_unit_test(seeds_that_touch_are_tested),
		cmocka_unit_test(many_tests_take_more_runs),
		cmocka_unit_test(distributions_are_compared_by_one_measure),
		cmocka_unit_test(a_quantile_wants_faults),
		cmocka_unit_test(a_side_without_figures_is_unknown),
		cmocka_unit_test(the_weightiest_is_first),
		cmocka_unit_test(what_differs_beside_the_kernel_is_warned_of),
		cmocka_unit_test(what_is_not_compared_is_warned_of),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(chance_alone_raises_few_alarms),
		cmocka_unit_test(noise_within_the_floor_raises_none),
		cmocka_unit_test(real_shifts_are_found),
		cmocka_unit_test(more_seeds_show_a_change),
		cmocka_unit_test(a_build_and_itself_are_quiet),
	};
	const char *simulations = getenv("SYNCFAULT_SIMULATE");

	if (simulations && atoi(simulations) > 0) {
		print_table(atoi(simulations));
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
