// SPDX-License-Identifier: GPL-2.0-or-later
/* The reader of results: what it takes, the writer writes, and the reader takes again, the same. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "result/result.h"

static void round_trip(const struct result *result)
{
	char *text = NULL, *again = NULL;
	size_t length, again_length;
	struct result copy;

	if (result_format(result, &text, &length))
		fuzz_fail("was read, and cannot be written", "", 0);
	if (result_parse(text, length, "again", &copy))
		fuzz_fail("was written, and cannot be read", text, length);
	if (result_format(&copy, &again, &again_length) || strcmp(text, again) != 0)
		fuzz_fail("is another result when it was written and read", text, length);
	free(text);
	free(again);
	result_free(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct result result;
	struct fuzz_output output;
	int ret;

	fuzz_begin();
	ret = result_parse((const char *)data, size, "input", &result);
	if (!ret) {
		round_trip(&result);
		result_free(&result);
	}
	output = fuzz_end(ret ? 1 : 0);
	oracle_diagnostics(&output);
	return 0;
}
