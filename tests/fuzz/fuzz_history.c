// SPDX-License-Identifier: GPL-2.0-or-later
/* `history` of a folder of results, as text and as JSON. */
#include "cmd/commands.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_output output;

	fuzz_write_files(data, size);
	output = fuzz_run(cmd_history, (const char *[]){ "history", "--index", "never", "--json",
							 fuzz_in, NULL });
	if (!output.out_length)
		return 0;
	oracle_json(output.out, output.out_length);
	output = fuzz_run(cmd_history,
			  (const char *[]){ "history", "--index", "never", fuzz_in, NULL });
	oracle_text(output.out, output.out_length);
	return 0;
}
