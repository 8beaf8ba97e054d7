// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../capture.h"
#include "../file.h"
#include "cell/suite.h"

static void free_cells(struct cell_config *cells, size_t count)
{
	for (size_t i = 0; i < count; i++)
		cell_free(&cells[i]);
	free(cells);
}

static void assert_key(struct cell_config *cell, const char *expected)
{
	char key[CELL_KEY_SIZE];

	if (cell->dax < 0)
		cell->dax = DAX_ALWAYS;
	assert_int_equal(cell_key(cell, key, sizeof(key)), 0);
	assert_string_equal(key, expected);
}

static void the_letters_suite(void **state)
{
	static const char *const fs[] = { "ext4", "xfs" };
	static const char *const states[] = { "written", "unwritten", "hole" };
	static const char *const loads[] = { "none", "copy" };
	static const char *const syncs[] = { "none", "map_sync" };
	struct cell_axes nothing;
	struct cell_config *cells;
	struct suite suite;
	size_t count;

	(void)state;
	cell_axes_init(&nothing);
	assert_int_equal(suite_read("cover-letter", &suite), 0);
	assert_string_equal(suite.name, "cover-letter");
	assert_int_equal(suite_expand(&suite, &nothing, &cells, &count), 0);
	assert_int_equal(count, 24);
	for (size_t i = 0; i < 24; i++) {
		char expected[CELL_KEY_SIZE];

		snprintf(expected, sizeof(expected),
			 "%s/dax=always/state=%s/load=%s/sync=%s/commit=none/access=write/page=4k/"
			 "pages=512/threads=1",
			 fs[i / 12], states[i / 4 % 3], loads[i / 2 % 2], syncs[i % 2]);
		assert_int_equal(cells[i].dax, -1);
		assert_int_equal(cells[i].sched, -1);
		assert_true(cells[i].pause_us == U64_ABSENT);
		assert_key(&cells[i], expected);
	}
	free_cells(cells, count);
	suite_free(&suite);
}

static void overrides_take_the_place_of_axes(void **state)
{
	char ext2[] = "ext2:-O x", *items[] = { ext2 };
	struct cell_axes over;
	struct cell_config *cells;
	struct suite suite;
	size_t count;

	(void)state;
	cell_axes_init(&over);
	over.fs = (struct strings){ items, 1 };
	over.state = (struct word_list){ 1, { STATE_HOLE } };
	over.load = (struct word_list){ 1, { LOAD_NONE } };
	over.access = (struct word_list){ 2, { ACCESS_READ, ACCESS_WRITE } };
	over.page = (struct word_list){ 1, { PAGE_2M } };
	over.pages = (struct number_list){ 2, { 1, 7 } };
	over.threads = (struct number_list){ 1, { 3 } };
	over.files = (struct word_list){ 1, { FILES_EACH } };
	over.dax = (struct word_list){ 1, { DAX_NEVER } };
	over.pause_us = 5;
	over.sched = SCHED_WORD_FIFO;
	assert_int_equal(suite_read("cover-letter", &suite), 0);
	assert_int_equal(suite_expand(&suite, &over, &cells, &count), 0);
	assert_int_equal(count, 8);
	assert_key(&cells[0], "ext2:-O x/dax=never/state=hole/load=none/sync=none/commit=none/"
			      "access=read/page=2m/pages=1/threads=3/files=each");
	assert_key(&cells[7], "ext2:-O x/dax=never/state=hole/load=none/sync=map_sync/commit=none/"
			      "access=write/page=2m/pages=7/threads=3/files=each");
	assert_int_equal(cells[3].pause_us, 5);
	assert_int_equal(cells[3].sched, SCHED_WORD_FIFO);
	free_cells(cells, count);
	suite_free(&suite);
}

