/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which probes see which stage, by what the kernel has and what it refused, and why no better. */
#ifndef SYNCFAULT_PROBES_CHOOSE_H
#define SYNCFAULT_PROBES_CHOOSE_H

#include "probes/private.h"
#include "probes/types.h"

struct bpf_program;

/*
 * For probes->skeleton, opened and not loaded yet: marks the programs to load, and fills the chosen
 * rungs and the stages. Rungs in probes->failed are left out.
 */
void choose_all(struct probes *probes, const struct types *types);

/* The programs at both ends of a function, on the rung fentry or kprobe. */
struct bpf_program *choose_entry(const struct probes *probes, int rung, const char *function);
struct bpf_program *choose_exit(const struct probes *probes, int rung, const char *function);

#endif
