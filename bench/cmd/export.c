// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/diag.h"
#include "base/opt.h"
#include "base/outfile.h"
#include "cell/match.h"
#include "cmd/commands.h"
#include "export/export.h"
#include "export/label.h"

#define NO_FORMAT (-1)

struct export_params {
	struct export_options options;
	const char *output;
	char **files;
	size_t file_count;
};

static const struct opt_row rows[] = {
	OPT_WORD('f', "format", "NAME", struct export_params, options.format, export_format_words,
		 "the format, see below"),
	OPT_STRING('o', "output", "FILE", struct export_params, output,
		   "written whole or not at all; default standard output"),
	OPT_STRING(0, "cell", "PATTERN", struct export_params, options.cell, CELL_MATCH_HELP),
	OPT_ROW(0, "figure", "LIST",
		field_offset(struct export_params, options.figures, struct word_list),
		figure_parse_list, "figures, default all", .words = export_figure_words),
	OPT_FLAG(0, "timestamps", struct export_params, options.with_timestamps,
		 "openmetrics: when each result was measured, to fill in a past"),
	OPT_STRING(0, "origin", "NAME", struct export_params, options.origin,
		   "kcidb: the CI system that reports, default syncfault"),
	OPT_STRING(0, "build", "ID", struct export_params, options.build,
		   "kcidb: the id of the build that was tested; default: reported too"),
	OPT_END,
};

static const struct opt_command command = {
	.name = "export",
	.synopsis = "--format NAME RESULT… [-o FILE]",
	.summary = "Writes results (\"-\": standard input) in the formats of other programs.",
	.details =
		"  openmetrics               Prometheus: histograms and quantiles\n"
		"  benchstat                 Go's benchmark format\n"
		"  github-action-benchmark   customSmallerIsBetter, several runs as their median\n"
		"  kcidb                     KernelCI's reports, schema 5.3\n"
		"  hgrm                      HdrHistogram's plotter; of several cells -o names a folder\n"
		"  tsv                       a line for each figure\n\n"
		"Cells that were skipped or have failed are in kcidb and left out elsewhere.\n"
		"Instructions are never exported as seconds.\n"
		"Exit: 0 done, 1 nothing was measured or a file is no result, 2 wrong usage.\n",
	.rows = rows,
	.min_operands = 1,
	.max_operands = -1,
};

static int (*const writers[])(FILE *out, const struct result_table *sorted,
			      const struct export_options *options) = {
	[EXPORT_OPENMETRICS] = export_openmetrics,
	[EXPORT_BENCHSTAT] = export_benchstat,
	[EXPORT_GITHUB] = export_github,
	[EXPORT_KCIDB] = export_kcidb,
	[EXPORT_TSV] = export_tsv,
};

static int check_distinct(const struct export_params *params, const char *output)
{
	if (!outfile_is_input(output, params->files, params->file_count))
		return 0;
	diag_error("export: -o %s is a result to read: wants another file", output);
	return -EINVAL;
}

