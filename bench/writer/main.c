// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/diag.h"
#include "base/opt.h"
#include "base/startup.h"
#include "cell/cell.h"
#include "writer/writer.h"

static const char *const pattern_words[] = { "hole",  "unwritten", "written", "grow",
					     "punch", "reflink",   NULL };

static const struct opt_row store_rows[] = {
	OPT_WORD('p', "pattern", "WORD", struct store_params, pattern, pattern_words,
		 "what stores find (hole)"),
	OPT_WORD(0, "page", "SIZE", struct store_params, page, page_words,
		 "4k, or 2m: 4 KiB into each (4k)"),
	OPT_WORD(0, "load", "WORD", struct store_params, load, load_words,
		 "what goes on beside it (none)"),
	OPT_U64('t', "threads", "N", struct store_params, threads, 1, WRITER_MAX_THREADS,
		"threads, on the same files (1)"),
	OPT_U64('f', "files", "N", struct store_params, files, 1, WRITER_MAX_FILES,
		"files, in turn (1)"),
	OPT_U64('n', "stores", "N", struct store_params, stores, 1, WRITER_MAX_STORES,
		"stores in all (64)"),
	OPT_U64(0, "pause", "US", struct store_params, pause_us, 0, 1000000,
		"microseconds between stores (50)"),
	OPT_U64(0, "seed", "N", struct store_params, seed, 0, UINT64_MAX,
		"what tells these stores from others (0)"),
	OPT_FLAG(0, "sync", struct store_params, is_sync, "map with MAP_SYNC"),
	OPT_FLAG(0, "fifo", struct store_params, is_fifo, "run at SCHED_FIFO"),
	OPT_FLAG(0, "port", struct store_params, by_port,
		 "report through scripts/guest's I/O port"),
	OPT_END,
};

static const struct opt_row check_rows[] = {
	OPT_U64(0, "seed", "N", struct check_params, seed, 0, UINT64_MAX, "as of the stores (0)"),
	OPT_END,
};

static const struct opt_command store_command = {
	.name = "store",
	.synopsis = "[OPTION]… DIR",
	.summary = "Stores to files in DIR, page by page, and reports each store.",
	.rows = store_rows,
	.min_operands = 1,
	.max_operands = 1,
};

static const struct opt_command check_command = {
	.name = "check",
	.synopsis = "[OPTION]… DIR REPORTS",
	.summary = "Looks for each store that was reported.",
	.rows = check_rows,
	.min_operands = 2,
	.max_operands = 2,
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
	if (startup_settle())
		return EXIT_FAILED;
	if (argc > 1 && !strcmp(argv[1], "store"))
		return do_store(argc - 1, argv + 1);
	if (argc > 1 && !strcmp(argv[1], "check"))
		return do_check(argc - 1, argv + 1);
	diag_error("crash-writer: expected store or check, each with --help");
	return EXIT_USAGE;
}
