/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which probes there are, by the names of their programs in bpf/probes/. */
#ifndef SYNCFAULT_PROBES_TABLE_H
#define SYNCFAULT_PROBES_TABLE_H

#include <stdbool.h>

#define NO_STAGE (-1)

/*
 * A function to probe, by fentry and fexit or by kprobe and kretprobe. stage: which one it begins
 * and ends; NO_STAGE: it is counted, or kept for those who ask what was waited for.
 */
struct probe_function {
	const char *name;
	int stage;
	const char *only_without; /* only if the kernel does not have this one */
	bool is_entry_only;	  /* nothing is done at its end */
	bool is_for_fills;	  /* only if has_fills asks who fills commits */
};

/* The last row has the name NULL. */
extern const struct probe_function probe_functions[];

/* If no function of the stage can be probed: programs that stand in for it, or NULL. */
struct probe_stand_in {
	int stage;
	const char *tracepoint;
	const char *program;
};

extern const struct probe_stand_in probe_stand_ins[];

/* Always attached; each program is called tp_TRACEPOINT. stage: the one that only it sees; or
 * NO_STAGE.
 */
struct probe_tracepoint {
	const char *name;
	int stage;
	bool is_for_fills;
};

extern const struct probe_tracepoint probe_tracepoints[];

/* Why a stage has no function to probe in this kernel, for people. */
const char *stage_absence(int stage);

#endif