static void a_suite_of_ones_own(void **state)
{
	struct cell_axes nothing;
	struct cell_config *cells;
	struct suite suite;
	size_t count;

	(void)state;
	cell_axes_init(&nothing);
	write_file(
		"{\"schema\": \"syncfault-suite/1\", \"name\": \"mine\", \"cells\": ["
		"{\"fs\": [\"xfs\"]},"
		"{\"fs\": [\"ext4:-b 4096:noatime\"], \"state\": [\"written\", \"written\"], "
		"\"pages\": [3], \"pause_us\": 0, \"scheduler\": \"other\", \"dax\": [\"inode\"]}]}");
	assert_int_equal(suite_read(path, &suite), 0);
	assert_string_equal(suite.name, "mine");
	assert_null(suite.summary);
	assert_int_equal(suite_expand(&suite, &nothing, &cells, &count), 0);
	assert_int_equal(count, 2);
	assert_int_equal(cells[1].pause_us, 0);
	assert_int_equal(cells[1].sched, SCHED_WORD_OTHER);
	assert_int_equal(cells[1].dax, DAX_INODE);
	assert_key(&cells[0], "xfs/dax=always/state=hole/load=none/sync=none/commit=none/"
			      "access=write/page=4k/pages=512/threads=1");
	assert_key(&cells[1], "ext4:-b 4096:noatime/dax=inode/state=written/load=none/sync=none/"
			      "commit=none/access=write/page=4k/pages=3/threads=1");
	free_cells(cells, count);
	suite_free(&suite);
}

/* Reads and expands the file; the first error, and what was printed. */
static int try_overrides(const char *name, const struct cell_axes *overrides,
			 struct capture *capture)
{
	struct cell_config *cells = NULL;
	struct suite suite;
	size_t count = 0;
	int ret;

	capture_begin(capture, STDERR_FILENO);
	ret = suite_read(name, &suite);
	if (!ret) {
		ret = suite_expand(&suite, overrides, &cells, &count);
		suite_free(&suite);
		if (!ret)
			free_cells(cells, count);
	}
	capture_end(capture);
	return ret;
}

static int try_suite(const char *name, struct capture *capture)
{
	struct cell_axes nothing;

	cell_axes_init(&nothing);
	return try_overrides(name, &nothing, capture);
}

#define HEAD	"{\"schema\": \"syncfault-suite/1\", \"name\": \"x\", \"cells\": "
#define SIXTEEN "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16"

static void suites_that_are_refused(void **state)
{
	static const char *const rows[][2] = {
		{ "", "not JSON" },
		{ "[]", "wants an object" },
		{ "{\"schema\": \"syncfault-suite/2\", \"name\": \"x\", \"cells\": []}",
		  "schema 'syncfault-suite/2' is not known" },
		{ "{\"schema\": \"syncfault-suite/1\", \"cells\": []}", "name: is missing" },
		{ "{\"schema\": \"syncfault-suite/1\", \"name\": \"x\"}", "cells: is missing" },
		{ HEAD "[]}", "no cells" },
		{ HEAD "[{}]}", "no cells" },
		{ HEAD "[{\"fs\": [\"ext4\"], \"state\": [\"hole\", \"empty\"]}]}",
		  "state 'empty': wants hole, unwritten or written" },
		{ HEAD "[{\"fs\": [\"ext4\"], \"dax\": [\"on\"]}]}", "dax 'on'" },
		{ HEAD "[{\"fs\": [\"ext4\"], \"sync\": [\"sync\"]}]}", "sync 'sync'" },
		{ HEAD "[{\"fs\": [\"ext4\"], \"page_size\": [\"8k\"]}]}", "page_size '8k'" },
		{ HEAD "[{\"fs\": [\"ext4\"], \"scheduler\": \"rr\"}]}", "scheduler 'rr'" },
		{ HEAD "[{\"fs\": [\"ext4\"], \"pages\": [0]}]}", "pages 0: wants 1 to" },
		{ HEAD "[{\"fs\": [\"ext4\"], \"pages\": [-1]}]}", "pages[0]: is negative" },
		{ HEAD "[{\"fs\": [\"ext4\"], \"pages\": [4294967297]}]}", "pages 4294967297" },
		{ HEAD "[{\"fs\": [\"ext4\"], \"threads\": [1025]}]}", "threads 1025" },
		{ HEAD "[{\"fs\": [\"ext4\"], \"pause_us\": 60000001}]}", "pause_us: beyond" },
		{ HEAD "[{\"fs\": [\"ext4\"], \"colour\": []}]}", "colour: no such key" },
		{ HEAD "[{\"fs\": [\"../x\"]}]}", "file system '../x'" },
		{ HEAD "[{\"fs\": [\"xfs\", \"\"]}]}", "file system ''" },
		{ HEAD "[{\"fs\": [\"ext4\"]}, {\"fs\": [\"ext4\"]}]}",
		  "two cells have the key ext4/" },
		{ HEAD "[{\"fs\": [\"ext4\", \"ext4\"]}]}", "two cells have the key" },
		{ HEAD "[{\"fs\": [\"ext4\"], \"pages\": [7, 7]}]}", "two cells have the key" },
		{ HEAD "[{\"fs\": [\"ext4\"], \"pages\": [" SIXTEEN ",17]}]}", "beyond 16 items" },
		{ HEAD
		  "[{\"fs\": [\"ext4\"], \"pages\": [" SIXTEEN "], \"threads\": [" SIXTEEN "],"
		  "\"state\": [\"hole\", \"unwritten\", \"written\"], \"load\": [\"none\", \"copy\"],"
		  "\"sync\": [\"none\", \"map_sync\"], \"files\": [\"one\", \"each\"],"
		  "\"access\": [\"read\", \"write\"]}]}",
		  "more than 10000 cells" },
	};
	struct capture capture;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int ret;

		write_file(rows[i][0]);
		ret = try_suite(path, &capture);
		if (ret != -EINVAL || !is_one_line(capture.text) ||
		    !strstr(capture.text, rows[i][1]))
			fail_msg("%s gives %d and says %s", rows[i][0], ret, capture.text);
	}
}

