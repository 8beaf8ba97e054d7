/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file system without O_TMPFILE, as the code under test sees it while has_tmpfile is false. */
#ifndef SYNCFAULT_TEST_TMPFILE_H
#define SYNCFAULT_TEST_TMPFILE_H

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool has_tmpfile = true;

int openat(int dir_fd, const char *name, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	va_start(arguments, flags);
	mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(arguments, mode_t) : 0;
	va_end(arguments);
	if ((flags & O_TMPFILE) == O_TMPFILE && !has_tmpfile) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return (int)syscall(SYS_openat, dir_fd, name, flags, mode);
}

#endif
