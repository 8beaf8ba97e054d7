// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define NAME "syncfault"

struct reason {
	char *text;
	size_t size;
};

static int refuse(const struct reason *why, int err, const char *path, const char *what)
{
	snprintf(why->text, why->size, "%s: %s", path, what);
	return -err;
}

/* NULL, errno is 0: the environment does not say where it is. */
static char *choose_path(void)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char *path = NULL;
	int length = -1;

	errno = 0;
	if (cache && *cache == '/')
		length = asprintf(&path, "%s/" NAME, cache);
	else if (home && *home == '/')
		length = asprintf(&path, "%s/.cache/" NAME, home);
	return length < 0 ? NULL : path;
}

/*
 * Links are resolved as far as the path exists; a link in what is left is refused later. The last
 * component is our own, and may not be a link.
 */
static char *resolve(char *path)
{
	char *end = strrchr(path, '/'), *whole;
	auto_free char *real = NULL;

	for (;;) {
		char kept = *end;

		*end = '\0';
		real = realpath(*path ? path : "/", NULL);
		*end = kept;
		if (real)
			break;
		if (errno != ENOENT || end == path)
			return NULL;
		while (*--end != '/')
			;
	}
	return asprintf(&whole, "%s%s", strcmp(real, "/") ? real : "", end) < 0 ? NULL : whole;
}

static int check_folder(int fd, const char *path, bool is_last, const struct reason *why)
{
	struct stat st;

	if (fstat(fd, &st))
		return refuse(why, errno, path, strerror(errno));
	if (st.st_uid != geteuid() && (is_last || st.st_uid))
		return refuse(why, EPERM, path, "it belongs to another user");
	if ((st.st_mode & 022) && (is_last || !(st.st_mode & S_ISVTX)))
		return refuse(why, EPERM, path, "others can write to it");
	return 0;
}

/* The last one can also be listed. */
static int enter(int parent, const char *name, bool is_last)
{
	int flags = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | (is_last ? O_RDONLY : O_PATH);
	int fd = openat(parent, name, flags);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (mkdirat(parent, name, 0700) && errno != EEXIST)
		return -1;
	return openat(parent, name, flags);
}

/* Each folder is checked before the next one is opened, or created, in it. */
static int walk(char *path, const struct reason *why)
{
	auto_close int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int ret = fd < 0 ? refuse(why, errno, "/", strerror(errno))
			 : check_folder(fd, "/", false, why);
	char *next = path;

	while (!ret && *(next += strspn(next, "/"))) {
		char *end = next + strcspn(next, "/"), kept = *end;
		bool is_last = !kept;
		int below;

		*end = '\0';
		below = enter(fd, next, is_last);
		if (below < 0) {
			ret = refuse(why, errno, path, strerror(errno));
		} else {
			close(fd);
			fd = below;
			ret = check_folder(fd, path, is_last, why);
		}
		*end = kept;
		next = end;
	}
	return ret ? ret : no_close(fd);
}

int cache_open(char **path, char *why, size_t size)
{
	const struct reason reason = { why, size };
	auto_free char *chosen = choose_path(), *resolved = NULL;
	int fd;

	*path = NULL;
	if (!chosen && !errno)
		return refuse(&reason, ENOENT, "XDG_CACHE_HOME and HOME",
			      "neither is an absolute path");
	resolved = chosen ? resolve(chosen) : NULL;
	if (!resolved)
		return refuse(&reason, errno, chosen ? chosen : "the cache", strerror(errno));
	fd = walk(resolved, &reason);
	if (fd >= 0)
		*path = no_free(resolved);
	return fd;
}
