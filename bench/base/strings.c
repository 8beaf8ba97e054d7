// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/strings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int strings_add(struct strings *strings, const char *item)
{
	char **grown = reallocarray(strings->items, strings->count + 1, sizeof(*grown));
	char *copy = strdup(item);

	if (grown)
		strings->items = grown;
	if (!grown || !copy) {
		free(copy);
		return -ENOMEM;
	}
	grown[strings->count++] = copy;
	return 0;
}

void strings_free(struct strings *strings)
{
	for (size_t i = 0; i < strings->count; i++)
		free(strings->items[i]);
	free(strings->items);
	*strings = (struct strings){ 0 };
}
