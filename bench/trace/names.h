/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths of files that the kernel names by device and inode, from the maps of processes that have
 * them mapped. What was found is kept, because the process may be gone when it is needed.
 */
#ifndef SYNCFAULT_TRACE_NAMES_H
#define SYNCFAULT_TRACE_NAMES_H

#include <stddef.h>
#include <stdint.h>

struct trace_name {
	uint32_t dev; /* the kernel's number */
	uint64_t inode;
	char *path;
};

struct trace_names {
	struct trace_name *items;
	size_t count, next; /* next: the one to replace when the list is full */
};

void trace_names_free(struct trace_names *names);

/* Keeps a copy of path, or nothing without memory. */
void trace_names_add(struct trace_names *names, uint32_t dev, uint64_t inode, const char *path);

/* The path, from what is kept or from the maps of tgid; NULL if it is not known. */
const char *trace_names_find(struct trace_names *names, uint32_t dev, uint64_t inode,
			     uint32_t tgid);

/*
 * A line of /proc/PID/maps: its device, inode and the path's text within line. -ENOENT for memory
 * without a file, -EINVAL for anything but such a line. Pure.
 */
int trace_names_parse(const char *line, uint32_t *dev, uint64_t *inode, const char **path);

#endif
