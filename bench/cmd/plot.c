// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/assets.h"
#include "base/diag.h"
#include "base/opt.h"
#include "base/outfile.h"
#include "cmd/commands.h"
#include "plot/data.h"
#include "plot/gnuplot.h"
#include "plot/log.h"
#include "plot/probes.h"
#include "plot/scale.h"
#include "plot/worst_case.h"
#include "view/scale.h"
#include "view/worst_case.h"

static const char *const format_words[] = { "png", "svg", NULL };
static const char *const format_terminals[] = { "pngcairo", "svg" };

struct plot_params {
	const char *directory;
	struct word_list formats;
	struct opt_strings pictures;
	const char *title;
	char **files;
	size_t file_count;
};

static const struct opt_row rows[] = {
	OPT_STRING('o', "output", "DIR", struct plot_params, directory,
		   "where the pictures go; made if it is not there"),
	OPT_WORDS(0, "format", "LIST", struct plot_params, formats, format_words,
		  "formats, default all"),
	OPT_APPEND(0, "picture", "NAME", struct plot_params, pictures,
		   "only this one; may be given several times"),
	OPT_STRING(0, "title", "TEXT", struct plot_params, title,
		   "words to begin each picture's title with"),
	OPT_END,
};

static const struct opt_command command = {
	.name = "plot",
	.synopsis = "RESULT… -o DIR [--format png,svg] [--title TEXT]",
	.summary =
		"Draws results (\"-\": standard input) with gnuplot and prints the pictures' names.",
	.details =
		"  histograms    the letter's histograms, with its counts of 2017 on top\n"
		"  percentiles   how slow the slowest faults are\n"
		"  timeline      each fault in its order: shows commits\n"
		"  filesystems   p50, p99 and maximum of the file systems side by side\n"
		"  stages        where the time of the mean fault goes    (of run --probes)\n"
		"  worst         the slowest faults, stage after stage    (of run --probes)\n"
		"  log           the first fault by what is dirty in the log (of run --dirty)\n"
		"  worst-case    the worst synchronous fault, by log size and load\n"
		"  scale         how cost grows with threads, pages and page size\n\n"
		"Results of different clocks, kernels or machines, and cells with other accesses, pages\n"
		"or threads, are drawn apart: histograms-2.png and so on.\n"
		"Exit: 0 done, 1 failed or nothing was measured, 2 wrong usage, 77 gnuplot is not there.\n",
	.rows = rows,
	.min_operands = 1,
	.max_operands = -1,
};

static const struct plot {
	const char *name; /* of the file, and of plots/NAME.gp */
	bool (*write)(const struct plot_page *page, FILE *out);
	bool is_special; /* most results are without what it shows */
	bool is_of_log; /* of a whole environment: unsynced metadata, threads, pages are variants */
} plots[] = {
	{ "histograms", plot_histograms, false, false },
	{ "percentiles", plot_percentiles, false, false },
	{ "timeline", plot_timeline, false, false },
	{ "filesystems", plot_filesystems, false, false },
	{ "stages", plot_stages, true, false },
	{ "worst", plot_worst, true, false },
	{ "worst-case", plot_worst_case, true, true },
	{ "log", plot_log, true, true },
	{ "scale", plot_scale, true, true },
};

static bool is_wanted(const struct plot_params *params, const char *name)
{
	for (size_t i = 0; i < params->pictures.count; i++)
		if (!strcmp(params->pictures.items[i], name))
			return true;
	return !params->pictures.count;
}

static bool is_picture(const char *name)
{
	for (size_t i = 0; i < sizeof(plots) / sizeof(plots[0]); i++)
		if (!strcmp(plots[i].name, name))
			return true;
	return false;
}

static int check_pictures(const struct plot_params *params)
{
	for (size_t i = 0; i < params->pictures.count; i++)
		if (!is_picture(params->pictures.items[i])) {
			diag_error("plot: --picture '%s': there is no such picture (see 'syncfault "
				   "plot --help')",
				   params->pictures.items[i]);
			return -EINVAL;
		}
	return 0;
}

static int check_distinct(const struct plot_params *params, const char *path)
{
	if (!outfile_is_input(path, params->files, params->file_count))
		return 0;
	diag_error("plot: %s is a result to read: wants another folder", path);
	return -EEXIST;
}

static int add_asset(FILE *script, const char *name)
{
	char path[64];
	const struct asset *asset;

	snprintf(path, sizeof(path), "plots/%s.gp", name);
	asset = asset_find(path);
	if (!asset) {
		diag_error("%s is not in this build", path);
		return -ENOENT;
	}
	fwrite(asset->text, 1, asset->length, script);
	return 0;
}

/* -ENODATA, silently, where the results do not hold what the picture shows. */
static int make_script(const struct plot *plot, const struct plot_page *page, int format,
		       char **text, size_t *length)
{
	FILE *script = open_memstream(text, length);
	int ret = 0;

	if (!script)
		return diag_errno(ENOMEM, "plot");
	fprintf(script, "terminal = '%s'\n", format_terminals[format]);
	plot_page_print(page, script);
	if (!plot->write(page, script))
		ret = -ENODATA;
	if (!ret)
		ret = add_asset(script, "style");
	if (!ret)
		ret = add_asset(script, plot->name);
	if (fclose(script) && !ret)
		ret = diag_errno(ENOMEM, "plot");
	return ret;
}

