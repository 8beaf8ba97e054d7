/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What protects somebody's data from a run: a target is formatted only under a guard.
 *
 * A path is resolved once (target/pin.h). What is inspected, locked, formatted and given back is
 * that very file or device, whatever the path leads to by then.
 *
 * A guard refuses what is in use (mounted, swap, held, partitioned, locked or leased by any
 * program), with --force too, and what holds anything unless --force. It keeps a second run away by
 * a flock, taken on the device's folder in /sys and not on the device: a mkfs that flocks the
 * device itself (as udev asks of such programs) would wait for us forever. So that no other name
 * leads to the same data, the disk of a partition is locked too (shared: other partitions are
 * free), and the file of a loop device. A record lock keeps QEMU away. It keeps no O_EXCL open and
 * none for writing, since mkfs and mount need those.
 *
 *	inspect, or open -> [mkfs, mount, measure, unmount]… -> give back -> release
 */
#ifndef SYNCFAULT_TARGET_GUARD_H
#define SYNCFAULT_TARGET_GUARD_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "target/pin.h"
#include "target/signatures.h"

enum guard_kind { GUARD_BLOCK, GUARD_FILE, GUARD_DEVDAX };

struct guard {
	enum guard_kind kind;
	struct pin pin;	     /* what was given */
	int fd;		     /* of path; for reading, of device DAX also for writing */
	int lock_fd;	     /* of a file: the file itself, for writing */
	int disk_lock_fd;    /* of a partition; else -1 */
	int file_lock_fd;    /* of a loop device that existed before; else -1 */
	char path[PATH_MAX]; /* what to format: a node of the device, or of the file's loop device
			      */
	uint64_t size_bytes;
	bool is_dax_capable;
	/*
	 * Device DAX: the size and alignment that a mapping needs. Else the greatest power of two,
	 * up to 1 GiB, that divides the physical address of the first byte (2 MiB pages need 2
	 * MiB); 0 if it is not known.
	 */
	uint64_t align_bytes;
};

#define GUARD_NONE                                                                                \
	{                                                                                         \
		.pin = PIN_NONE, .fd = -1, .lock_fd = -1, .disk_lock_fd = -1, .file_lock_fd = -1, \
	}
#define auto_guard __attribute__((__cleanup__(guard_release)))

/* What an inspection found. */
struct guard_report {
	enum guard_kind kind;
	uint64_t size_bytes;
	uint64_t align_bytes;
	bool is_dax_capable;
	char obstacle[512]; /* "is mounted on /home": refused even with --force; "" for none */
	struct signatures contents; /* what --force would destroy */
};

/*
 * Looks at a block device, a device DAX or a regular file without changing anything and without
 * printing. 0 and the report, or -errno if path is something else or cannot be looked at.
 */
int guard_inspect(const char *path, struct guard_report *report);

/*
 * Opens a block device, a device DAX (/dev/dax0.0), or a regular file through a loop device of its
 * own that vanishes with the guard and the last mount. Of a device DAX only its bytes show what it
 * holds. -EBUSY: in use, read-only or under 1 MiB; -EEXIST: it holds something and is_forced is
 * false; -ENODEV: another character device; -ENOTBLK: none of them; else what the system said. Each
 * is reported in one line; with is_forced a warning says what is overwritten. *guard is written on
 * success only.
 */
int guard_open(const char *path, bool is_forced, struct guard *guard);

/* Whether path leads to what the guard was opened for. */
bool guard_is_of(const struct guard *guard, const char *path);

/*
 * Returns an unmounted target empty, so that the next run is not refused: see signatures_wipe(); an
 * image file is punched whole. -errno, reported.
 */
int guard_give_back(struct guard *guard);

/* Ends locks and the loop device; nothing if the guard was never opened. May be called twice. */
void guard_release(struct guard *guard);

#endif
