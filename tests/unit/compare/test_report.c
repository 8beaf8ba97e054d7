// SPDX-License-Identifier: GPL-2.0-or-later
/* A comparison that is filled by hand, and what each format prints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare/compare.h"

static char few_seeds[] = "few seeds", few_faults[] = "512 faults do not carry it";
static char ext4[] = "ext4 hole", xfs[] = "xfs <written>", key[] = "a-key";
static char old_name[] = "old.json", new_name[] = "new.json", old_kernel[] = "6.1",
	    kernel[] = "6.2";
static char suite[] = "letter", sentence[] = "slower [a]", warning[] = "the governor differs";
static char *warnings[] = { warning };
static uint64_t seeds[17] = { 7, 11, 13 };

static struct compare_row worse_row(int figure)
{
	return (struct compare_row){ .figure = figure,
				     .verdict = COMPARE_WORSE,
				     .base = 9999,
				     .new = 12159.4,
				     .ratio = 1.216,
				     .low = 1.1,
				     .high = 1.3,
				     .floor = 0.0123,
				     .p = 0.25,
				     .q = 0.0004,
				     .base_runs = 3,
				     .new_runs = 4,
				     .runs_needed = U64_ABSENT,
				     .reason = few_seeds };
}

static struct compare_row other_row(int figure, int verdict, uint64_t runs_needed, char *reason)
{
	return (struct compare_row){ .figure = figure,
				     .verdict = verdict,
				     .base = 999999,
				     .new = 1e6,
				     .ratio = NAN,
				     .low = NAN,
				     .high = NAN,
				     .floor = NAN,
				     .p = NAN,
				     .q = 0.04,
				     .base_runs = 3,
				     .new_runs = 4,
				     .runs_needed = runs_needed,
				     .reason = reason };
}

static struct compare_place order[] = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 1, 1 }, { 1, 2 } };

/* One row worse, two unknown for one reason, one the same, one without a verdict. */
static struct comparison make(int engine, struct compare_row rows[5], struct compare_cell cells[2])
{
	rows[0] = worse_row(FIGURE_P50);
	rows[1] = other_row(FIGURE_P99, COMPARE_UNKNOWN, 3, few_seeds);
	rows[2] = other_row(FIGURE_P50, COMPARE_UNKNOWN, 2, few_seeds);
	rows[3] = other_row(FIGURE_MEAN, COMPARE_SAME, U64_ABSENT, few_seeds);
	rows[4] = other_row(FIGURE_P999, COMPARE_NONE, U64_ABSENT, few_faults);
	cells[0] = (struct compare_cell){ .key = key,
					  .words = ext4,
					  .cdf_distance = 0.25,
					  .cdf_at = 5,
					  .rows = rows,
					  .row_count = 2 };
	cells[1] = (struct compare_cell){ .key = key,
					  .words = xfs,
					  .cdf_distance = NAN,
					  .cdf_at = U64_ABSENT,
					  .rows = rows + 2,
					  .row_count = 3 };
	return (struct comparison){
		.engine = engine,
		.suite = suite,
		.base = { .name = old_name, .kernel = old_kernel, .results = 1, .runs = 3 },
		.new = { .name = new_name,
			 .kernel = kernel,
			 .results = 2,
			 .runs = 1,
			 .seeds = seeds,
			 .seed_count = 3 },
		.sentence = sentence,
		.verdict = COMPARE_WORSE,
		.warnings = { .items = warnings, .count = 1 },
		.counts = { .same = 1, .worse = 1, .unknown = 2, .none = 1 },
		.floor = 0.002,
		.floor_one_seed = 0.003,
		.false_discovery_rate = 0.05,
		.confidence = NAN,
		.resamples = U64_ABSENT,
		.seed = U64_ABSENT,
		.least_runs = 3,
		.cells = cells,
		.cell_count = 2,
		.order = order,
		.order_count = 5,
	};
}

enum format { TEXT, COLOUR, MARKDOWN, JSON };

/* Blanks and line ends are one blank each, so that columns need not be counted. */
static char *squeeze(char *text)
{
	char *to = text;

	for (const char *c = text; *c; c++) {
		char put = *c == '\n' ? ' ' : *c;

		if (put != ' ' || to == text || to[-1] != ' ')
			*to++ = put;
	}
	*to = '\0';
	return text;
}

static char *report(int engine, enum format format, bool with_same)
{
	struct compare_row rows[5];
	struct compare_cell cells[2];
	const struct comparison comparison = make(engine, rows, cells);
	size_t length;
	char *text;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	if (format == JSON)
		assert_int_equal(compare_json(&comparison, out), 0);
	else if (format == MARKDOWN)
		assert_int_equal(compare_markdown(&comparison, out, with_same), 0);
	else
		assert_int_equal(compare_text(&comparison, out, format == COLOUR, with_same), 0);
	fclose(out);
	return squeeze(text);
}

static void assert_says(int engine, enum format format, bool with_same, const char *words)
{
	char *text = report(engine, format, with_same);

	if (!strstr(text, words))
		fail_msg("'%s' is not in: %s", words, text);
	free(text);
}

static void assert_says_not(enum format format, bool with_same, const char *words)
{
	char *text = report(DOMAIN_INSTRUCTIONS, format, with_same);

	if (strstr(text, words))
		fail_msg("'%s' is in: %s", words, text);
	free(text);
}

