/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which cells an option --cell selects: one rule for all commands that have it. */
#ifndef SYNCFAULT_CELL_MATCH_H
#define SYNCFAULT_CELL_MATCH_H

#include <stdbool.h>

/* For the help of the option. */
#define CELL_MATCH_HELP "only cells whose key matches '*/state=hole/*', or holds 'state=hole'"

/*
 * Whether pattern selects the cell of that key. A pattern with any of * ? [ is a glob (fnmatch(3),
 * where * matches / too) and must match the whole key; any other text must be part of the key.
 * NULL selects every cell.
 */
bool cell_match(const char *pattern, const char *key);

#endif
