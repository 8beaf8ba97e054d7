/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all cells of a run are measured with. */
#ifndef SYNCFAULT_MEASURE_SETUP_H
#define SYNCFAULT_MEASURE_SETUP_H

#include <stdbool.h>

#include "machine/clock.h"
#include "machine/cpus.h"

struct probes;

struct measure_setup {
	const struct clock *clock;
	const struct cpus *cpus;
	bool is_repeatable;    /* fixed UUIDs: two runs make the same bytes */
	struct probes *probes; /* counting while the faults are timed; NULL: none are attached */
};

#endif
