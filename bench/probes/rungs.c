// SPDX-License-Identifier: GPL-2.0-or-later
#include "probes/rungs.h"

#include <stdio.h>
#include <string.h>

#include "base/diag.h"
#include "result/stages.h"

static bool is_lacking(const struct probes_stage *stages, int i)
{
	if (stage_is_best_as_tracepoint(i) && stages[i].rung == RUNG_TRACEPOINT)
		return false;
	return stages[i].reason != NULL;
}

static bool is_same(const struct probes_stage *stages, int a, int b)
{
	return stages[a].rung == stages[b].rung && is_lacking(stages, b) &&
	       !strcmp(stages[a].reason, stages[b].reason);
}

size_t trace_rungs_group(const struct probes_stage *stages, int first, char *names, size_t size)
{
	size_t count = 0, used = 0;

	*names = '\0';
	if (!is_lacking(stages, first))
		return 0;
	for (int i = STAGE_OUTSIDE + 1; i < STAGE_COUNT; i++) {
		if (!is_same(stages, first, i))
			continue;
		if (i < first)
			return 0;
		if (used < size)
			used += (size_t)snprintf(names + used, size - used, "%s%s",
						 count ? ", " : "", stage_words[i]);
		count++;
	}
	return count;
}

static void warn_of_group(const struct probes_stage *stage, const char *names)
{
	if (stage->rung == RUNG_NONE)
		diag_warning("not seen: %s: %s", names, stage->reason);
	else
		diag_warning("seen by %s: %s: %s", rung_words[stage->rung], names, stage->reason);
}

void trace_rungs_warn(const struct probes_stage *stages)
{
	size_t lines = 0, untold = 0;
	char names[256];

	for (int i = STAGE_OUTSIDE + 1; i < STAGE_COUNT; i++) {
		size_t count = trace_rungs_group(stages, i, names, sizeof(names));

		if (!count)
			continue;
		if (lines < TRACE_RUNG_LINES - 1) {
			warn_of_group(&stages[i], names);
			lines++;
		} else {
			untold += count;
		}
	}
	if (untold)
		diag_warning("%zu more stages are not seen, or not as well as they could be: "
			     "--json, or syncfault doctor, tells which",
			     untold);
}
