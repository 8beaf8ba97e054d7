// SPDX-License-Identifier: GPL-2.0-or-later
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
#include "export/export.h"
#include "export/json.h"
#include "export/label.h"
#include "export/metric.h"

/* A matrix of one result with up to four cells, the first of them measured. */
struct fixture {
	struct result result;
	struct cell_result cells[4];
	struct table_entry entries[4];
	char *files[1];
	struct result_table sorted;
	struct bucket slots[3];
	uint64_t samples[4];
};

static void fill_cell(struct cell_result *cell, const char *key)
{
	cell_result_init(cell);
	cell->key = strdup(key);
	cell->config.fs = strdup("ext4");
	cell->config.mkfs_options = strdup("");
	cell->config.mount_options = strdup("");
	cell->config.pages = 4;
	cell->config.threads = 1;
	cell->status = CELL_SKIPPED;
}

static int setup(void **state)
{
	static struct fixture fixture;
	struct latency *latency = &fixture.cells[0].latency;

	memset(&fixture, 0, sizeof(fixture));
	result_init(&fixture.result);
	fixture.result.suite = strdup("s");
	fill_cell(&fixture.cells[0], "ext4/hole");
	fill_cell(&fixture.cells[1], "ext4/written");
	fixture.cells[0].status = CELL_OK;
	fixture.cells[0].has_latency = true;
	fixture.slots[0] = (struct bucket){ 1000, 1007, 2 };
	fixture.slots[1] = (struct bucket){ 2000, 2063, 2 };
	memcpy(fixture.samples, (uint64_t[]){ 1000, 2001, 1001, 2000 }, sizeof(fixture.samples));
	*latency = (struct latency){ .count = 4,
				     .min = 1000,
				     .max = 2001,
				     .mean = 1500.5,
				     .p50 = 1001,
				     .p90 = 2001,
				     .p99 = 2001,
				     .p999 = 2001,
				     .p9999 = U64_ABSENT,
				     .elapsed = U64_ABSENT,
				     .hist_ns = fixture.slots,
				     .hist_ns_count = 2,
				     .samples = fixture.samples,
				     .sample_count = 4 };
	for (size_t i = 0; i < 2; i++)
		fixture.entries[i] = (struct table_entry){ .file = "f.json",
							   .result = &fixture.result,
							   .cell = &fixture.cells[i] };
	fixture.result.cells = fixture.cells;
	fixture.result.cell_count = 2;
	fixture.files[0] = (char *)"f.json";
	fixture.sorted = (struct result_table){ .results = &fixture.result,
						.files = fixture.files,
						.result_count = 1,
						.entries = fixture.entries,
						.entry_count = 2 };
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	/* What the fixture lends is not the result's to free. */
	fixture->cells[0].latency.hist_ns = NULL;
	fixture->cells[0].latency.hist_ns_count = 0;
	fixture->cells[0].latency.samples = NULL;
	fixture->cells[0].latency.sample_count = 0;
	for (size_t i = 0; i < 2; i++)
		cell_result_free(&fixture->cells[i]);
	fixture->result.cells = NULL;
	fixture->result.cell_count = 0;
	result_free(&fixture->result);
	return 0;
}

typedef int writer(FILE *out, const struct result_table *sorted,
		   const struct export_options *options);

/* Owned text of what a format writes. */
static char *written_by(writer *write, struct fixture *fixture, int format)
{
	const struct export_options options = { .format = format, .origin = "o" };
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	export_select(&fixture->sorted, &options);
	assert_int_equal(write(out, &fixture->sorted, &options), 0);
	fclose(out);
	return text;
}

static size_t count_of(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)); text++)
		n++;
	return n;
}

static const char *real_text(double value, char buffer[64])
{
	FILE *out = fmemopen(buffer, 64, "w");

	export_put_real(out, value);
	fclose(out);
	return buffer;
}

