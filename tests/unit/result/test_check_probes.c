// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "../damage.h"
#include "result/check.h"
#include "result/stages.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Four faults: as the user sees them, in the kernel, and in the stages that they were in. */
static const uint64_t user_ns[] = { 1000, 2000, 3000, 10000 };
static const uint64_t kernel_ns[] = { 900, 1900, 2900, 9900 };
static const uint64_t mm_ns[] = { 100, 200, 300, 1000 };
static const uint64_t handler_ns[] = { 300, 500, 600, 600 };
static const uint64_t wait_ns[] = { 3700, 8300 };
static const uint64_t commit_ns[] = { 50000, 70000 };

static void fill_latency(struct latency *latency, const uint64_t *values, size_t count)
{
	struct hist hist;

	hist_init(&hist);
	hist_add_all(&hist, values, count);
	assert_int_equal(latency_fill(latency, &hist, NULL, 0), 0);
}

static void fill_stage(struct stage_result *stage, const uint64_t *values, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += (double)values[i];
	stage->mean_ns = sum / COUNT(user_ns);
	stage->has_latency = true;
	fill_latency(&stage->latency, values, count);
}

static void fill_stages(struct probes_result *probes)
{
	probes->stages = calloc(STAGE_COUNT, sizeof(*probes->stages));
	probes->stage_count = STAGE_COUNT;
	for (int i = 0; i < STAGE_COUNT; i++)
		probes->stages[i] = (struct stage_result){ .stage = i, .rung = RUNG_FENTRY };
	probes->stages[STAGE_OUTSIDE].rung = RUNG_NONE;
	probes->stages[STAGE_OUTSIDE].mean_ns = 100;
	fill_stage(&probes->stages[STAGE_MM], mm_ns, COUNT(mm_ns));
	probes->stages[STAGE_MM].probes = strdup("fentry/fexit handle_mm_fault");
	fill_stage(&probes->stages[STAGE_HANDLER], handler_ns, COUNT(handler_ns));
	probes->stages[STAGE_HANDLER].rung = RUNG_KPROBE;
	probes->stages[STAGE_HANDLER].reason = strdup("fentry: Operation not supported");
	fill_stage(&probes->stages[STAGE_JOURNAL_WAIT], wait_ns, COUNT(wait_ns));
	probes->stages[STAGE_MAP].rung = RUNG_NONE;
	probes->stages[STAGE_MAP].mean_ns = NAN;
	probes->stages[STAGE_MAP].reason = strdup("this kernel has no ext4_iomap_begin");
}

static void fill_commit(struct worst_result *worst)
{
	struct commit_result *commit = &worst->commit;

	worst->has_commit = true;
	*commit = (struct commit_result){ .kind = strdup("jbd2"),
					  .id = 17,
					  .locked = 1000,
					  .flushing = 0,
					  .logging = 7000,
					  .total = 8100,
					  .handles = 5,
					  .blocks = 12,
					  .bytes = U64_ABSENT };
	commit->fillers = calloc(2, sizeof(*commit->fillers));
	commit->filler_count = 2;
	commit->fillers[0] = (struct commit_filler){ strdup("cp \"x\""), 42, 4, 40 };
	commit->fillers[1] = (struct commit_filler){ strdup("syncfault"), 43, 1, U64_ABSENT };
}

static void fill_worst(struct probes_result *probes)
{
	static const struct stage_span timeline[] = { { STAGE_MM, 0, 500 },
						      { STAGE_HANDLER, 500, 1100 },
						      { STAGE_JOURNAL_WAIT, 1100, 9400 },
						      { STAGE_MM, 9400, 9900 } };
	struct worst_result *worst = calloc(2, sizeof(*worst));

	probes->worst = worst;
	probes->worst_count = 2;
	worst[0] = (struct worst_result){ .total = 9900,
					  .address = 0x7f0000001000,
					  .inode = 12,
					  .page = 3,
					  .tid = 99,
					  .blocked = 8200,
					  .runnable = 50 };
	worst[0].timeline = malloc(sizeof(timeline));
	worst[0].timeline_count = COUNT(timeline);
	memcpy(worst[0].timeline, timeline, sizeof(timeline));
	worst[0].stage_ns = malloc(STAGE_COUNT * sizeof(uint64_t));
	worst[0].stage_ns_count = STAGE_COUNT;
	for (int i = 0; i < STAGE_COUNT; i++)
		worst[0].stage_ns[i] = U64_ABSENT;
	worst[0].stage_ns[STAGE_MM] = 1000;
	worst[0].stage_ns[STAGE_HANDLER] = 600;
	worst[0].stage_ns[STAGE_JOURNAL_WAIT] = 8300;
	worst[0].stage_ns[STAGE_RETRY] = 0;
	strings_add(&worst[0].stack, "schedule+0x3a");
	strings_add(&worst[0].stack, "jbd2_log_wait_commit+0xf9");
	fill_commit(&worst[0]);
	worst[1] = (struct worst_result){ .total = 2900, .inode = 12, .page = 2, .tid = 99 };
	worst[1].address = U64_ABSENT;
}

