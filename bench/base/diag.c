// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/printable.h"

/* Limits a message, whatever it quotes: file names, labels, results from others. */
#define LINE_COLUMNS 2000

static void print_line(const char *prefix, const char *fmt, va_list args, const char *suffix)
{
	char raw[8192], line[8192];

	if (vsnprintf(raw, sizeof(raw), fmt, args) < 0)
		return;
	printable(raw, LINE_COLUMNS, line, sizeof(line));
	fprintf(stderr, "syncfault: %s%s%s\n", prefix, line, suffix);
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
