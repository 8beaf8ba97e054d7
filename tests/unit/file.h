/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One temporary file for a group of tests: made and removed as their fixture. */
#ifndef SYNCFAULT_TEST_FILE_H
#define SYNCFAULT_TEST_FILE_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char path[] = "/tmp/syncfault-test-XXXXXX";

static inline int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static inline int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

/* The file then holds text alone. */
static inline void write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

#endif