static void fill_probes(struct probes_result *probes)
{
	uint64_t *samples = malloc(sizeof(user_ns));
	struct hist hist;

	memcpy(samples, user_ns, sizeof(user_ns));
	hist_init(&hist);
	hist_add_all(&hist, samples, COUNT(user_ns));
	assert_int_equal(latency_fill(&probes->latency, &hist, samples, COUNT(user_ns)), 0);
	fill_latency(&probes->total, kernel_ns, COUNT(kernel_ns));
	probes->cost_ns = -12.5;
	probes->counts.faults = COUNT(kernel_ns);
	probes->counts.fsyncs = 2;
	probes->drops = (struct probe_drops){ 0 };
	probes->blocked_mean_ns = 2750.25;
	probes->runnable_mean_ns = 0;
	fill_stages(probes);
	fill_worst(probes);
	probes->has_commits = true;
	fill_latency(&probes->commit_total, commit_ns, COUNT(commit_ns));
}

static void fill_cell(struct cell_result *cell)
{
	char key[CELL_KEY_SIZE];

	cell_result_init(cell);
	assert_int_equal(cell_set_fs(&cell->config, "ext4"), 0);
	cell->config.pages = COUNT(user_ns);
	cell->config.threads = 1;
	assert_int_equal(cell_key(&cell->config, key, sizeof(key)), 0);
	cell->key = strdup(key);
	cell->status = CELL_OK;
	cell->has_latency = true;
	fill_latency(&cell->latency, user_ns, COUNT(user_ns));
}

