// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * To be preloaded: the program's allocation number NO_MEMORY_AT (from 1) and all later ones fail,
 * or only that one if NO_MEMORY_ONCE is set. At the end, their number is written to the file
 * NO_MEMORY_COUNT.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static _Atomic long seen;
static long at;
static bool is_once;

__attribute__((constructor)) static void begin(void)
{
	const char *text = getenv("NO_MEMORY_AT");

	is_once = getenv("NO_MEMORY_ONCE");
	seen = 0;
	at = text ? atol(text) : 0;
}

__attribute__((destructor)) static void end(void)
{
	const char *path = getenv("NO_MEMORY_COUNT");
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;

	if (fd >= 0)
		dprintf(fd, "%ld\n", (long)seen);
}

static bool is_refused(void)
{
	long number = ++seen;

	if (!at || number < at || (is_once && number > at))
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return is_refused() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return is_refused() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return is_refused() ? NULL : __libc_realloc(old, size);
}
