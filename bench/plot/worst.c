// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "plot/gnuplot.h"
#include "plot/probes.h"

/* Columns of text above a bar, where a panel has the whole width and where it has not. */
#define WIDE_COLUMNS   150
#define NARROW_COLUMNS 78
/* Of these a label inside the bar may count on so many: in so few, wide letters do not even out. */
#define LABEL_COLUMNS(columns) ((columns)*9 / 10)
#define FRAME_SIZE	       48
#define TEXT_SIZE	       1024

/* The slowest of a cell, slowest first. */
struct worst_list {
	const struct worst_result *faults[PLOT_WORST];
	size_t count;
};

struct picture {
	FILE *out;
	size_t columns;
	uint64_t row_high[PLOT_LOADS][PLOT_STATES][PLOT_SYNCS];
	bool is_used[PLOT_PARTS];
	size_t most;
};

static void insert(struct worst_list *list, const struct worst_result *fault)
{
	size_t rank = list->count;

	while (rank && list->faults[rank - 1]->total < fault->total)
		rank--;
	if (rank == PLOT_WORST)
		return;
	if (list->count < PLOT_WORST)
		list->count++;
	for (size_t i = list->count - 1; i > rank; i--)
		list->faults[i] = list->faults[i - 1];
	list->faults[rank] = fault;
}

/* A fault whose stages were not kept at all has no bar. */
static struct worst_list worst_of(struct table_span runs)
{
	struct worst_list list = { 0 };

	for (size_t i = 0; i < runs.count; i++) {
		const struct cell_result *cell = runs.entries[i].cell;

		for (size_t j = 0; cell->has_probes && j < cell->probes.worst_count; j++)
			if (cell->probes.worst[j].total && cell->probes.worst[j].timeline_count)
				insert(&list, &cell->probes.worst[j]);
	}
	return list;
}

static uint64_t *row_high(struct picture *picture, const struct plot_position *at)
{
	return &picture->row_high[at->load][at->place][at->sync];
}

static void measure(const struct plot_position *at, struct table_span runs, void *context)
{
	struct picture *picture = context;
	struct worst_list list = worst_of(runs);
	uint64_t *high = row_high(picture, at);

	fprintf(picture->out, "probed[%zu] = %zu\n", at->block + 1, list.count);
	if (list.count && list.faults[0]->total > *high)
		*high = list.faults[0]->total;
	if (list.count > picture->most)
		picture->most = list.count;
}

/* Returns the lines written. */
static int write_part(struct picture *picture, int part, uint64_t from, uint64_t to, uint64_t high)
{
	const struct plot_part span = { part, (double)from, (double)to };

	if (from >= to)
		return 0;
	plot_probes_part(picture->out, &span, (double)high, LABEL_COLUMNS(picture->columns));
	picture->is_used[part] = true;
	return 1;
}

/* Spans have no gaps; what follows the last one is shown as not kept. */
static int write_fault(struct picture *picture, const struct worst_result *fault, uint64_t high)
{
	uint64_t end = 0;
	int lines = 0;

	for (size_t i = 0; i < fault->timeline_count; i++) {
		const struct stage_span *span = &fault->timeline[i];

		lines += write_part(picture, span->stage, span->from, span->to, high);
		end = span->to;
	}
	return lines + write_part(picture, PLOT_NOT_KEPT, end, fault->total, high);
}

static void write_bars(const struct plot_position *at, struct table_span runs, void *context)
{
	struct picture *picture = context;
	struct worst_list list = worst_of(runs);

	for (size_t i = 0; i < PLOT_WORST; i++) {
		int lines = 0;

		if (i < list.count)
			lines = write_fault(picture, list.faults[i], *row_high(picture, at));
		plot_probes_end_block(picture->out, !lines);
	}
}

__attribute__((format(printf, 2, 3))) static void append(char text[TEXT_SIZE], const char *fmt, ...)
{
	size_t used = strlen(text);
	va_list args;

	va_start(args, fmt);
	vsnprintf(text + used, TEXT_SIZE - used, fmt, args);
	va_end(args);
}

