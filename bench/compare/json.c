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

static const struct json_row side_rows[] = {
	JSON_ROW(struct compare_side, "name", STRING, name),
	JSON_ROW(struct compare_side, "kernel", STRING, kernel),
	JSON_ROW(struct compare_side, "version", STRING, version),
	JSON_ROW(struct compare_side, "machine", STRING, machine),
	JSON_ROW(struct compare_side, "build_id", STRING, build_id),
	JSON_ROW(struct compare_side, "config_digest", STRING, config_digest),
	JSON_ROW(struct compare_side, "kernel_package", STRING, kernel_package),
	JSON_ROW(struct compare_side, "cpu", STRING, cpu),
	JSON_ROW(struct compare_side, "tool_version", STRING, tool_version),
	JSON_ROW(struct compare_side, "tool_commit", STRING, tool_commit),
	JSON_ROW(struct compare_side, "started", STRING, started),
	JSON_ROW(struct compare_side, "results", U64, results),
	JSON_ROW(struct compare_side, "runs", U64, runs),
	JSON_NUMBERS(struct compare_side, "seeds", seeds, seed_count),
	JSON_END,
};

static const struct json_row row_rows[] = {
	JSON_ROW(struct compare_row, "figure", WORD, figure, .words = figure_keys),
	JSON_ROW(struct compare_row, "verdict", WORD, verdict, .words = compare_verdict_words),
	JSON_ROW(struct compare_row, "base", REAL, base),
	JSON_ROW(struct compare_row, "new", REAL, new),
	JSON_ROW(struct compare_row, "ratio", REAL, ratio),
	JSON_ROW(struct compare_row, "low", REAL, low),
	JSON_ROW(struct compare_row, "high", REAL, high),
	JSON_ROW(struct compare_row, "floor", REAL, floor),
	JSON_ROW(struct compare_row, "p", REAL, p),
	JSON_ROW(struct compare_row, "q", REAL, q),
	JSON_ROW(struct compare_row, "base_runs", U64, base_runs),
	JSON_ROW(struct compare_row, "new_runs", U64, new_runs),
	JSON_ROW(struct compare_row, "runs_needed", U64, runs_needed),
	JSON_ROW(struct compare_row, "evidence", REAL, evidence),
	JSON_ROW(struct compare_row, "reason", STRING, reason),
	JSON_END,
};

static const struct json_row cell_rows_[] = {
	JSON_ROW(struct compare_cell, "key", STRING, key),
	JSON_ROW(struct compare_cell, "words", STRING, words),
	JSON_ROW(struct compare_cell, "pause_us", U64, config.pause_us),
	JSON_ROW(struct compare_cell, "scheduler", WORD, config.sched, .words = sched_words),
	JSON_ROW(struct compare_cell, "is_identical", BOOL, is_identical),
	JSON_ROW(struct compare_cell, "cdf_distance", REAL, cdf_distance),
	JSON_ROW(struct compare_cell, "cdf_at", U64, cdf_at),
	JSON_LIST(struct compare_cell, "figures", rows, row_count, row_rows),
	JSON_END,
};

static const struct json_row count_rows[] = {
	JSON_ROW(struct compare_counts, "worse", U64, worse),
	JSON_ROW(struct compare_counts, "better", U64, better),
	JSON_ROW(struct compare_counts, "unknown", U64, unknown),
	JSON_ROW(struct compare_counts, "same", U64, same),
	JSON_ROW(struct compare_counts, "none", U64, none),
	JSON_END,
};

static const struct json_row threshold_rows[] = {
	JSON_ROW(struct comparison, "floor", REAL, floor),
	JSON_ROW(struct comparison, "floor_one_seed", REAL, floor_one_seed),
	JSON_ROW(struct comparison, "false_discovery_rate", REAL, false_discovery_rate),
	JSON_ROW(struct comparison, "family", U64, family),
	JSON_ROW(struct comparison, "confidence", REAL, confidence),
	JSON_ROW(struct comparison, "resamples", U64, resamples),
	JSON_ROW(struct comparison, "seed", U64, seed),
	JSON_ROW(struct comparison, "least_runs", U64, least_runs),
	JSON_END,
};

#define PART(key_, kind_, field_, ...) \
	JSON_ROW(struct document, key_, kind_, comparison.field_, __VA_ARGS__)

static const struct json_row document_rows[] = {
	JSON_ROW(struct document, "schema", STRING, schema),
	PART("engine", WORD, engine, .words = domain_words),
	PART("suite", STRING, suite),
	PART("verdict", WORD, verdict, .words = compare_verdict_words),
	PART("sentence", STRING, sentence),
	PART("base", OBJECT, base, .rows = side_rows),
	PART("new", OBJECT, new, .rows = side_rows),
	/* The thresholds are fields of the comparison itself. */
	JSON_ROW(struct document, "thresholds", OBJECT, comparison, .rows = threshold_rows),
	PART("counts", OBJECT, counts, .rows = count_rows),
	JSON_ROW(struct document, "warnings", STRINGS, comparison.warnings),
	JSON_LIST(struct document, "cells", comparison.cells, comparison.cell_count, cell_rows_),
	JSON_END,
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
