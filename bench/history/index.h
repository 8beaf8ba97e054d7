/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a history needs of the results of a folder, in an SQLite database: read in a fifth of the
 * time that the files take. The files remain authoritative. A row is used only while the name, size
 * and modification time of its file are unchanged; every failure of the index is a warning at most,
 * and the files are read instead.
 *
 * It is FOLDER/syncfault-index.sqlite: it is visible, moved and deleted together with what it
 * describes. If the folder cannot be written, it is under ${XDG_CACHE_HOME:-~/.cache}/syncfault.
 * The only module that knows SQLite.
 */
#ifndef SYNCFAULT_HISTORY_INDEX_H
#define SYNCFAULT_HISTORY_INDEX_H

#include "history/run.h"
#include "view/result_files.h"

#define INDEX_NAME "syncfault-index.sqlite"

/* For one reader at a time; its pointer may be NULL in all calls: an index that holds nothing. */
struct index;

/* NULL, after a warning, if there cannot be one: then everything is read from the files. */
struct index *index_open(const char *folder);

/* 0: the caller owns *run. -ENOENT: not there, or from another state of the file. -ENOMEM. */
int index_find(struct index *index, const struct result_file *file, struct history_run *run);

/* A file that changed within the last two seconds is left out: it may change again unseen. */
void index_put(struct index *index, const struct result_file *file, const struct history_run *run);

/* Drops rows of files that are not in files, commits, and frees. */
void index_close(struct index *index, const struct result_files *files);

#endif
