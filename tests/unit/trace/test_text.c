// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"
#include "trace/json.h"
#include "trace/text.h"

static struct probes_totals totals;

static void add(struct probes_hist *hist, uint64_t ns)
{
	hist->count++;
	hist->sum_ns += ns;
	hist->max_ns = hist->max_ns > ns ? hist->max_ns : ns;
	hist->slots[slot_of(ns)]++;
}

static int setup(void **state)
{
	(void)state;
	memset(&totals, 0, sizeof(totals));
	return 0;
}

static void count_some(void)
{
	for (int i = 0; i < 1234; i++) {
		add(&totals.hists[ROOT_FAULT][STAGE_OUTSIDE], 40);
		add(&totals.hists[ROOT_FAULT][STAGE_MM], 10);
		add(&totals.hists[ROOT_FAULT][STAGE_MAP], 30);
	}
	add(&totals.hists[ROOT_FSYNC][STAGE_OUTSIDE], 5000);
	add(&totals.hists[ROOT_FSYNC][STAGE_FSYNC], 5000);
	add(&totals.commits[PHASE_ALL], 7000);
	totals.blocked_ns[ROOT_FAULT] = 1234 * 20;
	totals.counts[COUNT_NEEDDSYNC] = 5;
	totals.counts[COUNT_INTERRUPTED] = U64_ABSENT;
}

static void print_span(char *text, size_t size, bool is_json, bool is_total)
{
	FILE *out = fmemopen(text, size, "w");
	struct trace_span span;

	assert_non_null(out);
	assert_int_equal(trace_span_fill(&span, &totals, is_json && is_total), 0);
	span.from = 0;
	span.to = 1500000000;
	if (is_json)
		assert_int_equal(trace_json_span(out, &span, is_total), 0);
	else
		assert_int_equal(trace_text_span(out, "Total", &span), 0);
	trace_span_free(&span);
	fclose(out);
}

/* Whether a line holds these words in this order. */
static bool has_line(const char *text, const char *const *words)
{
	for (const char *line = text; line; line = strchr(line, '\n')) {
		const char *at = line += *line == '\n';
		const char *end = at + strcspn(at, "\n");
		size_t i;

		for (i = 0; words[i] && at; i++) {
			at = strstr(at, words[i]);
			if (at && at + strlen(words[i]) > end)
				at = NULL;
		}
		if (at && !words[i])
			return true;
	}
	return false;
}

#define assert_line(text, ...) \
	assert_true(has_line(text, (const char *const[]){ __VA_ARGS__, NULL }))

static void a_span_as_tables(void **state)
{
	char text[8192] = "";

	(void)state;
	count_some();
	print_span(text, sizeof(text), false, true);
	assert_line(text, "Total, 1.5 s: 1,234 faults");
	assert_line(text, "fault", "1,234", "0.04", "0.04");
	assert_line(text, "mm", "1,234", "25.0 %", "0.01");
	assert_line(text, "map", "1,234", "75.0 %", "0.03");
	assert_line(text, "mean of faults", "0.02 us waiting", "0.00 us for the CPU");
	assert_line(text, "fsync", "1", "5.00");
	assert_line(text, "total", "1", "7.00");
	assert_line(text, "counted: VM_FAULT_NEEDDSYNC 5");
	assert_null(strstr(text, "given up for a signal"));
	assert_null(strstr(text, "NOT measured"));
	assert_null(strstr(text, "journal_wait"));
	assert_null(strstr(text, "locked"));
	assert_null(strstr(text, "nan"));
	totals.counts[DROP_SLOT] = 3;
	print_span(text, sizeof(text), false, true);
	assert_line(text, "NOT measured: faults without a place 3");
}

static void nothing_is_one_line(void **state)
{
	char text[8192] = "";

	(void)state;
	print_span(text, sizeof(text), false, false);
	assert_string_equal(text, "Total, 1.5 s: no faults\n");
}

static void a_span_as_json(void **state)
{
	char text[8192] = "";

	(void)state;
	count_some();
	print_span(text, sizeof(text), true, false);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	assert_ptr_equal(strstr(text, "{\"type\": \"interval\", \"from\": 0, \"to\": 1500000000, "),
			 text);
	assert_non_null(strstr(text, "\"faults\": {\"count\": 1234, \"mean\": 40.0, \"p50\": 40,"));
	assert_non_null(strstr(text, "{\"stage\": \"map\", \"share\": 0.75, \"count\": 1234,"));
	assert_non_null(strstr(text, "\"fsyncs\": {\"count\": 1,"));
	assert_non_null(strstr(text, "\"locked\": {\"count\": 0, \"mean\": null, \"p50\": null,"));
	assert_non_null(strstr(text, "\"needdsync\": 5,"));
	assert_non_null(strstr(text, "\"drops\": {\"slots\": 0,"));
	assert_null(strstr(text, "hist_ns"));
	print_span(text, sizeof(text), true, true);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	assert_ptr_equal(strstr(text, "{\"type\": \"total\""), text);
	assert_non_null(strstr(text, "\"hist_ns\": [{\"from\": 40, \"to\": 40, \"count\": 1234}]"));
	memset(&totals, 0, sizeof(totals));
	print_span(text, sizeof(text), true, false);
	assert_non_null(strstr(text, "\"fsyncs\": null, \"commits\": null"));
}

