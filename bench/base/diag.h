/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages for people: errors and warnings on stderr, one line each. */
#ifndef SYNCFAULT_BASE_DIAG_H
#define SYNCFAULT_BASE_DIAG_H

#include <stdbool.h>

/* Exit codes of every command. */
enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_UNKNOWN = 125,
	EXIT_CANNOT = 77,
};

/* "syncfault: " and the message; what could steer a terminal in it is printed as '?'. */
void diag_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* As diag_error, followed by ": strerror(err)"; err is positive or negative. Returns -|err|. */
int diag_errno(int err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* "syncfault: warning: " and the message. */
void diag_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Whether colour may be used on fd: a terminal, NO_COLOR unset or empty, TERM not "dumb". */
bool diag_has_colour(int fd);

#endif
