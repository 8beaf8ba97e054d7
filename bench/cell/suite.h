/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A suite: a named list of cells. Its file gives blocks of axes, and each block means the product
 * of its axes, the last one (sync) turning fastest.
 */
#ifndef SYNCFAULT_CELL_SUITE_H
#define SYNCFAULT_CELL_SUITE_H

#include "base/strings.h"
#include "cell/cell.h"

#define SUITE_SCHEMA	"syncfault-suite/1"
#define SUITE_MAX_BYTES (1 << 20)
#define SUITE_MAX_CELLS 10000

/*
 * An axis with count 0 was not given. An axis that a suite's file leaves out has a default of one
 * word.
 */
struct cell_axes {
	struct strings fs; /* "FS[:MKFS-OPTIONS[:MOUNT-OPTIONS]]" */
	struct word_list dax, state, load, sync, commit, access, page, files;
	struct word_list dirty_kind, remap, attribute, interface;
	struct number_list pages, threads, dirty;
	uint64_t pause_us; /* U64_ABSENT: not given */
	int sched;	   /* -1: not given */
};

struct suite {
	char *name;
	char *summary;
	struct cell_axes *blocks;
	size_t block_count;
};

/* An axis list with nothing given. */
void cell_axes_init(struct cell_axes *axes);

/*
 * Reads the suite compiled in under name, or the file of that path. One line on stderr says what is
 * wrong; -ENOENT if neither exists, with a list of the names that do. The caller frees *suite.
 */
int suite_read(const char *name_or_path, struct suite *suite);
void suite_free(struct suite *suite);

/*
 * All cells of suite, with the axes in overrides in place of the suite's where they are given.
 * Cells whose pause or scheduler was not given have U64_ABSENT and -1, those whose DAX mode was not
 * given have dax -1. If overrides make cells of two blocks equal, the first is kept. The caller
 * frees *cells, each with cell_free. -EINVAL after one line on stderr: no cells, too many, two with
 * the same key in the suite itself or in one block, or an unknown file system.
 */
int suite_expand(const struct suite *suite, const struct cell_axes *overrides,
		 struct cell_config **cells, size_t *count);

#endif
