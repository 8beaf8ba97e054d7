// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/diag.h"
#include "base/text_table.h"
#include "show/show.h"
#include "view/phrases.h"

static const char *const heads[] = { "file system", "after each store", "hole", "unwritten",
				     "written" };

/* The one variant that ways are compared in: a store to each page by one thread, and nothing else.
 */
static bool is_plain(const struct cell_config *config)
{
	return config->access == ACCESS_WRITE && config->page == PAGE_4K && config->threads == 1 &&
	       config->load == LOAD_NONE && config->remap == REMAP_NONE && !config->interface &&
	       (!config->dirty || config->dirty == U64_ABSENT);
}

static bool has_prices(struct table_span span)
{
	for (size_t i = 0; i < span.count; i++)
		if (span.entries[i].cell->config.commit != COMMIT_NONE &&
		    span.entries[i].cell->has_latency && is_plain(&span.entries[i].cell->config))
			return true;
	return false;
}

static bool is_same_fs(const struct cell_config *a, const struct cell_config *b)
{
	return a->dax == b->dax && !strcmp(a->fs, b->fs) &&
	       !strcmp(a->mkfs_options, b->mkfs_options) &&
	       !strcmp(a->mount_options, b->mount_options);
}

static bool is_same_way(const struct cell_config *a, const struct cell_config *b)
{
	return a->sync == b->sync && a->commit == b->commit && a->attribute == b->attribute &&
	       a->pages == b->pages;
}

/* The median fault of the cell that is like config in state, over its runs; NAN without one. */
static double find_price(struct table_span span, const struct cell_config *config, int state)
{
	while (span.count) {
		struct table_span runs = table_cut(&span, TABLE_CELL);
		const struct cell_config *other = &runs.entries[0].cell->config;

		if (is_plain(other) && other->state == state && is_same_fs(other, config) &&
		    is_same_way(other, config) && table_measured(runs))
			return table_runs(runs, FIGURE_P50).median;
	}
	return NAN;
}

static void name_way(const struct cell_config *config, char *text, size_t size)
{
	static const char *const commits[] = {
		[COMMIT_NONE] = "nothing",
		[COMMIT_FLUSH] = "flush",
		[COMMIT_MSYNC] = "msync",
		[COMMIT_FDATASYNC] = "fdatasync",
		[COMMIT_PWRITE_DSYNC] = "pwrite, O_DSYNC instead",
	};

	snprintf(text, size, "%s%s%s", config->attribute == ATTRIBUTE_SYNC ? "chattr +S: " : "",
		 config->sync == SYNC_MAP_SYNC ? "MAP_SYNC: " : "", commits[config->commit]);
}

static int add_row(struct text_table *table, struct table_span span,
		   const struct cell_config *config)
{
	static const int states[] = { STATE_HOLE, STATE_UNWRITTEN, STATE_WRITTEN };
	char text[PHRASE_SIZE];
	int ret = text_table_add(table, phrase_fs(config, text));

	name_way(config, text, sizeof(text));
	if (!ret)
		ret = text_table_add(table, text);
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]) && !ret; i++) {
		double price_ns = find_price(span, config, states[i]);

		snprintf(text, sizeof(text), "%.1f", price_ns / 1000);
		ret = text_table_add(table, isnan(price_ns) ? "-" : text);
	}
	return ret;
}

/* Whether an earlier cell of span had the same row. */
static bool is_told(struct table_span span, size_t index)
{
	const struct cell_config *config = &span.entries[index].cell->config;

	for (size_t i = 0; i < index; i++) {
		const struct cell_result *cell = span.entries[i].cell;

		if (cell->has_latency && is_plain(&cell->config) &&
		    is_same_fs(&cell->config, config) && is_same_way(&cell->config, config))
			return true;
	}
	return false;
}

/* The rows of the file system that index is the first cell of. */
static int add_fs(struct text_table *table, struct table_span span, size_t index)
{
	const struct cell_config *fs = &span.entries[index].cell->config;

	for (size_t i = 0; i < index; i++)
		if (is_same_fs(&span.entries[i].cell->config, fs))
			return 0;
	for (size_t i = index; i < span.count; i++) {
		const struct cell_result *cell = span.entries[i].cell;

		if (cell->has_latency && is_plain(&cell->config) && is_same_fs(&cell->config, fs) &&
		    !is_told(span, i) && add_row(table, span, &cell->config))
			return -ENOMEM;
	}
	return 0;
}

int show_prices(const struct show *show, struct table_span span)
{
	struct text_table table = { .heads = heads, .columns = 5, .left_columns = 2 };
	int ret = 0;

	if (!has_prices(span))
		return 0;
	for (size_t i = 0; i < span.count && !ret; i++)
		ret = add_fs(&table, span, i);
	if (!ret) {
		show_heading(show, "Price of a durable store", '-');
		show_wrapped(show,
			     "p50 of the first store to each page, with its fault and what follows "
			     "it. After nothing but MAP_SYNC the store is still in the CPU's "
			     "caches; without either, or by chattr +S, it is not durable.",
			     0);
		fprintf(show->out, "\n");
		text_table_print(&table, show->out);
		fprintf(show->out, "\n");
	}
	text_table_free(&table);
	return ret ? diag_errno(ENOMEM, "show") : 0;
}
