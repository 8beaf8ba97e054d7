// SPDX-License-Identifier: GPL-2.0-or-later
/* The page of `dashboard`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/commands.h"
#include "fuzz.h"

int __wrap_outfile_write(const char *path, const char *text, size_t length);

static char *output_path;

/* Where -o would have the page written: looked at instead. */
int __wrap_outfile_write(const char *path, const char *text, size_t length)
{
	if (strcmp(path, output_path) != 0)
		fuzz_fail("a page outside of the output", path, strlen(path));
	oracle_html(text, length);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!output_path && asprintf(&output_path, "%s/page.html", fuzz_out) < 0)
		abort();
	fuzz_write_files(data, size);
	fuzz_run(cmd_dashboard, (const char *[]){ "dashboard", fuzz_in, "-o", output_path, NULL });
	return 0;
}
