// SPDX-License-Identifier: GPL-2.0-or-later
/* One table describes a row: its names are the keys of --json and the columns of --tsv. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/channel.h"
#include "base/diag.h"
#include "base/json.h"
#include "result/stages.h"
#include "show/show.h"

/* What the letter has of a cell. */
struct letter_figures {
	uint64_t count, min, max;
	double mean;
};

/* Strings belong to the table. */
struct row {
	char *file;
	char *kernel;
	int domain;
	uint64_t seed;
	char *key;
	uint64_t repeat;
	struct cell_config config;
	int status;
	char *reason;
	char *struct_pages;
	struct latency latency;
	bool has_probes;
	double stage_ns[STAGE_COUNT];
	bool has_letter;
	struct letter_figures letter;
};

struct document {
	char *schema;
	struct row *rows;
	size_t count;
};

#define WORD(key_, field_, words_) JSON_ROW(struct row, key_, WORD, field_, .words = (words_))

static const struct json_row letter_rows[] = {
	JSON_ROW(struct letter_figures, "count", U64, count),
	JSON_ROW(struct letter_figures, "min_ns", U64, min),
	JSON_ROW(struct letter_figures, "mean_ns", REAL, mean),
	JSON_ROW(struct letter_figures, "max_ns", U64, max),
	JSON_END,
};

#define STAGE(word_, stage_)                                                                     \
	{                                                                                        \
		.key = word_ "_ns", .kind = JSON_KIND_REAL, .offset = (stage_) * sizeof(double), \
		.count_offset = JSON_NO_COUNT                                                    \
	}

/* Means over all faults of the cell. */
static const struct json_row stage_rows[] = {
	STAGE("outside", STAGE_OUTSIDE),
	STAGE("lock", STAGE_LOCK),
	STAGE("retry", STAGE_RETRY),
	STAGE("mm", STAGE_MM),
	STAGE("handler", STAGE_HANDLER),
	STAGE("map", STAGE_MAP),
	STAGE("insert", STAGE_INSERT),
	STAGE("mkwrite", STAGE_MKWRITE),
	STAGE("wp_wait", STAGE_WP_WAIT),
	STAGE("finish", STAGE_FINISH),
	STAGE("fsync", STAGE_FSYNC),
	STAGE("writeback", STAGE_WRITEBACK),
	STAGE("log_space", STAGE_LOG_SPACE),
	STAGE("journal_wait", STAGE_JOURNAL_WAIT),
	STAGE("fast_commit", STAGE_FAST_COMMIT),
	STAGE("log_force", STAGE_LOG_FORCE),
	STAGE("cil_push", STAGE_CIL_PUSH),
	STAGE("iclog_wait", STAGE_ICLOG_WAIT),
	STAGE("flush", STAGE_FLUSH),
	JSON_END,
};
_Static_assert(sizeof(stage_rows) / sizeof(stage_rows[0]) == STAGE_COUNT + 1, "every stage");

static const struct json_row cell_rows[] = {
	JSON_ROW(struct row, "file", STRING, file),
	JSON_ROW(struct row, "kernel", STRING, kernel),
	WORD("clock_domain", domain, domain_words),
	JSON_ROW(struct row, "seed", U64, seed),
	JSON_ROW(struct row, "repeat", U64, repeat),
	JSON_ROW(struct row, "key", STRING, key),
	JSON_ROW(struct row, "fs", STRING, config.fs),
	JSON_ROW(struct row, "mkfs_options", STRING, config.mkfs_options),
	JSON_ROW(struct row, "mount_options", STRING, config.mount_options),
	WORD("dax", config.dax, dax_words),
	WORD("state", config.state, state_words),
	WORD("load", config.load, load_words),
	WORD("sync", config.sync, sync_words),
	WORD("commit", config.commit, commit_words),
	WORD("access", config.access, access_words),
	WORD("page_size", config.page, page_words),
	JSON_ROW(struct row, "pages", U64, config.pages),
	JSON_ROW(struct row, "threads", U64, config.threads),
	WORD("files", config.files, files_words),
	JSON_ROW(struct row, "dirty", U64, config.dirty),
	WORD("dirty_kind", config.dirty_kind, dirty_kind_words),
	WORD("remap", config.remap, remap_words),
	WORD("attribute", config.attribute, attribute_words),
	JSON_ROW(struct row, "pause_us", U64, config.pause_us),
	WORD("scheduler", config.sched, sched_words),
	JSON_ROW(struct row, "struct_pages", STRING, struct_pages),
	WORD("status", status, status_words),
	JSON_ROW(struct row, "reason", STRING, reason),
	JSON_ROW(struct row, "count", U64, latency.count),
	JSON_ROW(struct row, "min_ns", U64, latency.min),
	JSON_ROW(struct row, "p50_ns", U64, latency.p50),
	JSON_ROW(struct row, "p90_ns", U64, latency.p90),
	JSON_ROW(struct row, "p99_ns", U64, latency.p99),
	JSON_ROW(struct row, "p999_ns", U64, latency.p999),
	JSON_ROW(struct row, "p9999_ns", U64, latency.p9999),
	JSON_ROW(struct row, "max_ns", U64, latency.max),
	JSON_ROW(struct row, "mean_ns", REAL, latency.mean),
	JSON_ROW(struct row, "elapsed_ns", U64, latency.elapsed),
	JSON_MAYBE(struct row, "stage", stage_ns, has_probes, stage_rows),
	JSON_MAYBE(struct row, "letter", letter, has_letter, letter_rows),
	JSON_END,
};

