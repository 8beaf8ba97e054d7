// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/json.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/json.h"
#include "base/version.h"
#include "result/rows.h"
#include "result/stages.h"

struct stage_line {
	int stage, rung;
	const char *probes, *reason, *meaning;
};

struct start_line {
	const char *type, *version, *commit, *kernel;
	struct trace_start start;
	struct stage_line *stages;
	size_t stage_count;
};

static const struct json_row stage_line_rows[] = {
	JSON_ROW(struct stage_line, "stage", WORD, stage, .words = stage_words),
	JSON_ROW(struct stage_line, "rung", WORD, rung, .words = rung_words),
	JSON_ROW(struct stage_line, "probes", STRING, probes),
	JSON_ROW(struct stage_line, "reason", STRING, reason),
	JSON_ROW(struct stage_line, "meaning", STRING, meaning),
	JSON_END,
};

static const struct json_row start_rows[] = {
	JSON_ROW(struct start_line, "type", STRING, type),
	JSON_ROW(struct start_line, "version", STRING, version),
	JSON_ROW(struct start_line, "commit", STRING, commit),
	JSON_ROW(struct start_line, "kernel", STRING, kernel),
	JSON_ROW(struct start_line, "started", STRING, start.started),
	JSON_ROW(struct start_line, "target", STRING, start.target),
	JSON_ROW(struct start_line, "pid", U64, start.pid),
	JSON_ROW(struct start_line, "path", STRING, start.path),
	JSON_ROW(struct start_line, "dev", STRING, start.dev),
	JSON_ROW(struct start_line, "inode", U64, start.inode),
	JSON_ROW(struct start_line, "interval", U64, start.interval),
	JSON_ROW(struct start_line, "over", U64, start.over),
	JSON_ROW(struct start_line, "worst", U64, start.worst),
	JSON_LIST(struct start_line, "stages", stages, stage_count, stage_line_rows),
	JSON_END,
};

static int print_line(FILE *out, const struct json_row *rows, const void *object)
{
	auto_free char *text = NULL;
	size_t length;

	if (json_write_line(rows, object, &text, &length))
		return -ENOMEM;
	fwrite(text, 1, length, out);
	return 0;
}

int trace_json_start(FILE *out, const struct trace_start *start)
{
	struct stage_line stages[STAGE_COUNT];
	struct start_line line = { .type = "start",
				   .version = tool_version,
				   .commit = tool_commit,
				   .start = *start,
				   .stages = stages };
	struct utsname name;

	line.kernel = uname(&name) ? NULL : name.release;
	for (int i = STAGE_OUTSIDE + 1; i < STAGE_COUNT; i++)
		stages[line.stage_count++] =
			(struct stage_line){ i, start->stages[i].rung, start->stages[i].probes,
					     start->stages[i].reason, stage_meaning(i) };
	return print_line(out, start_rows, &line);
}

struct span_line {
	const char *type;
	struct trace_span span;
};

static const struct json_row bucket_rows[] = {
	JSON_ROW(struct bucket, "from", U64, from),
	JSON_ROW(struct bucket, "to", U64, to),
	JSON_ROW(struct bucket, "count", U64, count),
	JSON_END,
};

/* at: "" in the figures themselves, "whole." in what they are of. */
#define FIGURES(struct_, at)                                                                    \
	JSON_ROW(struct_, "count", U64, at count), JSON_ROW(struct_, "mean", REAL, at mean),    \
		JSON_ROW(struct_, "p50", U64, at p50), JSON_ROW(struct_, "p90", U64, at p90),   \
		JSON_ROW(struct_, "p99", U64, at p99), JSON_ROW(struct_, "p999", U64, at p999), \
		JSON_ROW(struct_, "max", U64, at max)
#define BUCKETS(struct_, at) \
	JSON_LIST(struct_, "hist_ns", at hist_ns, at hist_ns_count, bucket_rows)
#define STAGE_ROWS                                                                  \
	JSON_ROW(struct trace_figures, "stage", WORD, stage, .words = stage_words), \
		JSON_ROW(struct trace_figures, "share", REAL, share),               \
		FIGURES(struct trace_figures, )
#define ROOT_ROWS                                                                \
	FIGURES(struct trace_root, whole.),                                      \
		JSON_ROW(struct trace_root, "blocked_mean", REAL, blocked_mean), \
		JSON_ROW(struct trace_root, "runnable_mean", REAL, runnable_mean)

/* Of intervals. */
static const struct json_row figure_rows[] = { FIGURES(struct trace_figures, ), JSON_END };
static const struct json_row stage_rows[] = { STAGE_ROWS, JSON_END };
static const struct json_row root_rows[] = {
	ROOT_ROWS,
	JSON_LIST(struct trace_root, "stages", stages, stage_count, stage_rows),
	JSON_END,
};

/* Of the total: with histograms. */
static const struct json_row total_figure_rows[] = {
	FIGURES(struct trace_figures, ),
	BUCKETS(struct trace_figures, ),
	JSON_END,
};
static const struct json_row total_stage_rows[] = {
	STAGE_ROWS,
	BUCKETS(struct trace_figures, ),
	JSON_END,
};
static const struct json_row total_root_rows[] = {
	ROOT_ROWS,
	BUCKETS(struct trace_root, whole.),
	JSON_LIST(struct trace_root, "stages", stages, stage_count, total_stage_rows),
	JSON_END,
};

