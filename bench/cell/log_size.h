/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The size of a log as requested from mkfs. Pure. */
#ifndef SYNCFAULT_CELL_LOG_SIZE_H
#define SYNCFAULT_CELL_LOG_SIZE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The size in "-J size=64" (of mkfs.ext4, in MiB) or "-l size=64m" (of mkfs.xfs) among its options,
 * in bytes; 0 if there is none. *is_all: the options hold nothing else.
 */
uint64_t log_size_bytes(const char *mkfs_options, bool *is_all);

/* "64 MiB", or "default" for 0. */
#define LOG_SIZE_NAME 32
const char *log_size_name(uint64_t bytes, char buffer[LOG_SIZE_NAME]);

#endif