static const struct json_row document_rows[] = {
	JSON_ROW(struct document, "schema", STRING, schema),
	JSON_LIST(struct document, "cells", rows, count, cell_rows),
	JSON_END,
};

static void fill_row(struct row *row, const struct table_entry *entry,
		     const struct result *reference)
{
	const struct cell_result *cell = entry->cell, *letter;

	row->file = (char *)(uintptr_t)entry->file;
	row->kernel = entry->result->host.kernel;
	row->domain = entry->result->clock.domain;
	if (entry->result->has_guest)
		row->seed = entry->result->guest.seed;
	row->key = cell->key;
	row->repeat = cell->repeat;
	row->config = cell->config;
	row->struct_pages = cell->placement.struct_pages;
	row->status = cell->status;
	row->reason = cell->reason;
	if (cell->has_latency)
		row->latency = cell->latency;
	row->has_probes = cell->has_probes;
	for (int i = 0; cell->has_probes && i < STAGE_COUNT; i++)
		row->stage_ns[i] = cell->probes.stages[i].mean_ns;
	letter = table_letter_cell(reference, &cell->config);
	row->has_letter = letter && !entry->result->has_provenance;
	if (row->has_letter)
		row->letter = (struct letter_figures){ letter->latency.count, letter->latency.min,
						       letter->latency.max, letter->latency.mean };
}

/* NULL without memory. Free it with free() alone: the rows do not own the strings. */
static struct row *make_rows(const struct result_table *sorted, const struct result *reference)
{
	struct row *rows = calloc(sorted->entry_count + 1, sizeof(*rows));

	for (size_t i = 0; rows && i < sorted->entry_count; i++) {
		json_init(cell_rows, &rows[i]);
		fill_row(&rows[i], &sorted->entries[i], reference);
	}
	return rows;
}

int show_json(FILE *out, const struct result_table *sorted, const struct result *reference)
{
	static char schema[] = "syncfault-show/1";
	auto_free struct row *rows = make_rows(sorted, reference);
	struct document document = { schema, rows, sorted->entry_count };
	auto_free char *text = NULL;
	size_t length;
	int ret;

	if (!rows)
		return diag_errno(ENOMEM, "show --json");
	ret = json_write(document_rows, &document, &text, &length);
	if (!ret)
		fwrite(text, 1, length, out);
	return ret;
}

static void print_names(FILE *out, const struct json_row *rows, const char *prefix)
{
	for (const struct json_row *row = rows; row->key; row++) {
		if (row->kind == JSON_KIND_OBJECT)
			print_names(out, row->rows, row->key);
		else
			fprintf(out, "%s%s%s%s", row == cell_rows ? "" : "\t", prefix,
				*prefix ? "_" : "", row->key);
	}
}

static void print_value(FILE *out, const struct json_row *row, void *field)
{
	if (row->kind == JSON_KIND_STRING)
		channel_put(out, CHANNEL_TSV, *(char **)field, CHANNEL_WHOLE);
	else if (row->kind == JSON_KIND_WORD)
		fputs(row->words[*(int *)field], out);
	else if (row->kind == JSON_KIND_U64 && *(uint64_t *)field != U64_ABSENT)
		fprintf(out, "%llu", (unsigned long long)*(uint64_t *)field);
	else if (row->kind == JSON_KIND_REAL && !isnan(*(double *)field))
		fprintf(out, "%.12g", *(double *)field);
}

/* An absent object has its columns too: its fields are absent. */
static void print_values(FILE *out, const struct json_row *rows, void *object)
{
	for (const struct json_row *row = rows; row->key; row++) {
		if (row->kind == JSON_KIND_OBJECT) {
			print_values(out, row->rows, json_field(row, object));
			continue;
		}
		fputs(row == cell_rows ? "" : "\t", out);
		print_value(out, row, json_field(row, object));
	}
}

int show_tsv(FILE *out, const struct result_table *sorted, const struct result *reference)
{
	auto_free struct row *rows = make_rows(sorted, reference);

	if (!rows)
		return diag_errno(ENOMEM, "show --tsv");
	print_names(out, cell_rows, "");
	fputc('\n', out);
	for (size_t i = 0; i < sorted->entry_count; i++) {
		print_values(out, cell_rows, &rows[i]);
		fputc('\n', out);
	}
	return 0;
}
