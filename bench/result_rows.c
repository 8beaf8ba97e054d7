// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The result file as tables: what results/schema.json says to others, for our reader and writer.
 */
#include "result_rows.h"

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

static const struct json_row latency_rows[] = {
	ROW(struct latency, "count", U64, true, count, .max = MAX_COUNT),
	ROW(struct latency, "min", U64, true, min, .max = MAX_NS),
	ROW(struct latency, "max", U64, true, max, .max = MAX_NS),
	ROW(struct latency, "mean", REAL, false, mean, .max = MAX_NS),
	ROW(struct latency, "p50", U64, false, p50, .max = MAX_NS),
	ROW(struct latency, "p90", U64, false, p90, .max = MAX_NS),
	ROW(struct latency, "p99", U64, false, p99, .max = MAX_NS),
	ROW(struct latency, "p999", U64, false, p999, .max = MAX_NS),
	LIST(struct latency, "log2_us", false, log2_us, log2_us_count, bucket_rows),
	LIST(struct latency, "hist_ns", false, hist_ns, hist_ns_count, bucket_rows),
	NUMBERS(struct latency, "samples", samples, sample_count, RESULT_MAX_SAMPLES),
	END,
};

static const struct json_row config_rows[] = {
	TEXT(struct cell_config, "fs", true, fs),
	TEXT(struct cell_config, "mkfs_options", true, mkfs_options),
	TEXT(struct cell_config, "mount_options", true, mount_options),
	WORD(struct cell_config, "dax", dax, dax_words),
	WORD(struct cell_config, "state", state, state_words),
	WORD(struct cell_config, "load", load, load_words),
	WORD(struct cell_config, "sync", sync, sync_words),
	WORD(struct cell_config, "commit", commit, commit_words),
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
	END,
};

static const struct json_row placement_rows[] = {
	NUMBERS(struct placement, "fault_cpus", fault_cpus, fault_cpu_count, CELL_MAX_THREADS),
	NUMBERS(struct placement, "load_cpus", load_cpus, load_cpu_count, CELL_MAX_THREADS * 8),
	TEXT(struct placement, "target", false, target),
	ROW(struct placement, "stride_bytes", U64, false, stride_bytes, .max = MAX_SIZE),
	ROW(struct placement, "load_files", U64, false, load_files, .max = MAX_COUNT),
	ROW(struct placement, "load_file_bytes", U64, false, load_file_bytes, .max = MAX_SIZE),
	END,
};

/* Nothing is in it yet; a result that has probes is of a later syncfault, and is refused. */
static const struct json_row probes_rows[] = {
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
	MAYBE(struct cell_result, "latency", latency, has_latency, latency_rows),
	MAYBE(struct cell_result, "probes", proof, has_probes, probes_rows),
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
	ROW(struct host, "mhz", REAL, false, mhz, .max = 1000000),
	ROW(struct host, "cpus", U64, false, cpus, .max = 1000000),
	TEXT(struct host, "governor", false, governor),
	ROW(struct host, "mitigations", STRINGS, false, mitigations, .max = MAX_ITEMS),
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
