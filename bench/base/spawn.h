/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Helper programs (mkfs and the like), run without a shell and waited for. */
#ifndef SYNCFAULT_BASE_SPAWN_H
#define SYNCFAULT_BASE_SPAWN_H

#include <limits.h>
#include <stddef.h>

#define SPAWN_OUTPUT_SIZE 8192

/* What the program wrote on stdout and stderr, or the end of it if it wrote more. Terminated. */
struct spawn_output {
	char text[SPAWN_OUTPUT_SIZE];
	size_t length;
};

/* Looks name up in PATH, then /usr/local/sbin, /usr/sbin and /sbin. -ENOENT; prints nothing. */
int spawn_find(const char *name, char path[PATH_MAX]);

/*
 * Runs argv[0] (looked up as above unless it holds a '/') and waits. stdin is /dev/null, no other
 * descriptor is inherited, signals are at their defaults, and the kernel kills the child when the
 * calling thread ends: call it from a thread that outlives the child. out may be NULL.
 *
 * Returns the exit status, or 128 + the signal that ended it. -EINTR: stop_requested was set; the
 * child is killed and reaped. -ENOENT: no such program. Failures to start it are reported here, the
 * caller judges its exit status.
 */
int spawn_wait(const char *const argv[], struct spawn_output *out);

/* The last line of the output that is not blank, for a message of one line. Changes out, and points
 * into it.
 */
const char *spawn_last_line(struct spawn_output *out);

#endif
