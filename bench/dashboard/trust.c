// SPDX-License-Identifier: GPL-2.0-or-later
/* Is it real? Each threshold, how many were tested, and what A against A says. */
#include <math.h>
#include <string.h>

#include "dashboard/page.h"
#include "dashboard/text.h"

/*
 * A against A. Instructions: results of one build and seed that were started apart must be equal,
 * cell by cell. Time: the runs of one side, every second against the others, judged as the two
 * builds are.
 */
struct self_check {
	enum page_side side;
	uint64_t same, different, unknown;
};

static bool is_same_latency(const struct latency *a, const struct latency *b)
{
	return a->count == b->count && a->min == b->min && a->max == b->max && a->mean == b->mean &&
	       a->p50 == b->p50 && a->p90 == b->p90 && a->p99 == b->p99 && a->p999 == b->p999;
}

static const struct cell_result *find_cell(const struct result *result,
					   const struct cell_result *like)
{
	for (size_t i = 0; i < result->cell_count; i++) {
		const struct cell_result *cell = &result->cells[i];

		if (cell->has_latency && cell->repeat == like->repeat &&
		    !strcmp(cell->key, like->key))
			return cell;
	}
	return NULL;
}

static bool is_boot_of_one_seed(const struct result *a, const struct result *b)
{
	const char *one = a->guest.started, *other = b->guest.started;

	return a->has_guest && b->has_guest && a->guest.seed == b->guest.seed && one && other &&
	       strcmp(one, other) != 0;
}

static void check_boots(const struct result_set *set, struct self_check *check)
{
	for (size_t i = 0; i < set->result_count; i++)
		for (size_t j = i + 1; j < set->result_count; j++) {
			const struct result *a = &set->results[i], *b = &set->results[j];

			for (size_t k = 0; is_boot_of_one_seed(a, b) && k < a->cell_count; k++) {
				const struct cell_result *cell = &a->cells[k];
				const struct cell_result *other =
					cell->has_latency ? find_cell(b, cell) : NULL;

				if (other && is_same_latency(&cell->latency, &other->latency))
					check->same++;
				else if (other)
					check->different++;
			}
		}
}

static void free_half(struct result_set *half)
{
	for (size_t i = 0; half->cells && i < half->cell_count; i++)
		free(half->cells[i].runs);
	free(half->cells);
	*half = (struct result_set){ 0 };
}

/* The runs of whole whose number is odd, or even; results and names stay whole's. */
static bool take_half(const struct result_set *whole, size_t first, struct result_set *half)
{
	*half = *whole;
	half->cells = calloc(whole->cell_count + 1, sizeof(*half->cells));
	for (size_t i = 0; half->cells && i < whole->cell_count; i++) {
		const struct set_cell *from = &whole->cells[i];
		struct set_cell *to = &half->cells[i];

		*to = *from;
		to->run_count = 0;
		to->runs = calloc(from->run_count + 1, sizeof(*to->runs));
		if (!to->runs)
			return false;
		for (size_t run = first; run < from->run_count; run += 2)
			to->runs[to->run_count++] = from->runs[run];
	}
	return half->cells;
}

static void check_halves(const struct result_set *set, struct self_check *check)
{
	auto_release(free_half) struct result_set even = { 0 }, odd = { 0 };
	auto_comparison struct comparison comparison = { 0 };
	struct compare_options options;
	char refusal[COMPARE_TEXT_SIZE];

	compare_defaults(&options);
	if (!take_half(set, 0, &even) || !take_half(set, 1, &odd) ||
	    compare_refusal(&even, &odd, refusal) ||
	    compare_sets(&even, &odd, &options, &comparison))
		return;
	check->same = comparison.counts.same;
	check->different = comparison.counts.worse + comparison.counts.better;
	check->unknown = comparison.counts.unknown;
}

static size_t greatest_runs(const struct result_set *set)
{
	size_t runs = 0;

	for (size_t i = 0; i < set->cell_count; i++)
		if (set->cells[i].run_count > runs)
			runs = set->cells[i].run_count;
	return runs;
}

