// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/opt.h"
#include "base/outfile.h"
#include "cmd/commands.h"
#include "dashboard/dashboard.h"
#include "view/result_files.h"

static const struct opt_row rows[] = {
	OPT_STRING('o', "output", "FILE", struct dashboard_options, output,
		   "the page; \"-\" for standard output"),
	OPT_STRING(0, "base", "BUILD", struct dashboard_options, base,
		   "what to compare with, by release or version; default the oldest"),
	OPT_STRING(0, "new", "BUILD", struct dashboard_options, new,
		   "what is judged; default the newest"),
	OPT_STRING(0, "order", "FILE", struct dashboard_options, order,
		   "names the builds, oldest first, one a line; default by version"),
	OPT_FLAG(0, "follow-links", struct dashboard_options, follows_links, FOLLOW_LINKS_HELP),
	OPT_END,
};

static const struct opt_command command = {
	.name = "dashboard",
	.synopsis = "DIR -o FILE.html [--base BUILD] [--new BUILD] [--order FILE] [--follow-links]",
	.summary = "Makes one HTML page of a folder of results: what is slower, where, since when, "
		   "and whether\nit is real. The page needs no network.",
	.details =
		"Its results are compared as 'syncfault compare' does, change points are those of "
		"'syncfault\nhistory'.\n"
		"Exit: 0 done, 1 failed, or a file of the folder could not be used, 2 wrong usage.\n",
	.rows = rows,
	.min_operands = 1,
	.max_operands = 1,
};

static int check_folder(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return diag_errno(errno, "dashboard: %s", path);
	if (S_ISDIR(st.st_mode))
		return 0;
	diag_error("dashboard: %s is no folder (two results are compared by 'syncfault compare')",
		   path);
	return -EINVAL;
}

static int check_order(const struct dashboard_options *options)
{
	char *order = (char *)options->order;

	if (!order || !outfile_is_input(options->output, &order, 1))
		return 0;
	diag_error("dashboard: -o %s is what --order names: wants another file", options->output);
	return -EEXIST;
}

int cmd_dashboard(int argc, char **argv)
{
	struct dashboard_options options = { 0 };
	int first = opt_parse(&command, argc, argv, &options), ret;
	auto_free char *html = NULL;
	size_t length;

	if (first < 0)
		return first == -ECANCELED ? EXIT_DONE : EXIT_USAGE;
	options.folder = argv[first];
	if (!options.output) {
		diag_error("dashboard: -o FILE says where the page goes (see 'syncfault dashboard "
			   "--help')");
		return EXIT_USAGE;
	}
	if (check_folder(options.folder))
		return EXIT_USAGE;
	if (check_order(&options))
		return EXIT_USAGE;
	if (outfile_check(options.output))
		return EXIT_FAILED;
	ret = dashboard_make(&options, &html, &length);
	if (ret < 0)
		return ret == -EINVAL || ret == -EEXIST ? EXIT_USAGE : EXIT_FAILED;
	if (outfile_write(options.output, html, length))
		return EXIT_FAILED;
	return ret ? EXIT_FAILED : EXIT_DONE;
}
