/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tests/probes/burn.c shares with bpf/burn.bpf.c. */
#ifndef SYNCFAULT_BURN_H
#define SYNCFAULT_BURN_H

#define BURN_MAX_ROUNDS (1U << 23) /* of one bpf_loop(): kernel/bpf/bpf_iter.c */

/* Of one CPU, in nanoseconds of CLOCK_MONOTONIC, read right before the loop and right after it. */
struct burnt {
	unsigned long long calls;
	unsigned long long sum_ns;
	unsigned long long min_ns; /* meaningless without calls, as max_ns */
	unsigned long long max_ns;
};

#endif
