/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One run at a time, and none on what another program has locked. Our own locks end with their
 * process however that ends.
 */
#ifndef SYNCFAULT_TARGET_LOCK_H
#define SYNCFAULT_TARGET_LOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/*
 * Locks the open file fd, which the user calls name, against other runs (flock); is_shared: only
 * against those that want it exclusively. -EBUSY, reported with the process that holds it, if /proc
 * shows it; if not, retries for a second. Another -errno, not reported: the file system has no such
 * locks.
 */
int lock_take(int fd, bool is_shared, const char *name);

/*
 * The same by a record lock of the whole file that belongs to the open file (F_OFD_SETLK), which is
 * what QEMU looks for before it uses an image: exclusive if fd is open for writing.
 */
int lock_take_records(int fd, const char *name);

/*
 * Whether another open file than fd holds a record lock (POSIX or OFD) on the same file, or a flock
 * (asked only with looks_at_flock; udev's last for moments, so it must hold one for a second). Then
 * why says so: "is locked by process 12 (qemu-system-x86)". Nothing is printed or kept.
 */
bool lock_is_held(int fd, bool looks_at_flock, char *why, size_t size);

/* Whether a process holds a lease on the file of st, which would be broken by opening the file. */
bool lock_is_leased(const struct stat *st, char *why, size_t size);

#endif
