// SPDX-License-Identifier: GPL-2.0-or-later
/* Every picture of `plot` up to gnuplot: the script is looked at instead of run. */
#include <errno.h>
#include <stdlib.h>

#include "cmd/commands.h"
#include "fuzz.h"
#include "plot/gnuplot.h"

int __wrap_gnuplot_draw(const char *script, size_t script_length, char **image,
			size_t *image_length);

int __wrap_gnuplot_draw(const char *script, size_t script_length, char **image,
			size_t *image_length)
{
	oracle_gnuplot(script, script_length);
	*image = calloc(1, 1);
	*image_length = 1;
	return *image ? 0 : -ENOMEM;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_write_files(data, size);
	fuzz_run(cmd_plot, (const char *[]){ "plot", "-o", fuzz_out, "--format", "svg", "--title",
					     "it's `a` \"title\" @{", fuzz_file(0), NULL });
	return 0;
}
