// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/opt.h"
#include "cell/match.h"
#include "cmd/commands.h"
#include "compare/compare.h"
#include "view/result_files.h"

#define MAX_FLOOR_PERCENT 1000

struct compare_params {
	double floor; /* a share; NAN: the engine's own */
	uint64_t seed;
	struct word_list figures;
	const char *cell;
	bool json;
	bool markdown;
	bool all;
	bool follow_links;
};

static int parse_percent(const struct opt_row *row, const char *text, void *field)
{
	char *end;
	double percent = strtod(text, &end);

	/* strtod also takes blanks, signs, hexadecimal, "inf" and "nan". */
	if (!*text || *end || strspn(text, "0123456789.") != strlen(text) ||
	    !(percent <= MAX_FLOOR_PERCENT)) {
		diag_error("compare: --%s '%s': expected percent, 0 to %d, such as 3.5", row->name,
			   text, MAX_FLOOR_PERCENT);
		return -EINVAL;
	}
	*(double *)field = percent / 100;
	return 0;
}

static const struct opt_row rows[] = {
	OPT_ROW(0, "figures", "LIST",
		field_offset(struct compare_params, figures, struct word_list), figure_parse_list,
		"only these; default all", .words = figure_names_compared),
	OPT_STRING(0, "cell", "PATTERN", struct compare_params, cell, CELL_MATCH_HELP),
	OPT_ROW(0, "floor", "PERCENT", field_offset(struct compare_params, floor, double),
		parse_percent,
		"what is no change: default 3.5, on the instruction clock at least 0.2"),
	OPT_U64(0, "seed", "N", struct compare_params, seed, 0, INT64_MAX,
		"of the bootstrap's random numbers, default 1"),
	OPT_FLAG(0, "all", struct compare_params, all,
		 "also what is the same, and what has no verdict"),
	OPT_FLAG(0, "follow-links", struct compare_params, follow_links, FOLLOW_LINKS_HELP),
	OPT_FLAG(0, "json", struct compare_params, json, "one JSON document, of everything"),
	OPT_FLAG(0, "markdown", struct compare_params, markdown,
		 "the report as Markdown, for a mail or an issue"),
	OPT_END,
};

static const struct opt_command command = {
	.name = "compare",
	.synopsis = "[--figures LIST] [--cell PATTERN] [--floor PERCENT] [--follow-links] "
		    "[--json | --markdown] BASE NEW",
	.summary =
		"Tells whether NEW is slower than BASE, where, and whether that is real. Each is "
		"a result or\na folder of the results of one build.",
	.details =
		"On the instruction clock runs are compared over the same seeds, as far as those can tell; "
		"in real\ntime runs are tested, at least five on each side. Different clocks, suites "
		"or page sizes are\nrefused. What the data cannot tell is \"unknown\", never \"same\".\n"
		"Exit: 0 same or better, 1 worse, 2 wrong usage or refused, 125 unknown (for git "
		"bisect run).\n",
	.rows = rows,
	.min_operands = 2,
	.max_operands = 2,
};

static int print_report(const struct compare_params *params, const struct comparison *comparison)
{
	if (params->json)
		return compare_json(comparison, stdout);
	if (params->markdown)
		return compare_markdown(comparison, stdout, params->all);
	return compare_text(comparison, stdout, diag_has_colour(STDOUT_FILENO), params->all);
}

static struct compare_options options_of(const struct compare_params *params)
{
	struct compare_options options;

	compare_defaults(&options);
	options.floor = params->floor;
	options.seed = params->seed;
	options.cell = params->cell;
	if (params->figures.count)
		options.figures = word_list_mask(&params->figures);
	return options;
}

/* What cannot be read, compared or printed has no verdict: 1 would call it worse. */
static int compare_paths(const struct compare_params *params, const char *base_path,
			 const char *new_path)
{
	const struct compare_options options = options_of(params);
	auto_result_set struct result_set base = { 0 }, new = { 0 };
	auto_comparison struct comparison comparison = { 0 };
	int ret = result_set_read(base_path, params->follow_links, &base);

	if (!ret)
		ret = result_set_read(new_path, params->follow_links, &new);
	if (!ret)
		ret = compare_sets(&base, &new, &options, &comparison);
	if (!ret && print_report(params, &comparison))
		ret = diag_errno(ENOMEM, "compare");
	if (ret)
		return ret == -ENOMEM ? EXIT_UNKNOWN : EXIT_USAGE;
	/* Much output has failed before this. */
	return fflush(stdout) || ferror(stdout) ? EXIT_UNKNOWN : comparison_exit_code(&comparison);
}

int cmd_compare(int argc, char **argv)
{
	struct compare_options defaults;
	struct compare_params params = { .floor = NAN };
	int first;

	compare_defaults(&defaults);
	params.seed = defaults.seed;
	first = opt_parse(&command, argc, argv, &params);
	if (first < 0)
		return first == -ECANCELED ? EXIT_DONE : EXIT_USAGE;
	if (params.json && params.markdown) {
		diag_error("compare: --json and --markdown exclude each other");
		return EXIT_USAGE;
	}
	if (!strcmp(argv[first], "-") && !strcmp(argv[first + 1], "-")) {
		diag_error("compare: standard input can be one side alone");
		return EXIT_USAGE;
	}
	return compare_paths(&params, argv[first], argv[first + 1]);
}
