// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/names.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

/* A process has some tens of files mapped; a busy machine some hundreds. */
#define MAX_NAMES 1024

void trace_names_free(struct trace_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i].path);
	free(names->items);
	*names = (struct trace_names){ 0 };
}

static struct trace_name *find(const struct trace_names *names, uint32_t dev, uint64_t inode)
{
	for (size_t i = 0; i < names->count; i++)
		if (names->items[i].dev == dev && names->items[i].inode == inode)
			return &names->items[i];
	return NULL;
}

static struct trace_name *take_place(struct trace_names *names)
{
	struct trace_name *item;

	if (!names->items)
		names->items = calloc(MAX_NAMES, sizeof(*names->items));
	if (!names->items)
		return NULL;
	if (names->count < MAX_NAMES)
		return &names->items[names->count++];
	item = &names->items[names->next++ % MAX_NAMES];
	free(item->path);
	item->path = NULL;
	return item;
}

void trace_names_add(struct trace_names *names, uint32_t dev, uint64_t inode, const char *path)
{
	struct trace_name *item = find(names, dev, inode);
	char *copy = strdup(path);

	if (item && copy)
		free(item->path);
	else if (copy)
		item = take_place(names);
	if (item && copy)
		*item = (struct trace_name){ dev, inode, copy };
	else
		free(copy);
}

/* 7f5c8a000000-7f5c8a021000 rw-s 00001000 103:02 131 <blanks> /srv/data */
int trace_names_parse(const char *line, uint32_t *dev, uint64_t *inode, const char **path)
{
	unsigned long long number;
	unsigned int major, minor;
	int end = -1;

	if (sscanf(line, "%*x-%*x %*4s %*x %x:%x %llu %n", &major, &minor, &number, &end) != 3 ||
	    end < 0)
		return -EINVAL;
	if (!number || line[end] != '/')
		return -ENOENT;
	*dev = major << 20 | minor;
	*inode = number;
	*path = line + end;
	return 0;
}

/* The link says the name as it is; in maps a line feed is escaped, and a backslash is not. */
static void add_line(struct trace_names *names, uint32_t tgid, char *line)
{
	char link[96], target[PATH_MAX];
	const char *path;
	uint64_t inode;
	uint32_t dev;
	ssize_t length;

	line[strcspn(line, "\n")] = '\0';
	if (trace_names_parse(line, &dev, &inode, &path) || find(names, dev, inode))
		return;
	snprintf(link, sizeof(link), "/proc/%u/map_files/%.*s", tgid, (int)strcspn(line, " "),
		 line);
	length = readlink(link, target, sizeof(target) - 1);
	if (length > 0) {
		target[length] = '\0';
		path = target;
	}
	trace_names_add(names, dev, inode, path);
}

/* Keeps all files that the process has mapped now, if it lives and its maps may be read. */
static void scan(struct trace_names *names, uint32_t tgid)
{
	auto_fclose FILE *maps = NULL;
	auto_free char *line = NULL;
	size_t size = 0;
	char path[48];

	snprintf(path, sizeof(path), "/proc/%u/maps", tgid);
	maps = fopen(path, "re");
	while (maps && getline(&line, &size, maps) > 0)
		add_line(names, tgid, line);
}

const char *trace_names_find(struct trace_names *names, uint32_t dev, uint64_t inode, uint32_t tgid)
{
	const struct trace_name *item = find(names, dev, inode);

	if (!inode)
		return NULL;
	if (!item) {
		scan(names, tgid);
		item = find(names, dev, inode);
	}
	return item ? item->path : NULL;
}