/* Where it is less than a tenth of the fault, the room is for the commit and the stack. */
static void append_wait(char text[TEXT_SIZE], uint64_t ns, uint64_t total, const char *what)
{
	char number[PRINTABLE_NUMBER];

	if (ns != U64_ABSENT && ns > total / 10)
		append(text, ", %s %s", printable_us((double)ns, 1, number), what);
}

/*
 * Names of the kernel are ASCII, and a comm can be anything: Pango draws what no font has as large
 * as the picture.
 */
static const char *ascii(const char *text, char *buffer, size_t size)
{
	size_t length = 0;

	for (; text && text[length] && length + 1 < size; length++)
		buffer[length] = text[length] >= ' ' && text[length] <= '~' ? text[length] : '?';
	buffer[length] = '\0';
	return buffer;
}

static void append_commit(char text[TEXT_SIZE], const struct commit_result *commit)
{
	char name[PROBE_COMM];

	append(text, "; commit %" PRIu64, commit->id);
	for (size_t i = 0; i < commit->filler_count && i < 2; i++)
		append(text, "%s%s", i ? ", " : " (",
		       ascii(commit->fillers[i].comm, name, sizeof(name)));
	if (commit->filler_count)
		append(text, ")");
}

/* The scheduler's own frames are innermost of every wait, and say nothing of it. */
static const char *frame_of(const struct strings *stack)
{
	for (size_t i = 0; i < stack->count; i++)
		if (!strstr(stack->items[i], "schedule"))
			return stack->items[i];
	return NULL;
}

static void write_text(const struct picture *picture, const struct worst_result *fault)
{
	char text[TEXT_SIZE] = "", number[PRINTABLE_NUMBER], frame[FRAME_SIZE];
	const char *where = frame_of(&fault->stack);

	append(text, "%s us", printable_us((double)fault->total, 1, number));
	append_wait(text, fault->blocked, fault->total, "blocked");
	append_wait(text, fault->runnable, fault->total, "runnable");
	if (fault->has_commit)
		append_commit(text, &fault->commit);
	if (where)
		append(text, "; %.*s", (int)strcspn(where, "+"),
		       ascii(where, frame, sizeof(frame)));
	gnuplot_string(picture->out, text, picture->columns);
}

static void print_texts(const struct plot_position *at, struct table_span runs, void *context)
{
	struct picture *picture = context;
	struct worst_list list = worst_of(runs);

	for (size_t i = 0; i < list.count; i++) {
		fprintf(picture->out, "worst_text[%zu] = ", at->block * PLOT_WORST + i + 1);
		write_text(picture, list.faults[i]);
		fputc('\n', picture->out);
	}
}

static void print_rows(const struct picture *picture)
{
	size_t row = 0;

	fprintf(picture->out, "array worst_high[LOADS * STATES * SYNCS]\n");
	for (int load = 0; load < PLOT_LOADS; load++)
		for (int place = 0; place < PLOT_STATES; place++)
			for (int sync = 0; sync < PLOT_SYNCS; sync++)
				fprintf(picture->out, "worst_high[%zu] = %.9g\n", ++row,
					(double)picture->row_high[load][place][sync] / 1000);
}

bool plot_worst(const struct plot_page *page, FILE *out)
{
	struct picture picture = {
		.out = out,
		.columns = page->fs_count == 1 ? WIDE_COLUMNS : NARROW_COLUMNS,
	};

	fprintf(out,
		"WORST = %d\narray probed[fs_count * LOADS * STATES * SYNCS]\n"
		"array worst_text[fs_count * LOADS * STATES * SYNCS * WORST]\n",
		PLOT_WORST);
	plot_page_visit(page, measure, &picture);
	fprintf(out, "$data << EOD\n");
	plot_page_visit(page, write_bars, &picture);
	fprintf(out, "EOD\n");
	plot_page_visit(page, print_texts, &picture);
	print_rows(&picture);
	plot_probes_legend(out, picture.is_used);
	fprintf(out, "worst_count = %zu\n", picture.most);
	return picture.most > 0;
}
