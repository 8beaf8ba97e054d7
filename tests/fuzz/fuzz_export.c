// SPDX-License-Identifier: GPL-2.0-or-later
/* Every format of `export`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "cmd/commands.h"
#include "export/export.h"
#include "fuzz.h"

/* Where -o would have the document written: looked at instead. */
int __wrap_outfile_write(const char *path, const char *text, size_t length);
static int format;

int __wrap_outfile_write(const char *path, const char *text, size_t length)
{
	if (strncmp(path, fuzz_out, strlen(fuzz_out)) != 0 || strstr(path, "/.."))
		fuzz_fail("a document outside of the output", path, strlen(path));
	if (format == EXPORT_GITHUB || format == EXPORT_KCIDB)
		oracle_json(text, length);
	else if (format == EXPORT_OPENMETRICS)
		oracle_openmetrics(text, length);
	else if (format == EXPORT_TSV)
		oracle_tsv(text, length);
	else
		oracle_text(text, length);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *document;

	if (!document && asprintf(&document, "%s/document", fuzz_out) < 0)
		abort();
	fuzz_write_files(data, size);
	for (format = 0; export_format_words[format]; format++) {
		const char *path = format == EXPORT_HGRM ? fuzz_out : document;
		struct fuzz_output output =
			fuzz_run(cmd_export, (const char *[]){ "export", "--format",
							       export_format_words[format], "-o",
							       path, fuzz_file(0), NULL });

		if (output.code == EXIT_FAILED)
			break;
	}
	return 0;
}