/* The examples of the specification, "Considerations: Canonical Numbers". */
static void reals_are_canonical(void **state)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {
		{ 0, "0.0" },
		{ 0.001, "0.001" },
		{ 0.1, "0.1" },
		{ 1, "1.0" },
		{ 1.7, "1.7" },
		{ 10, "10.0" },
		{ 1e-10, "1e-10" },
		{ 1e-9, "1e-09" },
		{ 1e-5, "1e-05" },
		{ 1e-4, "0.0001" },
		{ 100000, "100000.0" },
		{ 1e6, "1e+06" },
		{ 1e10, "1e+10" },
		{ 1.023e-06, "1.023e-06" },
		{ 1234567, "1.234567e+06" },
		{ 1099511627775, "1.099511627775e+12" },
	};
	char buffer[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(real_text(cases[i].value, buffer), cases[i].text);
	for (double value = 1.0 / 3; value < 1e12; value *= 7.3)
		assert_true(strtod(real_text(value, buffer), NULL) == value);
}

static void selects_what_was_measured(void **state)
{
	struct fixture *fixture = *state;
	struct export_options options = { .format = EXPORT_KCIDB, .cell = "hole" };
	const struct table_entry first = fixture->entries[0], second = fixture->entries[1];

	assert_int_equal(export_select(&fixture->sorted, &options), 0);
	assert_int_equal(fixture->sorted.entry_count, 1);
	fixture->entries[0] = first;
	fixture->entries[1] = second;
	fixture->sorted.entry_count = 2;
	options.cell = NULL;
	assert_int_equal(export_select(&fixture->sorted, &options), 1);
	assert_int_equal(fixture->sorted.entry_count, 2);
	options.format = EXPORT_TSV;
	assert_int_equal(export_select(&fixture->sorted, &options), 1);
	assert_int_equal(fixture->sorted.entry_count, 1);
	assert_string_equal(fixture->sorted.entries[0].cell->key, "ext4/hole");
	options.cell = "written";
	assert_int_equal(export_select(&fixture->sorted, &options), 0);
	assert_int_equal(fixture->sorted.entry_count, 0);
}

static void figures_are_absent_or_as_measured(void **state)
{
	struct fixture *fixture = *state;
	const struct latency *latency = &fixture->cells[0].latency;
	struct export_options options = { 0 };

	for (size_t i = 0; i < EXPORT_FIGURES; i++) {
		assert_string_equal(export_figures[i].name, export_figure_words[i]);
		assert_true(export_has_figure(&options, i));
	}
	assert_null(export_figure_words[EXPORT_FIGURES]);
	assert_true(export_figure_ns(latency, 0) == 1000);
	assert_true(export_figure_ns(latency, 1) == 1500.5);
	assert_true(isnan(export_figure_ns(latency, 6)));
	assert_true(export_figure_ns(latency, 7) == 2001);
	word_list_add(&options.figures, 2);
	assert_true(export_has_figure(&options, 2));
	assert_false(export_has_figure(&options, 3));
}

static void openmetrics_of_time_is_seconds(void **state)
{
	char *text = written_by(export_openmetrics, *state, EXPORT_OPENMETRICS);

	assert_non_null(strstr(text, "# TYPE syncfault_page_fault_seconds gaugehistogram\n"
				     "# UNIT syncfault_page_fault_seconds seconds\n"));
	assert_non_null(strstr(text, "le=\"1.023e-06\"} 2\n"));
	assert_non_null(strstr(text, "le=\"2.047e-06\"} 4\n"));
	assert_non_null(strstr(text, "le=\"+Inf\"} 4\n"));
	assert_non_null(strstr(text, "_gcount{"));
	assert_non_null(strstr(text, "} 6.002e-06\n"));
	assert_non_null(strstr(text, "quantile=\"0.5\"} 1.001e-06\n"));
	assert_null(strstr(text, "quantile=\"0.9999\""));
	assert_null(strstr(text, "instructions"));
	assert_string_equal(text + strlen(text) - 6, "# EOF\n");
	free(text);
}

static void openmetrics_of_instructions_is_no_time(void **state)
{
	struct fixture *fixture = *state;
	char *text;

	fixture->result.clock.domain = DOMAIN_INSTRUCTIONS;
	text = written_by(export_openmetrics, fixture, EXPORT_OPENMETRICS);
	assert_non_null(strstr(text, "# UNIT syncfault_page_fault_instructions instructions\n"));
	assert_non_null(strstr(text, "le=\"1023.0\"} 2\n"));
	assert_non_null(strstr(text, "} 6002.0\n"));
	assert_null(strstr(text, "seconds"));
	free(text);
}

