/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One file, device or image, found once. Everything that follows is done to that very file, whoever
 * renames what meanwhile: what was inspected is what gets formatted. Nothing here prints.
 */
#ifndef SYNCFAULT_TARGET_PIN_H
#define SYNCFAULT_TARGET_PIN_H

#include <limits.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/cleanup.h"

struct pin {
	int fd; /* O_PATH: opens no device, breaks no lease */
	struct stat st;
	char path[PATH_MAX]; /* without symbolic links; where it was when it was found */
};

#define PIN_NONE         \
	{                \
		.fd = -1 \
	}

/*
 * Finds what path leads to. -errno: what the system said; -ELOOP if the last component became a
 * link meanwhile. The caller releases *pin in any case.
 */
int pin_open(const char *path, struct pin *pin);

/* Ends it; nothing for PIN_NONE. May be called twice. */
void pin_release(struct pin *pin);
#define auto_pin auto_release(pin_release)

/*
 * Opens the file of descriptor fd once more, with other flags. path is where it lies: it is used
 * where there is no /proc, and then -ESTALE says that another file lies there by now. Else a
 * descriptor, or -errno.
 */
int pin_reopen(int fd, const char *path, int flags);

/*
 * A name of the block device that no one but root can turn to another one, for mkfs and mount: the
 * kernel's own in /dev; if it is not there, the descriptor's in /proc, which ends with the pin.
 * size is NAME_MAX at least.
 */
void pin_node(const struct pin *pin, char *node, size_t size);

#endif
