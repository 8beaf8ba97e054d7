// SPDX-License-Identifier: GPL-2.0-or-later
/* A comparison as a document of its own, for other programs: docs/compare.md lists the keys. */
#include "base/json.h"
#include "compare/compare.h"

#include <string.h>

#define COMPARISON_SCHEMA "syncfault-comparison/1"

struct document {
	char *schema;
	struct comparison comparison;
};

#define ROW(struct_, key_, kind_, field_, ...)                                                 \
	{                                                                                      \
		.key = (key_), .kind = JSON_KIND_##kind_, .offset = offsetof(struct_, field_), \
		.count_offset = JSON_NO_COUNT, __VA_ARGS__                                     \
	}
#define LIST(struct_, key_, field_, count_field_, rows_)                                       \
	{                                                                                      \
		.key = (key_), .kind = JSON_KIND_OBJECTS, .offset = offsetof(struct_, field_), \
		.count_offset = offsetof(struct_, count_field_), .rows = (rows_),              \
		.item_size = sizeof(*((struct_ *)0)->field_)                                   \
	}
#define END                 \
	{                   \
		.key = NULL \
	}

static const struct json_row side_rows[] = {
	ROW(struct compare_side, "name", STRING, name),
	ROW(struct compare_side, "kernel", STRING, kernel),
	ROW(struct compare_side, "version", STRING, version),
	ROW(struct compare_side, "machine", STRING, machine),
	ROW(struct compare_side, "build_id", STRING, build_id),
	ROW(struct compare_side, "config_digest", STRING, config_digest),
	ROW(struct compare_side, "kernel_package", STRING, kernel_package),
	ROW(struct compare_side, "cpu", STRING, cpu),
	ROW(struct compare_side, "tool_version", STRING, tool_version),
	ROW(struct compare_side, "tool_commit", STRING, tool_commit),
	ROW(struct compare_side, "started", STRING, started),
	ROW(struct compare_side, "results", U64, results),
	ROW(struct compare_side, "runs", U64, runs),
	{ .key = "seeds",
	  .kind = JSON_KIND_U64S,
	  .offset = offsetof(struct compare_side, seeds),
	  .count_offset = offsetof(struct compare_side, seed_count) },
	END,
};

static const struct json_row row_rows[] = {
	ROW(struct compare_row, "figure", WORD, figure, .words = figure_keys),
	ROW(struct compare_row, "verdict", WORD, verdict, .words = compare_verdict_words),
	ROW(struct compare_row, "base", REAL, base),
	ROW(struct compare_row, "new", REAL, new),
	ROW(struct compare_row, "ratio", REAL, ratio),
	ROW(struct compare_row, "low", REAL, low),
	ROW(struct compare_row, "high", REAL, high),
	ROW(struct compare_row, "floor", REAL, floor),
	ROW(struct compare_row, "p", REAL, p),
	ROW(struct compare_row, "q", REAL, q),
	ROW(struct compare_row, "base_runs", U64, base_runs),
	ROW(struct compare_row, "new_runs", U64, new_runs),
	ROW(struct compare_row, "runs_needed", U64, runs_needed),
	ROW(struct compare_row, "evidence", REAL, evidence),
	ROW(struct compare_row, "reason", STRING, reason),
	END,
};

static const struct json_row cell_rows_[] = {
	ROW(struct compare_cell, "key", STRING, key),
	ROW(struct compare_cell, "words", STRING, words),
	ROW(struct compare_cell, "pause_us", U64, config.pause_us),
	ROW(struct compare_cell, "scheduler", WORD, config.sched, .words = sched_words),
	ROW(struct compare_cell, "is_identical", BOOL, is_identical),
	ROW(struct compare_cell, "cdf_distance", REAL, cdf_distance),
	ROW(struct compare_cell, "cdf_at", U64, cdf_at),
	LIST(struct compare_cell, "figures", rows, row_count, row_rows),
	END,
};

static const struct json_row count_rows[] = {
	ROW(struct compare_counts, "worse", U64, worse),
	ROW(struct compare_counts, "better", U64, better),
	ROW(struct compare_counts, "unknown", U64, unknown),
	ROW(struct compare_counts, "same", U64, same),
	ROW(struct compare_counts, "none", U64, none),
	END,
};

static const struct json_row threshold_rows[] = {
	ROW(struct comparison, "floor", REAL, floor),
	ROW(struct comparison, "floor_one_seed", REAL, floor_one_seed),
	ROW(struct comparison, "false_discovery_rate", REAL, false_discovery_rate),
	ROW(struct comparison, "family", U64, family),
	ROW(struct comparison, "confidence", REAL, confidence),
	ROW(struct comparison, "resamples", U64, resamples),
	ROW(struct comparison, "seed", U64, seed),
	ROW(struct comparison, "least_runs", U64, least_runs),
	END,
};

#define PART(key_, kind_, field_, ...) \
	ROW(struct document, key_, kind_, comparison.field_, __VA_ARGS__)

static const struct json_row document_rows[] = {
	ROW(struct document, "schema", STRING, schema),
	PART("engine", WORD, engine, .words = domain_words),
	PART("suite", STRING, suite),
	PART("verdict", WORD, verdict, .words = compare_verdict_words),
	PART("sentence", STRING, sentence),
	PART("base", OBJECT, base, .rows = side_rows),
	PART("new", OBJECT, new, .rows = side_rows),
	/* The thresholds are fields of the comparison itself. */
	ROW(struct document, "thresholds", OBJECT, comparison, .rows = threshold_rows),
	PART("counts", OBJECT, counts, .rows = count_rows),
	ROW(struct document, "warnings", STRINGS, comparison.warnings),
	LIST(struct document, "cells", comparison.cells, comparison.cell_count, cell_rows_),
	END,
};

int compare_json(const struct comparison *comparison, FILE *out)
{
	char schema[] = COMPARISON_SCHEMA;
	const struct document document = { .schema = schema, .comparison = *comparison };
	auto_free char *text = NULL;
	size_t length;
	int ret = json_write(document_rows, &document, &text, &length);

	if (ret)
		return ret;
	fwrite(text, 1, length, out);
	return 0;
}
