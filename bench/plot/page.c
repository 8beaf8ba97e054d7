// SPDX-License-Identifier: GPL-2.0-or-later
#include "plot/page.h"

#include <string.h>

#include "base/printable.h"
#include "plot/gnuplot.h"
#include "view/phrases.h"

#define TITLE_COLUMNS	 40
#define SUBTITLE_COLUMNS 110
#define FS_COLUMNS	 44
#define NOTE_COLUMNS	 48

/* The letter's order is that of the enum from its end: written, unwritten, hole. */
static int state_at(int place)
{
	return PLOT_STATES - 1 - place;
}

void plot_page_init(struct plot_page *page, struct table_span span, const struct result *reference,
		    const char *title)
{
	*page = (struct plot_page){ .all = span, .title = title };
	if (!span.entries[0].result->has_provenance)
		page->reference = reference;
	while (span.count) {
		struct table_span fs = table_cut(&span, TABLE_FS);

		if (page->fs_count < PLOT_MAX_FS)
			page->fs[page->fs_count++] = fs;
		else
			page->fs_omitted++;
	}
}

/* Count 0 where there is none. */
static struct table_span cell_at(const struct plot_page *page, size_t fs, int load, int place,
				 int sync)
{
	return table_find(page->fs[fs], state_at(place), load, sync);
}

const struct cell_result *plot_page_letter(const struct plot_page *page, int load, int place,
					   int sync)
{
	const struct cell_result *letter = NULL;

	for (size_t i = 0; page->reference && i < page->fs_count && !letter; i++) {
		struct cell_config config = page->fs[i].entries[0].cell->config;

		config.load = load;
		config.state = state_at(place);
		config.sync = sync;
		letter = table_letter_cell(page->reference, &config);
	}
	return letter;
}

void plot_page_visit(const struct plot_page *page, plot_visit_fn *visit, void *context)
{
	const size_t fs_blocks = PLOT_LOADS * PLOT_STATES * PLOT_SYNCS;

	for (size_t block = 0; block < page->fs_count * fs_blocks; block++) {
		struct plot_position at = {
			.block = block,
			.fs = block / fs_blocks,
			.load = (int)(block / (PLOT_STATES * PLOT_SYNCS) % PLOT_LOADS),
			.place = (int)(block / PLOT_SYNCS % PLOT_STATES),
			.sync = (int)(block % PLOT_SYNCS),
		};

		visit(&at, cell_at(page, at.fs, at.load, at.place, at.sync), context);
	}
}

static void print_string(FILE *out, const char *name, const char *text, size_t columns)
{
	fprintf(out, "%s = ", name);
	gnuplot_string(out, text, columns);
	fputc('\n', out);
}

static void print_item(FILE *out, const char *name, size_t index, const char *text, size_t columns)
{
	fprintf(out, "%s[%zu] = ", name, index);
	gnuplot_string(out, text, columns);
	fputc('\n', out);
}

static const char *variant_of(struct table_span cells, char buffer[PHRASE_SIZE])
{
	const struct cell_config *least = &cells.entries[0].cell->config;
	uint64_t most = least->pages;

	for (size_t i = 1; i < cells.count; i++) {
		const struct cell_config *config = &cells.entries[i].cell->config;

		most = config->pages > most ? config->pages : most;
		least = config->pages < least->pages ? config : least;
	}
	return phrase_variant_to(least, most, buffer);
}

static void print_titles(const struct plot_page *page, FILE *out)
{
	const struct result *result = page->all.entries[0].result;
	char variant[PHRASE_SIZE], subtitle[PHRASE_SIZE], kernel[300], cpu[300];

	print_string(out, "title", page->title, TITLE_COLUMNS);
	print_string(out, "what", variant_of(page->all, variant), SUBTITLE_COLUMNS);
	printable(result->host.kernel, 44, kernel, sizeof(kernel));
	printable(result->has_guest ? result->guest.qemu : result->host.cpu, 60, cpu, sizeof(cpu));
	if (result->has_provenance)
		snprintf(subtitle, sizeof(subtitle), "%s, %s",
			 printable(result->provenance.author, 44, kernel, sizeof(kernel)),
			 printable(result->provenance.date, 44, cpu, sizeof(cpu)));
	else
		snprintf(subtitle, sizeof(subtitle), "kernel %s, %s", *kernel ? kernel : "unknown",
			 *cpu ? cpu : "CPU unknown");
	print_string(out, "subtitle", subtitle, SUBTITLE_COLUMNS);
	print_string(out, "clock", phrase_clock(result->clock.domain), SUBTITLE_COLUMNS);
	fprintf(out, "is_count = %d\n", result->clock.domain == DOMAIN_INSTRUCTIONS);
}

static void print_columns(const struct plot_page *page, FILE *out)
{
	char name[PHRASE_SIZE];

	fprintf(out, "fs_count = %zu\nfs_omitted = %zu\n", page->fs_count, page->fs_omitted);
	fprintf(out, "array fs_name[fs_count]\narray fs_is_ext4[fs_count]\n");
	for (size_t i = 0; i < page->fs_count; i++) {
		const struct cell_config *config = &page->fs[i].entries[0].cell->config;

		print_item(out, "fs_name", i + 1, phrase_fs(config, name), FS_COLUMNS);
		fprintf(out, "fs_is_ext4[%zu] = %d\n", i + 1,
			!strcmp(config->fs, "ext4") && config->dax == DAX_ALWAYS);
	}
}

