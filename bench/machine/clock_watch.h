/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the clock could be trusted while a cell was timed. */
#ifndef SYNCFAULT_MACHINE_CLOCK_WATCH_H
#define SYNCFAULT_MACHINE_CLOCK_WATCH_H

#include "cell/verdict.h"
#include "machine/clock.h"

/* The state when the cell began. */
struct clock_watch {
	const struct clock *clock;
	uint64_t ticks, raw_ns; /* of the TSC and of CLOCK_MONOTONIC_RAW at one moment */
	char of_kernel[CLOCK_NAME_SIZE];
	bool has_tsc; /* the kernel lists it among its clock sources */
};

void clock_watch_begin(struct clock_watch *watch, const struct clock *clock);

/*
 * Fails the cell if the TSC timed it and the kernel has found it unstable since, or the TSC and
 * CLOCK_MONOTONIC_RAW disagree about its length by more than a hundredth and a millisecond; warns
 * if the kernel only keeps time by another clock now. 0 or -EIO.
 */
int clock_watch_end(const struct clock_watch *watch, struct verdict *verdict);

#endif