/* Nobody knows how many of a slot's faults lie below a bound in its middle. */
static void openmetrics_leaves_out_bounds_within_slots(void **state)
{
	struct fixture *fixture = *state;
	char *text;

	fixture->slots[0].from = 1000;
	fixture->slots[0].to = 1300;
	text = written_by(export_openmetrics, fixture, EXPORT_OPENMETRICS);
	assert_null(strstr(text, "le=\"1.023e-06\""));
	assert_null(strstr(text, "le=\"1.279e-06\""));
	assert_non_null(strstr(text, "le=\"1.535e-06\"} 2\n"));
	free(text);
}

/* The letter's own buckets hold whole microseconds: the last ns of the second is 3,999. */
static void openmetrics_of_log2_ends_before_the_next_bucket(void **state)
{
	struct bucket log2[] = { { 1, 1, 1 },
				 { 2, 3, 2 },
				 { log2_us_from(LOG2_US_COUNT - 1), 0, 1 } };
	struct fixture *fixture = *state;
	struct latency *latency = &fixture->cells[0].latency;
	char *text;

	log2[2].to = log2_us_to(LOG2_US_COUNT - 1);
	latency->hist_ns_count = 0;
	latency->log2_us = log2;
	latency->log2_us_count = 3;
	text = written_by(export_openmetrics, fixture, EXPORT_OPENMETRICS);
	latency->log2_us = NULL;
	latency->log2_us_count = 0;
	assert_non_null(strstr(text, "le=\"1.999e-06\"} 1\n"));
	assert_non_null(strstr(text, "le=\"3.999e-06\"} 3\n"));
	assert_non_null(strstr(text, "le=\"+Inf\"} 4\n"));
	assert_int_equal(count_of(text, ",le=\""), 3);
	free(text);
}

static void openmetrics_without_a_mean_has_no_sum(void **state)
{
	struct fixture *fixture = *state;
	char *text;

	fixture->cells[0].latency.mean = NAN;
	fixture->cells[0].latency.sample_count = 0;
	text = written_by(export_openmetrics, fixture, EXPORT_OPENMETRICS);
	assert_null(strstr(text, "_gsum{"));
	assert_null(strstr(text, "_gcount{"));
	assert_non_null(strstr(text, "le=\"+Inf\"} 4\n"));
	free(text);
}

static void openmetrics_numbers_equal_metrics(void **state)
{
	struct fixture *fixture = *state;
	char *text;

	fixture->entries[1] = fixture->entries[0];
	text = written_by(export_openmetrics, fixture, EXPORT_OPENMETRICS);
	assert_int_equal(count_of(text, "run=\"0\",le=\"+Inf\""), 1);
	assert_int_equal(count_of(text, "run=\"1\",le=\"+Inf\""), 1);
	free(text);
}

static void times_are_seconds_since_1970(void **state)
{
	static const struct {
		const char *started, *time;
	} cases[] = {
		{ "1970-01-01T00:00:01Z", " 1" },
		{ "2026-01-01T00:00:07Z", " 1767225607" },
		{ "2026-01-01T02:00:07+02:00", " 1767225607" },
		{ "2025-12-31T22:30:07.125-01:30", " 1767225607.125" },
		{ "2026-01-01T00:00:07.123456789012Z", " 1767225607.123456789" },
		{ NULL, NULL },
		{ "", NULL },
		{ "2026-01-01", NULL },
		{ "2026-01-01T00:00:07", NULL },
		{ "2026-01-01T00:00:07Zx", NULL },
		{ "2026-01-01T00:00:07+02", NULL },
	};
	const struct export_options options = { .with_timestamps = true };
	struct fixture *fixture = *state;
	static struct capture capture;

	fixture->sorted.entry_count = 1;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct metrics metrics = { 0 };
		const char *said;
		int ret;

		fixture->result.started = (char *)(uintptr_t)cases[i].started;
		capture_begin(&capture, STDERR_FILENO);
		ret = metrics_collect(&metrics, &fixture->sorted, &options);
		said = capture_end(&capture);
		assert_int_equal(ret, cases[i].time ? 0 : -EINVAL);
		if (cases[i].time)
			assert_string_equal(metrics.items[0].time, cases[i].time);
		else
			assert_true(is_one_line(said));
		metrics_free(&metrics);
	}
	fixture->result.started = NULL;
}