/* Each value is another, so that none can be in the place of its neighbour. */
static void keys_of_a_span(void **state)
{
	static const char counts[] =
		"\"counts\": {\"needdsync\": 100, \"insert_pfn_mkwrite\": 101, \"fsyncs\": 102, "
		"\"xfs_fsyncs\": 103, \"journal_commits\": 104, \"fast_commits\": 105, "
		"\"log_forces\": 106, \"cil_pushes\": 107, \"iclog_waits\": 108, "
		"\"retries\": 109, \"interrupted\": 110}, \"drops\": {\"slots\": 111, "
		"\"unfinished\": 112, \"deep\": 113, \"unmatched\": 114, \"events\": 115}";
	static const int order[] = { COUNT_NEEDDSYNC,	   COUNT_INSERT_PFN_MKWRITE,
				     COUNT_FSYNC,	   COUNT_XFS_FSYNC,
				     COUNT_JOURNAL_COMMIT, COUNT_FAST_COMMIT,
				     COUNT_LOG_FORCE,	   COUNT_CIL_PUSH,
				     COUNT_ICLOG_WAIT,	   COUNT_RETRY,
				     COUNT_INTERRUPTED,	   DROP_SLOT,
				     DROP_UNFINISHED,	   DROP_DEEP,
				     DROP_UNMATCHED,	   DROP_EVENT };
	char text[16384] = "";

	(void)state;
	for (uint64_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		totals.counts[order[i]] = 100 + i;
	for (uint64_t ns = 1; ns <= 1000; ns++)
		add(&totals.hists[ROOT_FAULT][STAGE_OUTSIDE], ns <= 500	  ? 10
							      : ns <= 900 ? 20
							      : ns <= 990 ? 30
							      : ns <= 999 ? 40
									  : 50);
	totals.blocked_ns[ROOT_FAULT] = 3000;
	totals.runnable_ns[ROOT_FAULT] = 2000;
	add(&totals.commits[PHASE_LOCKED], 1);
	add(&totals.commits[PHASE_FLUSHING], 2);
	add(&totals.commits[PHASE_LOGGING], 3);
	add(&totals.commits[PHASE_ALL], 6);
	print_span(text, sizeof(text), true, false);
	assert_non_null(strstr(text, counts));
	assert_non_null(strstr(text, "\"p50\": 10, \"p90\": 20, \"p99\": 30, \"p999\": 40, "
				     "\"max\": 50, \"blocked_mean\": 3.0, "
				     "\"runnable_mean\": 2.0"));
	assert_line(text, "\"locked\": {\"count\": 1, \"mean\": 1.0",
		    "\"flushing\": {\"count\": 1, \"mean\": 2.0",
		    "\"logging\": {\"count\": 1, \"mean\": 3.0",
		    "\"total\": {\"count\": 1, \"mean\": 6.0");
}

static void fill_fault(struct trace_fault *fault)
{
	struct probe_record record = { .total_ns = 1234567,
				       .inode = 131,
				       .page = 4096,
				       .dev = 259 << 20,
				       .tgid = 4711,
				       .tid = 4712,
				       .flags = 0x55,
				       .is_sync = 1,
				       .comm = "wri\033ter",
				       .commit_id = 42,
				       .blocked_ns = 1000000,
				       .longest_ns = 900000,
				       .is_wait_stack = 1,
				       .trail_count = PROBE_TRAIL };

	for (uint64_t i = 0; i < PROBE_TRAIL; i++)
		record.trail[i] = i * 20000 << 8 | (i % 2 ? STAGE_HANDLER : STAGE_MM);
	record.stage_ns[STAGE_MM] = 234567;
	record.stage_ns[STAGE_JOURNAL_WAIT] = 1000000;
	assert_int_equal(trace_fault_fill(fault, &record, 0), 0);
	assert_int_equal(strings_add(&fault->fault.stack, "schedule+0x27"), 0);
}

static void fill_commit(struct trace_fault *fault)
{
	struct commit_result *commit = &fault->fault.commit;

	fault->fault.has_commit = true;
	*commit = (struct commit_result){ .kind = strdup("jbd2"),
					  .id = 42,
					  .locked = 1000,
					  .flushing = 2000,
					  .logging = 3000,
					  .total = 6000,
					  .handles = 201,
					  .blocks = 10,
					  .bytes = U64_ABSENT,
					  .fillers = calloc(7, sizeof(*commit->fillers)),
					  .filler_count = 7 };
	assert_non_null(commit->fillers);
	for (size_t i = 0; i < 7; i++)
		commit->fillers[i] = (struct commit_filler){ strdup("cp"), 900 + i, 7 - i, 1 };
}

static void print_fault(char *text, size_t size, const struct trace_fault *fault, size_t rank)
{
	FILE *out = fmemopen(text, size, "w");

	assert_non_null(out);
	if (rank)
		trace_text_worst(out, rank, "14:03:07.000001", fault);
	else
		trace_text_event(out, "14:03:07.000001", fault);
	fclose(out);
}

static void an_event_is_one_line(void **state)
{
	struct trace_fault fault;
	char text[4096] = "";

	(void)state;
	fill_fault(&fault);
	print_fault(text, sizeof(text), &fault, 0);
	assert_string_equal(text, "14:03:07.000001  1,234.57 us  wri?ter 4711/4712  synchronous "
				  "write 259:0 inode 131 page 4,096: journal_wait 1,000.00, mm "
				  "234.57\n");
	fault.file = strdup("/srv/a\nb");
	fault.has_failed = 1;
	print_fault(text, sizeof(text), &fault, 0);
	assert_line(text, " /srv/a?b page 4,096: ", "; it failed");
	/* The longest four of its stages. */
	for (uint64_t i = 0; i < 3; i++)
		fault.fault.stage_ns[STAGE_HANDLER + i] = 300000 - i * 10000;
	print_fault(text, sizeof(text), &fault, 0);
	assert_line(text, "journal_wait 1,000.00, handler 300.00, map 290.00, insert 280.00; it");
	trace_fault_free(&fault);
}

static void check_columns(char *text)
{
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		assert_in_range(printable_columns(line), 1, 100);
}

static void all_of_one_of_the_slowest(void **state)
{
	struct trace_fault fault;
	char text[8192] = "";

	(void)state;
	fill_fault(&fault);
	print_fault(text, sizeof(text), &fault, 3);
	assert_line(text, "3. 14:03:07.000001", "1,234.57 us");
	assert_line(text, "waited for commit 42, which was not seen to its end");
	fill_commit(&fault);
	print_fault(text, sizeof(text), &fault, 1);
	assert_line(text, "stages", "journal_wait 1,000.00, mm 234.57");
	assert_line(text, "timeline", "0.00 mm, 20.00 handler, 40.00 mm");
	assert_line(text, "off the CPU 1,000.00 us", "0.00 us for the CPU; longest 900.00 us");
	assert_line(text, "waited for transaction 42: 201 handles, 10 blocks of log");
	assert_line(text, "in all 6.00, locked 1.00, flushing 2.00, logging 3.00");
	assert_line(text, "filled by cp 900: 7 handles, 1 block");
	assert_line(text, "and 2 more");
	assert_line(text, "stack of the longest wait:");
	assert_line(text, "      schedule+0x27");
	assert_null(strstr(text, "more than are kept"));
	check_columns(text);
	trace_fault_free(&fault);
}

static void a_fault_as_json(void **state)
{
	struct trace_fault fault;
	char text[16384] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	(void)state;
	assert_non_null(out);
	fill_fault(&fault);
	assert_int_equal(trace_json_fault(out, 0, &fault), 0);
	fill_commit(&fault);
	assert_int_equal(trace_json_fault(out, 2, &fault), 0);
	trace_fault_free(&fault);
	fclose(out);
	assert_ptr_equal(strstr(text, "{\"type\": \"fault\", \"at\": "), text);
	assert_line(text, "\"file\": null, \"dev\": \"259:0\"", "\"commit_id\": 42",
		    "\"fault\": {\"total\": 1234567,", "\"commit\": null");
	assert_line(text, "{\"type\": \"worst\", \"rank\": 2,", "\"journal_wait\": 1000000",
		    "\"commit\": {\"kind\": \"jbd2\", \"id\": 42,");
}

static void the_start_as_json(void **state)
{
	struct probes_stage stages[STAGE_COUNT] = { 0 };
	char text[16384] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	(void)state;
	assert_non_null(out);
	stages[STAGE_LOCK] = (struct probes_stage){ RUNG_NONE, NULL, "why not" };
	assert_int_equal(trace_json_start(out, &(struct trace_start){ .started = "now",
								      .target = "all",
								      .pid = U64_ABSENT,
								      .inode = U64_ABSENT,
								      .interval = U64_ABSENT,
								      .over = 5000,
								      .stages = stages }),
			 0);
	fclose(out);
	assert_line(text, "{\"type\": \"start\"", "\"pid\": null, \"path\": null", "\"over\": 5000",
		    "{\"stage\": \"lock\", \"rung\": \"none\", \"probes\": null, "
		    "\"reason\": \"why not\"",
		    "{\"stage\": \"flush\", \"rung\": \"fentry\"");
	assert_null(strstr(text, "\"outside\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_span_as_tables, setup),
		cmocka_unit_test_setup(nothing_is_one_line, setup),
		cmocka_unit_test_setup(a_span_as_json, setup),
		cmocka_unit_test_setup(keys_of_a_span, setup),
		cmocka_unit_test(an_event_is_one_line),
		cmocka_unit_test(all_of_one_of_the_slowest),
		cmocka_unit_test(a_fault_as_json),
		cmocka_unit_test(the_start_as_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
