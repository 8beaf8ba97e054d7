// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/diag.h"
#include "base/opt.h"
#include "cmd/commands.h"
#include "history/history.h"
#include "view/result_files.h"

static const char *const index_words[] = { "auto", "never", "always", NULL };

struct history_params {
	bool json;
	const char *order;
	const char *p;
	const char *floor;
	int index;
	bool follow_links;
};

static const struct opt_row rows[] = {
	OPT_STRING(
		0, "order", "FILE", struct history_params, order,
		"builds in this order, oldest first, one a line: release, version, tag or commit"),
	OPT_STRING(0, "p", "P", struct history_params, p,
		   "chance of a false change in any of the series (1e-5)"),
	OPT_STRING(0, "floor", "PERCENT", struct history_params, floor,
		   "tell no change below this (by clock and figure)"),
	OPT_WORD(0, "index", "WHEN", struct history_params, index, index_words,
		 "keep what was read in the user's cache"),
	OPT_FLAG(0, "follow-links", struct history_params, follow_links, FOLLOW_LINKS_HELP),
	OPT_FLAG(0, "json", struct history_params, json, "one JSON document"),
	OPT_END,
};

static const struct opt_command command = {
	.name = "history",
	.synopsis = "[--order FILE] [--p P] [--floor PERCENT] [--index WHEN] [--follow-links] "
		    "[--json] DIR",
	.summary = "Prints where the cells of a folder of results changed, build after build.",
	.details =
		"Builds are kernels, in the order of their versions. Several results of one build "
		"are its\nruns. What changed between the same two builds is one event; a build "
		"that alone is unlike its\nneighbours, or is the newest, is suspect. Text is in "
		"microseconds, JSON in nanoseconds.\n"
		"Exit: 0 done, whatever changed; 1 a file is no result, or there is none; 2 wrong usage.\n",
	.rows = rows,
	.min_operands = 1,
	.max_operands = 1,
};

static int parse_number(const char *name, const char *text, double most, const char *wanted,
			double *value)
{
	char *end;

	if (!text)
		return 0;
	errno = 0;
	*value = strtod(text, &end);
	if (end != text && !*end && !errno && *value > 0 && *value < most)
		return 0;
	diag_error("history: --%s %s: wants %s", name, text, wanted);
	return -EINVAL;
}

static int print_history(const struct history_params *params, const struct history_options *options,
			 const char *folder)
{
	auto_history struct history history;
	int unread = history_read(folder, options, &history), ret;

	if (unread == -EDOM)
		return EXIT_USAGE;
	if (unread && unread != -EINVAL)
		return EXIT_FAILED;
	ret = params->json ? history_print_json(&history, stdout)
			   : history_print_text(&history, stdout);
	return ret || unread ? EXIT_FAILED : EXIT_DONE;
}

int cmd_history(int argc, char **argv)
{
	struct history_params params = { 0 };
	struct history_options options = { 0 };
	int first = opt_parse(&command, argc, argv, &params);

	if (first < 0)
		return first == -ECANCELED ? EXIT_DONE : EXIT_USAGE;
	if (parse_number("p", params.p, 1, "a number above 0 and below 1", &options.p) ||
	    parse_number("floor", params.floor, 1000, "percent, above 0 and below 1000",
			 &options.floor))
		return EXIT_USAGE;
	options.floor /= 100;
	options.order = params.order;
	options.index = params.index;
	options.follows_links = params.follow_links;
	return print_history(&params, &options, argv[first]);
}
