// SPDX-License-Identifier: GPL-2.0-or-later
#include "target/pin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/sysfs.h"

int pin_open(const char *path, struct pin *pin)
{
	*pin = (struct pin)PIN_NONE;
	if (!realpath(path, pin->path))
		return -errno;
	pin->fd = open(pin->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (pin->fd < 0 || fstat(pin->fd, &pin->st))
		return -errno;
	return S_ISLNK(pin->st.st_mode) ? -ELOOP : 0;
}

void pin_release(struct pin *pin)
{
	cleanup_close(&pin->fd);
	pin->fd = -1;
}

static bool is_same_file(int a, int b)
{
	struct stat first, second;

	return fstat(a, &first) == 0 && fstat(b, &second) == 0 && first.st_dev == second.st_dev &&
	       first.st_ino == second.st_ino && first.st_rdev == second.st_rdev;
}

int pin_reopen(int fd, const char *path, int flags)
{
	auto_close int again = -1;
	char name[64];

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	again = open(name, flags | O_CLOEXEC);
	if (again >= 0 || errno != ENOENT)
		return again < 0 ? -errno : no_close(again);
	again = open(path, flags | O_NOFOLLOW | O_CLOEXEC);
	if (again < 0)
		return -errno;
	return is_same_file(fd, again) ? no_close(again) : -ESTALE;
}

static bool is_node_of(const char *path, dev_t device)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISBLK(st.st_mode) && st.st_rdev == device;
}

void pin_node(const struct pin *pin, char *node, size_t size)
{
	char name[128];

	if (sysfs_link(name, sizeof(name), "/sys/dev/block/%u:%u", major(pin->st.st_rdev),
		       minor(pin->st.st_rdev)) == 0) {
		/* "cciss!c0d0" is the folder of cciss/c0d0. */
		for (char *mark = name; (mark = strchr(mark, '!'));)
			*mark = '/';
		snprintf(node, size, "/dev/%s", name);
		if (is_node_of(node, pin->st.st_rdev))
			return;
	}
	snprintf(node, size, "/proc/%d/fd/%d", (int)getpid(), pin->fd);
}