static void a_line_has_every_figure(void **state)
{
	(void)state;
	assert_says(DOMAIN_INSTRUCTIONS, TEXT, false,
		    "worse p50 9.999 12.16 +21.6 % 1.2 % 4e-04 0.25 ext4 hole");
	assert_says(DOMAIN_INSTRUCTIONS, TEXT, false,
		    "unknown +3 p99 1,000.00 1,000.0 - - 0.040 0.25 ext4 hole");
	assert_says(DOMAIN_TIME, TEXT, false,
		    "worse p50 9.999 12.16 +21.6 % +10.0 % to +30.0 % 4e-04 ext4 hole");
}

static void the_same_is_shown_where_asked_for(void **state)
{
	(void)state;
	assert_says(DOMAIN_INSTRUCTIONS, TEXT, true, " same mean ");
	assert_says(DOMAIN_INSTRUCTIONS, TEXT, true, " no verdict p99.9 ");
	assert_says(DOMAIN_INSTRUCTIONS, TEXT, false, "1 same: not in the table (--all)");
	assert_says_not(TEXT, false, " same mean ");
	assert_says_not(TEXT, false, " no verdict p99.9 ");
	assert_says_not(TEXT, true, "not in the table");
}

static void a_reason_is_given_once(void **state)
{
	(void)state;
	assert_says(DOMAIN_INSTRUCTIONS, TEXT, false,
		    " 2 unknown: few seeds 1 without a verdict: 512 faults do not carry it 1 same");
	assert_says_not(TEXT, false, "few seeds 2 unknown");
	assert_says(DOMAIN_INSTRUCTIONS, MARKDOWN, false,
		    " - 2 unknown: few seeds - 1 without a verdict: 512 faults do not carry it");
}

static void the_head_says_what_was_compared(void **state)
{
	(void)state;
	assert_says(DOMAIN_INSTRUCTIONS, TEXT, false,
		    "base 6.1, unknown version: old.json (1 result, 3 runs of a cell) new 6.2, "
		    "unknown version: new.json (2 results, 1 run of a cell, seeds 7,11,13) "
		    "suite letter");
	assert_says(DOMAIN_INSTRUCTIONS, TEXT, false,
		    "verdict worse: 1 worse, 2 unknown, 1 same, 1 without a verdict "
		    "warning the governor differs");
	assert_says(DOMAIN_INSTRUCTIONS, TEXT, false,
		    "(then beyond 0.3 %); all else from 3 seeds on");
}

static void colours_are_of_the_verdict(void **state)
{
	(void)state;
	assert_says(DOMAIN_INSTRUCTIONS, COLOUR, false, "\033[31mslower [a] \033[0m");
	assert_says_not(TEXT, false, "\033");
}

static void markdown_is_a_table(void **state)
{
	(void)state;
	assert_says(DOMAIN_INSTRUCTIONS, MARKDOWN, false, "**slower \\[a\\]** - base: 6.1,");
	assert_says(DOMAIN_INSTRUCTIONS, MARKDOWN, false,
		    " | verdict | figure | base | new | change | floor | q | CDF | cell | "
		    "|---|---|--:|--:|--:|--:|--:|--:|---| | worse | p50 | 9.999 |");
	assert_says(DOMAIN_INSTRUCTIONS, MARKDOWN, false, "| xfs \\<written\\> |");
	assert_says(DOMAIN_INSTRUCTIONS, MARKDOWN, false, " - warning: the governor differs");
}

static void json_has_every_key(void **state)
{
	(void)state;
	assert_says(DOMAIN_INSTRUCTIONS, JSON, false, "\"new\": { \"name\": \"new.json\"");
	assert_says(DOMAIN_INSTRUCTIONS, JSON, false,
		    "\"counts\": {\"worse\": 1, \"better\": 0, \"unknown\": 2, \"same\": 1, "
		    "\"none\": 1}");
	assert_says(DOMAIN_INSTRUCTIONS, JSON, false, "\"low\": 1.1, \"high\": 1.3, ");
	assert_says(DOMAIN_INSTRUCTIONS, JSON, false, "\"base_runs\": 3, \"new_runs\": 4, ");
	assert_says(DOMAIN_INSTRUCTIONS, JSON, false, "\"p\": 0.25, ");
	assert_says(DOMAIN_INSTRUCTIONS, JSON, false, "\"cdf_distance\": 0.25, \"cdf_at\": 5, ");
}

static void assert_change(double ratio, const char *expected)
{
	char buffer[COMPARE_CHANGE_SIZE];

	assert_string_equal(compare_change(ratio, buffer), expected);
}

static void changes_are_shares_or_factors(void **state)
{
	(void)state;
	assert_change(NAN, "-");
	assert_change(1, "0");
	assert_change(1.0004, "+0.04 %");
	assert_change(0.9996, "-0.04 %");
	assert_change(1.231, "+23.1 %");
	assert_change(9.9, "+890.0 %");
	assert_change(10, "x 10.0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_has_every_figure),
		cmocka_unit_test(the_same_is_shown_where_asked_for),
		cmocka_unit_test(a_reason_is_given_once),
		cmocka_unit_test(the_head_says_what_was_compared),
		cmocka_unit_test(colours_are_of_the_verdict),
		cmocka_unit_test(markdown_is_a_table),
		cmocka_unit_test(json_has_every_key),
		cmocka_unit_test(changes_are_shares_or_factors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
