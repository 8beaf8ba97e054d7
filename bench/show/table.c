// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/diag.h"
#include "base/printable.h"
#include "base/text_table.h"
#include "show/show.h"
#include "view/phrases.h"

#define LEFT_COLUMNS 3

static const char *const heads[] = { "file", "load",	  "sync",     "n",     "min",
				     "p50",  "p90",	  "p99",      "p99.9", "max",
				     "mean", "2017\navg", "2017\nmax" };
/* Next to another file system the letter's figures are named as ext4's. */
static const char *const ext4_heads[] = { "ext4\navg'17", "ext4\nmax'17" };
#define COLUMNS	       (sizeof(heads) / sizeof(heads[0]))
#define LETTER_COLUMNS 2

/* The columns in heads after "n". */
static const enum figure columns[] = { FIGURE_MIN,  FIGURE_P50, FIGURE_P90, FIGURE_P99,
				       FIGURE_P999, FIGURE_MAX, FIGURE_MEAN };
#define FIGURE_COLUMNS (sizeof(columns) / sizeof(columns[0]))

static const char *const price_heads[] = { "file",	    "load",  "p50\nnone",
					   "p50\nmap_sync", "price", "2017\navg" };
#define PRICE_COLUMNS (sizeof(price_heads) / sizeof(price_heads[0]))

/* What all rows of one table have in common. */
struct layout {
	const struct result *reference; /* NULL: no columns of the letter's */
	bool is_ext4;			/* as is all that the letter has */
	int decimals;
};

static int add_words(struct text_table *table, const struct cell_config *config)
{
	int ret = text_table_add(table, state_words[config->state]);

	ret |= text_table_add(table, load_words[config->load]);
	return ret | text_table_add(table, sync_words[config->sync]);
}

static int add_letter(struct text_table *table, const struct layout *layout,
		      const struct cell_config *config)
{
	const struct cell_result *cell;

	if (!layout->reference)
		return 0;
	cell = table_letter_cell(layout->reference, config);
	return text_table_add_us(table, cell ? cell->latency.mean : NAN, 0) |
	       text_table_add_us(table, cell ? (double)cell->latency.max : NAN, 0);
}

/* Faults of one run: all runs of a cell have the same number. */
static uint64_t faults_of(struct table_span runs)
{
	for (size_t i = 0; i < runs.count; i++)
		if (runs.entries[i].cell->has_latency)
			return runs.entries[i].cell->latency.count;
	return 0;
}

/* How far the runs of a cell lie apart, in percent of their median. */
static int add_spread(struct text_table *table, const struct layout *layout, struct table_span runs)
{
	char text[PRINTABLE_NUMBER];
	int ret = text_table_add(table, "") | text_table_add(table, "") |
		  text_table_add(table, "spread");

	snprintf(text, sizeof(text), "%zu runs", table_measured(runs));
	ret |= text_table_add(table, text);
	for (size_t i = 0; i < FIGURE_COLUMNS; i++) {
		struct table_runs over = table_runs(runs, columns[i]);
		double spread = (over.high - over.low) / over.median * 100;

		snprintf(text, sizeof(text), "%.1f%%", spread);
		ret |= text_table_add(table, isfinite(spread) ? text : "-");
	}
	for (int i = 0; layout->reference && i < LETTER_COLUMNS; i++)
		ret |= text_table_add(table, "");
	return ret;
}

static int add_cell(struct text_table *table, const struct layout *layout, struct table_span runs)
{
	const struct cell_config *config = &runs.entries[0].cell->config;
	char number[PRINTABLE_NUMBER];
	int ret = add_words(table, config);

	ret |= text_table_add(table, printable_count(faults_of(runs), number));
	for (size_t i = 0; i < FIGURE_COLUMNS; i++)
		ret |= text_table_add_us(table, table_runs(runs, columns[i]).median,
					 layout->decimals);
	ret |= add_letter(table, layout, config);
	if (table_measured(runs) > 1)
		ret |= add_spread(table, layout, runs);
	return ret;
}

/* The letter's columns are there where it has a cell of span, and is not itself what is shown. */
static struct layout make_layout(const struct show *show, struct table_span span)
{
	struct layout layout = { .is_ext4 = !strcmp(span.entries[0].cell->config.fs, "ext4"),
				 .decimals = 1 };

