/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One run at a time: a flock, which ends with its process however that ends. */
#ifndef SYNCFAULT_TARGET_LOCK_H
#define SYNCFAULT_TARGET_LOCK_H

#include <stdbool.h>

/*
 * Locks the open file fd, which the user calls name, against other runs; is_shared: only against
 * those that want it exclusively. -EBUSY, reported with the process that holds it, if /proc shows
 * it; if not, retries for a second. Another -errno, not reported: the file system has no such
 * locks.
 */
int lock_take(int fd, bool is_shared, const char *name);

#endif
