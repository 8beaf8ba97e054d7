// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <string.h>

#include "plot/probes.h"

struct bar {
	size_t runs;
	double stage_ns[STAGE_COUNT];
	double total_ns; /* with probes: the sum of the stages */
	double plain_ns; /* without */
	uint64_t missed; /* faults of which the probes saw no end */
};

struct picture {
	FILE *out;
	double row_high_ns[PLOT_LOADS][PLOT_STATES];
	bool is_used[PLOT_PARTS];
	bool is_seen[STAGE_COUNT]; /* some cell has a probe for it */
};

static uint64_t or_0(uint64_t count)
{
	return count == U64_ABSENT ? 0 : count;
}

static void add_run(struct bar *bar, const struct cell_result *cell)
{
	const struct probes_result *probes = &cell->probes;

	bar->runs++;
	bar->plain_ns += cell->latency.mean;
	bar->missed += or_0(probes->drops.slots) + or_0(probes->drops.unfinished);
	for (size_t i = 0; i < probes->stage_count; i++)
		if (probes->stages[i].mean_ns > 0)
			bar->stage_ns[probes->stages[i].stage] += probes->stages[i].mean_ns;
}

static struct bar bar_of(struct table_span runs)
{
	struct bar bar = { 0 };

	for (size_t i = 0; i < runs.count; i++)
		if (runs.entries[i].cell->has_probes)
			add_run(&bar, runs.entries[i].cell);
	if (!bar.runs)
		return bar;
	bar.plain_ns /= (double)bar.runs;
	for (int i = 0; i < STAGE_COUNT; i++) {
		bar.stage_ns[i] /= (double)bar.runs;
		bar.total_ns += bar.stage_ns[i];
	}
	return bar;
}

static double *row_high(struct picture *picture, const struct plot_position *at)
{
	return &picture->row_high_ns[at->load][at->place];
}

static void mark_seen(struct picture *picture, struct table_span runs)
{
	for (size_t i = 0; i < runs.count; i++) {
		const struct cell_result *cell = runs.entries[i].cell;

		for (size_t j = 0; cell->has_probes && j < cell->probes.stage_count; j++)
			if (cell->probes.stages[j].rung != RUNG_NONE)
				picture->is_seen[cell->probes.stages[j].stage] = true;
	}
}

static void measure(const struct plot_position *at, struct table_span runs, void *context)
{
	struct picture *picture = context;
	struct bar bar = bar_of(runs);
	double *high = row_high(picture, at);

	fprintf(picture->out, "probed[%zu] = %zu\n", at->block + 1, bar.runs);
	*high = fmax(*high, fmax(bar.total_ns, bar.plain_ns));
	for (int i = 0; i < STAGE_COUNT; i++)
		picture->is_used[i] |= bar.stage_ns[i] > 0;
	mark_seen(picture, runs);
}

static void write_bar(const struct plot_position *at, struct table_span runs, void *context)
{
	struct picture *picture = context;
	struct bar bar = bar_of(runs);
	struct plot_part part = { 0 };

	for (part.part = 0; part.part < STAGE_COUNT; part.part++) {
		if (!bar.stage_ns[part.part])
			continue;
		part.to_ns = part.from_ns + bar.stage_ns[part.part];
		plot_probes_part(picture->out, &part, *row_high(picture, at), PLOT_BAR_COLUMNS);
		part.from_ns = part.to_ns;
	}
	plot_probes_end_block(picture->out, !bar.total_ns);
}

static bool is_blank(const struct bar *bar, int stage, double high_ns)
{
	struct plot_part part = { stage, 0, bar->stage_ns[stage] };

	return bar->stage_ns[stage] > 0 && plot_probes_is_blank(&part, high_ns, PLOT_BAR_COLUMNS);
}

static bool is_before(const struct bar *bar, int a, int b)
{
	return bar->stage_ns[a] > bar->stage_ns[b] ||
	       (bar->stage_ns[a] == bar->stage_ns[b] && a < b);
}