/* The points of one metric, in the order of their times; where two agree they are two runs. */
static void points_are_oldest_first(void **state)
{
	static const char *const times[] = { "2026-01-01T00:00:07Z", "2026-01-01T00:00:05Z",
					     "2026-01-01T00:00:06Z", "2026-01-01T00:00:05Z" };
	const struct export_options options = { .with_timestamps = true };
	struct fixture *fixture = *state;
	struct result others[4];
	struct metrics metrics = { 0 };

	for (size_t i = 0; i < 4; i++) {
		others[i] = fixture->result;
		others[i].started = (char *)(uintptr_t)times[i];
		fixture->entries[i] = fixture->entries[0];
		fixture->entries[i].result = &others[i];
	}
	fixture->sorted.entry_count = 4;
	assert_int_equal(metrics_collect(&metrics, &fixture->sorted, &options), 0);
	assert_int_equal(metrics_points(&metrics, 0), 3);
	assert_string_equal(metrics.items[0].time, " 1767225605");
	assert_string_equal(metrics.items[1].time, " 1767225606");
	assert_string_equal(metrics.items[2].time, " 1767225607");
	assert_int_equal(metrics_points(&metrics, 3), 1);
	assert_int_equal(metrics.items[3].run, 1);
	metrics_free(&metrics);
}

static void benchstat_has_units_and_plain_names(void **state)
{
	struct fixture *fixture = *state;
	char *text;

	free(fixture->cells[0].config.mkfs_options);
	fixture->cells[0].config.mkfs_options = strdup("-O a b/c");
	fixture->result.clock.domain = DOMAIN_INSTRUCTIONS;
	text = written_by(export_benchstat, fixture, EXPORT_BENCHSTAT);
	assert_non_null(strstr(text, "Unit p99.9-instructions/op better=lower assume=exact\n"));
	assert_non_null(strstr(text, "\nsuite: s\n"));
	assert_non_null(strstr(text, "\nkernel:\n"));
	assert_non_null(strstr(text, "BenchmarkFault/fs=ext4/mkfs_options=-O%20a%20b%2Fc/dax="));
	assert_non_null(strstr(text, "/threads=1 4 1000 min-instructions/op 1500.5 instructions/op "
				     "1001 p50-instructions/op "));
	assert_null(strstr(text, " p99.99-instructions/op\n"));
	assert_null(strstr(text, "-ns/op"));
	assert_null(strstr(text, " ns/op"));
	assert_int_equal(count_of(text, "\nBenchmark"), 1);
	free(text);
}

static void json_has_no_null(void **state)
{
	struct export_values values = { 0 };
	struct export_json json = { .values = &values }, inner = json, empty = json;
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	export_json_text(&json, "a", NULL);
	export_json_real(&json, "b", NAN);
	export_json_number(&json, "c", U64_ABSENT);
	export_json_object(&json, "d", &empty);
	export_json_number(&inner, "e", 7);
	export_json_text(&json, "f", "\"\x7f\033\n");
	export_json_object(&json, "g", &inner);
	export_json_real(&json, "h", 2.5);
	assert_int_equal(export_json_write(out, &json), 0);
	fclose(out);
	assert_string_equal(text,
			    "{\"f\": \"\\\"\\u007f\\u001B\\n\", \"g\": {\"e\": 7}, \"h\": 2.5}");
	free(text);
}

