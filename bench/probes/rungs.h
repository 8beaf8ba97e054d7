/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which stages cannot be seen, or not from the best rung: in a few lines, by reason. */
#ifndef SYNCFAULT_PROBES_RUNGS_H
#define SYNCFAULT_PROBES_RUNGS_H

#include "probes/probes.h"

/* At most this many lines of trace_rungs_warn. */
#define TRACE_RUNG_LINES 4

/* Warns on stderr about what stages[STAGE_COUNT] lack. */
void trace_rungs_warn(const struct probes_stage *stages);

/*
 * One group: the names of all stages with the rung and reason of stages[first], "lock, map", cut to
 * size. Returns how many, or 0 if an earlier stage is in that group, or first lacks nothing. Pure.
 */
size_t trace_rungs_group(const struct probes_stage *stages, int first, char *names, size_t size);

#endif
