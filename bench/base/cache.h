/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The user's own folder for what can be made again: ${XDG_CACHE_HOME:-~/.cache}/syncfault. */
#ifndef SYNCFAULT_BASE_CACHE_H
#define SYNCFAULT_BASE_CACHE_H

#include <stddef.h>

/*
 * Opens the folder, and creates it and what leads to it with mode 0700. Nobody but the effective
 * user (and root) can put a file into it, or replace it or a folder above it: it belongs to that
 * user, each folder above it to that user or to root, and others may write only into those above
 * it that are sticky. So *path, which is without symbolic links and owned by the caller, leads to
 * this folder until it is closed.
 *
 * Returns a descriptor. If there is no such folder: -errno, nothing is printed, why has the
 * reason in a few words, and *path is NULL.
 */
int cache_open(char **path, char *why, size_t size);

#endif
