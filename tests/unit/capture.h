/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a function under test prints on stdout or stderr. Assertions between the two calls must not
 * fail: their messages would be captured too. */
#ifndef SYNCFAULT_TEST_CAPTURE_H
#define SYNCFAULT_TEST_CAPTURE_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct capture {
	int fd, saved, memory;
	char text[65536];
};

static inline void capture_begin(struct capture *capture, int fd)
{
	fflush(NULL);
	capture->fd = fd;
	capture->saved = fcntl(fd, F_DUPFD_CLOEXEC, 100);
	capture->memory = memfd_create("capture", MFD_CLOEXEC);
	dup2(capture->memory, fd);
}

static inline const char *capture_end(struct capture *capture)
{
	ssize_t n;

	fflush(NULL);
	dup2(capture->saved, capture->fd);
	close(capture->saved);
	n = pread(capture->memory, capture->text, sizeof(capture->text) - 1, 0);
	capture->text[n > 0 ? n : 0] = '\0';
	close(capture->memory);
	return capture->text;
}

/* Whether text is a message of one line, with nothing in it that steers a terminal. */
static inline bool is_one_line(const char *text)
{
	const char *end = strchr(text, '\n');

	for (const char *c = text; c != end; c++)
		if (!*c || (unsigned char)*c < 0x20 || *c == 0x7f)
			return false;
	return !strncmp(text, "syncfault: ", 11) && end[1] == '\0';
}

#endif
