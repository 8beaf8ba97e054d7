// SPDX-License-Identifier: GPL-2.0-or-later
/* What is taken for a run of a result, wherever it comes from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "history/run.h"

static char key[CELL_KEY_SIZE];
static struct run_cell cell;
static struct history_run run;

static int begin(void **state)
{
	(void)state;
	cell = (struct run_cell){ .key = key,
				  .config = { .fs = (char *)(uintptr_t) "ext4",
					      .mkfs_options = (char *)(uintptr_t) "",
					      .mount_options = (char *)(uintptr_t) "",
					      .pages = 512,
					      .threads = 1 },
				  .is_measured = true,
				  .figures = { 10, 20, NAN, 40 } };
	run = (struct history_run){ .release = (char *)(uintptr_t) "6.1.0",
				    .version = (char *)(uintptr_t) "6.1\n\xc3\xa4",
				    .suite = (char *)(uintptr_t) "",
				    .machine = (char *)(uintptr_t) "m",
				    .domain = DOMAIN_TIME,
				    .cells = &cell,
				    .cell_count = 1 };
	return cell_key(&cell.config, key, sizeof(key));
}

static void a_run_of_a_result_is_right(void **state)
{
	(void)state;
	assert_null(history_run_check(&run));
	for (int i = 0; i < FIGURES_WITH_HISTORY; i++)
		cell.figures[i] = (double)RESULT_MAX_NS;
	assert_null(history_run_check(&run));
	cell.figures[0] = 0;
	assert_null(history_run_check(&run));
}

static void figures_are_times_in_order(void **state)
{
	static const double wrong[][FIGURES_WITH_HISTORY] = {
		{ 1e308, NAN, NAN, NAN },    { NAN, NAN, NAN, (double)RESULT_MAX_NS * 1.001 },
		{ INFINITY, NAN, NAN, NAN }, { -1, 20, 30, 40 },
		{ -INFINITY, 20, 30, 40 },   { 30, 20, 30, 40 },
		{ 10, NAN, 5, NAN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		memcpy(cell.figures, wrong[i], sizeof(cell.figures));
		assert_non_null(history_run_check(&run));
	}
	memcpy(cell.figures, (double[]){ 10, 20, 30, 40 }, sizeof(cell.figures));
	assert_null(history_run_check(&run));
	cell.is_measured = false;
	assert_non_null(history_run_check(&run));
}

static void texts_are_bounded_and_utf8(void **state)
{
	static char longest[RESULT_MAX_TEXT + 2];
	static char *const wrong[] = { longest, (char *)(uintptr_t) "a\xff",
				       (char *)(uintptr_t) "\xc3", NULL };

	(void)state;
	memset(longest, 'a', RESULT_MAX_TEXT);
	run.build_id = longest;
	assert_null(history_run_check(&run));
	run.build_id = NULL;
	longest[RESULT_MAX_TEXT] = 'a';
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char **const texts[] = { &run.release, &run.version, &run.suite };

		for (size_t j = 0; j < sizeof(texts) / sizeof(texts[0]); j++) {
			char *kept = *texts[j];

			*texts[j] = wrong[i];
			assert_non_null(history_run_check(&run));
			*texts[j] = kept;
		}
		run.build_id = wrong[i];
		assert_int_equal(!history_run_check(&run), !wrong[i]);
		run.build_id = NULL;
	}
	run.domain = 2;
	assert_non_null(history_run_check(&run));
}

static void a_key_is_that_of_its_config(void **state)
{
	(void)state;
	cell.config.pages = 511;
	assert_non_null(history_run_check(&run));
	cell.config.pages = 512;
	cell.key = NULL;
	assert_non_null(history_run_check(&run));
	cell.key = key;
	run.cell_count = RESULT_MAX_CELLS + 1;
	assert_non_null(history_run_check(&run));
}

#define TEST(function) cmocka_unit_test_setup(function, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_run_of_a_result_is_right),
		TEST(figures_are_times_in_order),
		TEST(texts_are_bounded_and_utf8),
		TEST(a_key_is_that_of_its_config),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
