// SPDX-License-Identifier: GPL-2.0-or-later
#include "target/loopdev.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/sysfs.h"

#define MAX_ATTEMPTS   64
#define ATTEMPT_GAP_NS 5000000

static int open_free_device(int control, char path[LOOPDEV_PATH_SIZE])
{
	int number = ioctl(control, LOOP_CTL_GET_FREE);
	int fd;

	if (number < 0)
		return diag_errno(errno, "LOOP_CTL_GET_FREE");
	snprintf(path, LOOPDEV_PATH_SIZE, "/dev/loop%d", number);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? diag_errno(errno, "open %s", path) : fd;
}

static int configure(int loop, int file_fd, const char *name)
{
	struct loop_config config = {
		.fd = (unsigned int)file_fd,
		.info.lo_flags = LO_FLAGS_AUTOCLEAR,
	};
	const int writable = 0;

	snprintf((char *)config.info.lo_file_name, LO_NAME_SIZE, "%s", name);
	if (ioctl(loop, LOOP_CONFIGURE, &config))
		return -errno;
	/* What "blockdev --setro" set for the file before stays with the device's number. */
	return ioctl(loop, BLKROSET, &writable) ? -errno : 0;
}

/* -EBUSY, silently: another process took the device between the two calls. */
static int try_attach(int control, int file_fd, const char *name, char path[LOOPDEV_PATH_SIZE])
{
	auto_close int loop = open_free_device(control, path);
	int err, fd;

	if (loop < 0)
		return loop;
	err = configure(loop, file_fd, name);
	if (err == -EBUSY)
		return err;
	if (err)
		return diag_errno(err, "LOOP_CONFIGURE %s on %s", path, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? diag_errno(errno, "open %s", path) : fd;
}

int loopdev_attach(int file_fd, const char *name, char path[LOOPDEV_PATH_SIZE])
{
	auto_close int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	const struct timespec gap = { .tv_nsec = ATTEMPT_GAP_NS };

	if (control < 0)
		return diag_errno(errno, "open /dev/loop-control");
	for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
		int fd = try_attach(control, file_fd, name, path);

		if (fd != -EBUSY)
			return fd;
		nanosleep(&gap, NULL);
	}
	return diag_errno(EBUSY, "no free loop device after %d attempts", MAX_ATTEMPTS);
}

static bool is_backed_by(const char *device, const char *name, const struct stat *st,
			 const char *path)
{
	auto_close int fd = open(device, O_RDONLY | O_CLOEXEC);
	struct loop_info64 info;
	char backing[4096];

	if (fd >= 0 && ioctl(fd, LOOP_GET_STATUS64, &info) == 0)
		return info.lo_device == st->st_dev && info.lo_inode == st->st_ino;
	return sysfs_line(backing, sizeof(backing), "/sys/block/%s/loop/backing_file", name) == 0 &&
	       strcmp(backing, path) == 0;
}

int loopdev_find(const struct stat *st, const char *path, char device[LOOPDEV_PATH_SIZE])
{
	auto_closedir DIR *dir = opendir("/sys/block");
	struct dirent *entry;
	char backing[8];

	while (dir && (entry = readdir(dir))) {
		/* Devices without a file have no such attribute; opening one would only disturb. */
		if (strncmp(entry->d_name, "loop", 4) ||
		    sysfs_line(backing, sizeof(backing), "/sys/block/%s/loop/backing_file",
			       entry->d_name))
			continue;
		snprintf(device, LOOPDEV_PATH_SIZE, "/dev/%.50s", entry->d_name);
		if (is_backed_by(device, entry->d_name, st, path))
			return 0;
	}
	return -ENOENT;
}
