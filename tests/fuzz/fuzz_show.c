// SPDX-License-Identifier: GPL-2.0-or-later
/* Every layout of `show`. */
#include <string.h>

#include "cmd/commands.h"
#include "fuzz.h"

static const char *const layouts[] = { "--letter",     "--table", "--probes",
				       "--worst-case", "--scale", "--tsv" };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_output output;

	fuzz_write_files(data, size);
	output = fuzz_run(cmd_show, (const char *[]){ "show", "--json", fuzz_file(0), NULL });
	if (!output.out_length)
		return 0;
	oracle_json(output.out, output.out_length);
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		output = fuzz_run(cmd_show,
				  (const char *[]){ "show", layouts[i], fuzz_file(0), NULL });
		oracle_text(output.out, output.out_length);
		if (!strcmp(layouts[i], "--tsv"))
			oracle_tsv(output.out, output.out_length);
	}
	return 0;
}
