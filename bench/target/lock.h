/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One run at a time: a flock, which ends with its process however that ends. */
#ifndef SYNCFAULT_TARGET_LOCK_H
#define SYNCFAULT_TARGET_LOCK_H

#include <stdbool.h>

/*
 * Locks the open file fd, which name is the user's word for, against other runs; is_shared: against
 * those only that want it for themselves. -EBUSY, reported with the process that holds it, as far
 * as /proc shows it; where it does not, asks again for a second. Another -errno, not reported: the
 * file system has no such locks.
 */
int lock_take(int fd, bool is_shared, const char *name);

#endif
