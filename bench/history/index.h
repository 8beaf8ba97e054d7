/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a history needs of the results of a folder, in an SQLite database: read in a fifth of the
 * time that the files take. The files remain authoritative. A row is used only for the state of the
 * file that it is from, or for the same text in another state; every failure of the index is a
 * warning at most, and the files are read instead.
 *
 * It is in the user's cache (base/cache.h), under a name that is a digest of the folder's real
 * path. Nothing in the folder itself is taken for an index, because whoever made the folder could
 * have put it there: a database can make SQLite write and delete. What is in a row is nevertheless
 * checked as if it came from a result, and by a digest, because files get damaged.
 * The only module that knows SQLite.
 */
#ifndef SYNCFAULT_HISTORY_INDEX_H
#define SYNCFAULT_HISTORY_INDEX_H

#include "history/run.h"
#include "view/result_files.h"

/* For one reader at a time; its pointer may be NULL in all calls: an index that holds nothing. */
struct index;

/* NULL, after a warning, if there cannot be one: then everything is read from the files. */
struct index *index_open(const char *folder);

/*
 * The file at path in this state (NULL: in any), or with this digest of its text (NULL: with any).
 * 0: the caller owns *run. -ENOENT: not there, or not as it was put. -ENOMEM.
 */
int index_find(struct index *index, const char *path, const struct file_state *state,
	       const uint8_t *digest, struct history_run *run);

/*
 * A file that changed within the last two seconds, or whose state is not known, is left out: it may
 * change again unseen.
 */
void index_put(struct index *index, const char *path, const struct file_state *state,
	       const struct history_run *run);

/* Drops rows of files that are not in files, commits, and frees. */
void index_close(struct index *index, const struct result_files *files);

#endif