/* The longest stage after `previous` (-1: of all) that is blank in the bar; else -1. */
static int next_blank(const struct bar *bar, int previous, double high_ns)
{
	int next = -1;

	for (int i = 0; i < STAGE_COUNT; i++)
		if (is_blank(bar, i, high_ns) && (previous < 0 || is_before(bar, previous, i)) &&
		    (next < 0 || is_before(bar, i, next)))
			next = i;
	return next;
}

/* Appends the stages too short for a number, the longest first, as many as fit. */
static void name_rest(const struct bar *bar, double high_ns, char *text, size_t size)
{
	char label[PLOT_LABEL_SIZE];
	size_t length = strlen(text);
	const char *begin = " (";

	for (int i = next_blank(bar, -1, high_ns); i >= 0; i = next_blank(bar, i, high_ns)) {
		plot_probes_label(i, bar->stage_ns[i], high_ns, label);
		if (length + strlen(begin) + strlen(label) + 2 > size)
			break;
		length += (size_t)snprintf(text + length, size - length, "%s%s", begin, label);
		begin = ", ";
	}
	if (*begin == ',')
		strcpy(text + length, ")");
}

static void write_end(const struct plot_position *at, struct table_span runs, void *context)
{
	struct picture *picture = context;
	double high_ns = *row_high(picture, at);
	struct bar bar = bar_of(runs);
	char text[PLOT_PANEL_COLUMNS + 1], number[PRINTABLE_NUMBER];
	size_t columns, used;

	if (!bar.total_ns) {
		plot_probes_end_block(picture->out, true);
		return;
	}
	columns = PLOT_PANEL_COLUMNS -
		  (size_t)(fmax(bar.total_ns, bar.plain_ns) / high_ns * PLOT_BAR_COLUMNS);
	used = (size_t)snprintf(text, sizeof(text), "%s",
				plot_probes_us(bar.total_ns, high_ns, number));
	if (bar.missed)
		snprintf(text + used, sizeof(text) - used, ", %s faults unseen",
			 printable_count(bar.missed, number));
	name_rest(&bar, high_ns, text, columns < sizeof(text) ? columns : sizeof(text));
	fprintf(picture->out, "%.9g %.9g \"%s\"\n\n\n", bar.total_ns / 1000, bar.plain_ns / 1000,
		text);
}

static void print_rows(const struct picture *picture)
{
	size_t row = 0;

	fprintf(picture->out, "array row_high[LOADS * STATES]\n");
	for (int load = 0; load < PLOT_LOADS; load++)
		for (int place = 0; place < PLOT_STATES; place++)
			fprintf(picture->out, "row_high[%zu] = %.9g\n", ++row,
				picture->row_high_ns[load][place] / 1000);
}

static void print_unseen(const struct picture *picture)
{
	const char *separator = "";

	fprintf(picture->out, "unseen = '");
	for (int i = STAGE_OUTSIDE + 1; i < STAGE_COUNT; i++)
		if (!picture->is_seen[i]) {
			fprintf(picture->out, "%s%s", separator, stage_words[i]);
			separator = ", ";
		}
	fprintf(picture->out, "'\n");
}

static bool is_any_used(const bool is_used[PLOT_PARTS])
{
	for (int i = 0; i < PLOT_PARTS; i++)
		if (is_used[i])
			return true;
	return false;
}

bool plot_stages(const struct plot_page *page, FILE *out)
{
	struct picture picture = { .out = out };

	fprintf(out, "array probed[fs_count * LOADS * STATES * SYNCS]\n");
	plot_page_visit(page, measure, &picture);
	fprintf(out, "PANEL_COLUMNS = %d\nBAR_COLUMNS = %d\n$data << EOD\n", PLOT_PANEL_COLUMNS,
		PLOT_BAR_COLUMNS);
	plot_page_visit(page, write_bar, &picture);
	fprintf(out, "EOD\n$ends << EOD\n");
	plot_page_visit(page, write_end, &picture);
	fprintf(out, "EOD\n");
	print_rows(&picture);
	print_unseen(&picture);
	plot_probes_legend(out, picture.is_used);
	return is_any_used(picture.is_used);
}