	for (size_t i = 0; i < span.count; i++) {
		const struct table_entry *entry = &span.entries[i];

		if (!entry->cell->has_latency)
			continue;
		/* Near a microsecond one decimal is too coarse to tell two cells apart. */
		if (entry->cell->latency.min < 2000)
			layout.decimals = 2;
		if (!entry->result->has_provenance &&
		    table_letter_cell(show->reference, &entry->cell->config))
			layout.reference = show->reference;
	}
	return layout;
}

static int print_cells(const struct show *show, const struct layout *layout, struct table_span span)
{
	const char *all_heads[COLUMNS];
	auto_text_table struct text_table table = { .heads = all_heads,
						    .left_columns = LEFT_COLUMNS,
						    .columns = layout->reference
								       ? COLUMNS
								       : COLUMNS - LETTER_COLUMNS };

	memcpy(all_heads, heads, sizeof(heads));
	if (!layout->is_ext4)
		memcpy(&all_heads[COLUMNS - LETTER_COLUMNS], ext4_heads, sizeof(ext4_heads));
	while (span.count) {
		struct table_span runs = table_cut(&span, TABLE_CELL);

		if (table_measured(runs) && add_cell(&table, layout, runs))
			return diag_errno(ENOMEM, "show");
	}
	text_table_print(&table, show->out);
	return 0;
}

static int add_ratio(struct text_table *table, double with, double without)
{
	char text[PRINTABLE_NUMBER];

	snprintf(text, sizeof(text), "%.1fx", with / without);
	return text_table_add(table, isfinite(with / without) ? text : "-");
}

static int add_price(struct text_table *table, const struct layout *layout, struct table_span span,
		     const struct cell_config *config)
{
	struct table_span runs = table_find(span, config->state, config->load, SYNC_NONE);
	double without = table_runs(runs, FIGURE_P50).median, with;
	struct cell_config other = *config;
	const struct cell_result *letter[2] = { NULL, NULL };
	int ret;

	runs = table_find(span, config->state, config->load, SYNC_MAP_SYNC);
	with = table_runs(runs, FIGURE_P50).median;
	if (isnan(with) || isnan(without))
		return 0;
	ret = text_table_add(table, state_words[config->state]);
	ret |= text_table_add(table, load_words[config->load]);
	ret |= text_table_add_us(table, without, layout->decimals) |
	       text_table_add_us(table, with, layout->decimals);
	ret |= add_ratio(table, with, without);
	for (int sync = 0; layout->reference && sync < 2; sync++) {
		other.sync = sync ? SYNC_MAP_SYNC : SYNC_NONE;
		letter[sync] = table_letter_cell(layout->reference, &other);
	}
	if (!layout->reference)
		return ret;
	return ret | add_ratio(table, letter[1] ? letter[1]->latency.mean : NAN,
			       letter[0] ? letter[0]->latency.mean : NAN);
}

static int print_prices(const struct show *show, const struct layout *layout,
			struct table_span span)
{
	const char *all_heads[PRICE_COLUMNS];
	auto_text_table struct text_table table = { .heads = all_heads,
						    .left_columns = 2,
						    .columns = layout->reference
								       ? PRICE_COLUMNS
								       : PRICE_COLUMNS - 1 };
	struct table_span rest = span;

	memcpy(all_heads, price_heads, sizeof(price_heads));
	if (!layout->is_ext4)
		all_heads[PRICE_COLUMNS - 1] = ext4_heads[0];
	while (rest.count) {
		struct table_span runs = table_cut(&rest, TABLE_CELL);
		const struct cell_config *config = &runs.entries[0].cell->config;

		if (config->sync == SYNC_MAP_SYNC && add_price(&table, layout, span, config))
			return diag_errno(ENOMEM, "show");
	}
	if (!table.count)
		return 0;
	fprintf(show->out, "\nThe price of MAP_SYNC (p50 with it / p50 without):\n\n");
	text_table_print(&table, show->out);
	return 0;
}

int show_table(const struct show *show, struct table_span span)
{
	struct layout layout = make_layout(show, span);

	if (!table_measured(span))
		return 0;
	if (print_cells(show, &layout, span) || print_prices(show, &layout, span))
		return -ENOMEM;
	fprintf(show->out, "\n");
	return 0;
}
