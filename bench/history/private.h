/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two halves of the index: index_open.c has the database, index.c its rows. */
#ifndef SYNCFAULT_HISTORY_PRIVATE_H
#define SYNCFAULT_HISTORY_PRIVATE_H

#include <sqlite3.h>
#include <stdbool.h>

enum index_statement {
	INDEX_FIND_FILE,
	INDEX_FIND_CELLS,
	INDEX_FORGET_CELLS,
	INDEX_FORGET_FILE,
	INDEX_PUT_FILE,
	INDEX_PUT_CONFIG,
	INDEX_PUT_CELL,
	INDEX_SEAL,
	INDEX_LIST,
	INDEX_STATEMENTS
};

struct index {
	char *path;
	char *folder; /* as it was given */
	char *real;   /* its real path */
	sqlite3 *database;
	sqlite3_stmt *statements[INDEX_STATEMENTS];
	unsigned steps;	 /* of SQLite's machine, in INDEX_STEP, since index_begin() */
	bool is_dead;	 /* reported; nothing is read from it or written to it any more */
	bool is_fixed;	 /* cannot be written: read all the same */
	bool is_damaged; /* a row was; reported */
};

/* Warns once, and the index is not used again; give_up says what SQLite says. */
void index_refuse(struct index *index, const char *why);
void index_give_up(struct index *index);

int index_run_text(struct index *index, const char *text);

/* Before a call that may take long; SQLite ends what never would. */
static inline void index_begin(struct index *index)
{
	index->steps = 0;
}

void index_free(struct index *index);

#endif
