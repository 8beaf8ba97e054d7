/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The calls that move blocks of files. All return 0 or -errno and print nothing. */
#ifndef SYNCFAULT_LOAD_BLOCK_MOVES_H
#define SYNCFAULT_LOAD_BLOCK_MOVES_H

#include <fcntl.h>
#include <linux/falloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

int remap_fallocate(int fd, int mode, off_t offset, off_t length);

/*
 * Exchanges the blocks of two files of bytes, both with all their blocks, as programs that
 * defragment do. *moved_by names the call; *has_swapped_contents: the files now have each other's
 * contents too. -EOPNOTSUPP, -ENOTTY, -EINVAL: no known call can do it here.
 */
int remap_exchange(int fd, int peer, uint64_t bytes, const char **moved_by,
		   bool *has_swapped_contents);

#endif