static void github_has_the_median_of_runs(void **state)
{
	struct fixture *fixture = *state;
	struct result_table *sorted = &fixture->sorted;
	char *text;

	free(fixture->cells[1].key);
	fixture->cells[1].key = strdup("ext4/hole");
	fixture->cells[1].status = CELL_OK;
	fixture->cells[1].has_latency = true;
	fixture->cells[1].latency.count = 4;
	fixture->cells[1].latency.p50 = 1011;
	text = written_by(export_github, fixture, EXPORT_GITHUB);
	assert_int_equal(sorted->entry_count, 2);
	assert_non_null(strstr(text, "{\"name\": \"ext4/hole p50\", \"unit\": \"ns\", "
				     "\"value\": 1006.0, \"range\": \"\\u00B1 5\", "));
	assert_non_null(strstr(text, "\"name\": \"ext4/hole min\", \"unit\": \"ns\", "
				     "\"value\": 1000.0, \"extra\": \"runs: 1\\n"));
	assert_int_equal(count_of(text, " p50\""), 1);
	free(text);
}

/* The farther end: of 1001, 1011 and 1051 that is 40 from the median. */
static void github_has_the_wider_half_of_a_range(void **state)
{
	struct fixture *fixture = *state;
	struct cell_result runs[3];
	char *text;

	for (size_t i = 0; i < 3; i++) {
		runs[i] = fixture->cells[0];
		runs[i].latency.p50 = (uint64_t[]){ 1001, 1011, 1051 }[i];
		fixture->entries[i] = fixture->entries[0];
		fixture->entries[i].cell = &runs[i];
	}
	fixture->sorted.entry_count = 3;
	text = written_by(export_github, fixture, EXPORT_GITHUB);
	assert_non_null(strstr(text, "p50\", \"unit\": \"ns\", \"value\": 1011.0, "
				     "\"range\": \"\\u00B1 40\", \"extra\": \"runs: 3\\n"));
	free(text);
}

/* Kernels of one name are two builds where any fact of them differs. */
static void kcidb_builds_differ_by_every_fact(void **state)
{
	struct fixture *fixture = *state;
	struct result results[6];
	char *text;

	free(fixture->cells[0].key);
	fixture->cells[0].key = calloc(1, CELL_KEY_SIZE);
	assert_int_equal(cell_key(&fixture->cells[0].config, fixture->cells[0].key, CELL_KEY_SIZE),
			 0);
	fixture->result.schema = strdup(RESULT_SCHEMA);
	fixture->result.clock.unit = strdup("ns");
	for (size_t i = 0; i < 6; i++) {
		results[i] = fixture->result;
		results[i].cell_count = 1;
		results[i].host.kernel = (char *)"6.1";
		results[i].host.machine = (char *)"x86_64";
	}
	results[1].host.version = (char *)"#1";
	results[2].host.machine = (char *)"X 86";
	results[3].host.build_id = (char *)"abc";
	results[4].host.config_digest = (char *)"def";
	/* The last is the first once more. */
	for (size_t i = 0; i < 4; i++) {
		fixture->entries[i] = fixture->entries[0];
		fixture->entries[i].result = &results[i];
	}
	fixture->sorted.results = results;
	fixture->sorted.files = (char *[]){ (char *)"a", (char *)"b", (char *)"c",
					    (char *)"d", (char *)"e", (char *)"f" };
	fixture->sorted.result_count = 6;
	fixture->sorted.entry_count = 4;
	text = written_by(export_kcidb, fixture, EXPORT_KCIDB);
	assert_int_equal(count_of(text, "\"checkout_id\""), 4);
	/* The schema knows no such architecture. */
	assert_int_equal(count_of(text, "\"architecture\": \"x86_64\""), 3);
	assert_int_equal(count_of(text, "\"architecture\""), 3);
	free(text);
	fixture->entries[0].result = &results[0];
	fixture->entries[1].result = &results[3];
	fixture->entries[2].result = &results[4];
	fixture->entries[3].result = &results[5];
	text = written_by(export_kcidb, fixture, EXPORT_KCIDB);
	assert_int_equal(count_of(text, "\"checkout_id\""), 3);
	/* Ids of a result that is there twice are told apart. */
	assert_int_equal(count_of(text, "-1:0:p50\""), 1);
	assert_int_equal(count_of(text, ":0:p50\""), 4);
	free(text);
	fixture->sorted.results = &fixture->result;
}

