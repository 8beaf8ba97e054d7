// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/keywords.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int words_find(const char *const *words, const char *word)
{
	for (int i = 0; words[i]; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return -EINVAL;
}

const char *words_join(const char *const *words, char *buffer, size_t size)
{
	size_t used = 0;

	buffer[0] = '\0';
	for (int i = 0; words[i] && used < size; i++) {
		const char *glue = i == 0 ? "" : words[i + 1] ? ", " : " or ";
		int n = snprintf(buffer + used, size - used, "%s%s", glue, words[i]);

		used += (size_t)n;
	}
	return buffer;
}

int word_list_add(struct word_list *list, int word)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->words[i] == word)
			return 0;
	if (list->count == LIST_MAX)
		return -E2BIG;
	list->words[list->count++] = word;
	return 0;
}

unsigned int word_list_mask(const struct word_list *list)
{
	unsigned int mask = 0;

	for (size_t i = 0; i < list->count; i++)
		mask |= 1u << list->words[i];
	return mask;
}
