// SPDX-License-Identifier: GPL-2.0-or-later
/* What several parts of the page say about a build, a cell or a figure. */
#include <math.h>

#include "dashboard/page.h"
#include "dashboard/text.h"

const char *page_build_name(const struct page *page, size_t build)
{
	const struct history_build *at = &page->history.builds[build];

	return at->tag && at->tag[0] == 'v' ? at->tag + 1 : at->release;
}

double page_point(const struct page *page, const struct page_cell *cell, int figure,
		  enum page_side side)
{
	return cell->series[figure] ? cell->series[figure]->points[page->build[side]].value : NAN;
}

const struct compare_row *page_row(const struct page_cell *cell, int figure)
{
	for (size_t i = 0; cell->compared && i < cell->compared->row_count; i++)
		if (cell->compared->rows[i].figure == figure)
			return &cell->compared->rows[i];
	return NULL;
}

const char *page_mark(int verdict)
{
	static const char *const marks[] = {
		[COMPARE_SAME] = "=",	 [COMPARE_BETTER] = "▼", [COMPARE_WORSE] = "▲",
		[COMPARE_UNKNOWN] = "?", [COMPARE_NONE] = "–",
	};

	return marks[verdict];
}

const char *page_unit(const struct page *page)
{
	return page->history.tracks[page->track].domain == DOMAIN_INSTRUCTIONS
		       ? "thousand instructions"
		       : "µs";
}
