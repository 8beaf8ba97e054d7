/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a block device or image file holds: signatures, found by libblkid, and data, found by
 * looking. The only module that knows libblkid. Nothing here prints.
 */
#ifndef SYNCFAULT_TARGET_SIGNATURES_H
#define SYNCFAULT_TARGET_SIGNATURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How much is examined, and given back as zeros, at both ends. */
#define SIGNATURES_EDGE_BYTES (1u << 20)

/* The label of every file system that syncfault makes. */
#define SIGNATURES_OUR_LABEL "syncfault"

struct signatures {
	char text[512]; /* 'ext4 (label "home", UUID …), gpt partition table'; "" for nothing */
	bool is_ours;	/* one of them carries our label */
};

/*
 * Probes for every superblock and partition table that libblkid knows, including damaged and
 * contradictory ones; without any, for bytes that are not zero in the first and the last MiB. size
 * is in bytes, at least SIGNATURES_EDGE_BYTES. 0, or -errno if it cannot be read.
 */
int signatures_probe(int fd, uint64_t size, struct signatures *contents);

/*
 * Wipes every signature that signatures_probe would find, zeroes both edges and syncs. fd is open
 * for writing. -errno.
 */
int signatures_wipe(int fd, uint64_t size);

/* Whether all bytes are zero. */
bool signatures_are_zero(const void *data, size_t length);

#endif
