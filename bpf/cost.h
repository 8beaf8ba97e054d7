/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tests/probes/probe-cost.c shares with bpf/cost.bpf.c. */
#ifndef SYNCFAULT_COST_H
#define SYNCFAULT_COST_H

#include "slots.h"

/* Of one CPU. The last slot counts what is too large for the others. */
struct cost_hist {
	unsigned long long sum_ns;
	unsigned long long max_ns;
	unsigned int slots[SLOT_COUNT + 1];
};

#endif
