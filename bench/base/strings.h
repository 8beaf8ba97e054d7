/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list that owns its strings, and the values that mean absent. */
#ifndef SYNCFAULT_BASE_STRINGS_H
#define SYNCFAULT_BASE_STRINGS_H

#include <stddef.h>
#include <stdint.h>

/* What was not measured: never 0. */
#define U64_ABSENT  UINT64_MAX
#define BOOL_ABSENT (-1)

/* Zeroed: empty. */
struct strings {
	char **items;
	size_t count;
};

/* Appends a copy; -ENOMEM. */
int strings_add(struct strings *strings, const char *item);
void strings_free(struct strings *strings);

#endif
