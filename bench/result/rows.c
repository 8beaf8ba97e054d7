// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The result file as tables: what results/schema.json says to others, for our reader and writer.
 */
#include "result/rows.h"

const char *const status_words[] = { "ok", "skipped", "failed", NULL };
const char *const domain_words[] = { "time", "instructions", NULL };

#define MAX_TEXT  65536
#define MAX_ITEMS 65536
/* An hour in nanoseconds times ten: no fault that a person waited for took longer. */
#define MAX_NS	  36000000000000ULL
#define MAX_COUNT (1ULL << 48)
#define MAX_SIZE  (1ULL << 60)

#define ROW(struct_, key_, kind_, is_required_, field_, ...)                                    \
	{                                                                                       \
		.key = (key_), .kind = JSON_KIND_##kind_, .is_required = (is_required_),        \
		.offset = offsetof(struct_, field_), .count_offset = JSON_NO_COUNT, __VA_ARGS__ \
	}
#define TEXT(struct_, key_, is_required_, field_) \
	ROW(struct_, key_, STRING, is_required_, field_, .max = MAX_TEXT)
#define WORD(struct_, key_, field_, words_) \
	ROW(struct_, key_, WORD, true, field_, .words = (words_))
#define LIST(struct_, key_, is_required_, field_, count_field_, rows_)                   \
	{                                                                                \
		.key = (key_), .kind = JSON_KIND_OBJECTS, .is_required = (is_required_), \
		.offset = offsetof(struct_, field_),                                     \
		.count_offset = offsetof(struct_, count_field_), .max = MAX_ITEMS,       \
		.rows = (rows_), .item_size = sizeof(*((struct_ *)0)->field_)            \
	}
#define NUMBERS(struct_, key_, field_, count_field_, max_)                                  \
	{                                                                                   \
		.key = (key_), .kind = JSON_KIND_U64S, .offset = offsetof(struct_, field_), \
		.count_offset = offsetof(struct_, count_field_), .max = (max_)              \
	}
#define MAYBE(struct_, key_, field_, presence_, rows_)                                        \
	{                                                                                     \
		.key = (key_), .kind = JSON_KIND_OBJECT, .offset = offsetof(struct_, field_), \
		.count_offset = offsetof(struct_, presence_), .rows = (rows_)                 \
	}
#define COUNTER(struct_, field_) ROW(struct_, #field_, U64, false, field_, .max = MAX_COUNT)
#define NS(struct_, key_, is_required_, field_) \
	ROW(struct_, key_, U64, is_required_, field_, .max = MAX_NS)
#define END                 \
	{                   \
		.key = NULL \
	}

static const struct json_row bucket_rows[] = {
	ROW(struct bucket, "from", U64, true, from),
	ROW(struct bucket, "to", U64, true, to),
	ROW(struct bucket, "count", U64, true, count, .max = MAX_COUNT),
	END,
};

const struct json_row latency_rows[] = {
	ROW(struct latency, "count", U64, true, count, .max = MAX_COUNT),
	ROW(struct latency, "min", U64, true, min, .max = MAX_NS),
	ROW(struct latency, "max", U64, true, max, .max = MAX_NS),
	ROW(struct latency, "mean", REAL, false, mean, .max = MAX_NS),
	ROW(struct latency, "p50", U64, false, p50, .max = MAX_NS),
	ROW(struct latency, "p90", U64, false, p90, .max = MAX_NS),
	ROW(struct latency, "p99", U64, false, p99, .max = MAX_NS),
	ROW(struct latency, "p999", U64, false, p999, .max = MAX_NS),
	ROW(struct latency, "p9999", U64, false, p9999, .max = MAX_NS),
	ROW(struct latency, "elapsed", U64, false, elapsed, .max = MAX_NS),
	LIST(struct latency, "log2_us", false, log2_us, log2_us_count, bucket_rows),
	LIST(struct latency, "hist_ns", false, hist_ns, hist_ns_count, bucket_rows),
	NUMBERS(struct latency, "samples", samples, sample_count, RESULT_MAX_SAMPLES),
	END,
};

