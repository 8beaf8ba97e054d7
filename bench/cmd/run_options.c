// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/run_options.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "result/result.h"
#include "target/target.h"

static const struct opt_row rows[] = {
	OPT_STRING('s', "suite", "NAME|FILE", struct run_options, suite,
		   "the cells (default: " RUN_DEFAULT_SUITE ")"),
	OPT_STRING(0, "device", "DEV", struct run_options, device,
		   "format this device, file or /dev/daxX.Y for each cell"),
	OPT_STRING(0, "dir", "DIR", struct run_options, dir,
		   "use nameless files in this folder, as it is mounted"),
	OPT_STRING(0, "log-device", "DEV", struct run_options, log_device,
		   "a second device, for the log of cells with " TARGET_LOG " in their options"),
	OPT_FLAG(0, "force", struct run_options, is_forced,
		 "format the device though it holds something"),
	OPT_APPEND(0, "fs", "LIST", struct run_options, fs,
		   "ext4,xfs,… or, repeated, 'NAME:MKFS-OPTIONS[:MOUNT-OPTIONS]'"),
	OPT_WORDS(0, "dax", "LIST", struct run_options, axes.dax, dax_words,
		  "default: always where the target can, else never:"),
	OPT_WORDS(0, "state", "LIST", struct run_options, axes.state, state_words, "of the file:"),
	OPT_WORDS(0, "load", "LIST", struct run_options, axes.load, load_words,
		  "beside the faults:"),
	OPT_WORDS(0, "sync", "LIST", struct run_options, axes.sync, sync_words, "of the mapping:"),
	OPT_WORDS(0, "commit", "LIST", struct run_options, axes.commit, commit_words,
		  "that makes each store durable, timed with it:"),
	OPT_U64S(0, "dirty", "LIST", struct run_options, axes.dirty, 0, CELL_MAX_DIRTY,
		 "metadata operations not synced before the first fault"),
	OPT_WORDS(0, "dirty-kind", "LIST", struct run_options, axes.dirty_kind, dirty_kind_words,
		  "of what kind they are:"),
	OPT_WORDS(0, "remap", "LIST", struct run_options, axes.remap, remap_words,
		  "how blocks move under the mapping:"),
	OPT_WORDS(0, "attribute", "LIST", struct run_options, axes.attribute, attribute_words,
		  "of the file, as chattr sets it:"),
	OPT_WORDS(0, "interface", "LIST", struct run_options, axes.interface, interface_words,
		  "mmap flags to ask for, and fault nothing:"),
	OPT_WORDS(0, "access", "LIST", struct run_options, axes.access, access_words,
		  "that faults:"),
	OPT_WORDS(0, "page-size", "LIST", struct run_options, axes.page, page_words,
		  "of the mapping:"),
	OPT_U64S(0, "pages", "LIST", struct run_options, axes.pages, 1, CELL_MAX_PAGES,
		 "faults of each thread (default: the suite's, or 512)"),
	OPT_U64S(0, "threads", "LIST", struct run_options, axes.threads, 1, CELL_MAX_THREADS,
		 "that fault at once (default: 1)"),
	OPT_WORDS(0, "files", "LIST", struct run_options, axes.files, files_words,
		  "for all threads, or for each:"),
	OPT_U64(0, "pause", "US", struct run_options, axes.pause_us, 0, 60000000,
		"slept between two faults, not timed (default: 100 on one CPU)"),
	OPT_WORD(0, "scheduler", "WORD", struct run_options, axes.sched, sched_words,
		 "of the threads (default: fifo on one CPU):"),
	OPT_STRING(0, "cpus", "LIST", struct run_options, cpus,
		   "to fault on (default: from the last CPU down)"),
	OPT_U64('r', "repeat", "N", struct run_options, repeat, 1, 10000,
		"times, each on a fresh file system"),
	OPT_FLAG(0, "probes", struct run_options, has_probes,
		 "then once more with probes: where the time of a fault goes"),
	OPT_WORDS(0, "rung", "LIST", struct run_options, rungs, ladder_words,
		  "with --probes: that may be taken (default: all):"),
	OPT_STRING('o', "output", "FILE", struct run_options, output,
		   "the result (default: syncfault-SUITE-TIME.json; -: stdout)"),
	OPT_FLAG(0, "progress", struct run_options, has_progress,
		 "a line for each cell on stderr, also where it is no terminal"),
	OPT_END,
};

const struct opt_command run_options_command = {
	.name = "run",
	.synopsis = "[OPTION…] (--device DEV [--force] | --dir DIR)",
	.summary = "Measures the cells of a suite, each on a file system made for it, and writes a "
		   "result.\nA list (comma-separated) replaces that axis of the suite's cells.",
	.details = "A device that holds anything is refused without --force; one that is mounted, "
		   "swapped on\nor held, always. It is given back empty.\n"
		   "Exit: 0 all cells ok or skipped, 1 some failed, 2 usage, 77 none could be "
		   "measured here.\n",
	.rows = rows,
};

/* "ext4,xfs" is a list of names; what has a colon is one file system, its options may hold commas.
 */
static int take_file_systems(struct run_options *options)
{
	for (size_t i = 0; i < options->fs.count; i++) {
		auto_free char *copy = strdup(options->fs.items[i]);
		char *next = copy, *name;

		if (!copy)
			return -ENOMEM;
		if (strchr(copy, ':')) {
			if (strings_add(&options->axes.fs, copy))
				return -ENOMEM;
			continue;
		}
		while ((name = strsep(&next, ",")))
			if (strings_add(&options->axes.fs, name))
				return -ENOMEM;
	}
	return 0;
}

int run_options_refuse(const char *what)
{
	diag_error("run: %s (see 'syncfault run --help')", what);
	return -EINVAL;
}

int run_options_check(struct run_options *options)
{
	if (!options->device == !options->dir)
		return run_options_refuse("wants either --device DEV or --dir DIR");
	if (options->dir && options->fs.count)
		return run_options_refuse(
			"--fs goes with --device: a folder's file system is what it is");
	if (options->dir && options->is_forced)
		return run_options_refuse("--force goes with --device");
	if (options->dir && options->log_device)
		return run_options_refuse("--log-device goes with --device");
	if (options->rungs.count && !options->has_probes)
		return run_options_refuse("--rung goes with --probes");
	if (options->device && geteuid() != 0) {
		diag_error("run: --device needs root, for mkfs and mount; --dir does not");
		return -EPERM;
	}
	return take_file_systems(options);
}
