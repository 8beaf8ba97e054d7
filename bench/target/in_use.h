/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who uses a block device or an image file, so that formatting it would do harm whatever its
 * contents. Nothing here prints.
 */
#ifndef SYNCFAULT_TARGET_IN_USE_H
#define SYNCFAULT_TARGET_IN_USE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/*
 * Whether the device, one of its partitions or the disk that it is a partition of is mounted in
 * this mount namespace, is swap space or is held by another device (device mapper, md), or whether
 * it has partitions. Then why says so: "is mounted on /home". Only an O_EXCL open shows what other
 * namespaces mount.
 */
bool in_use_device(dev_t device, char *why, size_t size);

/* The same for a regular file, known as path: backing a loop device, or swap space. */
bool in_use_file(const struct stat *st, const char *path, char *why, size_t size);

#endif
