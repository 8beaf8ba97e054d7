// SPDX-License-Identifier: GPL-2.0-or-later
/* Many figures are tested at once: of a hundred, five are beyond p = 0.05 by chance alone. */
#include <errno.h>
#include <math.h>

#include "compare/private.h"
#include "math/stats.h"

struct family {
	struct compare_row **rows;
	double *p, *q;
	size_t count;
};

static void family_free(struct family *family)
{
	free(family->rows);
	free(family->p);
	free(family->q);
}

static void collect(struct comparison *comparison, struct family *family)
{
	for (size_t i = 0; i < comparison->cell_count; i++)
		for (size_t j = 0; j < comparison->cells[i].row_count; j++) {
			struct compare_row *row = &comparison->cells[i].rows[j];

			if (isnan(row->p))
				continue;
			family->p[family->count] = row->p;
			family->rows[family->count++] = row;
		}
}

int compare_adjust(struct comparison *comparison)
{
	size_t most = comparison->cell_count * FIGURES_COMPARED + 1;
	auto_release(family_free) struct family family = {
		.rows = calloc(most, sizeof(*family.rows)),
		.p = calloc(most, sizeof(*family.p)),
		.q = calloc(most, sizeof(*family.q)),
	};

	if (!family.rows || !family.p || !family.q)
		return -ENOMEM;
	collect(comparison, &family);
	if (stats_benjamini_hochberg(family.p, family.q, family.count))
		return -ENOMEM;
	for (size_t i = 0; i < family.count; i++)
		family.rows[i]->q = family.q[i];
	comparison->family = family.count;
	return 0;
}

/* Rows that are at least as far from chance: they share the correction. */
static uint64_t count_alike(const struct comparison *comparison, const struct compare_row *row)
{
	uint64_t alike = 0;

	for (size_t i = 0; i < comparison->cell_count; i++)
		for (size_t j = 0; j < comparison->cells[i].row_count; j++)
			alike += comparison->cells[i].rows[j].p <= row->p;
	return alike ? alike : 1;
}

uint64_t compare_runs_for_test(const struct comparison *comparison, const struct compare_row *row)
{
	double tests = comparison->family ? (double)comparison->family : 1;
	double wanted =
		comparison->false_discovery_rate / tests * (double)count_alike(comparison, row);
	uint64_t n = comparison->least_runs;

	while (n < COMPARE_MOST_NEEDED && stats_mann_whitney_least(n) > wanted)
		n++;
	return n;
}
