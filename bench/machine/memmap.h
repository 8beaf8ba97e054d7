/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which part of a machine's RAM can play persistent memory (memmap=SIZE!START on x86). Pure. */
#ifndef SYNCFAULT_MACHINE_MEMMAP_H
#define SYNCFAULT_MACHINE_MEMMAP_H

#include <stddef.h>
#include <stdint.h>

/* In bytes. */
struct memmap {
	uint64_t size;
	uint64_t start;
};

/*
 * Chooses from the text of /proc/iomem: a quarter of the RAM, a power of two from 256 MiB to 4 GiB,
 * as high as it fits into one range of "System RAM" without overlapping what the kernel put there,
 * aligned to its size up to 1 GiB. -EPERM if the addresses are hidden (not root), -ENOENT if
 * nothing fits, -ERANGE with less than 1 GiB of RAM.
 */
int memmap_choose(const char *iomem, struct memmap *memmap);

/* "memmap=4G!21G" */
const char *memmap_format(const struct memmap *memmap, char *text, size_t size);

#endif
