// SPDX-License-Identifier: GPL-2.0-or-later
#include "writer/report.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <sys/io.h>
#endif

#include "base/diag.h"

#define PORT 0xe9

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

int report_open(bool by_port)
{
	if (!by_port)
		return 0;
#if defined(__x86_64__)
	if (ioperm(PORT, 1, 1))
		return diag_errno(errno, "ioperm of port %#x", PORT);
	return 0;
#else
	diag_error("this machine has no I/O ports");
	return -EOPNOTSUPP;
#endif
}

static void send(bool by_port, const char *text, size_t length)
{
#if defined(__x86_64__)
	if (by_port) {
		asm volatile("rep outsb" : "+S"(text), "+c"(length) : "d"(PORT) : "memory");
		return;
	}
#else
	(void)by_port;
#endif
	/* A report that got lost only asks for less. */
	if (write(STDOUT_FILENO, text, length) < 0)
		diag_errno(errno, "write a report");
}

void report(bool by_port, const char *fmt, ...)
{
	char line[128];
	va_list args;
	int length;

	va_start(args, fmt);
	length = vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	pthread_mutex_lock(&turn);
	send(by_port, line, (size_t)length);
	pthread_mutex_unlock(&turn);
}
