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

#define PHRASE_SIZE 1024

/* "preallocated", "fallocated (unwritten)", "empty". */
const char *phrase_state(int state);

/* "no MAP_SYNC", "MAP_SYNC". */
const char *phrase_sync(int sync);

/* What the numbers of a clock domain are, in a sentence. */
const char *phrase_clock(int domain);

/* "ext4", "ext4 (mkfs -O fast_commit; mount noatime; dax=inode)". */
const char *phrase_fs(const struct cell_config *config, char buffer[PHRASE_SIZE]);

/* "no background load"; the letter's copy is "background load", another "background load fsync". */
const char *phrase_load(int load, char buffer[PHRASE_SIZE]);

/* "512 write faults of 4 KiB by one thread, paused 50 us between two, SCHED_FIFO". */
const char *phrase_variant(const struct cell_config *config, char buffer[PHRASE_SIZE]);

/* The same for cells that differ in their number of faults, from that of config to most_pages. */
const char *phrase_variant_to(const struct cell_config *config, uint64_t most_pages,
			      char buffer[PHRASE_SIZE]);

/* How a cell differs from the letter: ", read, 2 MiB pages, 4 threads"; "" if not at all. */
const char *phrase_unlike_letter(const struct cell_config *config, char buffer[PHRASE_SIZE]);

/*
 * A cell. Among all others: "ext4 hole, load copy, MAP_SYNC" and how it differs from the letter. In
 * a row of a table that has the file system and MAP_SYNC elsewhere: "hole, load copy" and the same.
 * Below a heading that names the file system and the variant: "hole, load copy, sync map_sync".
 */
const char *phrase_cell(const struct cell_config *config, char buffer[PHRASE_SIZE]);
const char *phrase_row(const struct cell_config *config, char buffer[PHRASE_SIZE]);
const char *phrase_point(const struct cell_config *config, char buffer[PHRASE_SIZE]);

#endif
