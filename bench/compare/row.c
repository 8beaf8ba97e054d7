// SPDX-License-Identifier: GPL-2.0-or-later
#include "compare/row.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

const char *const compare_verdict_words[] = { "same", "better", "worse", "unknown", "none", NULL };

int compare_decide(struct compare_row *row, enum compare_verdict verdict, const char *fmt, ...)
{
	va_list args;
	int length;

	free(row->reason);
	row->verdict = verdict;
	va_start(args, fmt);
	length = vasprintf(&row->reason, fmt, args);
	va_end(args);
	if (length < 0)
		row->reason = NULL;
	return length < 0 ? -ENOMEM : 0;
}

static uint64_t least_count(const struct set_cell *cell)
{
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i < cell->run_count; i++)
		if (cell->runs[i].cell->latency.count < least)
			least = cell->runs[i].cell->latency.count;
	return least;
}

/* A figure that a run lacks, or that is 0, has no ratio. */
static bool has_values(const struct set_cell *cell, int figure)
{
	for (size_t i = 0; i < cell->run_count; i++)
		if (!(figure_ns(&cell->runs[i].cell->latency, figure) > 0))
			return false;
	return true;
}

int compare_rule_out(const struct compare_pair *pair, struct compare_row *row)
{
	uint64_t least = figure_least_faults(row->figure), base, new;
	int ret = 0;

	row->base_runs = pair->base->run_count;
	row->new_runs = pair->new->run_count;
	if (!row->base_runs && !row->new_runs)
		ret = compare_decide(row, COMPARE_NONE, "measured on neither side: %s",
				     pair->new->missing);
	else if (!row->base_runs || !row->new_runs)
		ret = compare_decide(row, COMPARE_UNKNOWN, "%s has no figures: %s",
				     row->new_runs ? "BASE" : "NEW",
				     row->new_runs ? pair->base->missing : pair->new->missing);
	else if ((base = least_count(pair->base)) < least || (new = least_count(pair->new)) < least)
		ret = compare_decide(
			row, COMPARE_NONE, "%llu faults do not carry it: it needs %llu",
			(unsigned long long)(base < least ? base : new), (unsigned long long)least);
	else if (!has_values(pair->base, row->figure) || !has_values(pair->new, row->figure))
		ret = compare_decide(row, COMPARE_NONE, "a run lacks it, or has 0: no ratio");
	else
		return 0;
	return ret ? ret : 1;
}
