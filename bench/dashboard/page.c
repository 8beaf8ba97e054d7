// SPDX-License-Identifier: GPL-2.0-or-later
/* bench/page/page.html with its places filled, by the parts that print them. */
#include <errno.h>
#include <string.h>

#include "base/assets.h"
#include "base/diag.h"
#include "base/version.h"
#include "dashboard/page.h"
#include "dashboard/text.h"

#define FOLDER "bench/page/"

static void print_asset(FILE *out, const char *name)
{
	const struct asset *asset = asset_find(name);

	if (asset)
		fwrite(asset->text, 1, asset->length, out);
}

static void print_title(const struct page *page, FILE *out)
{
	fprintf(out, "syncfault: ");
	if (page->build[SIDE_BASE] != page->build[SIDE_NEW]) {
		page_text(out, page_build_name(page, page->build[SIDE_BASE]));
		fprintf(out, " → ");
	}
	page_text(out, page_build_name(page, page->build[SIDE_NEW]));
}

static void print_clock(const struct page *page, FILE *out)
{
	page_escape(out, phrase_clock(page->history.tracks[page->track].domain));
}

static void print_machine(const struct page *page, FILE *out)
{
	page_text(out, page->history.tracks[page->track].machine);
}

static void print_folder(const struct page *page, FILE *out)
{
	page_text(out, page->options->folder);
}

static void print_scope(const struct page *page, FILE *out)
{
	fprintf(out, "%zu build%s, %zu results, %zu cells", page->history.build_count,
		page->history.build_count == 1 ? "" : "s", page->history.files, page->cell_count);
}

static void print_version(const struct page *page, FILE *out)
{
	(void)page;
	page_text(out, tool_version);
}

#define ASSET(function, name)                                    \
	static void function(const struct page *page, FILE *out) \
	{                                                        \
		(void)page;                                      \
		print_asset(out, name);                          \
	}
#define DIGEST(function, name)                                        \
	static void function(const struct page *page, FILE *out)      \
	{                                                             \
		const struct asset *asset = asset_find(name);         \
                                                                      \
		(void)page;                                           \
		if (asset)                                            \
			page_digest(out, asset->text, asset->length); \
	}

ASSET(print_style, FOLDER "dashboard.css")
ASSET(print_script, FOLDER "dashboard.js")
ASSET(print_uplot, FOLDER "uplot/uPlot.iife.min.js")
ASSET(print_uplot_style, FOLDER "uplot/uPlot.min.css")
ASSET(print_licence, FOLDER "uplot/LICENSE")
DIGEST(print_script_digest, FOLDER "dashboard.js")
DIGEST(print_uplot_digest, FOLDER "uplot/uPlot.iife.min.js")

/* The places of page.html, as {{name}}. */
static const struct place {
	const char *name;
	void (*print)(const struct page *page, FILE *out);
} places[] = {
	{ "style", print_style },
	{ "script", print_script },
	{ "uplot", print_uplot },
	{ "uplot-style", print_uplot_style },
	{ "uplot-licence", print_licence },
	{ "script-digest", print_script_digest },
	{ "uplot-digest", print_uplot_digest },
	{ "title", print_title },
	{ "clock", print_clock },
	{ "machine", print_machine },
	{ "folder", print_folder },
	{ "scope", print_scope },
	{ "version", print_version },
	{ "heading", page_print_heading },
	{ "sentence", page_print_sentence },
	{ "tally", page_print_tally },
	{ "events", page_print_events },
	{ "identity", page_print_identity },
	{ "matrix", page_print_matrix },
	{ "cells", page_print_cells },
	{ "prices", page_print_prices },
	{ "trust", page_print_trust },
	{ "commands", page_print_commands },
	{ "files", page_print_files },
	{ "data", page_print_data },
};

static int print_place(const struct page *page, const char *name, size_t length, FILE *out)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (strlen(places[i].name) == length && !memcmp(places[i].name, name, length)) {
			places[i].print(page, out);
			return 0;
		}
	diag_error("dashboard: page.html asks for '%.*s', which there is not", (int)length, name);
	return -EINVAL;
}

int page_print(const struct page *page, FILE *out)
{
	const struct asset *asset = asset_find(FOLDER "page.html");
	const char *text = asset ? asset->text : NULL, *end = asset ? text + asset->length : NULL;

	if (!asset) {
		diag_error("%spage.html is not in this build", FOLDER);
		return -EINVAL;
	}
	while (text < end) {
		const char *begin = memmem(text, (size_t)(end - text), "{{", 2);
		const char *close = begin ? memmem(begin, (size_t)(end - begin), "}}", 2) : NULL;
		int ret;

		fwrite(text, 1, (size_t)((close ? begin : end) - text), out);
		if (!close)
			break;
		ret = print_place(page, begin + 2, (size_t)(close - begin - 2), out);
		if (ret)
			return ret;
		text = close + 2;
	}
	return 0;
}
