/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a store leaves in its 4 KiB: 64 lines of 64 bytes, each of which says by itself which store
 * it is of. Pure: no I/O, no printing.
 */
#ifndef SYNCFAULT_WRITER_PATTERN_H
#define SYNCFAULT_WRITER_PATTERN_H

#include <stddef.h>
#include <stdint.h>

#define PATTERN_BYTES 4096

struct pattern {
	uint64_t seed; /* of the run, so that what an earlier one left is not taken for ours */
	uint64_t file;
	uint64_t page;	 /* in units of 4 KiB from the file's start */
	uint64_t number; /* of the store, from 1; a later store to the same page has a higher one */
};

/* Stores the pattern to PATTERN_BYTES at to, a multiple of 64. */
void pattern_fill(const struct pattern *pattern, void *to);

/*
 * What is in PATTERN_BYTES at from, where pattern, or a later store to its page, is expected:
 * NULL if each of the lines is of one of them; else the first line's number in *line, from 0, and
 * what it is: "zeros", "an earlier store" or "other data".
 */
const char *pattern_check(const struct pattern *pattern, const void *from, size_t *line);

#endif