const struct json_row config_rows[] = {
	TEXT(struct cell_config, "fs", true, fs),
	TEXT(struct cell_config, "mkfs_options", true, mkfs_options),
	TEXT(struct cell_config, "mount_options", true, mount_options),
	WORD(struct cell_config, "dax", dax, dax_words),
	WORD(struct cell_config, "state", state, state_words),
	WORD(struct cell_config, "load", load, load_words),
	WORD(struct cell_config, "sync", sync, sync_words),
	WORD(struct cell_config, "commit", commit, commit_words),
	ROW(struct cell_config, "dirty", U64, false, dirty, .max = CELL_MAX_DIRTY),
	ROW(struct cell_config, "dirty_kind", WORD, false, dirty_kind, .words = dirty_kind_words),
	ROW(struct cell_config, "remap", WORD, false, remap, .words = remap_words),
	ROW(struct cell_config, "attribute", WORD, false, attribute, .words = attribute_words),
	ROW(struct cell_config, "interface", WORD, false, interface, .words = interface_words),
	WORD(struct cell_config, "access", access, access_words),
	WORD(struct cell_config, "page_size", page, page_words),
	ROW(struct cell_config, "pages", U64, true, pages, .max = CELL_MAX_PAGES),
	ROW(struct cell_config, "threads", U64, true, threads, .max = CELL_MAX_THREADS),
	WORD(struct cell_config, "files", files, files_words),
	ROW(struct cell_config, "pause_us", U64, false, pause_us, .max = 60000000),
	WORD(struct cell_config, "scheduler", sched, sched_words),
	END,
};

static const struct json_row proof_rows[] = {
	ROW(struct proof, "faults_expected", U64, false, faults_expected, .max = MAX_COUNT),
	ROW(struct proof, "faults_observed", U64, false, faults_observed, .max = MAX_COUNT),
	ROW(struct proof, "page_size", U64, false, page_size, .max = MAX_SIZE),
	ROW(struct proof, "is_dax", BOOL, false, is_dax),
	ROW(struct proof, "has_map_sync", BOOL, false, has_map_sync),
	ROW(struct proof, "load_bytes", U64, false, load_bytes, .max = MAX_SIZE),
	ROW(struct proof, "load_operations", U64, false, load_operations, .max = MAX_COUNT),
	ROW(struct proof, "commits", U64, false, commits, .max = MAX_COUNT),
	ROW(struct proof, "stores_read_back", U64, false, stores_read_back, .max = MAX_COUNT),
	ROW(struct proof, "writes_beside", U64, false, writes_beside, .max = MAX_COUNT),
	ROW(struct proof, "verified_bytes", U64, false, verified_bytes, .max = MAX_SIZE),
	END,
};

static const struct json_row answer_rows[] = {
	TEXT(struct answer, "said", true, said),
	ROW(struct answer, "has_map_sync", BOOL, false, has_map_sync),
	TEXT(struct answer, "expected", true, expected),
	ROW(struct answer, "expected_map_sync", BOOL, false, expected_map_sync),
	END,
};

static const struct json_row placement_rows[] = {
	NUMBERS(struct placement, "fault_cpus", fault_cpus, fault_cpu_count, CELL_MAX_THREADS),
	NUMBERS(struct placement, "load_cpus", load_cpus, load_cpu_count, CELL_MAX_THREADS * 8),
	TEXT(struct placement, "target", false, target),
	TEXT(struct placement, "struct_pages", false, struct_pages),
	ROW(struct placement, "stride_bytes", U64, false, stride_bytes, .max = MAX_SIZE),
	ROW(struct placement, "load_files", U64, false, load_files, .max = MAX_COUNT),
	ROW(struct placement, "load_file_bytes", U64, false, load_file_bytes, .max = MAX_SIZE),
	ROW(struct placement, "load_processes", U64, false, load_processes, .max = MAX_COUNT),
	TEXT(struct placement, "flush_instruction", false, flush_instruction),
	END,
};

static const struct json_row stage_rows[] = {
	WORD(struct stage_result, "stage", stage, stage_words),
	WORD(struct stage_result, "rung", rung, rung_words),
	TEXT(struct stage_result, "probes", false, probes),
	TEXT(struct stage_result, "reason", false, reason),
	ROW(struct stage_result, "mean", REAL, false, mean_ns, .max = MAX_NS),
	MAYBE(struct stage_result, "latency", latency, has_latency, latency_rows),
	END,
};

static const struct json_row span_rows[] = {
	WORD(struct stage_span, "stage", stage, stage_words),
	NS(struct stage_span, "from", true, from),
	NS(struct stage_span, "to", true, to),
	END,
};

static const struct json_row filler_rows[] = {
	TEXT(struct commit_filler, "comm", false, comm),
	ROW(struct commit_filler, "pid", U64, false, pid),
	COUNTER(struct commit_filler, handles),
	COUNTER(struct commit_filler, blocks),
	END,
};

static const struct json_row commit_rows[] = {
	TEXT(struct commit_result, "kind", true, kind),
	ROW(struct commit_result, "id", U64, true, id),
	ROW(struct commit_result, "began", REAL, false, began_ns, .max = MAX_NS, .is_signed = true),
	NS(struct commit_result, "locked", false, locked),
	NS(struct commit_result, "flushing", false, flushing),
	NS(struct commit_result, "logging", false, logging),
	NS(struct commit_result, "total", false, total),
	COUNTER(struct commit_result, handles),
	COUNTER(struct commit_result, blocks),
	ROW(struct commit_result, "bytes", U64, false, bytes, .max = MAX_SIZE),
	LIST(struct commit_result, "fillers", false, fillers, filler_count, filler_rows),
	END,
};