static void fill_result(struct result *result)
{
	result_init(result);
	result->schema = strdup(RESULT_SCHEMA);
	result->suite = strdup("test");
	result->clock.unit = strdup("ns");
	result->cells = calloc(2, sizeof(*result->cells));
	result->cell_count = 2;
	fill_cell(&result->cells[0]);
	result->cells[0].has_probes = true;
	fill_probes(&result->cells[0].probes);
	fill_cell(&result->cells[1]);
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

static void check_stages(const struct probes_result *probes)
{
	assert_int_equal(probes->stage_count, STAGE_COUNT);
	assert_true(probes->stages[STAGE_MM].mean_ns == 400);
	assert_int_equal(probes->stages[STAGE_MM].latency.count, 4);
	assert_int_equal(probes->stages[STAGE_JOURNAL_WAIT].latency.max, 8300);
	assert_int_equal(probes->stages[STAGE_HANDLER].rung, RUNG_KPROBE);
	assert_string_equal(probes->stages[STAGE_HANDLER].reason,
			    "fentry: Operation not supported");
	assert_true(isnan(probes->stages[STAGE_MAP].mean_ns));
	assert_true(probes->stages[STAGE_FLUSH].mean_ns == 0);
	assert_false(probes->stages[STAGE_FLUSH].has_latency);
}

static void check_worst(const struct worst_result *worst)
{
	assert_int_equal(worst[0].timeline_count, 4);
	assert_int_equal(worst[0].timeline[2].stage, STAGE_JOURNAL_WAIT);
	assert_int_equal(worst[0].timeline[2].to, 9400);
	assert_int_equal(worst[0].stage_ns_count, STAGE_COUNT);
	assert_int_equal(worst[0].stage_ns[STAGE_JOURNAL_WAIT], 8300);
	assert_int_equal(worst[0].stage_ns[STAGE_RETRY], 0);
	assert_true(worst[0].stage_ns[STAGE_MAP] == U64_ABSENT);
	assert_string_equal(worst[0].stack.items[1], "jbd2_log_wait_commit+0xf9");
	assert_true(worst[0].has_commit);
	assert_int_equal(worst[0].commit.fillers[0].blocks, 40);
	assert_string_equal(worst[0].commit.fillers[0].comm, "cp \"x\"");
	assert_true(worst[0].commit.fillers[1].blocks == U64_ABSENT);
	assert_true(worst[0].commit.bytes == U64_ABSENT);
	assert_false(worst[1].has_commit);
	assert_null(worst[1].stage_ns);
	assert_true(worst[1].address == U64_ABSENT);
}

static void write_read_write(void **state)
{
	const struct probes_result *probes;
	struct result result;
	char *again;
	size_t length;

	(void)state;
	assert_int_equal(result_parse(whole_text, whole_length, "f", &result), 0);
	assert_true(result.cells[0].has_probes);
	probes = &result.cells[0].probes;
	assert_memory_equal(probes->latency.samples, user_ns, sizeof(user_ns));
	assert_int_equal(probes->total.max, 9900);
	assert_true(probes->cost_ns == -12.5);
	assert_int_equal(probes->counts.fsyncs, 2);
	assert_true(probes->counts.retries == U64_ABSENT);
	assert_int_equal(probes->drops.deep, 0);
	assert_true(probes->blocked_mean_ns == 2750.25);
	check_stages(probes);
	assert_int_equal(probes->worst_count, 2);
	check_worst(probes->worst);
	assert_true(probes->has_commits);
	assert_int_equal(probes->commit_total.max, 70000);
	assert_true(probes->commit_locked.count == U64_ABSENT);
	assert_int_equal(result_format(&result, &again, &length), 0);
	assert_int_equal(length, whole_length);
	assert_memory_equal(again, whole_text, length);
	free(again);
	result_free(&result);
}

static void assert_accepted(const char *path, const char *json)
{
	char *text = change(path, json);
	int ret;
	const char *printed = parse(text, strlen(text), &ret);

	free(text);
	if (ret || *printed)
		fail_msg("%s = %s: gives %d and says '%s'", path, json ? json : "(none)", ret,
			 printed);
}

/* As in every result that was written before there were probes. */
static void without_probes(void **state)
{
	static const char *const values[] = { "null", NULL };

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		char *text = change("cells/0/probes", values[i]);
		struct result result;

		assert_int_equal(result_parse(text, strlen(text), "f", &result), 0);
		assert_false(result.cells[0].has_probes);
		assert_true(result.cells[0].has_latency);
		result_free(&result);
		free(text);
	}
}

static void what_may_be_absent(void **state)
{
	static const char *const paths[] = {
		"commits",	    "commits/locked",	      "worst",
		"worst/0/timeline", "worst/0/stack",	      "worst/0/commit",
		"worst/0/stages",   "worst/0/commit/fillers", "cost",
		"blocked_mean",	    "counts/faults",	      "stages/3/probes",
		"stages/3/latency", "worst/0/stages/retry",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		char path[96];

		snprintf(path, sizeof(path), "cells/0/probes/%s", paths[i]);
		assert_accepted(path, NULL);
		assert_accepted(path, "null");
	}
	assert_accepted("cells/0/probes/cost", "-36000000000000");
	assert_accepted("cells/0/probes/worst/0/timeline/3/to", "9899");
	assert_accepted("cells/0/probes/stages/3/mean", "402");
}

static void required_keys(void **state)
{
	static const char *const paths[] = {
		"latency",
		"total",
		"counts",
		"drops",
		"stages",
		"latency/count",
		"stages/0/stage",
		"stages/0/rung",
		"worst/0/total",
		"worst/0/timeline/0/stage",
		"worst/0/timeline/0/from",
		"worst/0/timeline/0/to",
		"worst/0/commit/kind",
		"worst/0/commit/id",
		"commits/total",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		const char *slash = strrchr(paths[i], '/');
		char name[96], path[96];

		snprintf(name, sizeof(name), "%s: is missing", slash ? slash + 1 : paths[i]);
		snprintf(path, sizeof(path), "cells/0/probes/%s", paths[i]);
		assert_change_refused(path, NULL, name);
		assert_change_refused(path, "null", "must not be null");
	}
}

struct bad_value {
	const char *path, *json, *message;
};

