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

#define ROW(struct_, key_, kind_, field_, ...)                                                 \
	{                                                                                      \
		.key = (key_), .kind = JSON_KIND_##kind_, .offset = offsetof(struct_, field_), \
		.count_offset = JSON_NO_COUNT, __VA_ARGS__                                     \
	}
#define OBJECT(struct_, field_, rows_) ROW(struct_, #field_, OBJECT, field_, .rows = (rows_))
#define MAYBE(struct_, key_, field_, presence_, rows_)                                        \
	{                                                                                     \
		.key = (key_), .kind = JSON_KIND_OBJECT, .offset = offsetof(struct_, field_), \
		.count_offset = offsetof(struct_, presence_), .rows = (rows_)                 \
	}
#define LIST(struct_, field_, count_field_, rows_)                                              \
	{                                                                                       \
		.key = #field_, .kind = JSON_KIND_OBJECTS, .offset = offsetof(struct_, field_), \
		.count_offset = offsetof(struct_, count_field_), .rows = (rows_),               \
		.item_size = sizeof(*((struct_ *)0)->field_)                                    \
	}
#define END                 \
	{                   \
		.key = NULL \
	}

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
	ROW(struct stage_line, "stage", WORD, stage, .words = stage_words),
	ROW(struct stage_line, "rung", WORD, rung, .words = rung_words),
	ROW(struct stage_line, "probes", STRING, probes),
	ROW(struct stage_line, "reason", STRING, reason),
	ROW(struct stage_line, "meaning", STRING, meaning),
	END,
};

static const struct json_row start_rows[] = {
	ROW(struct start_line, "type", STRING, type),
	ROW(struct start_line, "version", STRING, version),
	ROW(struct start_line, "commit", STRING, commit),
	ROW(struct start_line, "kernel", STRING, kernel),
	ROW(struct start_line, "started", STRING, start.started),
	ROW(struct start_line, "target", STRING, start.target),
	ROW(struct start_line, "pid", U64, start.pid),
	ROW(struct start_line, "path", STRING, start.path),
	ROW(struct start_line, "dev", STRING, start.dev),
	ROW(struct start_line, "inode", U64, start.inode),
	ROW(struct start_line, "interval", U64, start.interval),
	ROW(struct start_line, "over", U64, start.over),
	ROW(struct start_line, "worst", U64, start.worst),
	LIST(struct start_line, stages, stage_count, stage_line_rows),
	END,
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
	ROW(struct bucket, "from", U64, from),
	ROW(struct bucket, "to", U64, to),
	ROW(struct bucket, "count", U64, count),
	END,
};

/* at: "" in the figures themselves, "whole." in what they are of. */
#define FIGURES(struct_, at)                                                          \
	ROW(struct_, "count", U64, at count), ROW(struct_, "mean", REAL, at mean),    \
		ROW(struct_, "p50", U64, at p50), ROW(struct_, "p90", U64, at p90),   \
		ROW(struct_, "p99", U64, at p99), ROW(struct_, "p999", U64, at p999), \
		ROW(struct_, "max", U64, at max)
#define BUCKETS(struct_, at)                                                              \
	{                                                                                 \
		.key = "hist_ns", .kind = JSON_KIND_OBJECTS,                              \
		.offset = offsetof(struct_, at hist_ns),                                  \
		.count_offset = offsetof(struct_, at hist_ns_count), .rows = bucket_rows, \
		.item_size = sizeof(struct bucket)                                        \
	}
#define STAGE_ROWS                                                             \
	ROW(struct trace_figures, "stage", WORD, stage, .words = stage_words), \
		ROW(struct trace_figures, "share", REAL, share), FIGURES(struct trace_figures, )
#define ROOT_ROWS                                                           \
	FIGURES(struct trace_root, whole.),                                 \
		ROW(struct trace_root, "blocked_mean", REAL, blocked_mean), \
		ROW(struct trace_root, "runnable_mean", REAL, runnable_mean)

/* Of intervals. */
static const struct json_row figure_rows[] = { FIGURES(struct trace_figures, ), END };
static const struct json_row stage_rows[] = { STAGE_ROWS, END };
static const struct json_row root_rows[] = {
	ROOT_ROWS,
	LIST(struct trace_root, stages, stage_count, stage_rows),
	END,
};

