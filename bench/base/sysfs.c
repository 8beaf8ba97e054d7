// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/sysfs.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static int read_line(char *text, size_t size, const char *path)
{
	auto_fclose FILE *file = fopen(path, "re");

	text[0] = '\0';
	if (!file)
		return -errno;
	errno = 0;
	if (!fgets(text, (int)size, file))
		return errno ? -errno : -ENODATA;
	text[strcspn(text, "\n")] = '\0';
	return 0;
}

int sysfs_line(char *text, size_t size, const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	return read_line(text, size, path);
}

int sysfs_u64(uint64_t *value, const char *fmt, ...)
{
	char path[PATH_MAX], text[64], *end;
	unsigned long long number;
	va_list args;
	int err;

	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	err = read_line(text, sizeof(text), path);
	if (err)
		return err;
	errno = 0;
	number = strtoull(text, &end, 0);
	if (errno || end == text || *end)
		return -EINVAL;
	*value = number;
	return 0;
}

int sysfs_link(char *text, size_t size, const char *fmt, ...)
{
	char path[PATH_MAX], link[PATH_MAX];
	const char *slash;
	ssize_t length;
	va_list args;

	text[0] = '\0';
	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	length = readlink(path, link, sizeof(link) - 1);
	if (length < 0)
		return -errno;
	link[length] = '\0';
	slash = strrchr(link, '/');
	snprintf(text, size, "%s", slash ? slash + 1 : link);
	return 0;
}

static const char *match_field(const char *line, const char *key)
{
	size_t length = strlen(key);

	if (strncmp(line, key, length))
		return NULL;
	line += length;
	line += strspn(line, " \t");
	if (*line != ':')
		return NULL;
	return line + 1 + strspn(line + 1, " \t");
}

int sysfs_field(char *text, size_t size, const char *path, const char *key)
{
	auto_fclose FILE *file = fopen(path, "re");
	char line[4096];

	text[0] = '\0';
	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		const char *value = match_field(line, key);

		if (!value)
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(text, size, "%s", value);
		return 0;
	}
	return -ENOENT;
}
