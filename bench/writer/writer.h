/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crash-writer: stores whose survival is checked after a crash, and the check.
 *
 * A report is a line "s FILE PAGE NUMBER": the store is flushed, and must survive from now on. A
 * line "v FILE PAGE" takes back what was reported of a page, which is about to be punched out.
 */
#ifndef SYNCFAULT_WRITER_WRITER_H
#define SYNCFAULT_WRITER_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#define WRITER_MAX_FILES   16
#define WRITER_MAX_THREADS 16
#define WRITER_MAX_STORES  65536
/* Names of the files in their folder, from 0. */
#define WRITER_FILE_NAME "data-%u"

enum writer_pattern {
	PATTERN_HOLE,
	PATTERN_UNWRITTEN,
	PATTERN_WRITTEN,
	PATTERN_GROW,	 /* the file ends after the last page stored to: ftruncate before each */
	PATTERN_PUNCH,	 /* each page is stored to, punched out, and stored to again */
	PATTERN_REFLINK, /* all blocks are shared with another file */
};

struct store_params {
	int pattern;
	int page; /* enum cell_page: 2m stores 4 KiB into each 2 MiB */
	int load; /* enum cell_load */
	uint64_t threads;
	uint64_t files;
	uint64_t stores; /* of all threads to all files */
	uint64_t pause_us;
	uint64_t seed;
	bool is_sync; /* MAP_SYNC */
	bool is_fifo; /* SCHED_FIFO, so that a load has the CPU only in the pauses */
	bool by_port; /* reports go through I/O port 0xe9, else to stdout */
	const char *dir;
};

struct check_params {
	uint64_t seed;
	const char *dir;
	const char *reports; /* a file */
};

/* 0, or -errno (or -EIO) after one line on stderr. */
int writer_store(const struct store_params *params);

/*
 * Prints "lost FILE PAGE NUMBER: byte N: what is there", for each store that was reported and is
 * missing, then "reported N lost N". An unfinished line does not count. 0, also if stores are lost;
 * or -errno after one line on stderr.
 */
int writer_check(const struct check_params *params);

#endif
