// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../capture.h"
#include "../damage.h"
#include "base/assets.h"
#include "result/check.h"
#include "result/result.h"

/* 12 samples: buckets 0, 1, 2-3, (4-7 empty), 8-15; slots below and above 64 ns. */
static const uint64_t sample_ns[] = { 999,  1000, 60, 3999, 2000, 15999,
				      8000, 1999, 61, 9000, 9001, 60 };
#define SAMPLES (sizeof(sample_ns) / sizeof(sample_ns[0]))

static void fill_cell(struct cell_result *cell, int status, const char *reason)
{
	char key[CELL_KEY_SIZE];

	cell_result_init(cell);
	assert_int_equal(cell_set_fs(&cell->config, "ext4:-O fast_commit:noatime"), 0);
	cell->config.sync = status == CELL_OK ? SYNC_NONE : SYNC_MAP_SYNC;
	cell->config.pages = SAMPLES;
	cell->config.threads = 1;
	cell->config.pause_us = 100;
	cell->repeat = 0;
	assert_int_equal(cell_key(&cell->config, key, sizeof(key)), 0);
	cell->key = strdup(key);
	cell->status = status;
	cell->reason = reason ? strdup(reason) : NULL;
	cell->placement.target = strdup("/dev/pmem0");
	strings_add(&cell->warnings, "a \"warning\" with \xc3\xa4");
}

static void fill_ok_cell(struct cell_result *cell)
{
	uint64_t *samples = malloc(sizeof(sample_ns));
	struct hist hist;

	fill_cell(cell, CELL_OK, NULL);
	memcpy(samples, sample_ns, sizeof(sample_ns));
	hist_init(&hist);
	hist_add_all(&hist, samples, SAMPLES);
	assert_int_equal(latency_fill(&cell->latency, &hist, samples, SAMPLES), 0);
	cell->has_latency = true;
	cell->proof = (struct proof){ .faults_expected = SAMPLES,
				      .faults_observed = SAMPLES,
				      .page_size = 4096,
				      .is_dax = 1,
				      .load_bytes = 12345678 };
}

static void fill_result(struct result *result)
{
	result_init(result);
	result->schema = strdup(RESULT_SCHEMA);
	result->tool.version = strdup("0.1");
	result->started = strdup("2026-01-01T00:00:00Z");
	result->suite = strdup("test");
	strings_add(&result->command, "syncfault");
	result->host.kernel = strdup("6.1.0");
	result->host.mhz = 2499.998;
	result->host.cpus = 2;
	result->has_guest = true;
	result->guest.qemu = strdup("7.2");
	result->guest.accelerator = strdup("tcg");
	result->guest.kernel_package = strdup("linux-image");
	result->guest.command_line = strdup("qemu");
	result->guest.image_digest = strdup("sha256:0");
	result->guest.clock = strdup("instructions");
	result->guest.started = strdup("2026-01-01T00:00:00Z");
	result->clock.domain = DOMAIN_INSTRUCTIONS;
	result->clock.unit = strdup("ns");
	result->clock.ticks_per_us = 1000;
	result->has_provenance = true;
	result->provenance.source = strdup("a letter");
	result->cells = calloc(2, sizeof(*result->cells));
	result->cell_count = 2;
	fill_ok_cell(&result->cells[0]);
	fill_cell(&result->cells[1], CELL_SKIPPED, "no DAX");
}

static int format_whole(void **state)
{
	struct result result;
	int ret;

	(void)state;
	fill_result(&result);
	ret = result_format(&result, &whole_text, &whole_length);
	result_free(&result);
	return ret;
}

static int free_whole(void **state)
{
	(void)state;
	free(whole_text);
	return 0;
}

