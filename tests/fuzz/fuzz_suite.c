// SPDX-License-Identifier: GPL-2.0-or-later
/* The reader of suites, and their cells. */
#include <stdlib.h>

#include "cell/suite.h"
#include "fuzz.h"

static void expand(const struct suite *suite)
{
	struct cell_axes overrides;
	struct cell_config *cells;
	char key[CELL_KEY_SIZE];
	size_t count;

	cell_axes_init(&overrides);
	if (suite_expand(suite, &overrides, &cells, &count))
		return;
	for (size_t i = 0; i < count; i++) {
		if (cells[i].dax < 0)
			cells[i].dax = 0;
		if (cell_key(&cells[i], key, sizeof(key)))
			fuzz_fail("a cell without a key", cells[i].fs, 1);
		cell_free(&cells[i]);
	}
	free(cells);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_output output;
	struct suite suite;
	int ret;

	fuzz_write_files(data, size);
	fuzz_begin();
	ret = suite_read(fuzz_file(0), &suite);
	if (!ret) {
		expand(&suite);
		suite_free(&suite);
	}
	output = fuzz_end(ret ? 1 : 0);
	oracle_diagnostics(&output);
	return 0;
}
