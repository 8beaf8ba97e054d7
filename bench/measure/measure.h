/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One cell, from its configuration to its result: prepared, timed, and proved to be what its key
 * says.
 */
#ifndef SYNCFAULT_MEASURE_MEASURE_H
#define SYNCFAULT_MEASURE_MEASURE_H

#include "measure/setup.h"
#include "result/result.h"
#include "target/target.h"

/*
 * Fills *cell (overwritten; freed with the result it goes into). What happens to the cell is
 * in its status; the return value is 0, or -ENOMEM, or -EINTR if asked to stop. A cell whose load
 * moved nothing is measured up to three times.
 */
int measure_cell(const struct measure_setup *setup, struct target *target,
		 const struct cell_config *config, uint64_t repeat, struct cell_result *cell);

#endif