static void percentiles_and_buckets(void **state)
{
	struct cell_result cell;
	struct latency *latency = &cell.latency;
	static const struct bucket expected[] = {
		{ 0, 0, 4 }, { 1, 1, 2 }, { 2, 3, 2 }, { 4, 7, 0 }, { 8, 15, 4 },
	};
	uint64_t sum = 0;

	(void)state;
	fill_ok_cell(&cell);
	assert_int_equal(latency->count, 12);
	assert_int_equal(latency->min, 60);
	assert_int_equal(latency->max, 15999);
	assert_true(fabs(latency->mean - 52178.0 / 12) < 1e-6);
	assert_int_equal(latency->p50, 1999);
	assert_int_equal(latency->p90, 9001);
	assert_int_equal(latency->p99, 15999);
	assert_int_equal(latency->p999, 15999);
	assert_true(latency->p9999 == U64_ABSENT); /* of too few faults */
	assert_int_equal(latency->log2_us_count, 5);
	assert_memory_equal(latency->log2_us, expected, sizeof(expected));
	for (size_t i = 0; i < latency->hist_ns_count; i++)
		sum += latency->hist_ns[i].count;
	assert_int_equal(sum, 12);
	assert_int_equal(latency->hist_ns[0].from, 60);
	assert_int_equal(latency->hist_ns[0].to, 60);
	assert_int_equal(latency->hist_ns[0].count, 2);
	cell_result_free(&cell);
}

/* Where not every sample was kept, percentiles come from the slots: at most 1/32 too high. */
static void percentiles_without_all_samples(void **state)
{
	struct latency latency;
	struct cell_result cell;
	struct hist hist;

	(void)state;
	cell_result_init(&cell);
	hist_init(&hist);
	for (uint64_t i = 1; i <= 100000; i++)
		hist_add(&hist, i * 10);
	hist_add(&hist, (1ULL << 40) + 5);
	assert_int_equal(latency_fill(&latency, &hist, NULL, 0), 0);
	assert_in_range(latency.p50, 500000, 500000 * 33 / 32);
	assert_in_range(latency.p999, 999000, 999000 * 33 / 32);
	assert_in_range(latency.p9999, 999900, 999900 * 33 / 32);
	assert_true(latency.max == (1ULL << 40) + 5);
	assert_true(latency.hist_ns[latency.hist_ns_count - 1].from == 1ULL << 40);
	assert_true(latency.hist_ns[latency.hist_ns_count - 1].to == latency.max);
	cell.latency = latency;
	cell_result_free(&cell);
}

static void write_read_write(void **state)
{
	struct result result;
	char *again;
	size_t length;

	(void)state;
	assert_int_equal(result_parse(whole_text, whole_length, "f", &result), 0);
	assert_int_equal(result.cell_count, 2);
	assert_int_equal(result.cells[0].latency.sample_count, SAMPLES);
	assert_memory_equal(result.cells[0].latency.samples, sample_ns, sizeof(sample_ns));
	assert_string_equal(result.cells[0].warnings.items[0], "a \"warning\" with \xc3\xa4");
	assert_string_equal(result.cells[1].reason, "no DAX");
	assert_false(result.cells[1].has_latency);
	assert_true(result.cells[1].proof.faults_observed == U64_ABSENT);
	assert_true(result.has_guest);
	assert_int_equal(result_format(&result, &again, &length), 0);
	assert_int_equal(length, whole_length);
	assert_memory_equal(again, whole_text, length);
	assert_int_equal(again[length - 1], '\n');
	free(again);
	result_free(&result);
}

static void the_change_helper_changes_nothing_else(void **state)
{
	char *text = change("cells/0/latency/min", "60");
	int ret;

	(void)state;
	parse(text, strlen(text), &ret);
	assert_int_equal(ret, 0);
	free(text);
}

static void required_keys(void **state)
{
	static const char *const paths[] = {
		"tool",
		"suite",
		"host",
		"clock",
		"cells",
		"clock/domain",
		"clock/unit",
		"guest/qemu",
		"guest/accelerator",
		"guest/kernel_package",
		"guest/command_line",
		"guest/image_digest",
		"guest/clock",
		"guest/started",
		"provenance/source",
		"cells/0/key",
		"cells/0/config",
		"cells/0/status",
		"cells/0/proof",
		"cells/0/config/fs",
		"cells/0/config/mkfs_options",
		"cells/0/config/mount_options",
		"cells/0/config/dax",
		"cells/0/config/state",
		"cells/0/config/load",
		"cells/0/config/sync",
		"cells/0/config/commit",
		"cells/0/config/access",
		"cells/0/config/page_size",
		"cells/0/config/pages",
		"cells/0/config/threads",
		"cells/0/config/files",
		"cells/0/config/scheduler",
		"cells/0/latency/count",
		"cells/0/latency/min",
		"cells/0/latency/max",
		"cells/0/latency/log2_us/0/from",
		"cells/0/latency/log2_us/0/to",
		"cells/0/latency/log2_us/0/count",
		"cells/1/key",
		"cells/1/config/fs",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		const char *slash = strrchr(paths[i], '/');
		char name[96];

		snprintf(name, sizeof(name), "%s: is missing", slash ? slash + 1 : paths[i]);
		assert_change_refused(paths[i], NULL, name);
		assert_change_refused(paths[i], "null", "must not be null");
	}
	assert_change_refused("schema", NULL, "no result of syncfault");
}