/* -errno; what could not be written was reported. */
static int write_document(const struct result_table *sorted, const struct export_params *params)
{
	auto_free char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	int ret;

	if (!out)
		return diag_errno(ENOMEM, "export");
	if (params->options.format == EXPORT_HGRM)
		ret = export_hgrm(out, sorted->entries);
	else
		ret = writers[params->options.format](out, sorted, &params->options);
	if (fclose(out) && !ret)
		ret = diag_errno(ENOMEM, "export");
	return ret ? ret : outfile_write(params->output, text, length);
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/*
 * A key as a file name: keys may hold any bytes, and differ only in some that a name cannot have.
 */
static void name_file(char path[PATH_MAX], const char *folder, size_t number, const char *key)
{
	int n = snprintf(path, PATH_MAX, "%s/%04zu-", folder, number);
	size_t used = n < PATH_MAX ? (size_t)n : PATH_MAX;

	for (size_t i = 0; key[i] && i < 200 && used + 8 < PATH_MAX; i++)
		path[used++] =
			strspn(&key[i], "abcdefghijklmnopqrstuvwxyz0123456789=_") ? key[i] : '_';
	snprintf(path + used, PATH_MAX - used, ".hgrm");
}

/* Each entry to a file of its own; written counts those that have a histogram. */
static int write_files(const struct result_table *sorted, const struct export_params *params,
		       size_t *written)
{
	struct export_params each = *params;
	struct result_table one = *sorted;
	char path[PATH_MAX];

	one.entry_count = 1;
	each.output = path;
	for (size_t i = 0; i < sorted->entry_count; i++) {
		int ret;

		name_file(path, params->output, i + 1, sorted->entries[i].cell->key);
		one.entries = &sorted->entries[i];
		ret = check_distinct(params, path);
		if (!ret)
			ret = write_document(&one, &each);
		if (ret && ret != -ENODATA)
			return ret;
		*written += !ret;
	}
	return *written ? 0 : -ENODATA;
}

/* -ENODATA where not one of the cells has a histogram. */
static int write_folder(const struct result_table *sorted, const struct export_params *params)
{
	int is_new = outfile_make_folder(params->output);
	size_t written = 0;
	int ret;

	if (is_new < 0)
		return is_new;
	ret = write_files(sorted, params, &written);
	if (is_new && !written)
		rmdir(params->output);
	if (!ret && written < sorted->entry_count)
		diag_warning("export: %zu of %zu latencies have neither samples nor a histogram: "
			     "left out",
			     sorted->entry_count - written, sorted->entry_count);
	return ret;
}

static int write_histograms(const struct result_table *sorted, const struct export_params *params)
{
	struct stat st;
	bool is_there = strcmp(params->output, "-") != 0 && stat(params->output, &st) == 0;
	int ret;

	if (sorted->entry_count > 1 &&
	    (!strcmp(params->output, "-") || (is_there && !S_ISDIR(st.st_mode)))) {
		diag_error("export: a file of hgrm holds one histogram, and %zu runs of cells have "
			   "one: -o FOLDER takes them all, --cell TEXT chooses one",
			   sorted->entry_count);
		return -EINVAL;
	}
	ret = sorted->entry_count > 1 || is_folder(params->output) ? write_folder(sorted, params)
								   : write_document(sorted, params);
	if (ret == -ENODATA)
		diag_error("export: no latency of these results has samples or a histogram");
	return ret;
}

static void tell_left_out(const struct result_table *sorted, const struct export_options *options,
			  size_t without)
{
	if (without && sorted->entry_count && options->format != EXPORT_KCIDB)
		diag_warning("export: %zu of %zu cells have no latency (skipped, failed or nothing "
			     "to time): left out",
			     without, sorted->entry_count + without);
}

static int export_files(const struct export_params *params)
{
	auto_result_table struct result_table sorted;
	size_t without;
	int ret;

	/* Half of the output would look complete to the program that reads it. */
	if (result_table_read(&sorted, params->files, params->file_count))
		return EXIT_FAILED;
	without = export_select(&sorted, &params->options);
	if (!sorted.entry_count) {
		diag_error("export: no cell of %s%s%s%s",
			   params->file_count == 1 ? params->files[0] : "these results",
			   without ? " was measured" : " is there",
			   params->options.cell ? " whose key holds " : "",
			   params->options.cell ? params->options.cell : "");
		return EXIT_FAILED;
	}
	ret = params->options.format == EXPORT_HGRM ? write_histograms(&sorted, params)
						    : write_document(&sorted, params);
	if (!ret)
		tell_left_out(&sorted, &params->options, without);
	if (ret == -EINVAL)
		return EXIT_USAGE;
	return ret ? EXIT_FAILED : EXIT_DONE;
}

static bool is_origin(const char *text, size_t length)
{
	return length && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") >= length;
}

/* 0, or -EINVAL after one line on stderr. */
static int check_options(const struct export_options *options)
{
	char accepted[256];

	if (options->format == NO_FORMAT)
		diag_error("export: --format is missing: wants %s",
			   words_join(export_format_words, accepted, sizeof(accepted)));
	else if (options->with_timestamps && options->format != EXPORT_OPENMETRICS)
		diag_error("export: --timestamps is for --format openmetrics alone");
	else if ((options->origin || options->build) && options->format != EXPORT_KCIDB)
		diag_error("export: --origin and --build are for --format kcidb alone");
	else if (options->origin && !is_origin(options->origin, strlen(options->origin)))
		diag_error("export: --origin '%s': wants letters a to z, digits and '_'",
			   options->origin);
	else if (options->build && (!strchr(options->build, ':') ||
				    !is_origin(options->build, strcspn(options->build, ":"))))
		diag_error("export: --build '%s': wants ORIGIN:ID, as KCIDB knows the build",
			   options->build);
	else
		return 0;
	return -EINVAL;
}

int cmd_export(int argc, char **argv)
{
	struct export_params params = { .options.format = NO_FORMAT, .output = "-" };
	int first = opt_parse(&command, argc, argv, &params);

	if (first < 0)
		return first == -ECANCELED ? EXIT_DONE : EXIT_USAGE;
	params.files = argv + first;
	params.file_count = (size_t)(argc - first);
	if (check_options(&params.options) || check_distinct(&params, params.output))
		return EXIT_USAGE;
	if (!params.options.origin)
		params.options.origin = "syncfault";
	if (params.options.format != EXPORT_HGRM && outfile_check(params.output))
		return EXIT_FAILED;
	return export_files(&params);
}
