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
#include "base/outfile.h"
#include "base/stop.h"
#include "base/version.h"
#include "cell/suite.h"
#include "cmd/run_options.h"
#include "machine/clock.h"
#include "machine/cpus.h"
#include "machine/host.h"
#include "measure/measure.h"
#include "measure/probe_pass.h"
#include "measure/progress.h"
#include "result/result.h"
#include "target/loopdev.h"
#include "target/target.h"

#define DEFAULT_PAUSE_US 100

/* Most of what the parts of a run return without memory has not been reported yet. */
static int report_memory(int ret, const char *what)
{
	return ret == -ENOMEM ? diag_errno(ENOMEM, "%s", what) : ret;
}

/* A folder and a device DAX have one file system, whatever the suite names. */
static int impose_target(struct run_options *options, const struct target *target)
{
	if (!target->fs[0])
		return 0;
	if (options->fs.count)
		return run_options_refuse("--fs goes with a block device");
	return report_memory(strings_add(&options->axes.fs, target->fs), "make the list of cells");
}

/* Defaults: pause and FIFO if threads leave no CPU to the load, else neither. */
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

/* Readers limit the size of a result: one that is too large could not be read by anybody.
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
	if (ret) /* the last one was not done */
		cell_result_free(&result->cells[--result->cell_count]);
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
 * Headline figures are never measured with probes attached: probes have a pass of their own. If the
 * kernel refuses them, that was reported; what was measured without them is kept.
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

static int write_result(const struct run_options *options, const struct result *result)
{
	auto_free char *text = NULL, *path = name_output(options, result);
	char *show[] = { "show", "--table", path, NULL };
	size_t length;
	int ret = path ? result_format(result, &text, &length)
		       : diag_errno(ENOMEM, "name the result");

	if (!ret)
		ret = outfile_write(path, text, length);
	if (ret || outfile_is_stream(path))
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

/*
 * A run that is ended early has no result. In a guest, whose time was over, the cells that are done
 * are kept beside where it would be: as a result of that name with ".partial" after it.
 */
static void end_early(const struct run_options *options, struct result *result)
{
	const char *path = options->output;
	auto_free char *partial = NULL, *text = NULL;
	struct stat st;
	size_t length;

	if (getenv("SYNCFAULT_GUEST_FACTS") && result->cell_count && path && strcmp(path, "-") &&
	    (stat(path, &st) || S_ISREG(st.st_mode)) &&
	    asprintf(&partial, "%s.partial", path) > 0 && !describe_machine(result) &&
	    !result_format(result, &text, &length) && !outfile_write(partial, text, length))
		diag_error(
			"interrupted: no result is written; the %zu cells that are done are in %s",
			result->cell_count, partial);
	else
		diag_error("interrupted: no result is written");
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
	if (ret == -EINTR)
		end_early(options, result);
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

/* By whatever name: renamed over or written into, somebody's disk or suite would be gone. */
static int check_distinct(const struct run_options *options, const char *output)
{
	const struct {
		const char *option, *path;
	} uses[] = { { "--device", options->device },
		     { "--log-device", options->log_device },
		     { "--suite", options->suite } };
	char loop[LOOPDEV_PATH_SIZE];
	struct stat st;

	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++)
		if (uses[i].path && outfile_is_same(output, uses[i].path)) {
			diag_error("run: -o %s is what %s names: wants another file", output,
				   uses[i].option);
			return -EINVAL;
		}
	if (!options->device || stat(output, &st) || !S_ISREG(st.st_mode) ||
	    loopdev_find(&st, output, loop))
		return 0;
	diag_error("run: -o %s is the file behind %s: wants another file", output, loop);
	return -EINVAL;
}

static int check_output(const struct run_options *options, const struct result *result)
{
	auto_free char *path = name_output(options, result);
	int ret = path ? check_distinct(options, path) : diag_errno(ENOMEM, "name the result");

	return ret ? ret : outfile_check(path);
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
	if (!ret)
		ret = check_output(options, result);
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
	struct run_options options = { .suite = RUN_DEFAULT_SUITE, .repeat = 1 };
	int ret;

	cell_axes_init(&options.axes);
	ret = opt_parse(&run_options_command, argc, argv, &options);
	if (ret < 0)
		return ret == -ECANCELED ? EXIT_DONE : EXIT_USAGE;
	ret = report_memory(run_options_check(&options), "--fs");
	if (!ret)
		ret = stop_install();
	if (!ret)
		ret = run(&options, argc, argv);
	else
		ret = ret == -EPERM ? EXIT_CANNOT : ret == -EINVAL ? EXIT_USAGE : EXIT_FAILED;
	strings_free(&options.axes.fs);
	return ret;
}