/* Of the side that has something to tell, A first. */
static struct self_check check_self(const struct page *page)
{
	struct self_check check = { .side = SIDE_BASE };

	for (int side = SIDE_BASE; side < SIDES; side++) {
		check = (struct self_check){ .side = side };
		if (page->history.tracks[page->track].domain == DOMAIN_INSTRUCTIONS)
			check_boots(&page->sets[side], &check);
		else if (greatest_runs(&page->sets[side]) > 1)
			check_halves(&page->sets[side], &check);
		if (check.same || check.different)
			break;
	}
	return check;
}

static void print_self(const struct page *page, FILE *out)
{
	struct self_check check = check_self(page);
	bool is_exact = page->history.tracks[page->track].domain == DOMAIN_INSTRUCTIONS;

	fprintf(out, "<dt>A against A</dt><dd>");
	if (check.same + check.different) {
		page_text(out, page_build_name(page, page->build[check.side]));
		fprintf(out,
			is_exact ? " was booted more than once with one seed: of %llu cells %llu "
				   "are bit-identical, %llu differ."
				 : ", every second run against the others: of %llu verdicts %llu "
				   "say same, %llu see a difference that is not there.",
			(unsigned long long)(check.same + check.different + check.unknown),
			(unsigned long long)check.same, (unsigned long long)check.different);
	} else if (check.unknown) {
		fprintf(out,
			"With half of the runs on each side no verdict is possible (%llu unknown).",
			(unsigned long long)check.unknown);
	} else {
		fprintf(out,
			is_exact ? "Not in these results: no seed was booted twice on either side."
				 : "Not in these results: neither side has runs enough to be "
				   "divided.");
	}
	fprintf(out, "</dd>\n");
}

static void print_engine(const struct page *page, FILE *out)
{
	fprintf(out, "<dt>Clock</dt><dd>");
	page_escape(out, phrase_clock(page->history.tracks[page->track].domain));
	fprintf(out, "</dd>\n");
}

/* The floors that were used, least and greatest, of a figure. */
static void print_floors(const struct page *page, FILE *out)
{
	const char *between = "";

	fprintf(out, "<dt>Floor</dt><dd>A smaller change is none: ");
	for (int figure = 0; figure < FIGURES_COMPARED; figure++) {
		double low = INFINITY, high = 0;

		for (size_t i = 0; i < page->cell_count; i++) {
			const struct compare_row *row = page_row(&page->cells[i], figure);

			if (row && isfinite(row->floor)) {
				low = fmin(low, row->floor);
				high = fmax(high, row->floor);
			}
		}
		if (isinf(low))
			continue;
		fprintf(out, "%s%s %.1f", between, figure_names[figure], low * 100);
		if (high * 100 - low * 100 >= 0.05)
			fprintf(out, " to %.1f", high * 100);
		fprintf(out, " %%");
		between = ", ";
	}
	fprintf(out, "%s. Each cell's own stands beside its verdict.</dd>\n",
		*between ? "" : "no floor could be had");
}

static void print_side(const struct page *page, const struct compare_side *side, const char *name,
		       FILE *out)
{
	(void)page;
	fprintf(out, "%s: %llu result%s, %llu run%s of a cell", name,
		(unsigned long long)side->results, side->results == 1 ? "" : "s",
		(unsigned long long)side->runs, side->runs == 1 ? "" : "s");
	if (side->seed_count) {
		fprintf(out, ", seed%s", side->seed_count == 1 ? "" : "s");
		for (size_t i = 0; i < side->seed_count && i < 32; i++)
			fprintf(out, " %llu", (unsigned long long)side->seeds[i]);
		fputs(side->seed_count > 32 ? " …" : "", out);
	}
}

