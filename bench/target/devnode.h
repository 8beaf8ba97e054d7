/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel says about a block or DAX device. Nothing here prints or changes anything.
 */
#ifndef SYNCFAULT_TARGET_DEVNODE_H
#define SYNCFAULT_TARGET_DEVNODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* The device's folder: /sys/dev/block/M:m or /sys/dev/char/M:m. */
void devnode_folder(const struct stat *st, char *path, size_t size);

/* In bytes. -errno. */
int devnode_block_size(dev_t device, uint64_t *size);

bool devnode_is_read_only(int fd);

/* Whether someone holds the device of fd, found at path, exclusively, as every mount does, in any
 * mount namespace.
 */
bool devnode_is_claimed(int fd, const char *path);

/* Whether the device allows DAX to file systems on it. */
bool devnode_is_dax_capable(dev_t device);

/*
 * The greatest power of two, up to 1 GiB, that divides the physical address of the device's first
 * byte: 2 MiB pages need 2 MiB. 0 if it is not known (no persistent memory, or not root).
 */
uint64_t devnode_block_align(dev_t device);

/*
 * Where the struct pages of persistent memory are, read back from its device's folder in /sys:
 * "ram" (ordinary memory, ndctl --map=mem), "pmem" (the device itself, --map=dev) or "none" (raw).
 * It comes from `mode` of the device that drives the namespace, pfnX.Y or daxX.Y
 * (drivers/nvdimm/pfn_devs.c), else of the namespace: "memory" is the kernel's word for pages that
 * no such device holds, which are in ordinary memory (namespace_devs.c, pmem_should_map_pages).
 * -ENODATA, text "": not known.
 */
int devnode_struct_pages(const char *folder, char *text, size_t size);

/* Size and alignment of a device DAX, in bytes; -ENODEV for other character devices. */
int devnode_read_devdax(dev_t device, uint64_t *size, uint64_t *align);

#endif
