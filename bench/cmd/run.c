// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/opt.h"
#include "base/outfile.h"
#include "base/stop.h"
#include "base/version.h"
#include "cell/suite.h"
#include "machine/clock.h"
#include "machine/cpus.h"
#include "machine/host.h"
#include "measure/measure.h"
#include "measure/probe_pass.h"
#include "measure/progress.h"
#include "result/result.h"
#include "target/target.h"

#define DEFAULT_SUITE	 "cover-letter"
#define DEFAULT_PAUSE_US 100

struct run_options {
	const char *suite;
	const char *device;
	const char *dir;
	const char *log_device;
	bool is_forced;
	struct opt_strings fs;
	struct cell_axes axes;
	uint64_t repeat;
	const char *cpus;
	const char *output;
	bool has_probes;
	struct word_list rungs;
	bool has_progress;
};

static const struct opt_row rows[] = {
	OPT_STRING('s', "suite", "NAME|FILE", struct run_options, suite,
		   "the cells (default: " DEFAULT_SUITE ")"),
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

static const struct opt_command command = {
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

/* Most of what the parts of a run return without memory has not been reported yet. */
static int report_memory(int ret, const char *what)
{
	return ret == -ENOMEM ? diag_errno(ENOMEM, "%s", what) : ret;
}

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

static int refuse(const char *what)
{
	diag_error("run: %s (see 'syncfault run --help')", what);
	return -EINVAL;
}

static int check_options(struct run_options *options)
{
	if (!options->device == !options->dir)
		return refuse("wants either --device DEV or --dir DIR");
	if (options->dir && options->fs.count)
		return refuse("--fs goes with --device: a folder's file system is what it is");
	if (options->dir && options->is_forced)
		return refuse("--force goes with --device");
	if (options->dir && options->log_device)
		return refuse("--log-device goes with --device");
	if (options->rungs.count && !options->has_probes)
		return refuse("--rung goes with --probes");
	if (options->device && geteuid() != 0) {
		diag_error("run: --device needs root, for mkfs and mount; --dir does not");
		return -EPERM;
	}
	return report_memory(take_file_systems(options), "--fs");
}

/* A folder and a device DAX have one file system, whatever the suite names. */
static int impose_target(struct run_options *options, const struct target *target)
{
	if (!target->fs[0])
		return 0;
	if (options->fs.count)
		return refuse("--fs goes with a block device");
	return report_memory(strings_add(&options->axes.fs, target->fs), "make the list of cells");
}

/* What nobody gave: pause and FIFO where threads leave no CPU to the load, else neither. */
static void settle_cells(struct cell_config *cells, size_t count, const struct target *target,
			 const struct cpus *cpus)
{
	for (size_t i = 0; i < count; i++) {
		cpu_set_t set;
		bool is_crowded = !cpus_for_load(cpus, cells[i].threads, &set);

		if (cells[i].dax < 0)
			cells[i].dax = target_default_dax(target, cells[i].fs);
		if (cells[i].pause_us == U64_ABSENT)
			cells[i].pause_us = is_crowded ? DEFAULT_PAUSE_US : 0;
		if (cells[i].sched < 0)
			cells[i].sched = is_crowded ? SCHED_WORD_FIFO : SCHED_WORD_OTHER;
	}
}

/* A result is read whole, by programs that bound what they read: one too large would be for nobody.
 */
static int check_size(const struct run_options *options, const struct cell_config *cells,
		      size_t count)
{
	uint64_t samples = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t faults = cells[i].pages * cells[i].threads;

		samples += faults < RESULT_MAX_SAMPLES ? faults : RESULT_MAX_SAMPLES;
	}
	if (options->has_probes)
		samples *= 2;
	if (count * options->repeat <= RESULT_MAX_CELLS &&
	    samples * options->repeat <= RESULT_MAX_TOTAL)
		return 0;
	diag_error("run: %llu cells with %llu samples: one result holds %u and %u, write several",
		   (unsigned long long)(count * options->repeat),
		   (unsigned long long)(samples * options->repeat), RESULT_MAX_CELLS,
		   RESULT_MAX_TOTAL);
	return -EINVAL;
}

static char *format_now(const char *format)
{
	char text[64];
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(text, sizeof(text), format, &tm);
	return strdup(text);
}

static int describe_clock(const struct clock *clock, struct clock_info *info)
{
	info->domain = clock->domain;
	info->source = strdup(clock_source_name(clock));
	info->unit = strdup("ns");
	info->read_cost = clock->read_cost_ns;
	info->read_cost_min = clock->read_cost_min_ns;
	info->ticks_per_us = clock->ticks_per_us;
	return report_memory(info->source && info->unit ? 0 : -ENOMEM, "describe the clock");
}

/*
 * The facts are gathered after measuring: reading them first would make the run's phase against the
 * timer ticks depend on their length.
 */
static int describe_machine(struct result *result)
{
	const char *facts = getenv("SYNCFAULT_GUEST_FACTS");
	int ret = report_memory(host_read(&result->host), "describe the machine");

	if (ret || !facts)
		return ret;
	ret = guest_read(facts, &result->guest);
	if (ret)
		return ret;
	result->has_guest = true;
	free(result->started);
	result->started = strdup(result->guest.started);
	return report_memory(result->started ? 0 : -ENOMEM, "describe the guest");
}

static int describe_run(struct result *result, const struct suite *suite, int argc, char **argv)
{
	result->schema = strdup(RESULT_SCHEMA);
	result->tool.version = strdup(tool_version);
	result->tool.commit = strdup(tool_commit);
	result->suite = strdup(suite->name);
	result->started = format_now("%Y-%m-%dT%H:%M:%SZ");
	if (!result->schema || !result->tool.version || !result->tool.commit || !result->suite ||
	    !result->started)
		return -ENOMEM;
	if (strings_add(&result->command, "syncfault"))
		return -ENOMEM;
	for (int i = 0; i < argc; i++)
		if (strings_add(&result->command, argv[i]))
			return -ENOMEM;
	return 0;
}

static int measure_cells(const struct run_options *options, const struct measure_setup *setup,
			 struct target *target, const struct cell_config *cells, size_t count,
			 struct result *result)
{
	struct progress progress;
	int ret = 0;

	result->cells = calloc(count * options->repeat, sizeof(*result->cells));
	if (!result->cells)
		return diag_errno(ENOMEM, "make room for the cells");
	progress_start(&progress, options->has_progress, count * options->repeat);
	for (uint64_t i = 0; i < count * options->repeat && !ret; i++) {
		progress_begin(&progress, &cells[i % count]);
		ret = measure_cell(setup, target, &cells[i % count], i / count,
				   &result->cells[result->cell_count++]);
		progress_end(&progress, &result->cells[result->cell_count - 1]);
	}
	progress_stop(&progress);
	if (ret == -EINTR)
		diag_error("interrupted: no result is written");
	return report_memory(ret, "measure the cells");
}

static int warn_all(struct result *result, const char *warning)
{
	int ret = 0;

	for (size_t i = 0; i < result->cell_count && !ret; i++)
		ret = strings_add(&result->cells[i].warnings, warning);
	return ret;
}

/*
 * Headline figures are never measured with probes attached: theirs is a pass of its own. A kernel
 * that refuses the probes has told why; what was measured without them is kept.
 */
static int probe_cells(const struct run_options *options, const struct measure_setup *setup,
		       struct target *target, struct result *result)
{
	struct probe_pass pass;
	struct progress progress;
	int ret = probe_pass_begin(&pass, setup, word_list_mask(&options->rungs));

	if (ret)
		return report_memory(warn_all(result, "no probes: this kernel refused them"),
				     "warn that there are no probes");
	progress_start(&progress, options->has_progress, result->cell_count);
	for (size_t i = 0; i < result->cell_count && !ret; i++) {
		progress_begin(&progress, &result->cells[i].config);
		ret = probe_pass_cell(&pass, target, &result->cells[i]);
		progress_end(&progress, &result->cells[i]);
	}
	progress_stop(&progress);
	probe_pass_end(&pass);
	return report_memory(ret, "measure the cells with probes");
}

static size_t count_status(const struct result *result, int status)
{
	size_t count = 0;

	for (size_t i = 0; i < result->cell_count; i++)
		count += result->cells[i].status == status;
	return count;
}

/* Of a run without any numbers, where a table would be empty. */
static void print_reasons(const struct result *result)
{
	for (size_t i = 0; i < result->cell_count; i++)
		diag_error("%s: %s: %s", result->cells[i].key,
			   status_words[result->cells[i].status], result->cells[i].reason);
}

/* "syncfault-SUITE-TIME.json" where no name was given. */
static char *name_output(const struct run_options *options, const struct result *result)
{
	auto_free char *now = format_now("%Y%m%dT%H%M%SZ");
	char *path = NULL;

	if (options->output)
		return strdup(options->output);
	if (!now || asprintf(&path, "syncfault-%s-%s.json", result->suite, now) < 0)
		return NULL;
	for (char *c = path; *c; c++)
		if (*c == '/')
			*c = '_';
	return path;
}

static bool is_regular_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static int write_result(const struct run_options *options, const struct result *result)
{
	auto_free char *text = NULL, *path = name_output(options, result);
	char *show[] = { "show", "--table", path, NULL };
	size_t length;
	int ret = path ? result_format(result, &text, &length)
		       : diag_errno(ENOMEM, "name the result");

	if (!ret)
		ret = outfile_write(path, text, length);
	if (ret || !strcmp(path, "-") || !is_regular_file(path))
		return ret;
	if (!options->output)
		fprintf(stderr, "syncfault: wrote %s\n", path);
	if (count_status(result, CELL_OK))
		cmd_show(3, show);
	else
		print_reasons(result);
	return 0;
}

static int judge(const struct result *result)
{
	if (count_status(result, CELL_FAILED))
		return EXIT_FAILED;
	return count_status(result, CELL_OK) ? EXIT_DONE : EXIT_CANNOT;
}

static int run_cells(const struct run_options *options, struct target *target,
		     const struct cell_config *cells, size_t count, const struct cpus *cpus,
		     struct result *result)
{
	struct clock clock;
	struct measure_setup setup = { .clock = &clock, .cpus = cpus };
	int ret = clock_init(&clock);

	if (ret)
		return ret;
	setup.is_repeatable = clock.domain == DOMAIN_INSTRUCTIONS;
	ret = describe_clock(&clock, &result->clock);
	if (ret)
		return ret;
	/* All that is mapped now: code, data, stack. What is mapped later locks itself. */
	mlockall(MCL_CURRENT);
	ret = measure_cells(options, &setup, target, cells, count, result);
	if (!ret && options->has_probes)
		ret = probe_cells(options, &setup, target, result);
	munlockall();
	return ret ? ret : describe_machine(result);
}

static int run_target(struct run_options *options, const struct suite *suite, struct target *target,
		      const struct cpus *cpus, struct result *result)
{
	struct cell_config *cells;
	size_t count;
	int ret = impose_target(options, target);

	if (!ret)
		ret = suite_expand(suite, &options->axes, &cells, &count);
	if (ret)
		return ret;
	settle_cells(cells, count, target, cpus);
	ret = check_size(options, cells, count);
	if (!ret)
		ret = run_cells(options, target, cells, count, cpus, result);
	for (size_t i = 0; i < count; i++)
		cell_free(&cells[i]);
	free(cells);
	return ret;
}

/* A device that could not be given back is a failure, and what was measured on it is kept. */
static int run_suite(struct run_options *options, const struct suite *suite, struct result *result,
		     bool *is_given_back)
{
	struct target target;
	struct cpus cpus;
	int ret = cpus_read(&cpus);

	if (!ret && options->cpus)
		ret = cpus_choose(&cpus, options->cpus);
	if (!ret && options->output)
		ret = outfile_check(options->output);
	if (!ret)
		ret = target_open(&target, options->device, options->dir, options->is_forced);
	if (ret)
		return ret;
	if (options->log_device)
		ret = target_add_log(&target, options->log_device, options->is_forced);
	if (!ret)
		ret = run_target(options, suite, &target, &cpus, result);
	*is_given_back = target_close(&target) == 0;
	return ret;
}

static int run(struct run_options *options, int argc, char **argv)
{
	bool is_given_back = true;
	struct suite suite;
	struct result result;
	int ret = suite_read(options->suite, &suite);

	if (ret)
		return ret == -EINVAL || ret == -ENOENT ? EXIT_USAGE : EXIT_FAILED;
	result_init(&result);
	ret = report_memory(describe_run(&result, &suite, argc, argv), "describe the run");
	if (!ret)
		ret = run_suite(options, &suite, &result, &is_given_back);
	if (!ret)
		ret = write_result(options, &result);
	ret = ret == -EINVAL ? EXIT_USAGE : ret ? EXIT_FAILED : judge(&result);
	if (!is_given_back && ret != EXIT_USAGE)
		ret = EXIT_FAILED;
	suite_free(&suite);
	result_free(&result);
	return stop_requested ? 128 + stop_requested : ret;
}

int cmd_run(int argc, char **argv)
{
	struct run_options options = { .suite = DEFAULT_SUITE, .repeat = 1 };
	int ret;

	cell_axes_init(&options.axes);
	ret = opt_parse(&command, argc, argv, &options);
	if (ret < 0)
		return ret == -ECANCELED ? EXIT_DONE : EXIT_USAGE;
	ret = check_options(&options);
	if (!ret)
		ret = stop_install();
	if (!ret)
		ret = run(&options, argc, argv);
	else
		ret = ret == -EPERM ? EXIT_CANNOT : ret == -EINVAL ? EXIT_USAGE : EXIT_FAILED;
	strings_free(&options.axes.fs);
	return ret;
}
