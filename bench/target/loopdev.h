/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A regular file as a block device that vanishes by itself. */
#ifndef SYNCFAULT_TARGET_LOOPDEV_H
#define SYNCFAULT_TARGET_LOOPDEV_H

#include <sys/stat.h>

#define LOOPDEV_PATH_SIZE 64

/*
 * Puts a loop device on file_fd (open for reading and writing) and writes its path; name is what
 * losetup shows. Returns a descriptor of the device, open for reading: some kernels refuse to mount
 * what is open for writing (CONFIG_BLK_DEV_WRITE_MOUNTED=n). The device is gone once the descriptor
 * is closed and nothing mounts it (LO_FLAGS_AUTOCLEAR), however the process ends. Until then it
 * holds file_fd's open file, and so its flock. -errno, reported.
 */
int loopdev_attach(int file_fd, const char *name, char path[LOOPDEV_PATH_SIZE]);

/*
 * Finds a loop device whose backing file is the one of st, a file known as path (compared by name
 * where the loop devices may not be opened). 0 and the device's path, or -ENOENT. Prints nothing.
 */
int loopdev_find(const struct stat *st, const char *path, char device[LOOPDEV_PATH_SIZE]);

#endif
