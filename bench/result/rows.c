// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The result file as tables: what results/schema.json says to others, for our reader and writer.
 */
#include "result/rows.h"

const char *const status_words[] = { "ok", "skipped", "failed", NULL };
const char *const domain_words[] = { "time", "instructions", NULL };

#define MAX_ITEMS 65536
#define MAX_NS	  RESULT_MAX_NS
#define MAX_COUNT (1ULL << 48)
#define MAX_SIZE  (1ULL << 60)

#define TEXT(struct_, key_, is_required_, field_)                              \
	JSON_ROW(struct_, key_, STRING, field_, .is_required = (is_required_), \
		 .max = RESULT_MAX_TEXT)
#define WORD(struct_, key_, field_, words_) \
	JSON_REQUIRED(struct_, key_, WORD, field_, .words = (words_))
#define LIST(struct_, key_, is_required_, field_, count_field_, rows_)                       \
	JSON_LIST(struct_, key_, field_, count_field_, rows_, .is_required = (is_required_), \
		  .max = MAX_ITEMS)
#define COUNTER(struct_, field_) JSON_ROW(struct_, #field_, U64, field_, .max = MAX_COUNT)
#define NS(struct_, key_, is_required_, field_) \
	JSON_ROW(struct_, key_, U64, field_, .is_required = (is_required_), .max = MAX_NS)

static const struct json_row bucket_rows[] = {
	JSON_REQUIRED(struct bucket, "from", U64, from),
	JSON_REQUIRED(struct bucket, "to", U64, to),
	JSON_REQUIRED(struct bucket, "count", U64, count, .max = MAX_COUNT),
	JSON_END,
};

const struct json_row latency_rows[] = {
	JSON_REQUIRED(struct latency, "count", U64, count, .max = MAX_COUNT),
	JSON_REQUIRED(struct latency, "min", U64, min, .max = MAX_NS),
	JSON_REQUIRED(struct latency, "max", U64, max, .max = MAX_NS),
	JSON_ROW(struct latency, "mean", REAL, mean, .max = MAX_NS),
	JSON_ROW(struct latency, "p50", U64, p50, .max = MAX_NS),
	JSON_ROW(struct latency, "p90", U64, p90, .max = MAX_NS),
	JSON_ROW(struct latency, "p99", U64, p99, .max = MAX_NS),
	JSON_ROW(struct latency, "p999", U64, p999, .max = MAX_NS),
	JSON_ROW(struct latency, "p9999", U64, p9999, .max = MAX_NS),
	JSON_ROW(struct latency, "elapsed", U64, elapsed, .max = MAX_NS),
	LIST(struct latency, "log2_us", false, log2_us, log2_us_count, bucket_rows),
	LIST(struct latency, "hist_ns", false, hist_ns, hist_ns_count, bucket_rows),
	JSON_NUMBERS(struct latency, "samples", samples, sample_count, .max = RESULT_MAX_SAMPLES),
	JSON_END,
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
	JSON_ROW(struct cell_config, "dirty", U64, dirty, .max = CELL_MAX_DIRTY),
	JSON_ROW(struct cell_config, "dirty_kind", WORD, dirty_kind, .words = dirty_kind_words),
	JSON_ROW(struct cell_config, "remap", WORD, remap, .words = remap_words),
	JSON_ROW(struct cell_config, "attribute", WORD, attribute, .words = attribute_words),
	JSON_ROW(struct cell_config, "interface", WORD, interface, .words = interface_words),
	WORD(struct cell_config, "access", access, access_words),
	WORD(struct cell_config, "page_size", page, page_words),
	JSON_REQUIRED(struct cell_config, "pages", U64, pages, .max = CELL_MAX_PAGES),
	JSON_REQUIRED(struct cell_config, "threads", U64, threads, .max = CELL_MAX_THREADS),
	WORD(struct cell_config, "files", files, files_words),
	JSON_ROW(struct cell_config, "pause_us", U64, pause_us, .max = 60000000),
	WORD(struct cell_config, "scheduler", sched, sched_words),
	JSON_END,
};