#define COMMIT_ROWS(rows_)                                                                     \
	JSON_ROW(struct trace_span, "locked", OBJECT, commits[PHASE_LOCKED], .rows = (rows_)), \
		JSON_ROW(struct trace_span, "flushing", OBJECT, commits[PHASE_FLUSHING],       \
			 .rows = (rows_)),                                                     \
		JSON_ROW(struct trace_span, "logging", OBJECT, commits[PHASE_LOGGING],         \
			 .rows = (rows_)),                                                     \
		JSON_ROW(struct trace_span, "total", OBJECT, commits[PHASE_ALL], .rows = (rows_))

static const struct json_row commit_rows[] = { COMMIT_ROWS(figure_rows), JSON_END };
static const struct json_row total_commit_rows[] = { COMMIT_ROWS(total_figure_rows), JSON_END };

/* The same keys as of a result's probes. */
#define COUNT(key_, index_) JSON_ROW(struct trace_span, key_, U64, counts[index_])
static const struct json_row count_rows[] = {
	COUNT("needdsync", COUNT_NEEDDSYNC),
	COUNT("insert_pfn_mkwrite", COUNT_INSERT_PFN_MKWRITE),
	COUNT("fsyncs", COUNT_FSYNC),
	COUNT("xfs_fsyncs", COUNT_XFS_FSYNC),
	COUNT("journal_commits", COUNT_JOURNAL_COMMIT),
	COUNT("fast_commits", COUNT_FAST_COMMIT),
	COUNT("log_forces", COUNT_LOG_FORCE),
	COUNT("cil_pushes", COUNT_CIL_PUSH),
	COUNT("iclog_waits", COUNT_ICLOG_WAIT),
	COUNT("retries", COUNT_RETRY),
	COUNT("interrupted", COUNT_INTERRUPTED),
	JSON_END,
};
static const struct json_row drop_rows[] = {
	COUNT("slots", DROP_SLOT),   COUNT("unfinished", DROP_UNFINISHED),
	COUNT("deep", DROP_DEEP),    COUNT("unmatched", DROP_UNMATCHED),
	COUNT("events", DROP_EVENT), JSON_END,
};

/* Commits, counts and drops are fields of the span itself: their objects begin where it does. */
#define SPAN_ROWS(root_rows_, commit_rows_)                                                      \
	JSON_ROW(struct span_line, "type", STRING, type),                                        \
		JSON_ROW(struct span_line, "from", U64, span.from),                              \
		JSON_ROW(struct span_line, "to", U64, span.to),                                  \
		JSON_ROW(struct span_line, "faults", OBJECT, span.faults, .rows = (root_rows_)), \
		JSON_MAYBE(struct span_line, "fsyncs", span.fsyncs, span.has_fsyncs,             \
			   (root_rows_)),                                                        \
		JSON_MAYBE(struct span_line, "commits", span, span.has_commits, (commit_rows_)), \
		JSON_ROW(struct span_line, "counts", OBJECT, span, .rows = count_rows),          \
		JSON_ROW(struct span_line, "drops", OBJECT, span, .rows = drop_rows)

static const struct json_row interval_rows[] = { SPAN_ROWS(root_rows, commit_rows), JSON_END };
static const struct json_row total_rows[] = { SPAN_ROWS(total_root_rows, total_commit_rows),
					      JSON_END };

int trace_json_span(FILE *out, const struct trace_span *span, bool is_total)
{
	const struct span_line line = { is_total ? "total" : "interval", *span };

	return print_line(out, is_total ? total_rows : interval_rows, &line);
}

struct fault_line {
	const char *type;
	uint64_t rank;
	struct trace_fault fault;
};

#define FAULT_ROWS                                                                       \
	JSON_ROW(struct fault_line, "at", U64, fault.at),                                \
		JSON_ROW(struct fault_line, "comm", STRING, fault.comm),                 \
		JSON_ROW(struct fault_line, "tgid", U64, fault.tgid),                    \
		JSON_ROW(struct fault_line, "access", WORD, fault.access,                \
			 .words = trace_access_words),                                   \
		JSON_ROW(struct fault_line, "is_sync", BOOL, fault.is_sync),             \
		JSON_ROW(struct fault_line, "has_failed", BOOL, fault.has_failed),       \
		JSON_ROW(struct fault_line, "file", STRING, fault.file),                 \
		JSON_ROW(struct fault_line, "dev", STRING, fault.dev),                   \
		JSON_ROW(struct fault_line, "longest", U64, fault.longest),              \
		JSON_ROW(struct fault_line, "commit_id", U64, fault.commit_id),          \
		JSON_ROW(struct fault_line, "is_wait_stack", BOOL, fault.is_wait_stack), \
		JSON_ROW(struct fault_line, "is_cut", BOOL, fault.is_cut),               \
		JSON_ROW(struct fault_line, "fault", OBJECT, fault.fault, .rows = worst_rows)

static const struct json_row event_rows[] = {
	JSON_ROW(struct fault_line, "type", STRING, type),
	FAULT_ROWS,
	JSON_END,
};

static const struct json_row rank_rows[] = {
	JSON_ROW(struct fault_line, "type", STRING, type),
	JSON_ROW(struct fault_line, "rank", U64, rank),
	FAULT_ROWS,
	JSON_END,
};

int trace_json_fault(FILE *out, uint64_t rank, const struct trace_fault *fault)
{
	const struct fault_line line = { rank ? "worst" : "fault", rank, *fault };

	return print_line(out, rank ? rank_rows : event_rows, &line);
}
