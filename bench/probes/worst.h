/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A record of the probes as results have it: one of the slowest faults, or any other. */
#ifndef SYNCFAULT_PROBES_WORST_H
#define SYNCFAULT_PROBES_WORST_H

#include "probes/probes.h"

/*
 * Fills *worst with times, timeline and stages. A stage that the fault was not in has 0; an fsync
 * has no address, and memory without a file has no page: U64_ABSENT. -ENOMEM. The caller frees it
 * either way. Pure.
 */
int worst_fill(struct worst_result *worst, const struct probe_record *record);

/*
 * Adds what only the probes that saw it know: stages that they cannot see become absent, and a
 * commit that was waited for is included if its end was seen. -ENOMEM.
 */
int worst_explain(struct worst_result *worst, const struct probe_record *record,
		  struct probes *probes);

/*
 * Adds the kernel's stack by name, for people: its innermost frames belong to the probes
 * themselves, whose addresses differ between boots that are equal otherwise. -ENOMEM.
 */
int worst_add_stack(struct worst_result *worst, const struct probe_record *record);
void worst_free(struct worst_result *worst);

#endif