static void refuse_all(const struct bad_value *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char path[96];

		snprintf(path, sizeof(path), "cells/0/probes%s", values[i].path);
		assert_change_refused(path, values[i].json, values[i].message);
	}
}

static void wrong_values(void **state)
{
	static const struct bad_value values[] = {
		{ "", "[]", "probes: wants an object" },
		{ "/cost", "\"1\"", "cost: wants a number" },
		{ "/cost", "-1e300", "cost: beyond" },
		{ "/blocked_mean", "-1", "blocked_mean: is negative" },
		{ "/counts/faults", "-1", "counts.faults: is negative" },
		{ "/counts/x", "1", "counts.x: no such key" },
		{ "/drops/deep", "1e3", "drops.deep: wants a whole number" },
		{ "/stages", "{}", "stages: wants a list" },
		{ "/stages/3", "null", "stages[3]: wants an object" },
		{ "/stages/3/stage", "\"mmm\"", "stages[3].stage: wants outside, lock, retry" },
		{ "/stages/3/rung", "0", "rung: wants fentry, kprobe, tracepoint, bcc or none" },
		{ "/stages/3/mean", "-0.5", "stages[3].mean: is negative" },
		{ "/stages/3/mean", "36000000000001", "stages[3].mean: beyond" },
		{ "/worst/0/total", "36000000000001", "worst[0].total: beyond" },
		{ "/worst/0/address", "1.5", "address: wants a whole number" },
		{ "/worst/0/timeline/1/stage", "7", "timeline[1].stage: wants outside" },
		{ "/worst/0/stages", "[]", "worst[0].stages: wants an object" },
		{ "/worst/0/stages/mmm", "1", "stages.mmm: no such key" },
		{ "/worst/0/stages/mm", "\"1\"", "stages.mm: wants a whole number" },
		{ "/worst/0/stages/mm", "-1", "stages.mm: is negative" },
		{ "/worst/0/stages/mm", "36000000000001", "stages.mm: beyond" },
		{ "/worst/0/stack/0", "1", "stack[0]: wants a string" },
		{ "/worst/0/commit/fillers/0/comm", "[]", "comm: wants a string" },
		{ "/commits/locked", "[]", "commits.locked: wants an object" },
		{ "/commits/locked", "{}", "commits.locked.count: is missing" },
	};

	(void)state;
	refuse_all(values, COUNT(values));
}

static void parts_that_contradict_each_other(void **state)
{
	static const struct bad_value values[] = {
		{ "/latency/log2_us/0/count", "5", "probes: the buckets do not add up" },
		{ "/total/hist_ns/0/count", "0", "probes: the buckets do not add up" },
		{ "/stages/3/latency/hist_ns/0/count", "2", "the buckets do not add up" },
		{ "/stages/3/latency/min", "1001", "not in ascending order" },
		{ "/commits/total/hist_ns/1/count", "2", "the buckets do not add up" },
		{ "/counts/faults", "5", "the faults counted are not those timed" },
		{ "/latency/mean", "null", "has no mean" },
		{ "/stages/18", NULL, "not every stage is there once" },
		{ "/stages/3/stage", "\"handler\"", "the stages are not in their order" },
		{ "/stages/0/rung", "\"fentry\"", "outside of the probes has a rung" },
		{ "/stages/5/mean", "0", "a stage that no probe saw has figures" },
		{ "/stages/3/rung", "\"none\"", "a stage that no probe saw has figures" },
		{ "/stages/3/mean", "405", "the stages do not add up to the mean fault" },
		{ "/stages/3/mean", "395", "the stages do not add up to the mean fault" },
		{ "/stages/3/mean", "null", "the stages do not add up to the mean fault" },
		{ "/stages/0/mean", "0", "the stages do not add up to the mean fault" },
		{ "/stages/18/latency", "{\"count\": 5, \"min\": 1, \"max\": 1}",
		  "more faults were in a stage than there were" },
		{ "/stages/18/latency", "{\"count\": 0, \"min\": 1, \"max\": 1}", "count is 0" },
		{ "/worst/0/timeline/0/from", "1", "has a gap or goes back" },
		{ "/worst/0/timeline/1/from", "501", "has a gap or goes back" },
		{ "/worst/0/timeline/1/to", "499", "has a gap or goes back" },
		{ "/worst/0/timeline/3/to", "9901", "longer than the fault" },
		{ "/worst/0/stages/mm", "1020", "the stages of a fault do not add up" },
		{ "/worst/0/stages/mm", "null", "the stages of a fault do not add up" },
		{ "/worst/0/commit/kind", "\"ext4\"", "neither jbd2 nor cil" },
		{ "/worst/1/total", "9901", "not slowest first" },
	};

	(void)state;
	refuse_all(values, COUNT(values));
}