/* Of the total: with histograms. */
static const struct json_row total_figure_rows[] = {
	FIGURES(struct trace_figures, ),
	BUCKETS(struct trace_figures, ),
	END,
};
static const struct json_row total_stage_rows[] = {
	STAGE_ROWS,
	BUCKETS(struct trace_figures, ),
	END,
};
static const struct json_row total_root_rows[] = {
	ROOT_ROWS,
	BUCKETS(struct trace_root, whole.),
	LIST(struct trace_root, stages, stage_count, total_stage_rows),
	END,
};

#define COMMIT_ROWS(rows_)                                                                \
	ROW(struct trace_span, "locked", OBJECT, commits[PHASE_LOCKED], .rows = (rows_)), \
		ROW(struct trace_span, "flushing", OBJECT, commits[PHASE_FLUSHING],       \
		    .rows = (rows_)),                                                     \
		ROW(struct trace_span, "logging", OBJECT, commits[PHASE_LOGGING],         \
		    .rows = (rows_)),                                                     \
		ROW(struct trace_span, "total", OBJECT, commits[PHASE_ALL], .rows = (rows_))

static const struct json_row commit_rows[] = { COMMIT_ROWS(figure_rows), END };
static const struct json_row total_commit_rows[] = { COMMIT_ROWS(total_figure_rows), END };

/* The same keys as of a result's probes. */
#define COUNT(key_, index_) ROW(struct trace_span, key_, U64, counts[index_])
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
	END,
};
static const struct json_row drop_rows[] = {
	COUNT("slots", DROP_SLOT),   COUNT("unfinished", DROP_UNFINISHED),
	COUNT("deep", DROP_DEEP),    COUNT("unmatched", DROP_UNMATCHED),
	COUNT("events", DROP_EVENT), END,
};

/* Commits, counts and drops are fields of the span itself: their objects begin where it does. */
#define SPAN_ROWS(root_rows_, commit_rows_)                                                    \
	ROW(struct span_line, "type", STRING, type),                                           \
		ROW(struct span_line, "from", U64, span.from),                                 \
		ROW(struct span_line, "to", U64, span.to),                                     \
		ROW(struct span_line, "faults", OBJECT, span.faults, .rows = (root_rows_)),    \
		MAYBE(struct span_line, "fsyncs", span.fsyncs, span.has_fsyncs, (root_rows_)), \
		MAYBE(struct span_line, "commits", span, span.has_commits, (commit_rows_)),    \
		ROW(struct span_line, "counts", OBJECT, span, .rows = count_rows),             \
		ROW(struct span_line, "drops", OBJECT, span, .rows = drop_rows)

static const struct json_row interval_rows[] = { SPAN_ROWS(root_rows, commit_rows), END };
static const struct json_row total_rows[] = { SPAN_ROWS(total_root_rows, total_commit_rows), END };

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

#define FAULT_ROWS                                                                                 \
	ROW(struct fault_line, "at", U64, fault.at),                                               \
		ROW(struct fault_line, "comm", STRING, fault.comm),                                \
		ROW(struct fault_line, "tgid", U64, fault.tgid),                                   \
		ROW(struct fault_line, "access", WORD, fault.access, .words = trace_access_words), \
		ROW(struct fault_line, "is_sync", BOOL, fault.is_sync),                            \
		ROW(struct fault_line, "has_failed", BOOL, fault.has_failed),                      \
		ROW(struct fault_line, "file", STRING, fault.file),                                \
		ROW(struct fault_line, "dev", STRING, fault.dev),                                  \
		ROW(struct fault_line, "longest", U64, fault.longest),                             \
		ROW(struct fault_line, "commit_id", U64, fault.commit_id),                         \
		ROW(struct fault_line, "is_wait_stack", BOOL, fault.is_wait_stack),                \
		ROW(struct fault_line, "is_cut", BOOL, fault.is_cut),                              \
		ROW(struct fault_line, "fault", OBJECT, fault.fault, .rows = worst_rows)

static const struct json_row event_rows[] = {
	ROW(struct fault_line, "type", STRING, type),
	FAULT_ROWS,
	END,
};

static const struct json_row rank_rows[] = {
	ROW(struct fault_line, "type", STRING, type),
	ROW(struct fault_line, "rank", U64, rank),
	FAULT_ROWS,
	END,
};

int trace_json_fault(FILE *out, uint64_t rank, const struct trace_fault *fault)
{
	const struct fault_line line = { rank ? "worst" : "fault", rank, *fault };

	return print_line(out, rank ? rank_rows : event_rows, &line);
}
