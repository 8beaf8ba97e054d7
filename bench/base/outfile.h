/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An output file that is written whole or not at all: until the commit an old file of that name
 * stays as it is.
 */
#ifndef SYNCFAULT_BASE_OUTFILE_H
#define SYNCFAULT_BASE_OUTFILE_H

#include <stddef.h>

/*
 * Whether path could be written: its directory exists and takes a file. Ask before hours of
 * measuring. -errno, reported in one line. "-" (standard output) always can.
 */
int outfile_check(const char *path);

/*
 * Writes length bytes to path, mode 0644 less umask: into a nameless file beside it, fsync, link
 * under a name of its own, rename. On failure one line, -errno, the old file untouched and nothing
 * left. "-": to standard output. A path that is not a regular file (/dev/full, a pipe) is written
 * to directly.
 */
int outfile_write(const char *path, const char *text, size_t length);

#endif
