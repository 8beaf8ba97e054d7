// SPDX-License-Identifier: GPL-2.0-or-later
/* Histories of made-up results: what a folder of builds comes to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "history/history.h"

static char folder[32];
static unsigned files;

#define CELL                                                                                   \
	"{\"key\":\"ext4/dax=always/state=%s/load=none/sync=none/commit=none/access=write"     \
	"/page=4k/pages=6/threads=1\",\"config\":{\"fs\":\"ext4\",\"mkfs_options\":\"\","      \
	"\"mount_options\":\"\",\"dax\":\"always\",\"state\":\"%s\",\"load\":\"none\","        \
	"\"sync\":\"none\",\"commit\":\"none\",\"access\":\"write\",\"page_size\":\"4k\","     \
	"\"pages\":6,\"threads\":1,\"files\":\"one\",\"pause_us\":0,\"scheduler\":\"other\"}," \
	"\"status\":\"%s\",\"reason\":%s,\"proof\":{},\"latency\":"
#define LATENCY                                                                               \
	"{\"count\":6,\"min\":%d,\"max\":%d,\"mean\":%d,\"p50\":%d,\"p90\":%d,\"log2_us\":[{" \
	"\"from\":0,\"to\":0,\"count\":6}]}"
#define END ",\"warnings\":[]}"

static void write_cell(FILE *file, const char *state, int ns)
{
	if (ns) {
		fprintf(file, CELL LATENCY END, state, state, "ok", "null", ns, ns, ns, ns, ns);
		return;
	}
	fprintf(file, CELL "null" END, state, state, "skipped", "\"not here\"");
}

/* A result of two cells; 0: without numbers. */
static void write_result(const char *kernel, const char *accelerator, int hole_ns, int written_ns)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%02u.json", folder, files++);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file,
		"{\"schema\":\"syncfault-result/1\",\"tool\":{\"version\":\"0\"},\"suite\":\"s\","
		"\"host\":{\"kernel\":\"%s\",\"machine\":\"m\"},\"guest\":{\"command_line\":\"q\","
		"\"qemu\":\"q\",\"accelerator\":\"%s\",\"image_digest\":\"i\","
		"\"clock\":\"instructions\",\"kernel_package\":\"p\",\"cpus\":1,\"seed\":%u,"
		"\"started\":\"s\"},"
		"\"clock\":{\"domain\":\"instructions\",\"unit\":\"ns\"},\"cells\":[",
		kernel, accelerator, files);
	write_cell(file, "hole", hole_ns);
	fprintf(file, ",");
	write_cell(file, "written", written_ns);
	fprintf(file, "]}\n");
	fclose(file);
}

