// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/worst_case.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"
#include "cell/log_size.h"
#include "math/hist.h"
#include "result/stages.h"

#define P999_FAULTS 1000
#define MAX_WAITS   3
#define MIN_PERCENT 5

/* The suite's kind: synchronous, and nothing else done to the file. */
static bool takes(const struct cell_config *config)
{
	return config->sync == SYNC_MAP_SYNC && config->commit == COMMIT_NONE &&
	       config->remap == REMAP_NONE && config->attribute == ATTRIBUTE_NONE;
}

bool worst_case_is_in(struct table_span span)
{
	for (size_t i = 0; i < span.count; i++) {
		const struct cell_result *cell = span.entries[i].cell;

		if (cell->has_latency && takes(&cell->config) && cell->config.load > LOAD_COPY)
			return true;
	}
	return false;
}

const char *worst_case_load_name(const struct worst_case_row *row, char buffer[PHRASE_SIZE])
{
	const char *load = row->load == WORST_CASE_ANY ? "any" : load_words[row->load];
	char number[PRINTABLE_NUMBER];

	if (!row->dirty)
		snprintf(buffer, PHRASE_SIZE, "%s", load);
	else
		snprintf(buffer, PHRASE_SIZE, "%s%s%s %s", row->load ? load : "",
			 row->load ? ", " : "", printable_count(row->dirty, number),
			 dirty_kind_words[row->dirty_kind]);
	return buffer;
}

const char *worst_case_waits(const struct worst_result *fault, char buffer[PHRASE_SIZE])
{
	bool is_told[STAGE_COUNT] = { false };
	size_t used = 0;

	snprintf(buffer, PHRASE_SIZE, "-");
	for (int n = 0; n < MAX_WAITS && fault->stage_ns_count == STAGE_COUNT; n++) {
		int most = -1, percent;

		for (int i = 0; i < STAGE_COUNT; i++)
			if (!is_told[i] && fault->stage_ns[i] != U64_ABSENT &&
			    (most < 0 || fault->stage_ns[i] > fault->stage_ns[most]))
				most = i;
		percent =
			most < 0 || !fault->total
				? 0
				: (int)(fault->stage_ns[most] * 100.0 / (double)fault->total + .5);
		if (percent < MIN_PERCENT)
			break;
		is_told[most] = true;
		used += (size_t)snprintf(buffer + used, PHRASE_SIZE - used, "%s%s %d%%",
					 n ? ", " : "", stage_words[most], percent);
	}
	return buffer;
}

void worst_case_name(struct worst_case_row *row, const struct cell_config *config)
{
	bool is_plain;

	*row = (struct worst_case_row){ .load = config->load };
	if (config->dirty && config->dirty != U64_ABSENT) {
		row->dirty = config->dirty;
		row->dirty_kind = config->dirty_kind;
	}
	row->log_bytes = log_size_bytes(config->mkfs_options, &is_plain);
	if (is_plain && !config->mount_options[0] && config->dax == DAX_ALWAYS)
		snprintf(row->fs, sizeof(row->fs), "%s", config->fs);
	else
		phrase_fs(config, row->fs);
}

static void take_any(struct worst_case_row *row)
{
	row->load = WORST_CASE_ANY;
	row->dirty = 0;
	row->dirty_kind = 0;
}

static int compare_loads(int a, int b)
{
	if (a == b)
		return 0;
	if (a == WORST_CASE_ANY || b == WORST_CASE_ANY)
		return a == WORST_CASE_ANY ? 1 : -1;
	return a - b;
}

static int compare_rows(const void *left, const void *right)
{
	const struct worst_case_row *a = left, *b = right;
	int order = (a->log_bytes > b->log_bytes) - (a->log_bytes < b->log_bytes);

	if (!order)
		order = compare_loads(a->load, b->load);
	if (!order)
		order = (a->dirty > b->dirty) - (a->dirty < b->dirty);
	if (!order)
		order = a->dirty_kind - b->dirty_kind;
	return order ? order : strcmp(a->fs, b->fs);
}

static struct worst_case_row *find_row(struct worst_case *cases, const struct worst_case_row *like)
{
	for (size_t i = 0; i < cases->count; i++)
		if (!compare_rows(&cases->rows[i], like))
			return &cases->rows[i];
	cases->rows[cases->count] = *like;
	return &cases->rows[cases->count++];
}

