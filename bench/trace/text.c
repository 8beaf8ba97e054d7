// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/text.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/diag.h"
#include "base/printable.h"
#include "base/text_table.h"
#include "trace/list.h"

#define DECIMALS 2

static const char *const heads[] = { "us",  "count", "share", "mean", "p50",
				     "p90", "p99",   "p999",  "max" };
static const char *const names[COUNT_COUNT] = {
	[COUNT_NEEDDSYNC] = "VM_FAULT_NEEDDSYNC",
	[COUNT_INSERT_PFN_MKWRITE] = "made writable after the flush",
	[COUNT_FSYNC] = "fsyncs of faults",
	[COUNT_JOURNAL_COMMIT] = "journal commits",
	[COUNT_FAST_COMMIT] = "fast commits",
	[COUNT_XFS_FSYNC] = "fsyncs of XFS",
	[COUNT_LOG_FORCE] = "log forces",
	[COUNT_CIL_PUSH] = "CIL pushes",
	[COUNT_ICLOG_WAIT] = "log buffer waits",
	[COUNT_RETRY] = "retries",
	[COUNT_INTERRUPTED] = "given up for a signal",
	[DROP_SLOT] = "faults without a place",
	[DROP_UNFINISHED] = "faults whose end was not seen",
	[DROP_DEEP] = "stages nested too deep",
	[DROP_UNMATCHED] = "ends without a start",
	[DROP_EVENT] = "faults over the threshold, not told",
};

static int add_ns(struct text_table *table, uint64_t ns)
{
	return text_table_add_us(table, ns == U64_ABSENT ? NAN : (double)ns, DECIMALS);
}

static int add_share(struct text_table *table, double share)
{
	char text[16] = "";

	if (!isnan(share))
		snprintf(text, sizeof(text), "%.1f %%", 100 * share);
	return text_table_add(table, text);
}

static int add_row(struct text_table *table, const char *name, const struct trace_figures *figures)
{
	char text[PRINTABLE_NUMBER];
	int ret = text_table_add(table, name);

	ret |= text_table_add(table, printable_count(figures->count, text));
	ret |= add_share(table, figures->share);
	ret |= text_table_add_us(table, figures->mean, DECIMALS);
	ret |= add_ns(table, figures->p50);
	ret |= add_ns(table, figures->p90);
	ret |= add_ns(table, figures->p99);
	ret |= add_ns(table, figures->p999);
	ret |= add_ns(table, figures->max);
	return ret ? -ENOMEM : 0;
}

static int print_root(FILE *out, const char *name, const struct trace_root *root)
{
	auto_text_table struct text_table table = { .heads = heads,
						    .columns = sizeof(heads) / sizeof(heads[0]),
						    .left_columns = 1 };
	int ret = add_row(&table, name, &root->whole);

	for (size_t i = 0; i < root->stage_count && !ret; i++)
		ret = add_row(&table, stage_words[root->stages[i].stage], &root->stages[i]);
	if (!ret)
		text_table_print(&table, out);
	return ret;
}

static int print_commits(FILE *out, const struct trace_span *span)
{
	auto_text_table struct text_table table = { .heads = heads,
						    .columns = sizeof(heads) / sizeof(heads[0]),
						    .left_columns = 1 };
	int ret = 0;

	for (size_t i = 0; i < PHASE_COUNT && !ret; i++)
		if (span->commits[i].count)
			ret = add_row(&table, trace_phase_words[i], &span->commits[i]);
	fprintf(out, "  commits of journals and logs, of the whole machine:\n");
	text_table_print(&table, out);
	return ret;
}

static void print_off_cpu(FILE *out, const struct trace_root *root, const char *what)
{
	char blocked[PRINTABLE_NUMBER], runnable[PRINTABLE_NUMBER];

	if (!(root->blocked_mean > 0) && !(root->runnable_mean > 0))
		return;
	fprintf(out, "  off the CPU, mean of %s: %s us waiting for something, %s us for the CPU\n",
		what, printable_us(root->blocked_mean, DECIMALS, blocked),
		printable_us(root->runnable_mean, DECIMALS, runnable));
}

/* Those of [from, to) that are not 0, after a heading; nothing where all are. */
static void print_counts(FILE *out, const char *heading, const uint64_t *counts, size_t from,
			 size_t to)
{
	struct trace_list list = { .out = out, .indent = (int)strlen(heading) };
	char number[PRINTABLE_NUMBER], item[128];

	for (size_t i = from; i < to; i++) {
		if (!counts[i] || counts[i] == U64_ABSENT)
			continue;
		if (!list.count)
			fprintf(out, "%s", heading);
		snprintf(item, sizeof(item), "%s %s", names[i], printable_count(counts[i], number));
		trace_list_add(&list, item);
	}
	if (list.count)
		fprintf(out, "\n");
}

int trace_text_span(FILE *out, const char *title, const struct trace_span *span)
{
	double seconds = (double)(span->to - span->from) / 1e9;
	char number[PRINTABLE_NUMBER];
	int ret = 0;

	fprintf(out, "%s, %.1f s: ", title, seconds);
	if (!span->faults.whole.count)
		fprintf(out, "no faults\n");
	else
		fprintf(out, "%s fault%s\n", printable_count(span->faults.whole.count, number),
			span->faults.whole.count == 1 ? "" : "s");
	if (span->faults.whole.count)
		ret = print_root(out, "fault", &span->faults);
	print_off_cpu(out, &span->faults, "faults");
	if (span->has_fsyncs && !ret) {
		fprintf(out, "  fsyncs that no fault asked for:\n");
		ret = print_root(out, "fsync", &span->fsyncs);
		print_off_cpu(out, &span->fsyncs, "fsyncs");
	}
	if (span->has_commits && !ret)
		ret = print_commits(out, span);
	print_counts(out, "  counted: ", span->counts, 0, DROP_SLOT);
	print_counts(out, "  NOT measured: ", span->counts, DROP_SLOT, COUNT_COUNT);
	return ret ? diag_errno(ret, "trace") : 0;
}
