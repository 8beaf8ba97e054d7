// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/diag.h"
#include "base/startup.h"
#include "base/version.h"
#include "cmd/commands.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{ "run", cmd_run, "measure the cells of a suite and write a result" },
	{ "show", cmd_show, "print results: the letter's layout, and percentiles" },
	{ "plot", cmd_plot, "draw results with gnuplot, as PNG and SVG" },
	{ "compare", cmd_compare, "whether a build is slower than another, and where" },
	{ "dashboard", cmd_dashboard, "make one HTML page of a folder of results" },
	{ "history", cmd_history, "where the cells of a folder of results changed, by build" },
	{ "export", cmd_export, "write results in the formats of other programs" },
	{ "trace", cmd_trace, "where the time of page faults goes, on a live system" },
	{ "doctor", cmd_doctor, "what this machine can measure, and what to do about the rest" },
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void print_usage(FILE *out)
{
	fprintf(out,
		"usage: syncfault COMMAND [OPTION…]\n\n"
		"Page-fault latency, synchronous (MAP_SYNC) and plain, measured and explained.\n\n");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "  %-9s %s\n", commands[i].name, commands[i].summary);
	fprintf(out, "\n'syncfault COMMAND --help' tells each command's options.\n"
		     "Exit: 0 done, 1 failed, 2 wrong usage, 77 this machine cannot.\n");
}

/* Output that was not written is a failure: a full disk must not look like an empty answer. */
static int flush_output(int code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	if (errno != EPIPE)
		diag_errno(errno, "write standard output");
	return code ? code : EXIT_FAILED;
}

int main(int argc, char **argv)
{
	/* For git bisect 1 would be a verdict. */
	if (startup_settle())
		return argc > 1 && !strcmp(argv[1], "compare") ? EXIT_UNKNOWN : EXIT_FAILED;
	if (argc < 2) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		print_usage(stdout);
		return flush_output(EXIT_DONE);
	}
	if (!strcmp(argv[1], "--version")) {
		printf("syncfault %s (%s)\n", tool_version, tool_commit);
		return flush_output(EXIT_DONE);
	}
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (!strcmp(argv[1], commands[i].name))
			return flush_output(commands[i].run(argc - 1, argv + 1));
	diag_error("no such command: %s (see 'syncfault --help')", argv[1]);
	return EXIT_USAGE;
}