static bool has_row(const struct plot_page *page, int load, int place)
{
	for (size_t i = 0; i < page->all.count; i++) {
		const struct cell_config *config = &page->all.entries[i].cell->config;

		if (config->state == state_at(place) && config->load == load)
			return true;
	}
	return false;
}

/* Why the cell has no numbers; nothing where it has, or was not asked for. */
static void print_note(const struct plot_page *page, FILE *out, size_t index, size_t fs, int load,
		       int place, int sync)
{
	struct table_span runs = cell_at(page, fs, load, place, sync);
	const struct cell_result *cell = runs.count ? runs.entries[0].cell : NULL;
	bool is_missing = cell && !table_measured(runs);
	char note[64] = "";

	if (is_missing)
		snprintf(note, sizeof(note), "%s %s:", phrase_sync(sync),
			 status_words[cell->status]);
	print_item(out, "note", index, note, NOTE_COLUMNS);
	print_item(out, "reason", index, is_missing ? cell->reason : "", NOTE_COLUMNS);
}

static void print_row(const struct plot_page *page, FILE *out, size_t row, int load, int place)
{
	size_t index = (row - 1) * page->fs_count * PLOT_SYNCS;
	char name[PHRASE_SIZE + 64], text[PHRASE_SIZE];

	snprintf(name, sizeof(name), "%s, %s", phrase_state(state_at(place)),
		 phrase_load(load, text));
	print_item(out, "row_name", row, name, sizeof(name));
	fprintf(out, "row_state[%zu] = %d\nrow_load[%zu] = %d\n", row, place, row, load);
	fprintf(out, "has_state[%d] = 1\nhas_load[%d] = 1\n", place + 1, load + 1);
	for (size_t fs = 0; fs < page->fs_count; fs++)
		for (int sync = 0; sync < PLOT_SYNCS; sync++)
			print_note(page, out, ++index, fs, load, place, sync);
}

static void print_rows(const struct plot_page *page, FILE *out)
{
	size_t row = 0;

	fprintf(out,
		"array row_state[%d]\narray row_load[%d]\narray row_name[%d]\n"
		"array note[%zu]\narray reason[%zu]\n",
		PLOT_STATES * PLOT_LOADS, PLOT_STATES * PLOT_LOADS, PLOT_STATES * PLOT_LOADS,
		PLOT_STATES * PLOT_LOADS * PLOT_SYNCS * page->fs_count,
		PLOT_STATES * PLOT_LOADS * PLOT_SYNCS * page->fs_count);
	for (int place = 0; place < PLOT_STATES; place++)
		for (int load = 0; load < PLOT_LOADS; load++)
			if (has_row(page, load, place))
				print_row(page, out, ++row, load, place);
	fprintf(out, "row_count = %zu\n", row);
}

static const char *status_of(struct table_span runs, size_t measured)
{
	if (!runs.count)
		return "";
	return measured ? status_words[CELL_OK] : status_words[runs.entries[0].cell->status];
}

struct status_list {
	FILE *out;
	size_t most_runs;
};

static void print_cell_status(const struct plot_position *at, struct table_span runs, void *context)
{
	struct status_list *list = context;
	size_t measured = table_measured(runs);

	if (measured > list->most_runs)
		list->most_runs = measured;
	print_item(list->out, "status", at->block + 1, status_of(runs, measured), 16);
}

/* By index of the cell; a cell of several runs is ok when one of them is. */
static void print_status(const struct plot_page *page, FILE *out)
{
	struct status_list list = { .out = out };

	fprintf(out, "array status[%zu]\n", page->fs_count * PLOT_LOADS * PLOT_STATES * PLOT_SYNCS);
	plot_page_visit(page, print_cell_status, &list);
	fprintf(out, "run_count = %zu\n", list.most_runs);
}

static bool has_letter(const struct plot_page *page)
{
	for (int load = 0; load < PLOT_LOADS; load++)
		for (int place = 0; place < PLOT_STATES; place++)
			if (has_row(page, load, place) && plot_page_letter(page, load, place, 0))
				return true;
	return false;
}

void plot_page_print(const struct plot_page *page, FILE *out)
{
	char text[PHRASE_SIZE];

	fprintf(out, "STATES = %d\nLOADS = %d\nSYNCS = %d\n", PLOT_STATES, PLOT_LOADS, PLOT_SYNCS);
	fprintf(out, "array state_name[STATES]\narray has_state[STATES]\n"
		     "array load_name[LOADS]\narray has_load[LOADS]\n");
	for (int i = 0; i < PLOT_STATES; i++) {
		print_item(out, "state_name", (size_t)i + 1, phrase_state(state_at(i)), 40);
		fprintf(out, "has_state[%d] = 0\n", i + 1);
	}
	for (int i = 0; i < PLOT_LOADS; i++) {
		print_item(out, "load_name", (size_t)i + 1, phrase_load(i, text), 40);
		fprintf(out, "has_load[%d] = 0\n", i + 1);
	}
	print_titles(page, out);
	print_columns(page, out);
	print_rows(page, out);
	print_status(page, out);
	fprintf(out, "has_letter = %d\n", has_letter(page));
}
