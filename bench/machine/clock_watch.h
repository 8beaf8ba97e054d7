/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the clock was to be trusted while a cell was timed. */
#ifndef SYNCFAULT_MACHINE_CLOCK_WATCH_H
#define SYNCFAULT_MACHINE_CLOCK_WATCH_H

#include "cell/verdict.h"
#include "machine/clock.h"

/* As things were when the cell began. */
struct clock_watch {
	const struct clock *clock;
	uint64_t ticks, raw_ns; /* of the TSC and of CLOCK_MONOTONIC_RAW at one moment */
	char of_kernel[CLOCK_NAME_SIZE];
	bool has_tsc; /* the kernel has it among its clock sources */
};

void clock_watch_begin(struct clock_watch *watch, const struct clock *clock);

/*
 * Fails the cell where the TSC timed it and the kernel has found it unstable since, or the TSC and
 * CLOCK_MONOTONIC_RAW no longer agree on how long it was, by a hundredth and a millisecond; warns
 * where the kernel only keeps time by another clock now. 0 or -EIO.
 */
int clock_watch_end(const struct clock_watch *watch, struct verdict *verdict);

#endif