static int make_folder(void **state)
{
	(void)state;
	files = 0;
	strcpy(folder, "/tmp/syncfault-history-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

/* Eight builds; with the fifth one cell is a fifth slower, and the other one faster by more. */
static void write_step(void)
{
	char kernel[16];

	for (int i = 8; i >= 1; i--) {
		snprintf(kernel, sizeof(kernel), "6.1.%d", i);
		write_result(kernel, "tcg", i < 5 ? 1000 : 1200, i < 5 ? 5000 : 4000);
	}
}

static void read_history(struct history *history, const char *order)
{
	const struct history_options options = { .order = order, .index = HISTORY_INDEX_NEVER };

	assert_int_equal(history_read(folder, &options, history), 0);
}

static void a_step_is_one_event(void **state)
{
	auto_history struct history history = { 0 };
	const struct history_event *event;
	char range[100];

	(void)state;
	write_step();
	read_history(&history, NULL);
	assert_int_equal(history.build_count, 8);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(history.builds[i].release[4], '1' + i);
	assert_int_equal(history.track_count, 1);
	/* Six faults carry a p50, and no p90. */
	assert_int_equal(history.series_count, 2);
	assert_int_equal(history.series[0].config.state, STATE_WRITTEN);
	assert_int_equal(history.event_count, 1);
	event = &history.events[0];
	assert_int_equal(event->kind, HISTORY_CHANGE);
	assert_int_equal(event->last_good, 3);
	assert_int_equal(event->first_bad, 4);
	assert_int_equal(event->worse, 1);
	assert_int_equal(event->better, 1);
	assert_int_equal(event->parts[0].series, 0); /* 0.8 is more of a change than 1.2 */
	assert_int_equal(event->parts[1].series, 1);
	history_git_range(&history, 3, 4, range, sizeof(range));
	assert_string_equal(range, "git log v6.1.4..v6.1.5");
	history_git_range(&history, 4, 4, range, sizeof(range));
	assert_string_equal(range, "");
}

/* The last build alone is odd; so is the first, which precedes its neighbour. */
static void odd_builds_are_suspect(void **state)
{
	auto_history struct history history = { 0 };

	(void)state;
	for (int i = 1; i <= 8; i++) {
		char kernel[16];

		snprintf(kernel, sizeof(kernel), "6.1.%d", i);
		write_result(kernel, "tcg", i == 1 ? 2000 : i == 8 ? 1500 : 1000, 1000);
	}
	read_history(&history, NULL);
	assert_int_equal(history.event_count, 2);
	assert_int_equal(history.events[0].kind, HISTORY_SUSPECT);
	assert_int_equal(history.events[0].first_bad, 7);
	assert_int_equal(history.events[0].last_good, 6);
	assert_int_equal(history.events[1].first_bad, 0);
	assert_int_equal(history.events[1].last_good, 1);
}

static void a_point_is_of_all_runs_of_its_build(void **state)
{
	auto_history struct history history = { 0 };
	const struct history_point *point;

	(void)state;
	write_result("6.1.1", "tcg", 1020, 1000);
	write_result("6.1.1", "tcg", 1000, 1000);
	write_result("6.1.1", "tcg", 1010, 0);
	write_result("6.1.2", "tcg", 1000, 1000);
	read_history(&history, NULL);
	assert_int_equal(history.cells, 8);
	assert_int_equal(history.cells_failed, 1);
	assert_int_equal(history.tracks[0].runs, 7);
	assert_int_equal(history.builds[0].results, 3);
	assert_int_equal(history.series[0].points[0].runs, 2);
	point = &history.series[1].points[0];
	assert_int_equal(point->runs, 3);
	assert_true(point->value == 1010 && point->low == 1000 && point->high == 1020);
	/* The pairs lie apart by log 1.02, 1.01 and 1.0099: the mean times 1.5 is log 1.02. */
	assert_float_equal(point->spread, 0.02, 1e-9);
	assert_float_equal(history.series[1].floor, 0.02, 1e-9);
	assert_true(isnan(history.series[1].points[1].spread));
	/* Its runs are equal, so that the least floor holds. */
	assert_float_equal(history.series[0].floor, HISTORY_FLOOR_EXACT, 0);
}

static void without_repeated_runs_the_floor_is_that_of_seeds(void **state)
{
	auto_history struct history history = { 0 };

	(void)state;
	write_result("6.1.1", "tcg", 1000, 1000);
	write_result("6.1.2", "tcg", 1000, 1000);
	read_history(&history, NULL);
	assert_float_equal(history.series[0].floor, 0.003, 0);
}

/* Of two builds with repeated runs it is the lesser spread, of three the middle one. */
static void a_floor_is_the_usual_spread(void **state)
{
	auto_history struct history history = { 0 }, longer = { 0 };

	(void)state;
	write_result("6.1.1", "tcg", 1000, 1000);
	write_result("6.1.1", "tcg", 1010, 1100);
	write_result("6.1.2", "tcg", 1000, 1000);
	write_result("6.1.2", "tcg", 1100, 1010);
	read_history(&history, NULL);
	assert_float_equal(history.series[0].floor, pow(1.01, 1.5) - 1, 1e-6);
	assert_float_equal(history.series[1].floor, pow(1.01, 1.5) - 1, 1e-6);
	write_result("6.1.3", "tcg", 1000, 1000);
	write_result("6.1.3", "tcg", 1050, 1050);
	read_history(&longer, NULL);
	assert_float_equal(longer.series[0].floor, pow(1.05, 1.5) - 1, 1e-6);
}

static void another_emulator_is_another_track(void **state)
{
	auto_history struct history history = { 0 };

	(void)state;
	write_result("6.1.1", "tcg", 1000, 1000);
	write_result("6.1.2", "kvm", 1000, 1000);
	read_history(&history, NULL);
	assert_int_equal(history.track_count, 2);
	assert_string_equal(history.tracks[0].machine, "m, unknown, q tcg, 1 CPU");
	assert_int_equal(history.series_count, 4);
	assert_int_equal(history.series[0].measured, 1);
}

/* Builds of one line stay in the order of their versions. */
static void a_file_gives_the_order(void **state)
{
	static const char *const expected[] = { "6.1.3", "6.1.1", "6.1.10", "6.1.2-1", "6.1.2-2" };
	auto_history struct history history = { 0 };
	char path[64];
	FILE *file;

	(void)state;
	write_result("6.1.1", "tcg", 1001, 1000);
	write_result("6.1.10", "tcg", 1010, 1000);
	write_result("6.1.2-2", "tcg", 1002, 1000);
	write_result("6.1.2-1", "tcg", 1002, 1000);
	write_result("6.1.3", "tcg", 1003, 1000);
	snprintf(path, sizeof(path), "%s/order", folder);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("# oldest first\n\tv6.1.3#a comment\n6.1.1 and more\n6.1.10\nv6.1.2\n6.1.3\n", file);
	fclose(file);
	read_history(&history, path);
	assert_int_equal(history.build_count, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_string_equal(history.builds[i].release, expected[i]);
		assert_true(history.series[1].points[i].value == 1000 + atoi(expected[i] + 4));
	}
}

static void text_and_json_say_the_same(void **state)
{
	auto_history struct history history = { 0 };
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	write_step();
	write_result("6.1.8", "tcg", 1201, 0);
	read_history(&history, NULL);
	assert_int_equal(history_print_text(&history, out), 0);
	fclose(out);
	assert_non_null(strstr(text, ": 8 builds, 6.1.1\nto 6.1.8; 9 results, 18 cells, 1 of them "
				     "without numbers\n"));
	assert_non_null(strstr(text,
			       "changed after 6.1.4\n  not after    6.1.5\n"
			       "  2 figures: 1 worse, 1 better     git log v6.1.4..v6.1.5\n"));
	assert_non_null(
		strstr(text, "p50      5.000  4.000  -20.0 %  exact\n  ext4 hole, 6 pages     p50 "
			     "     1.000  1.200  +20.0 %  exact\n"));
	assert_non_null(strstr(text, "p50     5.000   4.000  0.3 %  ████▁▁▁▁\n"));
	assert_non_null(strstr(text, "▁▁▁▁████\n"));
	free(text);
	text = NULL;
	out = open_memstream(&text, &length);
	history.events[0].better = 7;
	assert_int_equal(history_print_json(&history, out), 0);
	fclose(out);
	assert_non_null(strstr(text, "\"cells\": 18"));
	assert_non_null(strstr(text, "\"cells_failed\": 1"));
	assert_non_null(strstr(text, "\"tag\": \"v6.1.1\""));
	assert_non_null(strstr(text, "\"last_good\": \"6.1.4\""));
	assert_non_null(strstr(text, "\"first_bad\": \"6.1.5\""));
	assert_non_null(strstr(text, "\"worse\": 1"));
	assert_non_null(strstr(text, "\"better\": 7"));
	/* In the event and in the two series. */
	for (int i = 0; i < 3; i++) {
		const char *at = strstr(text, "\"last_good\": \"6.1.4\"");

		assert_non_null(at);
		text[at - text] = ' ';
	}
	assert_non_null(strstr(text, "\"low\": 1200"));
	assert_non_null(strstr(text, "\"high\": 1201"));
	free(text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
	const struct CMUnitTest tests[] = {
		TEST(a_step_is_one_event),
		TEST(odd_builds_are_suspect),
		TEST(a_point_is_of_all_runs_of_its_build),
		TEST(without_repeated_runs_the_floor_is_that_of_seeds),
		TEST(a_floor_is_the_usual_spread),
		TEST(another_emulator_is_another_track),
		TEST(a_file_gives_the_order),
		TEST(text_and_json_say_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
