// SPDX-License-Identifier: GPL-2.0-or-later
/* The control: a reader that looks one too far where a word is unknown, which has to be found. */
#include <errno.h>
#include <string.h>

#include "cell/cell.h"
#include "fuzz.h"
#include "result/result.h"

int __wrap_words_find(const char *const *words, const char *word);

int __wrap_words_find(const char *const *words, const char *word)
{
	int i = 0;

	for (; words[i]; i++)
		if (!strcmp(words[i], word))
			return i;
	return words[i + 1] ? -EINVAL : -ENOENT;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct result result;

	if (result_parse((const char *)data, size, "input", &result) == 0)
		result_free(&result);
	return 0;
}