static bool is_of_row(const struct worst_case_row *row, const struct cell_result *cell)
{
	struct worst_case_row other;

	if (!cell->has_latency || !takes(&cell->config))
		return false;
	worst_case_name(&other, &cell->config);
	if (row->load == WORST_CASE_ANY)
		take_any(&other);
	return !compare_rows(row, &other);
}

static void keep_worst(struct worst_case_row *row, const struct cell_result *cell)
{
	for (size_t i = 0; cell->has_probes && i < cell->probes.worst_count; i++) {
		struct worst_case_fault fault = { &cell->probes.worst[i], &cell->config };
		size_t rank = row->worst_count;

		while (rank && row->worst[rank - 1].fault->total < fault.fault->total)
			rank--;
		if (rank == WORST_CASE_KEPT)
			return;
		row->worst_count += row->worst_count < WORST_CASE_KEPT;
		memmove(&row->worst[rank + 1], &row->worst[rank],
			(row->worst_count - 1 - rank) * sizeof(fault));
		row->worst[rank] = fault;
	}
}

/* Buckets of a result are slots: by one of its values each is found again. */
static void add_faults(struct hist *hist, const struct latency *latency)
{
	for (size_t i = 0; i < latency->hist_ns_count; i++) {
		const struct bucket *bucket = &latency->hist_ns[i];
		unsigned int slot = slot_of(bucket->from);

		if (slot < SLOT_COUNT)
			hist->slots[slot] += bucket->count;
		else
			hist->over += bucket->count;
		hist->count += bucket->count;
	}
	if (latency->min < hist->min_ns)
		hist->min_ns = latency->min;
	if (latency->max > hist->max_ns)
		hist->max_ns = latency->max;
}

static double quantile(const struct hist *hist, double p, uint64_t least)
{
	return hist->count < least ? NAN : (double)hist_quantile_ns(hist, p);
}

static double figure(uint64_t ns)
{
	return ns == U64_ABSENT ? NAN : (double)ns;
}

static void fill_figures(struct worst_case_row *row, const struct hist *hist,
			 const struct latency *only)
{
	row->max = (double)hist->max_ns;
	row->p50 = only ? figure(only->p50) : quantile(hist, 0.5, 1);
	row->p999 = quantile(hist, 0.999, P999_FAULTS);
	if (only && row->count >= P999_FAULTS)
		row->p999 = figure(only->p999);
	row->p9999 = only ? figure(only->p9999) : quantile(hist, 0.9999, LATENCY_P9999_FAULTS);
}

/* Figures of one run are its own, exact; of several, from the histograms. */
static void fill_row(struct worst_case_row *row, struct hist *hist, struct table_span span)
{
	const struct latency *only = NULL;
	size_t cells = 0;

	hist_init(hist);
	for (size_t i = 0; i < span.count; i++) {
		const struct cell_result *cell = span.entries[i].cell;

		if (!is_of_row(row, cell))
			continue;
		only = cells++ ? NULL : &cell->latency;
		row->count += cell->latency.count;
		add_faults(hist, &cell->latency);
		keep_worst(row, cell);
	}
	fill_figures(row, hist, only);
}

static void make_rows(struct worst_case *cases, struct table_span span)
{
	for (size_t i = 0; i < span.count; i++) {
		const struct cell_result *cell = span.entries[i].cell;
		struct worst_case_row row;

		if (!cell->has_latency || !takes(&cell->config))
			continue;
		worst_case_name(&row, &cell->config);
		find_row(cases, &row);
		take_any(&row);
		find_row(cases, &row);
	}
}

int worst_case_fill(struct worst_case *cases, struct table_span span)
{
	auto_free struct hist *hist = malloc(sizeof(*hist));

	*cases = (struct worst_case){ .rows = calloc(2 * span.count + 1, sizeof(*cases->rows)) };
	if (!hist || !cases->rows)
		return -ENOMEM;
	make_rows(cases, span);
	qsort(cases->rows, cases->count, sizeof(*cases->rows), compare_rows);
	for (size_t i = 0; i < cases->count; i++)
		fill_row(&cases->rows[i], hist, span);
	return 0;
}

void worst_case_free(struct worst_case *cases)
{
	free(cases->rows);
	*cases = (struct worst_case){ 0 };
}
