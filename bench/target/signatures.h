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

/* The label of every file system that syncfault makes. */
#define SIGNATURES_OUR_LABEL "syncfault"

struct signatures {
	char text[512]; /* 'ext4 (label "home", UUID …), gpt partition table'; "" for nothing */
	bool is_ours;	/* one of them carries our label */
};

/*
 * Probes for every superblock and partition table that libblkid knows, including damaged and
 * contradictory ones; without any, for data (target/data.h), and names the file system that begins
 * where a lost partition table would have had its first partition. size is in bytes, at least
 * DATA_EDGE_BYTES. 0, or -errno if it cannot be read.
 */
int signatures_probe(int fd, uint64_t size, struct signatures *contents);

/*
 * Wipes every signature and all data that signatures_probe would find, and syncs. fd is open for
 * writing. -errno.
 */
int signatures_wipe(int fd, uint64_t size);

/* Says in *contents that there is data at that byte. */
void signatures_tell_data(struct signatures *contents, uint64_t at);

#endif
