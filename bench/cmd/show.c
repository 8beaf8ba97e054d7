// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/opt.h"
#include "cmd/commands.h"
#include "show/show.h"
#include "view/scale.h"
#include "view/worst_case.h"

struct show_params {
	bool json;
	bool tsv;
	bool letter;
	bool table;
	bool probes;
	bool worst_case;
	bool scale;
};

static const struct opt_row rows[] = {
	OPT_FLAG(0, "letter", struct show_params, letter,
		 "only the letter's layout: min, avg, max and buckets"),
	OPT_FLAG(0, "table", struct show_params, table,
		 "only percentiles, and the price of MAP_SYNC"),
	OPT_FLAG(0, "probes", struct show_params, probes,
		 "only where the time of a fault goes, of what run --probes measured"),
	OPT_FLAG(0, "worst-case", struct show_params, worst_case,
		 "only the worst synchronous fault, by log size and load"),
	OPT_FLAG(0, "scale", struct show_params, scale,
		 "only how cost grows with threads, pages and page size"),
	OPT_FLAG(0, "json", struct show_params, json, "one JSON document, a row for each cell"),
	OPT_FLAG(0, "tsv", struct show_params, tsv, "tab-separated values, a line for each cell"),
	OPT_END,
};

static const struct opt_command command = {
	.name = "show",
	.synopsis =
		"[--letter] [--table] [--probes] [--worst-case] [--scale] [--json | --tsv] RESULT…",
	.summary =
		"Prints results (\"-\": standard input): per file system the letter's own layout, "
		"a table,\nthen where the time of a fault goes.",
	.details = "Text is in microseconds, JSON and TSV are in nanoseconds. Results of different "
		   "clocks,\nkernels or machines never share a table. Several runs of one cell are "
		   "one row in text, the\nmedian over the runs, and a row each in JSON and TSV.\n"
		   "Exit: 0 done, 1 nothing was measured or a file is no result, 2 wrong usage.\n",
	.rows = rows,
	.min_operands = 1,
	.max_operands = -1,
};

/* Whether only some sections are wanted. */
static bool is_partial(const struct show_params *params)
{
	return params->letter || params->table || params->probes || params->worst_case ||
	       params->scale;
}

static int print_all(const struct show_params *params, const struct result_table *sorted,
		     const struct result *reference)
{
	bool is_all = !is_partial(params);
	const struct show show = { .out = stdout,
				   .has_colour = diag_has_colour(STDOUT_FILENO),
				   .with_letter = is_all || params->letter,
				   .with_table = is_all || params->table,
				   .with_probes = is_all || params->probes,
				   .with_worst_case = is_all || params->worst_case,
				   .with_scale = is_all || params->scale,
				   .reference = reference };

	if (params->json)
		return show_json(stdout, sorted, reference);
	if (params->tsv)
		return show_tsv(stdout, sorted, reference);
	return show_text(&show, sorted);
}

/* Figures of two environments are in no table together. */
static bool scale_is_anywhere(const struct result_table *sorted)
{
	struct table_span rest = table_all(sorted);

	while (rest.count)
		if (scale_is_in(table_cut(&rest, TABLE_ENVIRONMENT)))
			return true;
	return false;
}

static int show_files(const struct show_params *params, char **files, size_t count)
{
	auto_release(result_free) struct result reference = { 0 };
	auto_result_table struct result_table sorted;
	int unread = result_table_read(&sorted, files, count);

	if (unread == -ENOMEM || (unread && !sorted.result_count))
		return EXIT_FAILED;
	if (result_read_letter(&reference))
		return EXIT_FAILED;
	if (print_all(params, &sorted, &reference))
		return EXIT_FAILED;
	if (!table_measured(table_all(&sorted)) && !show_has_answers(table_all(&sorted))) {
		diag_error("show: no cell of %s was measured",
			   count == 1 ? files[0] : "these results");
		return EXIT_FAILED;
	}
	if (params->probes && !show_has_probes(table_all(&sorted))) {
		diag_error("show: no cell of %s was measured with probes (run --probes)",
			   count == 1 ? files[0] : "these results");
		return EXIT_FAILED;
	}
	if (params->worst_case && !worst_case_is_in(table_all(&sorted))) {
		diag_error("show: no synchronous cell of %s was measured under a load on the log "
			   "(run --suite worst-case)",
			   count == 1 ? files[0] : "these results");
		return EXIT_FAILED;
	}
	if (params->scale && !scale_is_anywhere(&sorted)) {
		diag_error("show: no cells of %s differ in threads or pages alone (run --suite "
			   "scale)",
			   count == 1 ? files[0] : "these results");
		return EXIT_FAILED;
	}
	return unread ? EXIT_FAILED : EXIT_DONE;
}

int cmd_show(int argc, char **argv)
{
	struct show_params params = { 0 };
	int first = opt_parse(&command, argc, argv, &params);

	if (first < 0)
		return first == -ECANCELED ? EXIT_DONE : EXIT_USAGE;
	if (params.json && params.tsv) {
		diag_error("show: --json and --tsv exclude each other");
		return EXIT_USAGE;
	}
	if ((params.json || params.tsv) && is_partial(&params)) {
		diag_error(
			"show: --letter, --table, --probes, --worst-case and --scale are layouts of "
			"text: not with --%s",
			params.json ? "json" : "tsv");
		return EXIT_USAGE;
	}
	return show_files(&params, argv + first, (size_t)(argc - first));
}