static void kcidb_has_a_status_for_every_cell(void **state)
{
	struct fixture *fixture = *state;
	struct cell_result *cell = &fixture->cells[1];
	char *text;

	cell->reason = strdup("no such thing");
	/* Ids are of the result as it is written, and only a sound one is. */
	free(fixture->cells[0].key);
	free(cell->key);
	fixture->cells[0].key = calloc(1, CELL_KEY_SIZE);
	cell->key = calloc(1, CELL_KEY_SIZE);
	cell->config.state = STATE_WRITTEN;
	assert_int_equal(cell_key(&fixture->cells[0].config, fixture->cells[0].key, CELL_KEY_SIZE),
			 0);
	assert_int_equal(cell_key(&cell->config, cell->key, CELL_KEY_SIZE), 0);
	fixture->result.schema = strdup(RESULT_SCHEMA);
	fixture->result.clock.unit = strdup("ns");
	text = written_by(export_kcidb, fixture, EXPORT_KCIDB);
	assert_non_null(strstr(text, "{\"version\": {\"major\": 5, \"minor\": 3}"));
	assert_non_null(strstr(text, ".threads_1.p99_9\", \"status\": \"DONE\", \"number\": "
				     "{\"value\": 2.001e-6, \"unit\": \"s\", "));
	assert_int_equal(count_of(text, "\"status\": \"DONE\""), 7);
	assert_int_equal(count_of(text, "\"status\": \"SKIP\""), 1);
	assert_non_null(strstr(text, "\"log_excerpt\": \"no such thing\""));
	assert_null(strstr(text, "null"));
	free(text);
	cell->status = CELL_FAILED;
	text = written_by(export_kcidb, fixture, EXPORT_KCIDB);
	assert_int_equal(count_of(text, "\"status\": \"ERROR\""), 1);
	free(text);
	cell->has_answer = true;
	cell->answer.said = strdup("mapped");
	cell->answer.expected = strdup("EOPNOTSUPP");
	text = written_by(export_kcidb, fixture, EXPORT_KCIDB);
	assert_int_equal(count_of(text, "\"status\": \"FAIL\""), 1);
	free(text);
	free(cell->answer.expected);
	free(cell->reason);
	cell->reason = NULL;
	cell->answer.expected = strdup("mapped");
	cell->config.interface = INTERFACE_SHARED;
	cell->status = CELL_OK;
	assert_int_equal(cell_key(&cell->config, cell->key, CELL_KEY_SIZE), 0);
	text = written_by(export_kcidb, fixture, EXPORT_KCIDB);
	assert_int_equal(count_of(text, "\"status\": \"PASS\""), 1);
	assert_int_equal(count_of(text, "\"status\": \"FAIL\""), 0);
	free(text);
}

static void hgrm_ends_with_everything(void **state)
{
	struct fixture *fixture = *state;
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	assert_int_equal(export_hgrm(out, &fixture->entries[0]), 0);
	fclose(out);
	assert_non_null(strstr(text, "\n    1000.000 0.000000000000          1           1.00\n"));
	assert_non_null(strstr(text, "\n    1001.000 0.500000000000          2           2.00\n"));
	assert_non_null(strstr(text, "\n    2001.000 1.000000000000          4\n#[Mean    ="));
	assert_non_null(strstr(text, "# unit: ns\n"));
	free(text);
}

/* Five steps for each half of what is left, as HdrHistogram has it. */
static void hgrm_goes_up_by_fifths_of_halves(void **state)
{
	static const char *const steps[] = { "0.000", "0.100", "0.200", "0.300", "0.400", "0.500",
					     "0.550", "0.600", "0.650", "0.700", "0.750", "0.775" };
	struct fixture *fixture = *state;
	char *text = NULL;
	const char *at;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	assert_int_equal(export_hgrm(out, &fixture->entries[0]), 0);
	fclose(out);
	at = text;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		char percentile[32];

		snprintf(percentile, sizeof(percentile), "00 %s000000000 ", steps[i]);
		at = strstr(at, percentile);
		assert_non_null(at);
	}
	assert_int_equal(count_of(text, "000000 "), sizeof(steps) / sizeof(steps[0]) + 1);
	free(text);
}