static const struct json_row proof_rows[] = {
	JSON_ROW(struct proof, "faults_expected", U64, faults_expected, .max = MAX_COUNT),
	JSON_ROW(struct proof, "faults_observed", U64, faults_observed, .max = MAX_COUNT),
	JSON_ROW(struct proof, "page_size", U64, page_size, .max = MAX_SIZE),
	JSON_ROW(struct proof, "is_dax", BOOL, is_dax),
	JSON_ROW(struct proof, "has_map_sync", BOOL, has_map_sync),
	JSON_ROW(struct proof, "load_bytes", U64, load_bytes, .max = MAX_SIZE),
	JSON_ROW(struct proof, "load_operations", U64, load_operations, .max = MAX_COUNT),
	JSON_ROW(struct proof, "commits", U64, commits, .max = MAX_COUNT),
	JSON_ROW(struct proof, "stores_read_back", U64, stores_read_back, .max = MAX_COUNT),
	JSON_ROW(struct proof, "writes_beside", U64, writes_beside, .max = MAX_COUNT),
	JSON_ROW(struct proof, "verified_bytes", U64, verified_bytes, .max = MAX_SIZE),
	JSON_END,
};

static const struct json_row answer_rows[] = {
	TEXT(struct answer, "said", true, said),
	JSON_ROW(struct answer, "has_map_sync", BOOL, has_map_sync),
	TEXT(struct answer, "expected", true, expected),
	JSON_ROW(struct answer, "expected_map_sync", BOOL, expected_map_sync),
	JSON_END,
};

static const struct json_row placement_rows[] = {
	JSON_NUMBERS(struct placement, "fault_cpus", fault_cpus, fault_cpu_count,
		     .max = CELL_MAX_THREADS),
	JSON_NUMBERS(struct placement, "load_cpus", load_cpus, load_cpu_count,
		     .max = CELL_MAX_THREADS * 8),
	TEXT(struct placement, "target", false, target),
	TEXT(struct placement, "struct_pages", false, struct_pages),
	JSON_ROW(struct placement, "stride_bytes", U64, stride_bytes, .max = MAX_SIZE),
	JSON_ROW(struct placement, "load_files", U64, load_files, .max = MAX_COUNT),
	JSON_ROW(struct placement, "load_file_bytes", U64, load_file_bytes, .max = MAX_SIZE),
	JSON_ROW(struct placement, "load_processes", U64, load_processes, .max = MAX_COUNT),
	TEXT(struct placement, "flush_instruction", false, flush_instruction),
	JSON_END,
};

static const struct json_row stage_rows[] = {
	WORD(struct stage_result, "stage", stage, stage_words),
	WORD(struct stage_result, "rung", rung, rung_words),
	TEXT(struct stage_result, "probes", false, probes),
	TEXT(struct stage_result, "reason", false, reason),
	JSON_ROW(struct stage_result, "mean", REAL, mean_ns, .max = MAX_NS),
	JSON_MAYBE(struct stage_result, "latency", latency, has_latency, latency_rows),
	JSON_END,
};

static const struct json_row span_rows[] = {
	WORD(struct stage_span, "stage", stage, stage_words),
	NS(struct stage_span, "from", true, from),
	NS(struct stage_span, "to", true, to),
	JSON_END,
};

static const struct json_row filler_rows[] = {
	TEXT(struct commit_filler, "comm", false, comm),
	JSON_ROW(struct commit_filler, "pid", U64, pid),
	COUNTER(struct commit_filler, handles),
	COUNTER(struct commit_filler, blocks),
	JSON_END,
};

static const struct json_row commit_rows[] = {
	TEXT(struct commit_result, "kind", true, kind),
	JSON_REQUIRED(struct commit_result, "id", U64, id),
	JSON_ROW(struct commit_result, "began", REAL, began_ns, .max = MAX_NS, .is_signed = true),
	NS(struct commit_result, "locked", false, locked),
	NS(struct commit_result, "flushing", false, flushing),
	NS(struct commit_result, "logging", false, logging),
	NS(struct commit_result, "total", false, total),
	COUNTER(struct commit_result, handles),
	COUNTER(struct commit_result, blocks),
	JSON_ROW(struct commit_result, "bytes", U64, bytes, .max = MAX_SIZE),
	LIST(struct commit_result, "fillers", false, fillers, filler_count, filler_rows),
	JSON_END,
};

