/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the path of an output leads to. A place is found once and then used by its descriptor, so
 * that nobody can put another file under it in between.
 */
#ifndef SYNCFAULT_BASE_OUTPLACE_H
#define SYNCFAULT_BASE_OUTPLACE_H

#include <limits.h>

#include "base/cleanup.h"

enum outplace_kind {
	OUTPLACE_FILE,	/* a file of the name base in the folder fd, to be made or replaced */
	OUTPLACE_NODE,	/* a character device, pipe or socket, open as fd with O_PATH */
	OUTPLACE_GIVEN, /* fd is a descriptor that this process was started with: not ours */
};

struct outplace {
	enum outplace_kind kind;
	int fd;
	char base[NAME_MAX + 1];
};

/*
 * Links are followed as open(2) does. A path that leads to a descriptor of this process
 * (/dev/stdout, /proc/self/fd/3) means that descriptor, whatever it is. "-": standard output.
 * -errno, reported: -EISDIR for a folder; -EBADF for a descriptor that is not open for writing;
 * -EPERM for a block device, and for what would be made or replaced in /dev (but /dev/shm), /proc
 * or /sys, wherever they are mounted.
 */
int outplace_find(const char *path, struct outplace *place);

/* The folder that a new name would be in: OUTPLACE_FILE, or the errors of outplace_find(). */
int outplace_find_folder(const char *path, struct outplace *place);

/* What messages call path. */
const char *outplace_name(const char *path);

void outplace_release(struct outplace *place);
#define OUTPLACE_NONE                           \
	{                                       \
		.kind = OUTPLACE_FILE, .fd = -1 \
	}
#define auto_outplace auto_release(outplace_release)

#endif
