/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An output file that is written whole or not at all: until the commit an old file of that name
 * stays as it is.
 */
#ifndef SYNCFAULT_BASE_OUTFILE_H
#define SYNCFAULT_BASE_OUTFILE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Whether path could be written: its folder exists and takes a file of that name. Ask before hours
 * of measuring. -errno, reported in one line, as outfile_write() would.
 */
int outfile_check(const char *path);

/*
 * Writes length bytes to path, mode 0644 less umask: into a nameless file beside it, fsync, link
 * under a name of its own, rename. On failure one line, -errno, the old file untouched and nothing
 * left. "-": to standard output. Devices and pipes (/dev/full) are written to directly, and so is a
 * descriptor that this process was started with (/dev/stdout), at its offset, whatever it is. Never
 * a block device, and nothing is made in /dev, /proc or /sys; see base/outplace.h.
 */
int outfile_write(const char *path, const char *text, size_t length);

/* Whether what path leads to is written to directly: there is no file to read back. */
bool outfile_is_stream(const char *path);

/*
 * Whether path leads to what other, a path of an input ("-": standard input), leads to: by whatever
 * name, writing there would destroy it.
 */
bool outfile_is_same(const char *path, const char *other);

/* Whether path leads to a regular file that is one of the inputs. */
bool outfile_is_input(const char *path, char *const *inputs, size_t count);

/* Makes a folder for outputs: 1, or 0 if it is there already. -errno, reported. */
int outfile_make_folder(const char *path);

#endif