const struct json_row worst_rows[] = {
	NS(struct worst_result, "total", true, total),
	JSON_ROW(struct worst_result, "address", U64, address),
	JSON_ROW(struct worst_result, "inode", U64, inode),
	JSON_ROW(struct worst_result, "page", U64, page),
	JSON_ROW(struct worst_result, "tid", U64, tid),
	NS(struct worst_result, "blocked", false, blocked),
	NS(struct worst_result, "runnable", false, runnable),
	LIST(struct worst_result, "timeline", false, timeline, timeline_count, span_rows),
	{ .key = "stages",
	  .kind = JSON_KIND_NAMED,
	  .offset = offsetof(struct worst_result, stage_ns),
	  .count_offset = offsetof(struct worst_result, stage_ns_count),
	  .max = MAX_NS,
	  .words = stage_words },
	JSON_ROW(struct worst_result, "stack", STRINGS, stack, .max = MAX_ITEMS),
	JSON_MAYBE(struct worst_result, "commit", commit, has_commit, commit_rows),
	JSON_END,
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
	JSON_END,
};

static const struct json_row drop_rows[] = {
	COUNTER(struct probe_drops, slots),  COUNTER(struct probe_drops, unfinished),
	COUNTER(struct probe_drops, deep),   COUNTER(struct probe_drops, unmatched),
	COUNTER(struct probe_drops, events), JSON_END,
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
	JSON_END,
};

static const struct json_row probes_rows[] = {
	JSON_REQUIRED(struct probes_result, "latency", OBJECT, latency, .rows = latency_rows),
	JSON_REQUIRED(struct probes_result, "total", OBJECT, total, .rows = latency_rows),
	JSON_ROW(struct probes_result, "cost", REAL, cost_ns, .max = MAX_NS, .is_signed = true),
	JSON_REQUIRED(struct probes_result, "counts", OBJECT, counts, .rows = count_rows),
	JSON_REQUIRED(struct probes_result, "drops", OBJECT, drops, .rows = drop_rows),
	JSON_ROW(struct probes_result, "blocked_mean", REAL, blocked_mean_ns, .max = MAX_NS),
	JSON_ROW(struct probes_result, "runnable_mean", REAL, runnable_mean_ns, .max = MAX_NS),
	LIST(struct probes_result, "stages", true, stages, stage_count, stage_rows),
	LIST(struct probes_result, "worst", false, worst, worst_count, worst_rows),
	/* Its four latencies are fields of the struct around it: no offset. */
	{ .key = "commits",
	  .kind = JSON_KIND_OBJECT,
	  .count_offset = offsetof(struct probes_result, has_commits),
	  .rows = phase_rows },
	JSON_END,
};

static const struct json_row dirt_rows[] = {
	COUNTER(struct dirt_result, operations),
	JSON_ROW(struct dirt_result, "log_bytes", U64, log_bytes, .max = MAX_SIZE),
	JSON_ROW(struct dirt_result, "committed_bytes", U64, committed_bytes, .max = MAX_SIZE),
	JSON_ROW(struct dirt_result, "dirty_bytes", U64, dirty_bytes, .max = MAX_SIZE),
	JSON_ROW(struct dirt_result, "dirty_percent", REAL, dirty_percent, .max = MAX_COUNT),
	TEXT(struct dirt_result, "source", false, source),
	TEXT(struct dirt_result, "reason", false, reason),
	JSON_END,
};

const struct json_row cell_rows[] = {
	TEXT(struct cell_result, "key", true, key),
	JSON_ROW(struct cell_result, "repeat", U64, repeat, .max = MAX_COUNT),
	JSON_REQUIRED(struct cell_result, "config", OBJECT, config, .rows = config_rows),
	WORD(struct cell_result, "status", status, status_words),
	TEXT(struct cell_result, "reason", false, reason),
	JSON_REQUIRED(struct cell_result, "proof", OBJECT, proof, .rows = proof_rows),
	JSON_ROW(struct cell_result, "placement", OBJECT, placement, .rows = placement_rows),
	JSON_MAYBE(struct cell_result, "dirt", dirt, has_dirt, dirt_rows),
	JSON_MAYBE(struct cell_result, "answer", answer, has_answer, answer_rows),
	JSON_MAYBE(struct cell_result, "latency", latency, has_latency, latency_rows),
	JSON_MAYBE(struct cell_result, "probes", probes, has_probes, probes_rows),
	JSON_ROW(struct cell_result, "warnings", STRINGS, warnings, .max = MAX_ITEMS),
	JSON_END,
};

