/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of words that end with NULL; the index of a word is the value of its enum. */
#ifndef SYNCFAULT_BASE_KEYWORDS_H
#define SYNCFAULT_BASE_KEYWORDS_H

#include <stddef.h>
#include <stdint.h>

/* Lists as options take them: indices of words, or numbers, in order, each once. */
#define LIST_MAX 16

struct word_list {
	size_t count;
	int words[LIST_MAX];
};

struct number_list {
	size_t count;
	uint64_t numbers[LIST_MAX];
};

/* Index of word in words, or -EINVAL. */
int words_find(const char *const *words, const char *word);

/* "a, b or c" in buffer, for messages and help; returns buffer. */
const char *words_join(const char *const *words, char *buffer, size_t size);

/* Adds word unless it is in the list; -E2BIG. */
int word_list_add(struct word_list *list, int word);

/* 1 << word of each; 0 for an empty list. */
unsigned int word_list_mask(const struct word_list *list);

#endif
