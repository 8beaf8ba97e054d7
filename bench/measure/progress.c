// SPDX-License-Identifier: GPL-2.0-or-later
#include "measure/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/printable.h"

void progress_start(struct progress *progress, bool is_wanted, size_t total)
{
	*progress = (struct progress){ .is_terminal = isatty(STDERR_FILENO),
				       .has_lines = is_wanted,
				       .total = total };
}

static void name_cell(const struct cell_config *config, char *name, size_t size)
{
	char fs[64];

	snprintf(name, size, "%s %s load=%s sync=%s %s %s",
		 printable(config->fs, 15, fs, sizeof(fs)), state_words[config->state],
		 load_words[config->load], sync_words[config->sync], access_words[config->access],
		 page_words[config->page]);
}

void progress_begin(struct progress *progress, const struct cell_config *config)
{
	char name[160];

	if (!progress->is_terminal)
		return;
	name_cell(config, name, sizeof(name));
	fprintf(stderr, "\r\033[K%zu/%zu %s", progress->done + 1, progress->total, name);
	fflush(stderr);
}

void progress_end(struct progress *progress, const struct cell_result *cell)
{
	char name[160], p50[PRINTABLE_NUMBER];

	progress->done++;
	if (!progress->has_lines || progress->is_terminal)
		return;
	name_cell(&cell->config, name, sizeof(name));
	if (cell->has_latency)
		fprintf(stderr, "%zu/%zu %s: p50 %s us\n", progress->done, progress->total, name,
			printable_us((double)cell->latency.p50, 1, p50));
	else
		fprintf(stderr, "%zu/%zu %s: %s\n", progress->done, progress->total, name,
			status_words[cell->status]);
}

void progress_stop(struct progress *progress)
{
	if (progress->is_terminal)
		fprintf(stderr, "\r\033[K");
}
