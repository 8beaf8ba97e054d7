// SPDX-License-Identifier: GPL-2.0-or-later
/* What is compared with what, and what is not. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "cell/match.h"
#include "compare/private.h"
#include "view/phrases.h"

static unsigned page_sizes(const struct result_set *set)
{
	unsigned pages = 0;

	for (size_t i = 0; i < set->cell_count; i++)
		pages |= 1u << set->cells[i].config->page;
	return pages;
}

static bool is_latency_cell(const struct set_cell *cell)
{
	return !cell->config->interface;
}

static size_t count_common(const struct result_set *base, const struct result_set *new)
{
	size_t common = 0;

	for (size_t i = 0; i < base->cell_count; i++)
		common += is_latency_cell(&base->cells[i]) &&
			  result_set_find(new, base->cells[i].config, base->cells[i].key);
	return common;
}

const char *compare_refusal(const struct result_set *base, const struct result_set *new,
			    char buffer[COMPARE_TEXT_SIZE])
{
	const struct result *a = &base->results[0], *b = &new->results[0];

	if (a->clock.domain != b->clock.domain)
		snprintf(buffer, COMPARE_TEXT_SIZE,
			 "different clock domains, %s and %s: their numbers are never compared",
			 domain_words[a->clock.domain], domain_words[b->clock.domain]);
	else if (strcmp(a->suite ? a->suite : "", b->suite ? b->suite : "") != 0)
		snprintf(buffer, COMPARE_TEXT_SIZE, "different suites, '%.100s' and '%.100s'",
			 a->suite ? a->suite : "", b->suite ? b->suite : "");
	else if (!base->cell_count || !new->cell_count)
		snprintf(buffer, COMPARE_TEXT_SIZE, "a side without any cell");
	else if (!(page_sizes(base) & page_sizes(new)))
		snprintf(buffer, COMPARE_TEXT_SIZE, "different page sizes, %s and %s",
			 page_words[base->cells[0].config->page],
			 page_words[new->cells[0].config->page]);
	else if (!count_common(base, new))
		snprintf(buffer, COMPARE_TEXT_SIZE,
			 "no cell in common (key, pause and scheduler): the first are '%.300s' and "
			 "'%.300s'",
			 base->cells[0].key, new->cells[0].key);
	else
		return NULL;
	return buffer;
}

static int add_rows(struct compare_cell *cell, unsigned figures)
{
	cell->rows = calloc(FIGURES_COMPARED, sizeof(*cell->rows));
	if (!cell->rows)
		return -ENOMEM;
	for (int figure = 0; figure < FIGURES_COMPARED; figure++)
		if (figures & 1u << figure)
			cell->rows[cell->row_count++] = (struct compare_row){
				.figure = figure,
				.verdict = COMPARE_NONE,
				.base = NAN,
				.new = NAN,
				.ratio = NAN,
				.low = NAN,
				.high = NAN,
				.floor = NAN,
				.p = NAN,
				.q = NAN,
				.runs_needed = U64_ABSENT,
			};
	return 0;
}

static int add_cell(struct comparison *comparison, const struct set_cell *base, unsigned figures)
{
	struct compare_cell *cell = &comparison->cells[comparison->cell_count++];
	char words[PHRASE_SIZE];

	*cell = (struct compare_cell){ .key = strdup(base->key),
				       .words = strdup(phrase_cell(base->config, words)),
				       .cdf_distance = NAN,
				       .cdf_at = U64_ABSENT };
	if (!cell->key || !cell->words || cell_copy(&cell->config, base->config))
		return -ENOMEM;
	return add_rows(cell, figures);
}

int compare_pair_cells(const struct result_set *base, const struct result_set *new,
		       const struct compare_options *options, struct comparison *comparison,
		       struct compare_pair *pairs)
{
	comparison->cells = calloc(base->cell_count + 1, sizeof(*comparison->cells));
	if (!comparison->cells)
		return -ENOMEM;
	for (size_t i = 0; i < base->cell_count; i++) {
		const struct set_cell *cell = &base->cells[i];
		const struct set_cell *other = result_set_find(new, cell->config, cell->key);

		if (!other || !is_latency_cell(cell) || !cell_match(options->cell, cell->key))
			continue;
		pairs[comparison->cell_count] = (struct compare_pair){ cell, other };
		if (add_cell(comparison, cell, options->figures))
			return -ENOMEM;
	}
	return 0;
}
