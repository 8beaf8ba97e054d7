/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes that are not zero, looked for where somebody's data would be, in bounded time: data
 * that has no signature. Nothing here prints.
 *
 * Read are the first 8 MiB (partitions begin there, and file systems in them), the last MiB, and in
 * between all, up to 64 MiB; of more, 1,024 blocks of 64 KiB at even distances, at the same places
 * each time. Of a file holes do not count: the blocks are those of what SEEK_DATA reports. So data
 * that lies between two of the blocks is not seen, nor is data that is zero; on 64 GiB everything
 * from 64 MiB on is.
 */
#ifndef SYNCFAULT_TARGET_DATA_H
#define SYNCFAULT_TARGET_DATA_H

#include <stdint.h>

/* Examined in full at the end, and the smallest size that can be looked at. */
#define DATA_EDGE_BYTES (1u << 20)

/*
 * 1: found, *at is the place of the first such byte of those that were read. 0: none. -errno. What
 * cannot be read between both edges (a bad block) holds nothing that could be lost.
 */
int data_find(int fd, uint64_t size, uint64_t *at);

/*
 * Empties what fd, open for writing, leads to: punches the whole file out, or discards the whole
 * device, where that is possible; then writes zeros wherever data_find() would still find
 * something, and syncs. -errno.
 */
int data_clear(int fd, uint64_t size);

/* The same for memory that is a device (device DAX). Failed memory is left out. */
int data_find_mapped(void *memory, uint64_t size, uint64_t *at);
void data_clear_mapped(void *memory, uint64_t size);

#endif
