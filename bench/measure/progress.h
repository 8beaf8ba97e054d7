/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How far a run is, on stderr: one line that is rewritten on a terminal, else a line for each cell.
 */
#ifndef SYNCFAULT_MEASURE_PROGRESS_H
#define SYNCFAULT_MEASURE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "result/result.h"

struct progress {
	bool is_terminal;
	bool has_lines;
	size_t total, done;
};

/* Nothing is printed unless stderr is a terminal or is_wanted. */
void progress_start(struct progress *progress, bool is_wanted, size_t total);
void progress_begin(struct progress *progress, const struct cell_config *config);
void progress_end(struct progress *progress, const struct cell_result *cell);
void progress_stop(struct progress *progress);

#endif
