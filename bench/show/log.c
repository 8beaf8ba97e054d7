// SPDX-License-Identifier: GPL-2.0-or-later
/* The latency of the first synchronous fault, and of the next, by what it found in the log. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/order.h"
#include "base/printable.h"
#include "base/text_table.h"
#include "show/show.h"
#include "view/phrases.h"

#define LEFT_COLUMNS 2
#define DECIMALS     1
#define FS_COLUMNS   37

static const char *const heads[] = {
	"file system", "operations",   "log\nKiB",  "committed\nKiB", "dirty\nKiB",
	"% of\nlog",   "first\nfault", "next\np50", "next\nmax",
};
#define COLUMNS (sizeof(heads) / sizeof(heads[0]))

/* Of all samples but the first; -ENOMEM. NAN without any. */
static int find_next(const struct latency *latency, double *p50, double *most)
{
	size_t count = latency->sample_count > 1 ? latency->sample_count - 1 : 0;
	auto_free uint64_t *sorted = calloc(count + 1, sizeof(*sorted));

	*p50 = *most = NAN;
	if (!sorted)
		return -ENOMEM;
	if (!count)
		return 0;
	memcpy(sorted, latency->samples + 1, count * sizeof(*sorted));
	order_sort_u64(sorted, count);
	*p50 = (double)sorted[(count - 1) / 2];
	*most = (double)sorted[count - 1];
	return 0;
}

static int add_kib(struct text_table *table, uint64_t bytes)
{
	char number[PRINTABLE_NUMBER];

	if (bytes == U64_ABSENT)
		return text_table_add(table, "-");
	return text_table_add(table, printable_count(bytes / 1024, number));
}

static int add_percent(struct text_table *table, double percent)
{
	char text[PRINTABLE_NUMBER];

	snprintf(text, sizeof(text), "%.2f", percent);
	return text_table_add(table, isnan(percent) ? "-" : text);
}

static int add_names(struct text_table *table, const struct cell_config *config)
{
	char fs[PHRASE_SIZE], shown[FS_COLUMNS * 4 + 4], number[PRINTABLE_NUMBER], text[96];
	int ret;

	ret = text_table_add(table,
			     printable(phrase_fs(config, fs), FS_COLUMNS, shown, sizeof(shown)));
	snprintf(text, sizeof(text), "%s %s", printable_count(config->dirty, number),
		 dirty_kind_words[config->dirty_kind]);
	return ret | text_table_add(table, text);
}

static int add_row(struct text_table *table, const struct cell_result *cell)
{
	const struct latency *latency = &cell->latency;
	double first = latency->sample_count ? (double)latency->samples[0] : NAN, p50, most;
	int ret = find_next(latency, &p50, &most);

	ret |= add_names(table, &cell->config);
	ret |= add_kib(table, cell->dirt.log_bytes);
	ret |= add_kib(table, cell->dirt.committed_bytes);
	ret |= add_kib(table, cell->dirt.dirty_bytes);
	ret |= add_percent(table, cell->dirt.dirty_percent);
	ret |= text_table_add_us(table, first, DECIMALS);
	ret |= text_table_add_us(table, p50, DECIMALS);
	return ret | text_table_add_us(table, most, DECIMALS) ? -ENOMEM : 0;
}

static int compare_cells(const void *left, const void *right)
{
	const struct cell_result *a = *(const struct cell_result *const *)left;
	const struct cell_result *b = *(const struct cell_result *const *)right;
	int order = cell_compare_fs(&a->config, &b->config);

	if (!order)
		order = a->config.dirty_kind - b->config.dirty_kind;
	if (order)
		return order;
	return a->config.dirty == b->config.dirty  ? (a > b) - (a < b)
	       : a->config.dirty < b->config.dirty ? -1
						   : 1;
}

static int fill(struct text_table *table, struct table_span span)
{
	auto_free const struct cell_result **cells = calloc(span.count + 1, sizeof(*cells));
	size_t count = 0;
	int ret = cells ? 0 : -ENOMEM;

	for (size_t i = 0; cells && i < span.count; i++)
		if (span.entries[i].cell->has_dirt && span.entries[i].cell->has_latency)
			cells[count++] = span.entries[i].cell;
	if (cells)
		qsort(cells, count, sizeof(*cells), compare_cells);
	for (size_t i = 0; i < count && !ret; i++)
		ret = add_row(table, cells[i]);
	return ret;
}

int show_log(const struct show *show, struct table_span span)
{
	auto_text_table struct text_table table = { .heads = heads,
						    .columns = COLUMNS,
						    .left_columns = LEFT_COLUMNS };

	if (fill(&table, span))
		return diag_errno(ENOMEM, "show");
	if (!table.count)
		return 0;
	show_heading(show, "The first fault, and the next, by what is dirty in the log", '-');
	text_table_print(&table, show->out);
	fprintf(show->out, "\n");
	show_wrapped(
		show,
		"Operations were not synced. committed: log taken by what was committed before "
		"the first fault; dirty: what that fault had to wait for, with its own blocks. "
		"- is not known: see the cell's dirt.reason. Each row is one run.",
		0);
	fprintf(show->out, "\n");
	return 0;
}
