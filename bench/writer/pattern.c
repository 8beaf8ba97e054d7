// SPDX-License-Identifier: GPL-2.0-or-later
#include "writer/pattern.h"

#include <stdbool.h>
#include <string.h>

#define LINES	   64
#define WORDS	   8
#define MAGIC	   0x73746f7265733a31ULL
#define MULTIPLIER 0x9e3779b97f4a7c15ULL

/* Five words that say it, three that no other five have. */
static void make_line(const struct pattern *pattern, uint64_t number, uint64_t line,
		      uint64_t words[WORDS])
{
	uint64_t hash = MAGIC;

	words[0] = MAGIC ^ pattern->seed;
	words[1] = pattern->file;
	words[2] = pattern->page;
	words[3] = number;
	words[4] = line;
	for (int i = 0; i < 5; i++) {
		hash = (hash ^ words[i]) * MULTIPLIER;
		hash ^= hash >> 29;
	}
	for (int i = 5; i < WORDS; i++)
		words[i] = hash * (uint64_t)i;
}

void pattern_fill(const struct pattern *pattern, void *to)
{
	uint64_t words[WORDS];

	for (uint64_t line = 0; line < LINES; line++) {
		make_line(pattern, pattern->number, line, words);
		memcpy((char *)to + line * sizeof(words), words, sizeof(words));
	}
}

static bool is_zeros(const uint64_t words[WORDS])
{
	uint64_t any = 0;

	for (int i = 0; i < WORDS; i++)
		any |= words[i];
	return !any;
}

const char *pattern_check(const struct pattern *pattern, const void *from, size_t *line)
{
	uint64_t found[WORDS], words[WORDS];

	for (*line = 0; *line < LINES; ++*line) {
		memcpy(found, (const char *)from + *line * sizeof(found), sizeof(found));
		if (is_zeros(found))
			return "zeros";
		make_line(pattern, found[3], *line, words);
		if (memcmp(found, words, sizeof(words)))
			return "other data";
		if (found[3] < pattern->number)
			return "an earlier store";
	}
	return NULL;
}
