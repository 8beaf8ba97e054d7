/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of a result, and which state of which file it is: read by one descriptor. */
#ifndef SYNCFAULT_VIEW_RESULT_TEXT_H
#define SYNCFAULT_VIEW_RESULT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/cleanup.h"

#define RESULT_DIGEST_SIZE 32

/* What changes with a file; times since 1970. All 0: not known. */
struct file_state {
	uint64_t inode, size, mtime_ns, ctime_ns;
};

struct result_text {
	char *text;
	size_t length;
	uint8_t digest[RESULT_DIGEST_SIZE]; /* SHA-256 of the text */
	struct file_state state;	    /* all 0: the file changed while it was read */
};

struct file_state file_state_of(const struct stat *st);
bool file_state_is_same(const struct file_state *a, const struct file_state *b);

/*
 * Reads a file of a list (view/result_files.h), whose root this is: anything but a regular file
 * below it is refused with -ESTALE, because then it was replaced since. root may be NULL: the file
 * was named by the user, and may be a pipe; "-" is standard input. Errors are reported, and *text
 * is empty.
 */
int result_text_read(const char *path, const char *root, struct result_text *text);

void result_text_free(struct result_text *text);
#define auto_result_text auto_release(result_text_free)

/*
 * Whether what fd is open on has a real path below root, or is root. path is what fd was opened by,
 * for systems without /proc. 1, 0 or -errno.
 */
int file_is_below(int fd, const char *path, const char *root);

#endif
