// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/result_table.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/order.h"
#include "view/results.h"

/*
 * Not part of it are the image, its seed and the command line: two file systems that were booted
 * side by side, and the phases of one, belong together. The header of what is shown names them all.
 */
static bool is_same_environment(const struct result *a, const struct result *b)
{
	return a->clock.domain == b->clock.domain && a->has_guest == b->has_guest &&
	       a->has_provenance == b->has_provenance &&
	       !order_text(a->host.kernel, b->host.kernel) &&
	       !order_text(a->host.version, b->host.version) &&
	       !order_text(a->host.build_id, b->host.build_id) &&
	       !order_text(a->host.machine, b->host.machine) &&
	       !order_text(a->host.cpu, b->host.cpu) &&
	       !order_text(a->host.virtualisation, b->host.virtualisation) &&
	       !order_text(a->guest.qemu, b->guest.qemu) &&
	       !order_text(a->guest.accelerator, b->guest.accelerator) &&
	       !order_text(a->provenance.source, b->provenance.source);
}

/* Results of before the axis do not say. */
static uint64_t dirty_of(const struct cell_config *config)
{
	return config->dirty == U64_ABSENT ? 0 : config->dirty;
}

bool table_has_unsynced(const struct cell_config *config)
{
	return dirty_of(config) > 0;
}

/* If it is not known, they are in ordinary memory or there are none. */
bool table_is_on_device(const struct cell_result *cell)
{
	return cell->placement.struct_pages && !strcmp(cell->placement.struct_pages, "pmem");
}

static int compare_variant(const struct cell_config *a, const struct cell_config *b)
{
	const int words[] = { a->access - b->access,	    a->page - b->page,
			      a->commit - b->commit,	    a->files - b->files,
			      a->sched - b->sched,	    a->dirty_kind - b->dirty_kind,
			      a->attribute - b->attribute,  a->remap - b->remap,
			      !a->interface - !b->interface };
	const uint64_t numbers[][2] = { { a->threads, b->threads },
					{ a->pages, b->pages },
					{ a->pause_us, b->pause_us },
					{ dirty_of(a), dirty_of(b) } };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i])
			return words[i];
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i][0] != numbers[i][1])
			return order_u64(numbers[i][0], numbers[i][1]);
	return 0;
}

static int compare_fs(const struct cell_config *a, const struct cell_config *b)
{
	int order = cell_compare_fs(a, b);

	return order ? order : a->dax - b->dax;
}

/* The letter begins with the file that has its blocks, the last state of the enum. */
static int compare_point(const struct cell_config *a, const struct cell_config *b)
{
	if (a->state != b->state)
		return b->state - a->state;
	if (a->interface != b->interface)
		return a->interface - b->interface;
	return a->load != b->load ? a->load - b->load : a->sync - b->sync;
}

static int compare_to_level(const struct table_entry *a, const struct table_entry *b,
			    enum table_level level)
{
	int order = order_u64(a->environment, b->environment);

	if (!order && level >= TABLE_VARIANT)
		order = compare_variant(&a->cell->config, &b->cell->config);
	if (!order && level >= TABLE_VARIANT)
		order = table_is_on_device(a->cell) - table_is_on_device(b->cell);
	if (!order && level >= TABLE_FS)
		order = compare_fs(&a->cell->config, &b->cell->config);
	if (!order && level >= TABLE_CELL)
		order = compare_point(&a->cell->config, &b->cell->config);
	return order;
}

/* Runs stay in the order given: results lie in one array, and so do the cells of each. */
static int compare_entries(const void *left, const void *right)
{
	const struct table_entry *a = left, *b = right;
	int order = compare_to_level(a, b, TABLE_CELL);

	if (order)
		return order;
	if (a->result != b->result)
		return a->result < b->result ? -1 : 1;
	return (a->cell > b->cell) - (a->cell < b->cell);
}

static size_t find_environment(const struct result_table *sorted, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (is_same_environment(&sorted->results[i], &sorted->results[index]))
			return i;
	return index;
}

static int sort_cells(struct result_table *sorted)
{
	size_t cells = 0;

	for (size_t i = 0; i < sorted->result_count; i++)
		cells += sorted->results[i].cell_count;
	sorted->entries = calloc(cells + 1, sizeof(*sorted->entries));
	if (!sorted->entries)
		return -ENOMEM;
	for (size_t i = 0; i < sorted->result_count; i++) {
		const struct result *result = &sorted->results[i];
		size_t environment = find_environment(sorted, i);

		for (size_t j = 0; j < result->cell_count; j++)
			sorted->entries[sorted->entry_count++] = (struct table_entry){
				.file = sorted->files[i],
				.result = result,
				.cell = &result->cells[j],
				.environment = environment,
			};
	}
	qsort(sorted->entries, sorted->entry_count, sizeof(*sorted->entries), compare_entries);
	return 0;
}

