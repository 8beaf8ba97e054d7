// SPDX-License-Identifier: GPL-2.0-or-later
#include "cell/verdict.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* The first reason is the cause; later ones are consequences. */
static void settle(struct verdict *verdict, int status, const char *fmt, va_list args)
{
	if (verdict->status != CELL_OK)
		return;
	verdict->status = status;
	vsnprintf(verdict->reason, sizeof(verdict->reason), fmt, args);
}

int verdict_skip(struct verdict *verdict, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	settle(verdict, CELL_SKIPPED, fmt, args);
	va_end(args);
	return -EOPNOTSUPP;
}

int verdict_fail(struct verdict *verdict, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	settle(verdict, CELL_FAILED, fmt, args);
	va_end(args);
	return -EIO;
}

void verdict_warn(struct verdict *verdict, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	strings_add(&verdict->warnings, text);
}
