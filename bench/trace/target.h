/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose faults are looked at: the machine's, a process's, a file's or a file system's. */
#ifndef SYNCFAULT_TRACE_TARGET_H
#define SYNCFAULT_TRACE_TARGET_H

#include <stdbool.h>
#include <stdint.h>

struct trace_target {
	uint64_t pid;	  /* 0: any */
	const char *path; /* as it was given; NULL: any file */
	bool has_dev;
	uint32_t dev;	/* the kernel's number */
	uint64_t inode; /* 0: the whole file system */
	int pidfd;	/* -1 without pid: readable once the process has ended */
	char text[320]; /* for people: "process 4711 (postgres)" */
};

/*
 * Finds the process or the file system; pid and path exclude each other and may both be missing.
 * -EINVAL after one line on stderr if there is no such thing, or none that can be mapped.
 */
int trace_target_open(struct trace_target *target, uint64_t pid, const char *path);
void trace_target_close(struct trace_target *target);

/* Whether the process was one, and has ended. */
bool trace_target_has_ended(const struct trace_target *target);

#endif