/* A picture that most results lack is silently left out unless it was asked for by name. */
static int draw(const struct plot *plot, const struct plot_page *page, int format, const char *path,
		bool is_named)
{
	auto_free char *script = NULL, *image = NULL;
	size_t script_length, image_length;
	int ret = make_script(plot, page, format, &script, &script_length);

	if (ret == -ENODATA && plot->is_special && !is_named)
		return 0;
	if (ret == -ENODATA) {
		diag_warning("plot: %s: nothing to draw %s from", path, plot->name);
		return 0;
	}
	if (!ret)
		ret = gnuplot_draw(script, script_length, &image, &image_length);
	if (!ret)
		ret = outfile_write(path, image, image_length);
	if (!ret)
		printf("%s\n", path);
	return ret;
}

/* All pictures of one page; number 0 is the first, and has no number in its names. */
static int draw_page(const struct plot_params *params, const struct plot_page *page, int number,
		     bool is_of_log)
{
	for (size_t i = 0; i < sizeof(plots) / sizeof(plots[0]); i++)
		for (size_t j = 0; j < params->formats.count && is_wanted(params, plots[i].name);
		     j++) {
			int format = params->formats.words[j], ret;
			char path[PATH_MAX], suffix[16] = "";

			if (plots[i].is_of_log != is_of_log)
				continue;
			if (number)
				snprintf(suffix, sizeof(suffix), "-%d", number + 1);
			if (snprintf(path, sizeof(path), "%s/%s%s.%s", params->directory,
				     plots[i].name, suffix,
				     format_words[format]) >= (int)sizeof(path))
				return diag_errno(ENAMETOOLONG, "%s", params->directory);
			ret = check_distinct(params, path);
			if (!ret)
				ret = draw(&plots[i], page, format, path, params->pictures.count);
			if (ret)
				return ret;
		}
	return 0;
}

static bool has_dirt(struct table_span span)
{
	for (size_t i = 0; i < span.count; i++)
		if (span.entries[i].cell->has_latency &&
		    table_has_unsynced(&span.entries[i].cell->config))
			return true;
	return false;
}

/* A picture for each environment; returns how many have something to show, or -errno. */
static int draw_logs(const struct plot_params *params, const struct result_table *sorted)
{
	struct table_span rest = table_all(sorted);
	int number = 0;

	while (rest.count) {
		struct table_span span = table_cut(&rest, TABLE_ENVIRONMENT);
		struct plot_page page;
		int ret;

		if (!has_dirt(span) && !worst_case_is_in(span) && !scale_is_in(span))
			continue;
		plot_page_init(&page, span, NULL, params->title);
		ret = draw_page(params, &page, number++, true);
		if (ret)
			return ret;
	}
	return number;
}

static int draw_all(const struct plot_params *params, const struct result_table *sorted,
		    const struct result *reference)
{
	struct table_span rest = table_all(sorted);
	int number = 0, logs = draw_logs(params, sorted);

	if (logs < 0)
		return logs;
	while (rest.count) {
		struct table_span span = table_cut(&rest, TABLE_VARIANT);
		struct plot_page page;
		int ret;

		if (!table_measured(span) || table_has_unsynced(&span.entries[0].cell->config))
			continue;
		plot_page_init(&page, span, reference, params->title);
		if (page.fs_omitted)
			diag_warning("plot: %zu of %zu file systems fit into a picture",
				     page.fs_count, page.fs_count + page.fs_omitted);
		ret = draw_page(params, &page, number++, false);
		if (ret)
			return ret;
	}
	if (number || logs)
		return 0;
	diag_error("plot: no cell of these results was measured");
	return -ENODATA;
}

static int plot_files(const struct plot_params *params)
{
	auto_release(result_free) struct result reference = { 0 };
	auto_result_table struct result_table sorted;
	int unread = result_table_read(&sorted, params->files, params->file_count), is_new, ret;

	if (unread == -ENOMEM || (unread && !sorted.result_count))
		return EXIT_FAILED;
	if (result_read_letter(&reference))
		return EXIT_FAILED;
	is_new = outfile_make_folder(params->directory);
	if (is_new < 0)
		return EXIT_FAILED;
	ret = draw_all(params, &sorted, &reference);
	if (ret && is_new)
		rmdir(params->directory); /* unless a picture is in it */
	if (ret == -ENOENT)
		return EXIT_CANNOT;
	if (ret == -EEXIST)
		return EXIT_USAGE;
	return ret || unread ? EXIT_FAILED : EXIT_DONE;
}

int cmd_plot(int argc, char **argv)
{
	struct plot_params params = { .formats = { 2, { 0, 1 } } };
	int first = opt_parse(&command, argc, argv, &params);

	if (first < 0)
		return first == -ECANCELED ? EXIT_DONE : EXIT_USAGE;
	if (!params.directory) {
		diag_error("plot: -o DIR says where the pictures go (see 'syncfault plot --help')");
		return EXIT_USAGE;
	}
	if (check_pictures(&params))
		return EXIT_USAGE;
	params.files = argv + first;
	params.file_count = (size_t)(argc - first);
	return plot_files(&params);
}
