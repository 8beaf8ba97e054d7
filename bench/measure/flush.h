/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flushing stores out of the CPU's caches, by libpmem2: the one module that knows it. */
#ifndef SYNCFAULT_MEASURE_FLUSH_H
#define SYNCFAULT_MEASURE_FLUSH_H

#include <stddef.h>

#include "cell/verdict.h"

struct pmem2_map;
struct pmem2_source;

struct flush {
	struct pmem2_source *source;
	struct pmem2_map *map;
	/* Returns when the cache lines of these bytes are written back and fenced. */
	void (*persist)(const void *at, size_t bytes);
};

/*
 * For bytes at base, a mapping of fd that we made and keep. Without libpmem2 in the build the cell
 * is skipped. flush_close may be called on one that was never opened (zeroed).
 */
int flush_open(struct flush *flush, int fd, void *base, size_t bytes, struct verdict *verdict);
void flush_close(struct flush *flush);

/*
 * "clwb", "clflushopt" or "clflush": what libpmem2 uses on this CPU, by the rule in its manual
 * (the best that CPUID reports, less what PMEM_NO_CLWB=1 and PMEM_NO_CLFLUSHOPT=1 forbid); NULL on
 * machines other than x86.
 */
const char *flush_instruction(void);

#endif
