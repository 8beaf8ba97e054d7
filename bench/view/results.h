/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many results, each with the file that it comes from. All zero: none. */
#ifndef SYNCFAULT_VIEW_RESULTS_H
#define SYNCFAULT_VIEW_RESULTS_H

#include <stddef.h>

#include "base/cleanup.h"
#include "result/result.h"
#include "view/result_text.h"

struct results {
	struct result *items; /* they move when one is added */
	char **paths;	      /* of each, as it was given */
	size_t count;
};

/*
 * Reads one more ("-": standard input). root is that of a list, or NULL (view/result_text.h).
 * Errors as result_read: then nothing was added.
 */
int results_add(struct results *results, const char *path, const char *root);

/* The same from its text. */
int results_add_text(struct results *results, const char *path, const struct result_text *text);

/*
 * Reads all of paths into *results, which the caller owns in any case. 0; -EINVAL if some could not
 * be read: each is reported on stderr, and the others are there. -ENOMEM: reading ended there.
 */
int results_read(struct results *results, char *const *paths, size_t count);

/* Takes one out; the others stay in their order. */
void results_drop(struct results *results, size_t index);

void results_free(struct results *results);
#define auto_results auto_release(results_free)

#endif