/* Then the sum is of other faults than the mean; not so if only an event was not reported. */
static void drops_excuse_the_sum(void **state)
{
	static const char *const drops[] = { "slots", "unfinished", "deep", "unmatched" };
	struct result result;

	(void)state;
	fill_result(&result);
	result.cells[0].probes.stages[STAGE_MM].mean_ns = 100;
	for (size_t i = 0; i < COUNT(drops); i++) {
		struct probe_drops *figures = &result.cells[0].probes.drops;
		uint64_t *const each[] = { &figures->slots, &figures->unfinished, &figures->deep,
					   &figures->unmatched };
		char *text;
		size_t length;

		*figures = (struct probe_drops){ 0 };
		*each[i] = 1;
		assert_int_equal(result_format(&result, &text, &length), 0);
		assert_non_null(strstr(text, drops[i]));
		free(text);
	}
	result.cells[0].probes.drops = (struct probe_drops){ .events = 1 };
	assert_non_null(result_check_probes(&result.cells[0].probes));
	result.cells[0].probes.stages[STAGE_MM].mean_ns = 400;
	assert_null(result_check_probes(&result.cells[0].probes));
	result_free(&result);
}

/* A file that lacks it is refused before: this is of what was measured just now. */
static void commits_without_a_total(void **state)
{
	struct result result;
	struct probes_result *probes;

	(void)state;
	fill_result(&result);
	probes = &result.cells[0].probes;
	assert_null(result_check_probes(probes));
	probes->commit_total.count = U64_ABSENT;
	assert_non_null(result_check_probes(probes));
	probes->has_commits = false;
	assert_null(result_check_probes(probes));
	probes->has_commits = true;
	result_free(&result);
}

static void words_of_stages(void **state)
{
	(void)state;
	for (int i = 0; i < STAGE_COUNT; i++) {
		bool is_best = i == STAGE_LOCK || i == STAGE_MAP || i == STAGE_INSERT;

		assert_non_null(stage_words[i]);
		assert_non_null(stage_meaning(i));
		assert_int_equal(stage_is_best_as_tracepoint(i), is_best);
	}
	assert_null(stage_words[STAGE_COUNT]);
	assert_string_equal(stage_words[STAGE_LOCK], "lock");
	assert_string_equal(stage_words[STAGE_WP_WAIT], "wp_wait");
	assert_string_equal(stage_words[STAGE_JOURNAL_WAIT], "journal_wait");
	assert_string_equal(stage_words[STAGE_FAST_COMMIT], "fast_commit");
	assert_string_equal(stage_words[STAGE_FLUSH], "flush");
}

static void only_of_a_cell_that_is_ok(void **state)
{
	char *text = change("cells/0/latency", "null"), *at;

	(void)state;
	at = strstr(text, "\"status\": \"ok\", \"reason\": null");
	assert_non_null(at);
	memcpy(at, "\"status\":\"failed\",\"reason\":\"x\"", 30);
	assert_refused(text, strlen(text), "failed", "cells[0]: only a cell that is ok has probes");
	free(text);
}

/* One byte changed anywhere: read or refused in one line, never anything else. */
static void damaged(void **state)
{
	static const char bytes[] = { '\0', '"', '{', ']', '9', '-', '\xff', '\n', '\033', ',' };
	char *text = malloc(whole_length);

	(void)state;
	for (size_t i = 0; i < whole_length; i += 3) {
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(write_read_write),
		cmocka_unit_test(without_probes),
		cmocka_unit_test(what_may_be_absent),
		cmocka_unit_test(required_keys),
		cmocka_unit_test(wrong_values),
		cmocka_unit_test(parts_that_contradict_each_other),
		cmocka_unit_test(drops_excuse_the_sum),
		cmocka_unit_test(commits_without_a_total),
		cmocka_unit_test(words_of_stages),
		cmocka_unit_test(only_of_a_cell_that_is_ok),
		cmocka_unit_test(damaged),
	};

	return cmocka_run_group_tests(tests, format_whole, free_whole);
}