#define TEN "1,2,3,4,5,6,7,8,9,10"

/* The greatest numbers and the greatest suite that there may be; one cell more is too many. */
static void suites_that_just_fit(void **state)
{
	static const char *const cells_of_ten_thousand =
		HEAD "[{\"fs\": [\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\"],"
		     "\"pages\": [" TEN "], \"threads\": [" TEN "], \"dirty\": [" TEN "]}%s]}";
	struct capture capture;
	char text[1024];

	(void)state;
	write_file(HEAD "[{\"fs\": [\"ext4\"], \"pages\": [4294967296], \"threads\": [1024],"
			"\"pause_us\": 60000000}]}");
	assert_int_equal(try_suite(path, &capture), 0);
	snprintf(text, sizeof(text), cells_of_ten_thousand, "");
	write_file(text);
	assert_int_equal(try_suite(path, &capture), 0);
	snprintf(text, sizeof(text), cells_of_ten_thousand, ",{\"fs\": [\"k\"]}");
	write_file(text);
	assert_int_equal(try_suite(path, &capture), -EINVAL);
	assert_non_null(strstr(capture.text, "more than 10000 cells"));
}

/* The first word of a list is 0, and asked for all the same. */
static void an_override_by_the_first_word(void **state)
{
	struct cell_axes over;
	struct cell_config *cells;
	struct suite suite;
	size_t count;

	(void)state;
	cell_axes_init(&over);
	over.sched = SCHED_WORD_OTHER;
	over.pause_us = 0;
	write_file(HEAD "[{\"fs\": [\"ext4\"], \"scheduler\": \"fifo\", \"pause_us\": 9}]}");
	assert_int_equal(suite_read(path, &suite), 0);
	assert_int_equal(suite_expand(&suite, &over, &cells, &count), 0);
	assert_int_equal(cells[0].sched, SCHED_WORD_OTHER);
	assert_int_equal(cells[0].pause_us, 0);
	free_cells(cells, count);
	suite_free(&suite);
}

/* Two blocks that differ in their DAX mode alone, and in what only the second one has. */
static void blocks_that_overrides_make_equal(void **state)
{
	struct cell_axes over;
	struct cell_config *cells;
	struct suite suite;
	size_t count;

	(void)state;
	cell_axes_init(&over);
	over.dax = (struct word_list){ 1, { DAX_NEVER } };
	write_file(HEAD "[{\"fs\": [\"ext4\"], \"dax\": [\"always\"], \"pages\": [1, 2]},"
			"{\"fs\": [\"ext4\"], \"dax\": [\"inode\"], \"pages\": [3, 2, 1, 4]}]}");
	assert_int_equal(suite_read(path, &suite), 0);
	assert_int_equal(suite_expand(&suite, &over, &cells, &count), 0);
	assert_int_equal(count, 4);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(cells[i].pages, i + 1);
		assert_int_equal(cells[i].dax, DAX_NEVER);
	}
	free_cells(cells, count);
	suite_free(&suite);
}

/* As `run --suite remap --dax always` asks. */
static void every_suite_takes_every_dax_mode(void **state)
{
	static const char *const names[] = { "alternatives", "cover-letter", "interface",
					     "log-flush",    "remap",	     "scale",
					     "worst-case" };
	struct capture capture;
	struct cell_axes over;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		for (int dax = DAX_ALWAYS; dax <= DAX_NEVER; dax++) {
			cell_axes_init(&over);
			over.dax = (struct word_list){ 1, { dax } };
			if (try_overrides(names[i], &over, &capture))
				fail_msg("%s: %s", names[i], capture.text);
		}
}