/* Without samples and a mean of the faults, the middles of slots stand for them. */
static void hgrm_of_slots_has_their_middles(void **state)
{
	struct fixture *fixture = *state;
	struct latency *latency = &fixture->cells[0].latency;
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	latency->sample_count = 0;
	latency->mean = NAN;
	assert_int_equal(export_hgrm(out, &fixture->entries[0]), 0);
	fclose(out);
	assert_non_null(strstr(text, "#[Mean    =     1517.500, StdDeviation   =      514.000]\n"));
	assert_non_null(strstr(text, "SubBuckets     =           64]\n"));
	free(text);
}

static void benchstat_leaves_out_what_has_no_figure(void **state)
{
	static const size_t figures[] = { 2, 6 }; /* p50, and p99.99, which there is not */
	struct fixture *fixture = *state;

	for (size_t i = 0; i < 2; i++) {
		struct export_options options = { .format = EXPORT_BENCHSTAT };
		char *text = NULL;
		size_t length;
		FILE *out = open_memstream(&text, &length);

		word_list_add(&options.figures, (int)figures[i]);
		export_select(&fixture->sorted, &options);
		assert_int_equal(export_benchstat(out, &fixture->sorted, &options), 0);
		fclose(out);
		assert_int_equal(count_of(text, "\nBenchmark"), i == 0);
		free(text);
	}
}

static void hgrm_wants_a_histogram(void **state)
{
	struct fixture *fixture = *state;
	FILE *out = tmpfile();

	fixture->cells[0].latency.sample_count = 0;
	assert_int_equal(export_hgrm(out, &fixture->entries[0]), 0);
	fixture->cells[0].latency.hist_ns_count = 0;
	assert_int_equal(export_hgrm(out, &fixture->entries[0]), -ENODATA);
	fclose(out);
}

static void tsv_has_a_line_for_each_figure(void **state)
{
	struct fixture *fixture = *state;
	char *text;

	fixture->result.started = strdup("2026-01-01T00:00:07Z");
	text = written_by(export_tsv, fixture, EXPORT_TSV);
	assert_ptr_equal(strstr(text, "file\tstarted\tclock\tfs\t"), text);
	assert_int_equal(count_of(text, "\nf.json\t2026-01-01T00:00:07Z\ttime\text4\t"), 7);
	assert_int_equal(count_of(text, "\n"), 8);
	assert_int_equal(count_of(text, "\t"), 8 * (3 + EXPORT_LABELS + 3));
	assert_non_null(strstr(text, "\t4\tp99.9\tns\t2001\n"));
	assert_null(strstr(text, "p99.99"));
	free(text);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reals_are_canonical),
		TEST(selects_what_was_measured),
		TEST(figures_are_absent_or_as_measured),
		TEST(openmetrics_of_time_is_seconds),
		TEST(openmetrics_of_instructions_is_no_time),
		TEST(openmetrics_leaves_out_bounds_within_slots),
		TEST(openmetrics_of_log2_ends_before_the_next_bucket),
		TEST(openmetrics_without_a_mean_has_no_sum),
		TEST(openmetrics_numbers_equal_metrics),
		TEST(times_are_seconds_since_1970),
		TEST(points_are_oldest_first),
		TEST(benchstat_has_units_and_plain_names),
		cmocka_unit_test(json_has_no_null),
		TEST(github_has_the_median_of_runs),
		TEST(github_has_the_wider_half_of_a_range),
		TEST(kcidb_builds_differ_by_every_fact),
		TEST(kcidb_has_a_status_for_every_cell),
		TEST(hgrm_ends_with_everything),
		TEST(hgrm_goes_up_by_fifths_of_halves),
		TEST(hgrm_of_slots_has_their_middles),
		TEST(benchstat_leaves_out_what_has_no_figure),
		TEST(hgrm_wants_a_histogram),
		TEST(tsv_has_a_line_for_each_figure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
