// SPDX-License-Identifier: GPL-2.0-or-later
/* The answer of the suite worst-case: one table, and the slowest faults of each file system. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/diag.h"
#include "base/printable.h"
#include "base/text_table.h"
#include "cell/log_size.h"
#include "show/show.h"
#include "view/worst_case.h"

#define DECIMALS   1
#define FS_COLUMNS 24

static const char *const heads[] = {
	"log",	  "load", "fs",
	"n",	  "p50",  "p99.9",
	"p99.99", "max",  "with probes: the slowest, and where it was"
};
static const char *const worst_heads[] = {
	"log", "fs", "load", "us", "off the\nCPU", "where it was", "the commit it waited for"
};
#define COLUMNS	      (sizeof(heads) / sizeof(heads[0]))
#define WORST_COLUMNS (sizeof(worst_heads) / sizeof(worst_heads[0]))

static int add_fs(struct text_table *table, const struct worst_case_row *row)
{
	char fs[FS_COLUMNS * 4 + 4];

	return text_table_add(table, printable(row->fs, FS_COLUMNS, fs, sizeof(fs)));
}

static int add_worst(struct text_table *table, const struct worst_case_row *row)
{
	char text[PHRASE_SIZE + PRINTABLE_NUMBER + 2], number[PRINTABLE_NUMBER], waits[PHRASE_SIZE];
	const struct worst_result *fault = row->worst[0].fault;

	if (!row->worst_count)
		return text_table_add(table, "-");
	snprintf(text, sizeof(text), "%s: %s", printable_us((double)fault->total, DECIMALS, number),
		 worst_case_waits(fault, waits));
	return text_table_add(table, text);
}

static int add_row(struct text_table *table, const struct worst_case_row *row)
{
	char number[PRINTABLE_NUMBER], log[LOG_SIZE_NAME], load[PHRASE_SIZE];
	int ret = text_table_add(table, log_size_name(row->log_bytes, log));

	ret |= text_table_add(table, worst_case_load_name(row, load)) | add_fs(table, row);
	ret |= text_table_add(table, printable_count(row->count, number));
	ret |= text_table_add_us(table, row->p50, DECIMALS) |
	       text_table_add_us(table, row->p999, DECIMALS) |
	       text_table_add_us(table, row->p9999, DECIMALS);
	return ret | text_table_add_us(table, row->max, DECIMALS) | add_worst(table, row);
}

static int print_rows(const struct show *show, const struct worst_case *cases)
{
	auto_text_table struct text_table table = {
		.heads = heads, .left_columns = 3, .columns = COLUMNS, .last_are_left = 1
	};

	for (size_t i = 0; i < cases->count; i++)
		if (add_row(&table, &cases->rows[i]))
			return diag_errno(ENOMEM, "show");
	text_table_print(&table, show->out);
	fprintf(show->out, "\n");
	return 0;
}

/* What was in the commit that the fault waited for: all of it is written before the fault ends. */
static const char *tell_commit(const struct worst_result *fault, char buffer[PHRASE_SIZE])
{
	const struct commit_result *commit = &fault->commit;
	char handles[PRINTABLE_NUMBER], amount[PRINTABLE_NUMBER];

	snprintf(buffer, PHRASE_SIZE, "-");
	if (!fault->has_commit)
		return buffer;
	if (commit->handles != U64_ABSENT && commit->blocks != U64_ABSENT)
		snprintf(buffer, PHRASE_SIZE, "%s handles, %s blocks",
			 printable_count(commit->handles, handles),
			 printable_count(commit->blocks, amount));
	else if (commit->bytes != U64_ABSENT)
		snprintf(buffer, PHRASE_SIZE, "%s bytes", printable_count(commit->bytes, amount));
	return buffer;
}

static int add_fault(struct text_table *table, const struct worst_case_row *row,
		     const struct worst_case_fault *kept)
{
	char load[PHRASE_SIZE], log[LOG_SIZE_NAME], waits[PHRASE_SIZE], commit[PHRASE_SIZE];
	uint64_t blocked = kept->fault->blocked;
	struct worst_case_row own;
	int ret = text_table_add(table, log_size_name(row->log_bytes, log));

	worst_case_name(&own, kept->config);
	ret |= add_fs(table, row) | text_table_add(table, worst_case_load_name(&own, load));
	ret |= text_table_add_us(table, (double)kept->fault->total, DECIMALS);
	ret |= text_table_add_us(table, blocked == U64_ABSENT ? NAN : (double)blocked, DECIMALS);
	ret |= text_table_add(table, worst_case_waits(kept->fault, waits));
	return ret | text_table_add(table, tell_commit(kept->fault, commit));
}

/* Of each log size and file system the row of all loads holds the slowest of them. */
static int print_worst(const struct show *show, const struct worst_case *cases)
{
	auto_text_table struct text_table table = { .heads = worst_heads,
						    .left_columns = 3,
						    .last_are_left = 2,
						    .columns = WORST_COLUMNS };
	int ret = 0;

	for (size_t i = 0; i < cases->count; i++)
		for (size_t j = 0;
		     cases->rows[i].load == WORST_CASE_ANY && j < cases->rows[i].worst_count; j++)
			ret |= add_fault(&table, &cases->rows[i], &cases->rows[i].worst[j]);
	if (ret)
		return diag_errno(ENOMEM, "show");
	if (!table.count)
		return 0;
	fprintf(show->out, "The slowest of each, with probes (us in the kernel):\n\n");
	text_table_print(&table, show->out);
	fprintf(show->out, "\n");
	return 0;
}

int show_worst_case(const struct show *show, struct table_span span)
{
	auto_worst_case struct worst_case cases = { 0 };

	if (!worst_case_is_in(span))
		return 0;
	if (worst_case_fill(&cases, span))
		return diag_errno(ENOMEM, "show");
	show_heading(show, "The worst synchronous fault (MAP_SYNC), by log size and load (us)",
		     '\0');
	fprintf(show->out, "\n");
	if (print_rows(show, &cases) || print_worst(show, &cases))
		return -ENOMEM;
	show_wrapped(
		show,
		"n is faults: p99.9 stands on n/1,000 of them, and is told of 1,000 faults and "
		"more; p99.99 on n/10,000, of 10,000 and more. Percentiles of load any are "
		"from histograms, at most 1/32 too high. The pass with probes is another "
		"one: its slowest fault need not be that of max.",
		0);
	fprintf(show->out, "\n");
	return 0;
}
