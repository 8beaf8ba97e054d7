/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mapping whose pages are faulted in, and what the kernel reports about it. */
#ifndef SYNCFAULT_TARGET_MAPPING_H
#define SYNCFAULT_TARGET_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>

#include "cell/cell.h"
#include "cell/verdict.h"

/* As of Linux 4.15 (include/uapi/asm-generic/mman.h), for C libraries before them. */
#ifndef MAP_SHARED_VALIDATE
#define MAP_SHARED_VALIDATE 0x03
#endif
#ifndef MAP_SYNC
#define MAP_SYNC 0x080000
#endif

struct mapping {
	char *base; /* aligned to the page size of the cell */
	size_t bytes;
	void *reserved; /* the reservation that gave that alignment */
	size_t reserved_bytes;
};

/*
 * Maps bytes of fd from offset 0, shared, readable and writable, or of private anonymous memory if
 * fd is -1; with MAP_SHARED_VALIDATE|MAP_SYNC if the cell says so (what plain MAP_SHARED|MAP_SYNC
 * means differs between kernels: suite interface). 4k cells refuse huge pages by MADV_NOHUGEPAGE,
 * else one 2 MiB fault would serve 512 pages. If the kernel cannot, the cell is skipped.
 */
int mapping_create(const struct cell_config *config, int fd, size_t bytes, struct mapping *mapping,
		   struct verdict *verdict);
void mapping_destroy(struct mapping *mapping);

/* Whether "sf" (synchronous fault) is in the mapping's VmFlags: 1, 0, or -errno. */
int mapping_has_sync_flag(const struct mapping *mapping);

#endif
