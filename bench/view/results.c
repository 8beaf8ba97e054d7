// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/results.h"

#include <errno.h>
#include <string.h>

#include "base/diag.h"

/* Room for one more: doubled at every power of two. */
static int reserve(struct results *results)
{
	size_t room = results->count ? results->count * 2 : 1;
	struct result *items;
	char **paths;

	if (results->count & (results->count - 1))
		return 0;
	items = reallocarray(results->items, room, sizeof(*items));
	if (items)
		results->items = items;
	paths = reallocarray(results->paths, room, sizeof(*paths));
	if (paths)
		results->paths = paths;
	return items && paths ? 0 : -ENOMEM;
}

int results_add_text(struct results *results, const char *path, const struct result_text *text)
{
	auto_free char *copy = strdup(path);
	int ret;

	if (!copy || reserve(results))
		return diag_errno(ENOMEM, "%s", path);
	ret = result_parse(text->text, text->length, strcmp(path, "-") ? path : "standard input",
			   &results->items[results->count]);
	if (!ret)
		results->paths[results->count++] = no_free(copy);
	return ret;
}

int results_add(struct results *results, const char *path, const char *root)
{
	auto_result_text struct result_text text;
	int ret = result_text_read(path, root, &text);

	return ret ? ret : results_add_text(results, path, &text);
}

int results_read(struct results *results, char *const *paths, size_t count)
{
	int unread = 0;

	*results = (struct results){ 0 };
	for (size_t i = 0; i < count; i++) {
		int ret = results_add(results, paths[i], NULL);

		if (ret == -ENOMEM)
			return ret;
		if (ret)
			unread = -EINVAL;
	}
	return unread;
}

void results_drop(struct results *results, size_t index)
{
	size_t behind = --results->count - index;

	result_free(&results->items[index]);
	free(results->paths[index]);
	memmove(&results->items[index], &results->items[index + 1],
		behind * sizeof(*results->items));
	memmove(&results->paths[index], &results->paths[index + 1],
		behind * sizeof(*results->paths));
}

void results_free(struct results *results)
{
	while (results->count)
		results_drop(results, results->count - 1);
	free(results->items);
	free(results->paths);
	*results = (struct results){ 0 };
}
