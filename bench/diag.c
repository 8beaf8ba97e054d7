// SPDX-License-Identifier: GPL-2.0-or-later
#include "diag.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * Messages quote file names, labels and results of others: none of their bytes may steer the
 * terminal or begin a second line. Bytes from 0x80 on pass, for UTF-8.
 */
static void print_line(const char *prefix, const char *fmt, va_list args, const char *suffix)
{
	char line[2048];
	int length = vsnprintf(line, sizeof(line), fmt, args);

	if (length < 0)
		return;
	for (char *c = line; *c; c++)
		if (iscntrl((unsigned char)*c))
			*c = '?';
	fprintf(stderr, "syncfault: %s%s%s%s\n", prefix, line,
		(size_t)length >= sizeof(line) ? "…" : "", suffix);
}

void diag_error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_line("", fmt, args, "");
	va_end(args);
}

int diag_errno(int err, const char *fmt, ...)
{
	char suffix[128];
	va_list args;

	err = abs(err);
	snprintf(suffix, sizeof(suffix), ": %s", strerror(err));
	va_start(args, fmt);
	print_line("", fmt, args, suffix);
	va_end(args);
	return -err;
}

void diag_warning(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_line("warning: ", fmt, args, "");
	va_end(args);
}

bool diag_has_colour(int fd)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (no_color && *no_color)
		return false;
	return isatty(fd) && term && strcmp(term, "dumb") != 0;
}