static const struct json_row host_rows[] = {
	TEXT(struct host, "kernel", false, kernel),
	TEXT(struct host, "version", false, version),
	TEXT(struct host, "machine", false, machine),
	TEXT(struct host, "build_id", false, build_id),
	TEXT(struct host, "config_digest", false, config_digest),
	TEXT(struct host, "cpu", false, cpu),
	TEXT(struct host, "microcode", false, microcode),
	JSON_ROW(struct host, "mhz", REAL, mhz, .max = 1000000),
	JSON_ROW(struct host, "cpus", U64, cpus, .max = 1000000),
	TEXT(struct host, "governor", false, governor),
	JSON_ROW(struct host, "mitigations", STRINGS, mitigations, .max = MAX_ITEMS),
	JSON_ROW(struct host, "mkfs", STRINGS, mkfs, .max = MAX_ITEMS),
	TEXT(struct host, "clocksource", false, clocksource),
	TEXT(struct host, "libc", false, libc),
	TEXT(struct host, "virtualisation", false, virtualisation),
	TEXT(struct host, "kernel_command_line", false, kernel_command_line),
	JSON_ROW(struct host, "memory_bytes", U64, memory_bytes, .max = MAX_SIZE),
	JSON_END,
};

const struct json_row guest_rows[] = {
	TEXT(struct guest, "qemu", true, qemu),
	TEXT(struct guest, "accelerator", true, accelerator),
	TEXT(struct guest, "kernel_package", true, kernel_package),
	TEXT(struct guest, "command_line", true, command_line),
	TEXT(struct guest, "image_digest", true, image_digest),
	TEXT(struct guest, "clock", true, clock),
	JSON_ROW(struct guest, "cpus", U64, cpus, .max = 1000000),
	JSON_ROW(struct guest, "seed", U64, seed, .max = MAX_COUNT),
	TEXT(struct guest, "started", true, started),
	JSON_END,
};

static const struct json_row clock_rows[] = {
	WORD(struct clock_info, "domain", domain, domain_words),
	TEXT(struct clock_info, "source", false, source),
	TEXT(struct clock_info, "unit", true, unit),
	JSON_ROW(struct clock_info, "read_cost", U64, read_cost, .max = MAX_NS),
	JSON_ROW(struct clock_info, "read_cost_min", U64, read_cost_min, .max = MAX_NS),
	JSON_ROW(struct clock_info, "ticks_per_us", REAL, ticks_per_us, .max = MAX_NS),
	JSON_END,
};

static const struct json_row provenance_rows[] = {
	TEXT(struct provenance, "source", true, source),
	TEXT(struct provenance, "author", false, author),
	TEXT(struct provenance, "date", false, date),
	TEXT(struct provenance, "url", false, url),
	JSON_ROW(struct provenance, "notes", STRINGS, notes, .max = MAX_ITEMS),
	JSON_END,
};

static const struct json_row tool_rows[] = {
	TEXT(struct tool, "version", false, version),
	TEXT(struct tool, "commit", false, commit),
	JSON_END,
};

const struct json_row result_rows[] = {
	TEXT(struct result, "schema", true, schema),
	JSON_REQUIRED(struct result, "tool", OBJECT, tool, .rows = tool_rows),
	TEXT(struct result, "started", false, started),
	TEXT(struct result, "suite", true, suite),
	JSON_ROW(struct result, "command", STRINGS, command, .max = MAX_ITEMS),
	JSON_REQUIRED(struct result, "host", OBJECT, host, .rows = host_rows),
	JSON_MAYBE(struct result, "guest", guest, has_guest, guest_rows),
	JSON_REQUIRED(struct result, "clock", OBJECT, clock, .rows = clock_rows),
	JSON_MAYBE(struct result, "provenance", provenance, has_provenance, provenance_rows),
	LIST(struct result, "cells", true, cells, cell_count, cell_rows),
	JSON_END,
};
