// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/diag.h"
#include "base/opt.h"
#include "cell/cell.h"
#include "writer/writer.h"

static const char *const pattern_words[] = { "hole",  "unwritten", "written", "grow",
					     "punch", "reflink",   NULL };

#define FIELD(name) .offset = offsetof(struct store_params, name)

static const struct opt_row store_rows[] = {
	{ "pattern", 'p', "WORD", "what stores find (hole)", opt_word, FIELD(pattern),
	  .words = pattern_words },
	{ "page", 0, "SIZE", "4k, or 2m: 4 KiB into each (4k)", opt_word, FIELD(page),
	  .words = page_words },
	{ "load", 0, "WORD", "what goes on beside it (none)", opt_word, FIELD(load),
	  .words = load_words },
	{ "threads", 't', "N", "threads, on the same files (1)", opt_u64, FIELD(threads), .min = 1,
	  .max = WRITER_MAX_THREADS },
	{ "files", 'f', "N", "files, in turn (1)", opt_u64, FIELD(files), .min = 1,
	  .max = WRITER_MAX_FILES },
	{ "stores", 'n', "N", "stores in all (64)", opt_u64, FIELD(stores), .min = 1,
	  .max = WRITER_MAX_STORES },
	{ "pause", 0, "US", "microseconds between stores (50)", opt_u64, FIELD(pause_us),
	  .max = 1000000 },
	{ "seed", 0, "N", "what tells these stores from others (0)", opt_u64, FIELD(seed),
	  .max = UINT64_MAX },
	{ "sync", 0, NULL, "map with MAP_SYNC", opt_flag, FIELD(is_sync) },
	{ "fifo", 0, NULL, "run at SCHED_FIFO", opt_flag, FIELD(is_fifo) },
	{ "port", 0, NULL, "report through scripts/guest's I/O port", opt_flag, FIELD(by_port) },
	{ 0 },
};

static const struct opt_row check_rows[] = {
	{ "seed", 0, "N", "as of the stores (0)", opt_u64, offsetof(struct check_params, seed),
	  .max = UINT64_MAX },
	{ 0 },
};

static const struct opt_command store_command = {
	"store", "[OPTION]… DIR", "Stores to files in DIR, page by page, and reports each store.",
	NULL,	 store_rows,	  1,
	1,
};

static const struct opt_command check_command = {
	"check",
	"[OPTION]… DIR REPORTS",
	"Looks for each store that was reported.",
	NULL,
	check_rows,
	2,
	2,
};

static int end(int ret)
{
	return ret == -ECANCELED ? EXIT_DONE : EXIT_USAGE;
}

static int do_store(int argc, char **argv)
{
	struct store_params params = { .threads = 1, .files = 1, .stores = 64, .pause_us = 50 };
	int operand = opt_parse(&store_command, argc, argv, &params);

	if (operand < 0)
		return end(operand);
	if (params.pattern == PATTERN_GROW && params.threads > 1) {
		diag_error("--pattern grow wants --threads 1: others would cut the file off");
		return EXIT_USAGE;
	}
	params.dir = argv[operand];
	return writer_store(&params) ? EXIT_FAILED : EXIT_DONE;
}

static int do_check(int argc, char **argv)
{
	struct check_params params = { 0 };
	int operand = opt_parse(&check_command, argc, argv, &params);

	if (operand < 0)
		return end(operand);
	params.dir = argv[operand];
	params.reports = argv[operand + 1];
	return writer_check(&params) ? EXIT_FAILED : EXIT_DONE;
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "store"))
		return do_store(argc - 1, argv + 1);
	if (argc > 1 && !strcmp(argv[1], "check"))
		return do_check(argc - 1, argv + 1);
	diag_error("crash-writer: expected store or check, each with --help");
	return EXIT_USAGE;
}