const struct json_row worst_rows[] = {
	NS(struct worst_result, "total", true, total),
	ROW(struct worst_result, "address", U64, false, address),
	ROW(struct worst_result, "inode", U64, false, inode),
	ROW(struct worst_result, "page", U64, false, page),
	ROW(struct worst_result, "tid", U64, false, tid),
	NS(struct worst_result, "blocked", false, blocked),
	NS(struct worst_result, "runnable", false, runnable),
	LIST(struct worst_result, "timeline", false, timeline, timeline_count, span_rows),
	{ .key = "stages",
	  .kind = JSON_KIND_NAMED,
	  .offset = offsetof(struct worst_result, stage_ns),
	  .count_offset = offsetof(struct worst_result, stage_ns_count),
	  .max = MAX_NS,
	  .words = stage_words },
	ROW(struct worst_result, "stack", STRINGS, false, stack, .max = MAX_ITEMS),
	MAYBE(struct worst_result, "commit", commit, has_commit, commit_rows),
	END,
};

static const struct json_row count_rows[] = {
	COUNTER(struct probe_counts, faults),
	COUNTER(struct probe_counts, needdsync),
	COUNTER(struct probe_counts, insert_pfn_mkwrite),
	COUNTER(struct probe_counts, fsyncs),
	COUNTER(struct probe_counts, xfs_fsyncs),
	COUNTER(struct probe_counts, journal_commits),
	COUNTER(struct probe_counts, fast_commits),
	COUNTER(struct probe_counts, log_forces),
	COUNTER(struct probe_counts, cil_pushes),
	COUNTER(struct probe_counts, iclog_waits),
	COUNTER(struct probe_counts, retries),
	COUNTER(struct probe_counts, interrupted),
	END,
};

static const struct json_row drop_rows[] = {
	COUNTER(struct probe_drops, slots),  COUNTER(struct probe_drops, unfinished),
	COUNTER(struct probe_drops, deep),   COUNTER(struct probe_drops, unmatched),
	COUNTER(struct probe_drops, events), END,
};

/* XFS's log has no phases: then only the total is there. */
#define PHASE(key_, field_, is_required_)                                                        \
	{                                                                                        \
		.key = (key_), .kind = JSON_KIND_OBJECT, .is_required = (is_required_),          \
		.offset = offsetof(struct probes_result, field_), .count_offset = JSON_BY_FIRST, \
		.rows = latency_rows                                                             \
	}

static const struct json_row phase_rows[] = {
	PHASE("locked", commit_locked, false),
	PHASE("flushing", commit_flushing, false),
	PHASE("logging", commit_logging, false),
	PHASE("total", commit_total, true),
	END,
};

static const struct json_row probes_rows[] = {
	ROW(struct probes_result, "latency", OBJECT, true, latency, .rows = latency_rows),
	ROW(struct probes_result, "total", OBJECT, true, total, .rows = latency_rows),
	ROW(struct probes_result, "cost", REAL, false, cost_ns, .max = MAX_NS, .is_signed = true),
	ROW(struct probes_result, "counts", OBJECT, true, counts, .rows = count_rows),
	ROW(struct probes_result, "drops", OBJECT, true, drops, .rows = drop_rows),
	ROW(struct probes_result, "blocked_mean", REAL, false, blocked_mean_ns, .max = MAX_NS),
	ROW(struct probes_result, "runnable_mean", REAL, false, runnable_mean_ns, .max = MAX_NS),
	LIST(struct probes_result, "stages", true, stages, stage_count, stage_rows),
	LIST(struct probes_result, "worst", false, worst, worst_count, worst_rows),
	/* Its four latencies are fields of the struct around it: no offset. */
	{ .key = "commits",
	  .kind = JSON_KIND_OBJECT,
	  .count_offset = offsetof(struct probes_result, has_commits),
	  .rows = phase_rows },
	END,
};

static const struct json_row dirt_rows[] = {
	COUNTER(struct dirt_result, operations),
	ROW(struct dirt_result, "log_bytes", U64, false, log_bytes, .max = MAX_SIZE),
	ROW(struct dirt_result, "committed_bytes", U64, false, committed_bytes, .max = MAX_SIZE),
	ROW(struct dirt_result, "dirty_bytes", U64, false, dirty_bytes, .max = MAX_SIZE),
	ROW(struct dirt_result, "dirty_percent", REAL, false, dirty_percent, .max = MAX_COUNT),
	TEXT(struct dirt_result, "source", false, source),
	TEXT(struct dirt_result, "reason", false, reason),
	END,
};

