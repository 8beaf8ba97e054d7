/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Locals that release themselves when they go out of scope, by the compiler's cleanup attribute
 * (the way of drgn's and systemd's cleanup.h). To hand one to the caller: return no_free(p).
 */
#ifndef SYNCFAULT_BASE_CLEANUP_H
#define SYNCFAULT_BASE_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define auto_release(function) __attribute__((__cleanup__(function)))

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

static inline void cleanup_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

#define auto_free     auto_release(cleanup_free)
#define auto_close    auto_release(cleanup_close)
#define auto_fclose   auto_release(cleanup_file)
#define auto_closedir auto_release(cleanup_dir)

/* Takes the pointer, or the descriptor, out of a variable that would release it. */
#define no_free(p)                          \
	({                                  \
		__typeof__(p) taken_ = (p); \
		(p) = NULL;                 \
		taken_;                     \
	})
#define no_close(fd)               \
	({                         \
		int taken_ = (fd); \
		(fd) = -1;         \
		taken_;            \
	})

#endif
