/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is mounted in this mount namespace, and what is swap space, as /proc lists it. The only
 * module that knows libmount. Nothing here prints.
 *
 * Life cycle: mounts_read or mounts_read_swaps, then the entries in their order, mounts_free.
 */
#ifndef SYNCFAULT_BASE_MOUNTS_H
#define SYNCFAULT_BASE_MOUNTS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"

#define MOUNTS_SELF    "/proc/self/mountinfo"
#define MOUNTS_LIBRARY "libmount.so.1"

/* Blanks and backslashes are not escaped. "" if the kernel says nothing. */
struct mounts_entry {
	uint64_t id;		   /* as STATX_MNT_ID has it */
	dev_t device;		   /* the kernel's, of its inodes; not stat()'s on btrfs */
	const char *point;	   /* where it is mounted */
	const char *type;	   /* of the file system */
	const char *source;	   /* a device, or any text; for swap space the device or file */
	const char *options;	   /* of the mount */
	const char *super_options; /* of the file system */
};

struct mounts {
	void *library; /* libmount, opened */
	void *table;   /* libmount's: the strings are its */
	struct mounts_entry *entries;
	size_t count;
};

/*
 * Reads a file in the format of proc_pid_mountinfo(5), MOUNTS_SELF if not in a test. -errno if it
 * cannot be read or has another format (-ELIBACC: there is no libmount); then there is nothing to
 * free.
 */
int mounts_read(const char *path, struct mounts *mounts);

/* The same for a file in the format of /proc/swaps; entries have only a source. */
int mounts_read_swaps(const char *path, struct mounts *mounts);

void mounts_free(struct mounts *mounts);
#define auto_mounts auto_release(mounts_free)

/* NULL if it is not listed: attached nowhere, or above the root of a chroot. */
const struct mounts_entry *mounts_find(const struct mounts *mounts, uint64_t id);

#endif
