/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small files of /sys and /proc that hold one fact each. Paths are given as printf formats. Nothing
 * here prints: a fact that a machine does not reveal is an errno for the caller to judge.
 */
#ifndef SYNCFAULT_BASE_SYSFS_H
#define SYNCFAULT_BASE_SYSFS_H

#include <stddef.h>
#include <stdint.h>

/* The first line of the file, without its end and cut to size; text is "" on failure. -errno. */
int sysfs_line(char *text, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* A number, decimal or with 0x in front; *value is kept on failure. -errno; -EINVAL if it is not a
 * number.
 */
int sysfs_u64(uint64_t *value, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The last component of the target of a symbolic link; text is "" on failure. -errno. */
int sysfs_link(char *text, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/*
 * The line that starts with "key" followed by blanks and ':' in the file at path (/proc/cpuinfo,
 * /proc/meminfo): what follows the colon in the first such line. -errno, -ENOENT.
 */
int sysfs_field(char *text, size_t size, const char *path, const char *key);

#endif
