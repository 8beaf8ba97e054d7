/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What keys say, in the words of the letter and of kernel developers, for tables and pictures. All
 * texts are printable (see printable.h), whatever the result holds. Functions that take a buffer
 * return it.
 */
#ifndef SYNCFAULT_VIEW_PHRASES_H
#define SYNCFAULT_VIEW_PHRASES_H

#include <stddef.h>

#include "view/result_table.h"

#define WORDS_SIZE 1024

/* "preallocated", "fallocated (unwritten)", "empty". */
const char *words_state(int state);

/* "no MAP_SYNC", "MAP_SYNC". */
const char *words_sync(int sync);

/* What the numbers of a clock domain are, in a sentence. */
const char *words_clock(int domain);

/* "ext4", "ext4 (mkfs -O fast_commit; mount noatime; dax=inode)". */
const char *words_fs(const struct cell_config *config, char buffer[WORDS_SIZE]);

/* "no background load"; the letter's copy is "background load", another "background load fsync". */
const char *words_load(int load, char buffer[WORDS_SIZE]);

/* "512 write faults of 4 KiB by one thread, paused 50 us between two, SCHED_FIFO". */
const char *words_variant(const struct cell_config *config, char buffer[WORDS_SIZE]);

/* The same of cells that differ in their faults: config has the fewest, another most_pages. */
const char *words_variant_to(const struct cell_config *config, uint64_t most_pages,
			     char buffer[WORDS_SIZE]);

/* What of a cell is not as in the letter: ", read, 2 MiB pages, 4 threads"; "" where nothing. */
const char *words_unlike_letter(const struct cell_config *config, char buffer[WORDS_SIZE]);

/*
 * A cell. Among all others: "ext4 hole, load copy, MAP_SYNC" and what is not as in the letter. In a
 * row of a table that has the file system and MAP_SYNC elsewhere: "hole, load copy" and the same. Below
 * a heading that names the file system and the variant: "hole, load copy, sync map_sync".
 */
const char *words_cell(const struct cell_config *config, char buffer[WORDS_SIZE]);
const char *words_row(const struct cell_config *config, char buffer[WORDS_SIZE]);
const char *words_point(const struct cell_config *config, char buffer[WORDS_SIZE]);

#endif