static void print_faults(const struct page *page, FILE *out)
{
	uint64_t low = UINT64_MAX, high = 0;

	for (size_t i = 0; i < page->sets[SIDE_NEW].cell_count; i++)
		for (size_t j = 0; j < page->sets[SIDE_NEW].cells[i].run_count; j++) {
			uint64_t count = page->sets[SIDE_NEW].cells[i].runs[j].cell->latency.count;

			low = count < low ? count : low;
			high = count > high ? count : high;
		}
	if (low == high)
		fprintf(out, "; %llu faults a run", (unsigned long long)low);
	else if (high)
		fprintf(out, "; %llu to %llu faults a run", (unsigned long long)low,
			(unsigned long long)high);
}

static void print_family(const struct comparison *comparison, FILE *out)
{
	fprintf(out,
		"<dt>Family</dt><dd>%zu verdicts of %zu cells; %llu tests share a false "
		"discovery rate of %g %% (Benjamini-Hochberg)",
		comparison->order_count, comparison->cell_count,
		(unsigned long long)comparison->family, comparison->false_discovery_rate * 100);
	if (isfinite(comparison->confidence))
		fprintf(out,
			"; the %g %% bootstrap interval of each ratio (%llu resamples, seed %llu) "
			"must be beyond the floor as a whole",
			comparison->confidence * 100, (unsigned long long)comparison->resamples,
			(unsigned long long)comparison->seed);
	else
		fprintf(out, "; what is equal in every sample, and p50 of cells without load, is "
			     "exact and needs none");
	fprintf(out, ".</dd>\n");
}

static void print_comparison(const struct page *page, FILE *out)
{
	const struct comparison *comparison = &page->comparison;

	print_floors(page, out);
	fprintf(out, "<dt>n</dt><dd>");
	print_side(page, &comparison->base, "A", out);
	fprintf(out, "; ");
	print_side(page, &comparison->new, "B", out);
	print_faults(page, out);
	fprintf(out, ".</dd>\n");
	print_family(comparison, out);
}

static void print_history(const struct page *page, FILE *out)
{
	const struct history *history = &page->history;
	size_t series = history->tracks[page->track].series;

	fprintf(out,
		"<dt>Change points</dt><dd>%zu series over %zu builds, of %zu results; p below "
		"%.0e for all together, so below %.1e for one. What is exact needs no test: a step "
		"beyond the floor that lasts is a change, a single odd build is suspect.</dd>\n",
		series, history->build_count, history->files, history->p_limit,
		history->p_limit / (double)series);
	if (history->cells_failed)
		fprintf(out,
			"<dt>Without numbers</dt><dd>%zu of %zu cells of these results were skipped "
			"or failed, and are nowhere on this page.</dd>\n",
			history->cells_failed, history->cells);
	for (size_t i = 0; i < history->track_count; i++) {
		if (i == page->track)
			continue;
		fprintf(out, "<dt>Left out</dt><dd>%zu cells of another suite, clock or machine: ",
			history->tracks[i].runs);
		page_text(out, domain_words[history->tracks[i].domain]);
		fprintf(out, ", ");
		page_text(out, history->tracks[i].suite);
		fprintf(out, ", ");
		page_text(out, history->tracks[i].machine);
		fprintf(out, ".</dd>\n");
	}
}

static void print_warnings(const struct page *page, FILE *out)
{
	for (size_t i = 0; page->is_compared && i < page->comparison.warnings.count; i++) {
		fprintf(out, "<dt>Warning</dt><dd class=\"warning\">");
		page_text(out, page->comparison.warnings.items[i]);
		fprintf(out, "</dd>\n");
	}
	for (int side = 0; side < SIDES; side++)
		if (page->set_aside[side])
			fprintf(out,
				"<dt>Warning</dt><dd class=\"warning\">%zu results of %c are of "
				"another build or configuration of the kernel, and are not "
				"compared.</dd>\n",
				page->set_aside[side], 'A' + side);
}

void page_print_trust(const struct page *page, FILE *out)
{
	fprintf(out, "<dl class=\"facts\">\n");
	print_engine(page, out);
	if (page->is_compared)
		print_comparison(page, out);
	print_self(page, out);
	print_history(page, out);
	print_warnings(page, out);
	fprintf(out, "</dl>\n");
}