/* An override does not hide what is wrong with the file, or with itself. */
static void duplicates_that_overrides_leave(void **state)
{
	static const char *const twice = HEAD "[{\"fs\": [\"ext4\"]}, {\"fs\": [\"ext4\"]}]}";
	static const char *const unnamed = HEAD "[{}, {}]}";
	static const char *const unlike =
		HEAD "[{\"fs\": [\"ext4\"], \"pages\": [1], \"pause_us\": 0},"
		     "{\"fs\": [\"ext4\"], \"pages\": [2], \"pause_us\": 9}]}";
	static const char *const once = HEAD "[{\"fs\": [\"ext4\"]}]}";
	const struct {
		const char *text;
		uint64_t pages[2];
		size_t page_count;
		const char *says;
	} rows[] = {
		{ twice, { 7 }, 1, "two cells have the key ext4/" },
		{ unnamed, { 7 }, 1, "two cells have the key xfs/" },
		{ once, { 7, 7 }, 2, "two cells have the key ext4/" },
		{ unlike, { 7 }, 1, "another DAX mode, pause or scheduler" },
	};
	char xfs[] = "xfs", *items[] = { xfs };
	struct capture capture;
	struct cell_axes over;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cell_axes_init(&over);
		over.pages.count = rows[i].page_count;
		memcpy(over.pages.numbers, rows[i].pages, sizeof(rows[i].pages));
		if (rows[i].text == unnamed)
			over.fs = (struct strings){ items, 1 };
		write_file(rows[i].text);
		assert_int_equal(try_overrides(path, &over, &capture), -EINVAL);
		assert_true(is_one_line(capture.text));
		assert_non_null(strstr(capture.text, rows[i].says));
	}
}

/* Sixteen words on each of ten axes: the product overflows 32 bits, and must not overflow ours. */
static void a_great_product_is_refused_quickly(void **state)
{
	struct suite suite;
	struct cell_axes axes;
	struct cell_config *cells;
	struct capture capture;
	size_t count;
	int ret;

	(void)state;
	cell_axes_init(&axes);
	axes.dax.count = axes.state.count = axes.load.count = axes.sync.count = 16;
	axes.access.count = axes.page.count = axes.files.count = 16;
	axes.pages.count = axes.threads.count = 16;
	assert_int_equal(suite_read("cover-letter", &suite), 0);
	capture_begin(&capture, STDERR_FILENO);
	ret = suite_expand(&suite, &axes, &cells, &count);
	capture_end(&capture);
	assert_int_equal(ret, -EINVAL);
	assert_non_null(strstr(capture.text, "more than 10000 cells"));
	suite_free(&suite);
}

static void a_file_too_great_to_be_a_suite(void **state)
{
	struct capture capture;

	(void)state;
	assert_int_equal(truncate(path, SUITE_MAX_BYTES + 1), 0);
	assert_int_equal(try_suite(path, &capture), -EINVAL);
	assert_true(is_one_line(capture.text));
}

static void names_that_are_no_suite(void **state)
{
	struct capture capture;

	(void)state;
	assert_int_equal(try_suite("no-such-suite", &capture), -ENOENT);
	assert_true(is_one_line(capture.text));
	assert_non_null(strstr(capture.text, "cover-letter"));
	assert_int_equal(try_suite("/tmp", &capture), -EINVAL);
	assert_true(is_one_line(capture.text));
	assert_true(try_suite("/dev/zero", &capture) < 0);
	assert_true(is_one_line(capture.text));
	assert_int_equal(try_suite("../reference/cover-letter-2017", &capture), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_letters_suite),
		cmocka_unit_test(overrides_take_the_place_of_axes),
		cmocka_unit_test(a_suite_of_ones_own),
		cmocka_unit_test(suites_that_are_refused),
		cmocka_unit_test(suites_that_just_fit),
		cmocka_unit_test(an_override_by_the_first_word),
		cmocka_unit_test(blocks_that_overrides_make_equal),
		cmocka_unit_test(every_suite_takes_every_dax_mode),
		cmocka_unit_test(duplicates_that_overrides_leave),
		cmocka_unit_test(a_great_product_is_refused_quickly),
		cmocka_unit_test(a_file_too_great_to_be_a_suite),
		cmocka_unit_test(names_that_are_no_suite),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