const struct json_row cell_rows[] = {
	TEXT(struct cell_result, "key", true, key),
	ROW(struct cell_result, "repeat", U64, false, repeat, .max = MAX_COUNT),
	ROW(struct cell_result, "config", OBJECT, true, config, .rows = config_rows),
	WORD(struct cell_result, "status", status, status_words),
	TEXT(struct cell_result, "reason", false, reason),
	ROW(struct cell_result, "proof", OBJECT, true, proof, .rows = proof_rows),
	ROW(struct cell_result, "placement", OBJECT, false, placement, .rows = placement_rows),
	MAYBE(struct cell_result, "dirt", dirt, has_dirt, dirt_rows),
	MAYBE(struct cell_result, "answer", answer, has_answer, answer_rows),
	MAYBE(struct cell_result, "latency", latency, has_latency, latency_rows),
	MAYBE(struct cell_result, "probes", probes, has_probes, probes_rows),
	ROW(struct cell_result, "warnings", STRINGS, false, warnings, .max = MAX_ITEMS),
	END,
};

static const struct json_row host_rows[] = {
	TEXT(struct host, "kernel", false, kernel),
	TEXT(struct host, "version", false, version),
	TEXT(struct host, "machine", false, machine),
	TEXT(struct host, "build_id", false, build_id),
	TEXT(struct host, "config_digest", false, config_digest),
	TEXT(struct host, "cpu", false, cpu),
	TEXT(struct host, "microcode", false, microcode),
	ROW(struct host, "mhz", REAL, false, mhz, .max = 1000000),
	ROW(struct host, "cpus", U64, false, cpus, .max = 1000000),
	TEXT(struct host, "governor", false, governor),
	ROW(struct host, "mitigations", STRINGS, false, mitigations, .max = MAX_ITEMS),
	ROW(struct host, "mkfs", STRINGS, false, mkfs, .max = MAX_ITEMS),
	TEXT(struct host, "clocksource", false, clocksource),
	TEXT(struct host, "libc", false, libc),
	TEXT(struct host, "virtualisation", false, virtualisation),
	TEXT(struct host, "kernel_command_line", false, kernel_command_line),
	ROW(struct host, "memory_bytes", U64, false, memory_bytes, .max = MAX_SIZE),
	END,
};

const struct json_row guest_rows[] = {
	TEXT(struct guest, "qemu", true, qemu),
	TEXT(struct guest, "accelerator", true, accelerator),
	TEXT(struct guest, "kernel_package", true, kernel_package),
	TEXT(struct guest, "command_line", true, command_line),
	TEXT(struct guest, "image_digest", true, image_digest),
	TEXT(struct guest, "clock", true, clock),
	ROW(struct guest, "cpus", U64, false, cpus, .max = 1000000),
	ROW(struct guest, "seed", U64, false, seed, .max = MAX_COUNT),
	TEXT(struct guest, "started", true, started),
	END,
};

static const struct json_row clock_rows[] = {
	WORD(struct clock_info, "domain", domain, domain_words),
	TEXT(struct clock_info, "source", false, source),
	TEXT(struct clock_info, "unit", true, unit),
	ROW(struct clock_info, "read_cost", U64, false, read_cost, .max = MAX_NS),
	ROW(struct clock_info, "read_cost_min", U64, false, read_cost_min, .max = MAX_NS),
	ROW(struct clock_info, "ticks_per_us", REAL, false, ticks_per_us, .max = MAX_NS),
	END,
};

static const struct json_row provenance_rows[] = {
	TEXT(struct provenance, "source", true, source),
	TEXT(struct provenance, "author", false, author),
	TEXT(struct provenance, "date", false, date),
	TEXT(struct provenance, "url", false, url),
	ROW(struct provenance, "notes", STRINGS, false, notes, .max = MAX_ITEMS),
	END,
};

static const struct json_row tool_rows[] = {
	TEXT(struct tool, "version", false, version),
	TEXT(struct tool, "commit", false, commit),
	END,
};

const struct json_row result_rows[] = {
	TEXT(struct result, "schema", true, schema),
	ROW(struct result, "tool", OBJECT, true, tool, .rows = tool_rows),
	TEXT(struct result, "started", false, started),
	TEXT(struct result, "suite", true, suite),
	ROW(struct result, "command", STRINGS, false, command, .max = MAX_ITEMS),
	ROW(struct result, "host", OBJECT, true, host, .rows = host_rows),
	MAYBE(struct result, "guest", guest, has_guest, guest_rows),
	ROW(struct result, "clock", OBJECT, true, clock, .rows = clock_rows),
	MAYBE(struct result, "provenance", provenance, has_provenance, provenance_rows),
	LIST(struct result, "cells", true, cells, cell_count, cell_rows),
	END,
};
