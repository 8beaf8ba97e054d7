// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "base/diag.h"
#include "base/opt.h"
#include "cmd/commands.h"
#include "probes/probes.h"
#include "trace/trace.h"

#define YEAR_S	31536000
#define HOUR_US 3600000000ULL
#define MAX_PID 4194304 /* include/linux/threads.h: PID_MAX_LIMIT */

/* Those of enum rung that this program has; bcc is a script's. */
static const char *const own_rungs[] = { "fentry", "kprobe", "tracepoint", NULL };

static const struct opt_row rows[] = {
	OPT_U64('p', "pid", "PID", struct trace_options, pid, 1, MAX_PID,
		"only this process and its threads, until it ends"),
	OPT_STRING(0, "path", "FILE", struct trace_options, path,
		   "only this file; of a folder or device: its whole file system"),
	OPT_FLAG(0, "all", struct trace_options, is_all,
		 "the whole machine, as without the two above"),
	OPT_U64(0, "for", "SECONDS", struct trace_options, for_s, 1, YEAR_S,
		"end after this time; else at ^C"),
	OPT_U64(0, "interval", "SECONDS", struct trace_options, interval_s, 1, YEAR_S,
		"print what came since the last time; on a terminal: 1"),
	OPT_U64(0, "over", "US", struct trace_options, over_us, 1, HOUR_US,
		"print each fault that takes at least so long, as it happens"),
	OPT_U64(0, "worst", "N", struct trace_options, worst, 1, PROBE_WORST,
		"at the end, the N slowest faults and what each waited for"),
	OPT_FLAG(0, "anonymous", struct trace_options, is_anonymous,
		 "faults on memory of no file too"),
	OPT_WORDS(0, "rung", "LIST", struct trace_options, rungs, own_rungs,
		  "ways to probe that may be taken"),
	OPT_FLAG(0, "json", struct trace_options, is_json,
		 "an object a line; times in nanoseconds"),
	OPT_END,
};

static const struct opt_command command = {
	.name = "trace",
	.synopsis = "[-p PID | --path FILE | --all] [OPTION…]",
	.summary =
		"Where the time of page faults goes, on a live system: what the kernel does in them, by\n"
		"stages that add up to the fault. Needs root.",
	.details =
		"Faults on files are counted, of DAX and of the page cache, on any file system; on ext4\n"
		"and XFS down to journal and log. Times are microseconds; a stage's are without the\n"
		"stages that it waited for or called.\n"
		"Exit: 0 done, 1 failed, 2 wrong usage, 77 this machine cannot (syncfault doctor).\n",
	.rows = rows,
};

static int check_options(const struct trace_options *options)
{
	if ((options->pid != 0) + (options->path != NULL) + options->is_all > 1) {
		diag_error("trace: -p, --path and --all exclude each other");
		return -EINVAL;
	}
	if (options->path && options->is_anonymous) {
		diag_error("trace: --anonymous is memory of no file: not with --path");
		return -EINVAL;
	}
	return 0;
}

int cmd_trace(int argc, char **argv)
{
	struct trace_options options = { 0 };
	int ret = opt_parse(&command, argc, argv, &options);

	if (ret < 0)
		return ret == -ECANCELED ? EXIT_DONE : EXIT_USAGE;
	if (check_options(&options))
		return EXIT_USAGE;
	return trace_run(&options);
}
