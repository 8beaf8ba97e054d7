/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of the repository that the program carries inside, so that one binary works anywhere:
 * in a guest image, from the build folder, installed.
 */
#ifndef SYNCFAULT_BASE_ASSETS_H
#define SYNCFAULT_BASE_ASSETS_H

#include <stddef.h>

struct asset {
	const char
		*name; /* "suites/cover-letter", "reference/cover-letter-2017", "plots/NAME.gp" */
	const char *text; /* not terminated */
	size_t length;
};

/* NULL if there is none of that name. */
const struct asset *asset_find(const char *name);

/* All of them, *count in number: for listing what exists. */
const struct asset *asset_list(size_t *count);

#endif
