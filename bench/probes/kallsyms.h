/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions of the running kernel, from /proc/kallsyms. */
#ifndef SYNCFAULT_PROBES_KALLSYMS_H
#define SYNCFAULT_PROBES_KALLSYMS_H

#include <stddef.h>
#include <stdint.h>

struct kallsym {
	uint64_t address; /* 0 if the kernel hides it */
	const char *name;
	const char *module; /* "" for the kernel proper */
};

/*
 * All functions, kept until a call finds that modules were loaded or unloaded; only one thread may
 * call. 0, or -errno after one line on stderr.
 */
int kallsyms_load(void);

/* NULL if there is none of that name. Lives until the next kallsyms_load(). */
const struct kallsym *kallsyms_find(const char *name);

/* The function that address is in, or NULL; *end (may be NULL): where the next one begins. */
const struct kallsym *kallsyms_at(uint64_t address, uint64_t *end);

#endif
