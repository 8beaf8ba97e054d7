// SPDX-License-Identifier: GPL-2.0-or-later
/* `compare` of the first file with the second: as text, JSON and Markdown. */
#include "base/diag.h"
#include "cmd/commands.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *new = fuzz_file(fuzz_write_files(data, size) > 1);
	struct fuzz_output output;

	output = fuzz_run(cmd_compare,
			  (const char *[]){ "compare", "--json", fuzz_file(0), new, NULL });
	if (output.code == EXIT_USAGE)
		return 0;
	oracle_json(output.out, output.out_length);
	output = fuzz_run(cmd_compare, (const char *[]){ "compare", "--markdown", "--all",
							 fuzz_file(0), new, NULL });
	oracle_markdown(output.out, output.out_length);
	output = fuzz_run(cmd_compare,
			  (const char *[]){ "compare", "--all", fuzz_file(0), new, NULL });
	oracle_text(output.out, output.out_length);
	return 0;
}
