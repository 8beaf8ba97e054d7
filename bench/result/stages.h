/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stages of a fault and the phases of a commit, numbered as in bpf/probes.h, and what is
 * printed about them. Pure. Readers of results include this rather than bpf/probes.h.
 */
#ifndef SYNCFAULT_RESULT_STAGES_H
#define SYNCFAULT_RESULT_STAGES_H

#include <stdbool.h>

#include "bpf/probes.h"

/* "the file system's fault handler": a phrase for legends of tables and for the manual. */
const char *stage_meaning(int stage);

/* Whether tracepoints see the stage as well as functions would, and at less cost. */
bool stage_is_best_as_tracepoint(int stage);

#endif
