/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pass with probes: cells measured once more, each with what the probes saw of it. */
#ifndef SYNCFAULT_MEASURE_PROBE_PASS_H
#define SYNCFAULT_MEASURE_PROBE_PASS_H

#include "measure/measure.h"
#include "probes/probes.h"

struct probe_pass {
	struct measure_setup setup;
	struct probes *probes;
};

/* Loads and attaches; rungs as in struct probes_setup. Errors as probes_open(). */
int probe_pass_begin(struct probe_pass *pass, const struct measure_setup *setup,
		     unsigned int rungs);
void probe_pass_end(struct probe_pass *pass);

/*
 * Measures the cell again, on a file system made for it, and fills cell->probes if both passes are
 * ok; a pass that failed leaves a warning. A cell without faults (commit pwrite_dsync) has nothing
 * for the probes to see, and is left as it is. Returns as measure_cell().
 */
int probe_pass_cell(struct probe_pass *pass, struct target *target, struct cell_result *cell);

#endif
