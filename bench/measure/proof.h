/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A cell proves that it was what its key says, or it has no numbers. */
#ifndef SYNCFAULT_MEASURE_PROOF_H
#define SYNCFAULT_MEASURE_PROOF_H

#include "cell/verdict.h"
#include "load/load.h"
#include "measure/faults.h"

/* Each thread of config took as many faults, minor and major, as it accessed pages. */
int proof_of_faults(const struct cell_config *config, const struct fault_outcome *outcomes,
		    struct proof *proof, struct verdict *verdict);

/* The load moved bytes between the first access of any thread and the last. */
int proof_of_load(const struct load *load, const struct fault_outcome *outcomes, size_t threads,
		  struct proof *proof, struct verdict *verdict);

#endif