int result_table_read(struct result_table *sorted, char *const *paths, size_t count)
{
	struct results results;
	int ret = results_read(&results, paths, count);

	*sorted = (struct result_table){ .results = results.items,
					 .files = results.paths,
					 .result_count = results.count };
	if (ret == -ENOMEM)
		return ret;
	return sort_cells(sorted) ? diag_errno(ENOMEM, "sort the cells") : ret;
}

void result_table_free(struct result_table *sorted)
{
	results_free(&(struct results){ sorted->results, sorted->files, sorted->result_count });
	free(sorted->entries);
	*sorted = (struct result_table){ 0 };
}

struct table_span table_all(const struct result_table *sorted)
{
	return (struct table_span){ sorted->entries, sorted->entry_count };
}

struct table_span table_cut(struct table_span *rest, enum table_level level)
{
	struct table_span span = { rest->entries, 1 };

	while (span.count < rest->count &&
	       !compare_to_level(span.entries, &span.entries[span.count], level))
		span.count++;
	rest->entries += span.count;
	rest->count -= span.count;
	return span;
}

struct table_span table_find(struct table_span span, int state, int load, int sync)
{
	while (span.count) {
		struct table_span cell = table_cut(&span, TABLE_CELL);
		const struct cell_config *config = &cell.entries[0].cell->config;

		if (config->state == state && config->load == load && config->sync == sync)
			return cell;
	}
	return span;
}

size_t table_measured(struct table_span span)
{
	size_t measured = 0;

	for (size_t i = 0; i < span.count; i++)
		measured += span.entries[i].cell->has_latency;
	return measured;
}

static double value_of(const struct table_entry *entry, enum figure figure)
{
	const struct cell_result *run = entry->cell;

	return run->has_latency ? fabs(figure_ns(&run->latency, figure)) : NAN;
}

static uint64_t bits_of(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

/*
 * The value that so many others are below, between those of the lowest and the highest run. Numbers
 * from 0 up are in the order of their bits, so that halving finds it, without memory for a copy of
 * any number of runs.
 */
static double find_rank(struct table_span cell, enum figure figure, double lowest, double highest,
			size_t rank)
{
	uint64_t low = bits_of(lowest), high = bits_of(highest);
	double found;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		size_t count = 0;

		for (size_t i = 0; i < cell.count; i++)
			count += bits_of(value_of(&cell.entries[i], figure)) <= middle;
		if (count > rank)
			high = middle;
		else
			low = middle + 1;
	}
	memcpy(&found, &low, sizeof(found));
	return found;
}

struct table_runs table_runs(struct table_span cell, enum figure figure)
{
	struct table_runs runs = { 0, NAN, NAN, NAN };

	for (size_t i = 0; i < cell.count; i++) {
		double value = value_of(&cell.entries[i], figure);

		runs.runs += !isnan(value);
		runs.low = fmin(runs.low, value);
		runs.high = fmax(runs.high, value);
	}
	if (runs.runs)
		runs.median = (find_rank(cell, figure, runs.low, runs.high, (runs.runs - 1) / 2) +
			       find_rank(cell, figure, runs.low, runs.high, runs.runs / 2)) /
			      2;
	return runs;
}

/*
 * Whether all that the letter fixes is the same. It says neither what slept between two faults nor
 * how the threads were scheduled, and its file system is only taken to be ext4 without options.
 */
static bool is_letter_cell(const struct cell_config *a, const struct cell_config *b)
{
	return a->dax == b->dax && a->state == b->state && a->load == b->load &&
	       a->sync == b->sync && a->access == b->access && a->page == b->page &&
	       a->pages == b->pages && a->threads == b->threads && a->files == b->files &&
	       a->commit == b->commit && a->remap == b->remap && a->interface == b->interface &&
	       a->attribute == b->attribute && dirty_of(a) == dirty_of(b);
}

const struct cell_result *table_letter_cell(const struct result *letter,
					    const struct cell_config *config)
{
	for (size_t i = 0; i < letter->cell_count; i++)
		if (is_letter_cell(&letter->cells[i].config, config))
			return &letter->cells[i];
	return NULL;
}