static void wrong_values(void **state)
{
	static const struct {
		const char *path, *json, *message;
	} rows[] = {
		{ "schema", "\"syncfault-result/2\"",
		  "schema 'syncfault-result/2' is not known here" },
		{ "schema", "1", "no result of syncfault" },
		{ "schema", "\"\\u001b[2Jx\"", "is not known here" },
		{ "suite", "[]", "suite: wants a string" },
		{ "command", "\"syncfault\"", "command: wants a list" },
		{ "host/cpus", "-1", "host.cpus: is negative" },
		{ "host/cpus", "1000001", "host.cpus: beyond" },
		{ "host/mhz", "1e308", "host.mhz: beyond" },
		{ "clock/domain", "\"seconds\"", "clock.domain: wants time or instructions" },
		{ "clock/unit", "\"us\"", "clock.unit" },
		{ "cells", "{}", "cells: wants a list" },
		{ "cells/0", "[]", "cells[0]: wants an object" },
		{ "cells/0/status", "\"good\"", "cells[0].status: wants ok, skipped or failed" },
		{ "cells/0/config/state", "\"holes\"", "wants hole, unwritten or written" },
		{ "cells/0/config/pages", "4294967297", "config.pages: beyond" },
		{ "cells/0/config/threads", "1025", "config.threads: beyond" },
		{ "cells/0/config/pause_us", "60000001", "pause_us: beyond" },
		{ "cells/0/proof/is_dax", "1", "is_dax: wants true or false" },
		{ "cells/0/latency/min", "60.5", "min: wants a whole number" },
		{ "cells/0/latency/max", "9223372036854775807", "max: beyond" },
		{ "cells/0/latency/max", "36000000000001", "max: beyond" },
		{ "cells/0/latency/mean", "\"1\"", "mean: wants a number" },
		{ "cells/0/latency/samples/3", "-5", "samples[3]: is negative" },
		{ "cells/0/latency/samples/3", "1.5", "samples[3]: wants a whole number" },
		{ "cells/0/placement/struct_pages", "3", "struct_pages: wants a string" },
		{ "cells/0/latency/elapsed", "-1", "elapsed: is negative" },
		{ "cells/0/probes", "{\"x\": 1}", "probes.latency: is missing" },
		{ "cells/0/colour", "1", "cells[0].colour: no such key" },
		{ "colour", "1", "colour: no such key" },
		{ "cells/0/latency/log2_us/0/count", "9223372036854775807", "count: beyond" },
		{ "cells/1/reason", "7", "reason: wants a string" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_change_refused(rows[i].path, rows[i].json, rows[i].message);
}

static void parts_that_contradict_each_other(void **state)
{
	static const struct {
		const char *path, *json, *message;
	} rows[] = {
		{ "cells/0/key", "\"ext4\"", "cells[0]: the key is not that of its config" },
		{ "cells/0/config/state", "\"written\"", "the key is not that of its config" },
		{ "cells/0/config/pages", "13", "the key is not that of its config" },
		{ "cells/0/status", "\"failed\"", "only a cell that is ok has latencies" },
		{ "cells/0/latency", "null", "only a cell that is ok has latencies" },
		{ "cells/1/status", "\"ok\"", "only a cell that is ok has latencies" },
		{ "cells/0/reason", "\"why\"", "a cell has a reason when" },
		{ "cells/1/reason", "null", "cells[1]: a cell has a reason when" },
		{ "cells/0/proof/faults_observed", "11", "its faults are not those expected" },
		{ "cells/0/proof/faults_expected", "13", "its faults are not those expected" },
		{ "cells/0/placement", "{\"struct_pages\": \"mem\"}",
		  "cells[0]: placement.struct_pages is neither ram, pmem nor none" },
		{ "cells/0/latency/elapsed", "15998",
		  "elapsed is less than the slowest fault took" },
		{ "cells/0/latency/count", "0", "count is 0" },
		{ "cells/0/latency/count", "13", "do not add up" },
		{ "cells/0/latency", "{\"count\": 13, \"min\": 1, \"max\": 2}",
		  "count is not pages times threads" },
		{ "cells/0/latency/min", "61", "a sample is not between min and max" },
		{ "cells/0/latency/max", "15998", "ascending" },
		{ "cells/0/latency/p50", "9002", "not in ascending order" },
		{ "cells/0/latency/p999", "16000", "not in ascending order" },
		{ "cells/0/latency/p50", "59", "not in ascending order" },
		{ "cells/0/latency/mean", "17000", "the mean is not between" },
		{ "cells/0/latency/samples/0", "16000", "a sample is not between" },
		{ "cells/0/latency/samples/0", "59", "a sample is not between" },
		{ "cells/0/latency/samples", "[60,60,60,60,60,60,60,60,60,60,60,60,60]",
		  "more samples than faults" },
		{ "cells/0/latency/log2_us/0/count", "5", "the buckets do not add up" },
		{ "cells/0/latency/hist_ns/0/count", "0", "the buckets do not add up" },
		{ "cells/0/latency/log2_us/2/from", "4", "a bucket ends before it begins" },
		{ "cells/0/latency/log2_us/2/from", "1", "overlap" },
		{ "clock/domain", "\"time\"", "clock.domain and guest.clock" },
		{ "guest/clock", "\"time\"", "clock.domain and guest.clock" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_change_refused(rows[i].path, rows[i].json, rows[i].message);
}

static void name_cell(struct cell_result *cell)
{
	char key[CELL_KEY_SIZE];

	assert_int_equal(cell_key(&cell->config, key, sizeof(key)), 0);
	free(cell->key);
	cell->key = strdup(key);
}

static int check(const struct result *result)
{
	struct capture capture;
	int ret;

	capture_begin(&capture, STDERR_FILENO);
	ret = result_check(result, "f");
	capture_end(&capture);
	return ret;
}

static void the_faults_of_all_threads(void **state)
{
	struct result result;

	(void)state;
	fill_result(&result);
	result.cells[0].config.pages = SAMPLES / 3;
	result.cells[0].config.threads = 3;
	name_cell(&result.cells[0]);
	assert_int_equal(check(&result), 0);
	result.cells[0].config.pages = SAMPLES;
	name_cell(&result.cells[0]);
	assert_int_equal(check(&result), -EINVAL);
	result_free(&result);
}

/* A write() beside the faults takes pages away again: there may be more of them, never fewer. */
static void faults_beside_a_write(void **state)
{
	struct result result;

	(void)state;
	fill_result(&result);
	result.cells[0].config.remap = REMAP_WRITE;
	name_cell(&result.cells[0]);
	assert_int_equal(check(&result), 0);
	result.cells[0].proof.faults_observed = SAMPLES + 1;
	assert_int_equal(check(&result), 0);
	result.cells[0].proof.faults_observed = SAMPLES - 1;
	assert_int_equal(check(&result), -EINVAL);
	result.cells[0].config.remap = REMAP_PUNCH;
	name_cell(&result.cells[0]);
	result.cells[0].proof.faults_observed = SAMPLES + 1;
	assert_int_equal(check(&result), -EINVAL);
	result_free(&result);
}

#define TEXT(path_, field_)                            \
	{                                              \
		path_, offsetof(struct result, field_) \
	}

/* Each key is read into the field of its name. */
static void texts_that_only_people_read(void **state)
{
	static const struct {
		const char *path;
		size_t offset;
	} texts[] = {
		TEXT("tool/version", tool.version),
		TEXT("tool/commit", tool.commit),
		TEXT("started", started),
		TEXT("suite", suite),
		TEXT("host/kernel", host.kernel),
		TEXT("host/version", host.version),
		TEXT("host/machine", host.machine),
		TEXT("host/build_id", host.build_id),
		TEXT("host/config_digest", host.config_digest),
		TEXT("host/cpu", host.cpu),
		TEXT("host/microcode", host.microcode),
		TEXT("host/governor", host.governor),
		TEXT("host/clocksource", host.clocksource),
		TEXT("host/libc", host.libc),
		TEXT("host/virtualisation", host.virtualisation),
		TEXT("host/kernel_command_line", host.kernel_command_line),
		TEXT("guest/qemu", guest.qemu),
		TEXT("guest/accelerator", guest.accelerator),
		TEXT("guest/kernel_package", guest.kernel_package),
		TEXT("guest/command_line", guest.command_line),
		TEXT("guest/image_digest", guest.image_digest),
		TEXT("guest/started", guest.started),
		TEXT("clock/source", clock.source),
		TEXT("provenance/source", provenance.source),
		TEXT("provenance/author", provenance.author),
		TEXT("provenance/date", provenance.date),
		TEXT("provenance/url", provenance.url),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *text = change(texts[i].path, "\"only here\"");
		struct result result;

		assert_int_equal(result_parse(text, strlen(text), "f", &result), 0);
		for (size_t j = 0; j < sizeof(texts) / sizeof(texts[0]); j++) {
			const void *field = (const char *)&result + texts[j].offset;
			const char *value = *(char *const *)field;

			if ((i == j) != (value && !strcmp(value, "only here")))
				fail_msg("%s was read into %s", texts[i].path, texts[j].path);
		}
		result_free(&result);
		free(text);
	}
}

static void a_result_that_contradicts_itself_is_not_written(void **state)
{
	struct capture capture;
	struct result result;
	char *text = NULL;
	size_t length;
	int ret;

	(void)state;
	fill_result(&result);
	result.cells[0].latency.samples[0] = 59;
	capture_begin(&capture, STDERR_FILENO);
	ret = result_format(&result, &text, &length);
	capture_end(&capture);
	assert_int_equal(ret, -EINVAL);
	assert_null(text);
	assert_true(is_one_line(capture.text));
	result_free(&result);
}

/* What had no memory when it was measured is missing. */
static void assert_not_written(struct result *result, char **missing)
{
	struct capture capture;
	char *text = NULL;
	size_t length;
	int ret;

	free(*missing);
	*missing = NULL;
	capture_begin(&capture, STDERR_FILENO);
	ret = result_format(result, &text, &length);
	capture_end(&capture);
	assert_int_equal(ret, -EINVAL);
	assert_null(text);
	assert_true(is_one_line(capture.text));
	result_free(result);
}

static void a_result_without_a_text_is_not_written(void **state)
{
	struct result result;

	(void)state;
	fill_result(&result);
	assert_not_written(&result, &result.cells[0].key);
	fill_result(&result);
	assert_not_written(&result, &result.clock.unit);
	fill_result(&result);
	assert_not_written(&result, &result.guest.clock);
}

static void truncated(void **state)
{
	(void)state;
	for (size_t length = 0; length < whole_length - 1; length++)
		assert_refused(whole_text, length, "truncated", "f.json: ");
}

/* One byte changed anywhere: read or refused in one line, never anything else. */
static void damaged(void **state)
{
	static const char bytes[] = { '\0', '"', '{', ']', '9', '-', '\xff', '\n', '\033', ',' };
	char *text = malloc(whole_length);

	(void)state;
	for (size_t i = 0; i < whole_length; i++) {
		const char *printed;
		int ret;

		memcpy(text, whole_text, whole_length);
		text[i] = bytes[i % sizeof(bytes)];
		printed = parse(text, whole_length, &ret);
		if (ret ? ret != -EINVAL || !is_one_line(printed) : *printed)
			fail_msg("byte %zu as %02x: %d, '%s'", i, text[i], ret, printed);
	}
	free(text);
}

static void no_results(void **state)
{
	(void)state;
	assert_refused("", 0, "empty", "not JSON");
	assert_refused("{}", 2, "{}", "no result of syncfault");
	assert_refused("[1]", 3, "[1]", "no result of syncfault");
	assert_refused("null", 4, "null", "not JSON");
	assert_refused("\xff\xfe", 2, "bytes", "not JSON");
}

static void files_that_cannot_be_read(void **state)
{
	static const struct {
		const char *path;
		int error;
	} rows[] = {
		{ "/nonexistent/f.json", -ENOENT },
		{ "/", -EISDIR },
		{ "/dev/null", -EINVAL },
		{ "/proc/self/mem", -EIO },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct capture capture;
		struct result result;
		int ret;

		capture_begin(&capture, STDERR_FILENO);
		ret = result_read(rows[i].path, &result);
		capture_end(&capture);
		assert_int_equal(ret, rows[i].error);
		assert_true(is_one_line(capture.text));
		assert_non_null(strstr(capture.text, rows[i].path));
	}
}

/* As the letter has it: microseconds, and buckets by their lower bounds. */
static const struct letter_cell {
	int state, load, sync;
	uint64_t min, avg, max;
	uint64_t buckets[4][2];
} letter_cells[] = {
	{ STATE_WRITTEN,
	  LOAD_NONE,
	  SYNC_NONE,
	  5,
	  6,
	  42,
	  { { 4, 398 }, { 8, 110 }, { 16, 2 }, { 32, 2 } } },
	{ STATE_WRITTEN,
	  LOAD_NONE,
	  SYNC_MAP_SYNC,
	  10,
	  10,
	  43,
	  { { 8, 509 }, { 16, 2 }, { 32, 1 } } },
	{ STATE_HOLE, LOAD_NONE, SYNC_NONE, 21, 23, 76, { { 16, 503 }, { 32, 8 }, { 64, 1 } } },
	{ STATE_HOLE, LOAD_NONE, SYNC_MAP_SYNC, 91, 108, 234, { { 64, 467 }, { 128, 45 } } },
	{ STATE_HOLE, LOAD_COPY, SYNC_NONE, 21, 23, 67, { { 16, 507 }, { 32, 4 }, { 64, 1 } } },
	{ STATE_HOLE, LOAD_COPY, SYNC_MAP_SYNC, 94, 112, 181, { { 64, 489 }, { 128, 23 } } },
};

static void check_letter_cell(const struct cell_result *cell, const struct letter_cell *expected)
{
	const struct latency *latency = &cell->latency;

	assert_int_equal(cell->config.state, expected->state);
	assert_int_equal(cell->config.load, expected->load);
	assert_int_equal(cell->config.sync, expected->sync);
	assert_int_equal(latency->count, 512);
	assert_int_equal(latency->min, expected->min * 1000);
	assert_true(latency->mean == (double)expected->avg * 1000);
	assert_int_equal(latency->max, expected->max * 1000);
	for (size_t i = 0; i < latency->log2_us_count; i++) {
		assert_true(i < 4);
		assert_int_equal(latency->log2_us[i].from, expected->buckets[i][0]);
		assert_int_equal(latency->log2_us[i].to, expected->buckets[i][0] * 2 - 1);
		assert_int_equal(latency->log2_us[i].count, expected->buckets[i][1]);
	}
	assert_true(latency->log2_us_count == 4 || !expected->buckets[latency->log2_us_count][1]);
	/* Not published: absent, not 0. */
	assert_true(latency->p50 == U64_ABSENT);
	assert_int_equal(latency->sample_count, 0);
}

static void the_letter(void **state)
{
	struct result letter;

	(void)state;
	assert_int_equal(result_read_letter(&letter), 0);
	assert_int_equal(letter.cell_count, 6);
	assert_true(letter.has_provenance);
	assert_int_equal(letter.clock.domain, DOMAIN_TIME);
	for (size_t i = 0; i < 6; i++)
		check_letter_cell(&letter.cells[i], &letter_cells[i]);
	result_free(&letter);
}

static void the_letter_truncated(void **state)
{
	const struct asset *letter = asset_find("reference/cover-letter-2017");
	size_t end = letter->length;

	(void)state;
	while (letter->text[end - 1] != '}')
		end--;
	for (size_t length = 0; length < end; length += 7)
		assert_refused(letter->text, length, "truncated", "f.json: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(percentiles_and_buckets),
		cmocka_unit_test(percentiles_without_all_samples),
		cmocka_unit_test(write_read_write),
		cmocka_unit_test(the_change_helper_changes_nothing_else),
		cmocka_unit_test(required_keys),
		cmocka_unit_test(wrong_values),
		cmocka_unit_test(parts_that_contradict_each_other),
		cmocka_unit_test(the_faults_of_all_threads),
		cmocka_unit_test(faults_beside_a_write),
		cmocka_unit_test(texts_that_only_people_read),
		cmocka_unit_test(a_result_that_contradicts_itself_is_not_written),
		cmocka_unit_test(a_result_without_a_text_is_not_written),
		cmocka_unit_test(truncated),
		cmocka_unit_test(damaged),
		cmocka_unit_test(no_results),
		cmocka_unit_test(files_that_cannot_be_read),
		cmocka_unit_test(the_letter),
		cmocka_unit_test(the_letter_truncated),
	};

	return cmocka_run_group_tests(tests, format_whole, free_whole);
}
