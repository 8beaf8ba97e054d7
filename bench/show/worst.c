// SPDX-License-Identifier: GPL-2.0-or-later
/* What belongs to the stages but is not a table: how they are seen, what was lost, the worst.
 */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"
#include "result/stages.h"
#include "show/show.h"

#define DECIMALS       2
#define MAX_WORST      3
#define MAX_FRAMES     6
#define MAX_FILLERS    4
#define MAX_RUNGS      16
#define REASON_COLUMNS 160
#define NAME_COLUMNS   48 /* of a frame, of a process */
#define INDENT	       5

/* A line in the making; what exceeds it is cut. */
struct line {
	char text[16384];
	size_t used;
};

__attribute__((format(printf, 2, 3))) static void add(struct line *line, const char *fmt, ...)
{
	size_t room = sizeof(line->text) - line->used;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(line->text + line->used, room, fmt, args);
	va_end(args);
	if (n > 0)
		line->used += (size_t)n < room ? (size_t)n : room - 1;
}

static void add_text(struct line *line, const char *glue, const char *text, size_t columns)
{
	char shown[REASON_COLUMNS * 4 + 4];

	add(line, "%s%s", glue, printable(text, columns, shown, sizeof(shown)));
}

/* The items of a list get ", " between them; what is absent is skipped. */
static void add_glue(struct line *line)
{
	if (line->used > INDENT)
		add(line, ", ");
}

static void add_us(struct line *line, const char *what, uint64_t ns)
{
	char number[PRINTABLE_NUMBER];

	if (ns == U64_ABSENT)
		return;
	add_glue(line);
	add(line, "%s %s", what, printable_us((double)ns, DECIMALS, number));
}

static void add_number(struct line *line, const char *what, uint64_t value)
{
	char number[PRINTABLE_NUMBER];

	if (value == U64_ABSENT)
		return;
	add_glue(line);
	add(line, "%s %s", what, printable_count(value, number));
}

static void add_count(struct line *line, uint64_t value, const char *unit)
{
	char number[PRINTABLE_NUMBER];

	if (value == U64_ABSENT)
		return;
	add_glue(line);
	add(line, "%s %s%s", printable_count(value, number), unit, value == 1 ? "" : "s");
}

/* Stages that share a rung and the reason for it. */
struct rung_group {
	int rung;
	const char *reason;
	bool is_in[STAGE_COUNT];
};

static struct rung_group *find_group(struct rung_group *groups, size_t *count,
				     const struct stage_result *stage)
{
	const char *reason = stage->reason ? stage->reason : "";
	size_t i = 0;

	while (i < *count &&
	       (groups[i].rung != stage->rung || strcmp(groups[i].reason, reason) != 0))
		i++;
	if (i == MAX_RUNGS)
		return NULL;
	if (i == *count)
		groups[(*count)++] = (struct rung_group){ .rung = stage->rung, .reason = reason };
	return &groups[i];
}

static size_t group_stages(struct rung_group groups[MAX_RUNGS], struct table_span span)
{
	size_t count = 0;

	for (size_t i = 0; i < span.count; i++) {
		const struct cell_result *cell = span.entries[i].cell;

		for (int j = 1; cell->has_probes && j < STAGE_COUNT; j++) {
			const struct stage_result *stage = &cell->probes.stages[j];
			struct rung_group *group = NULL;

			if (stage->rung != RUNG_FENTRY)
				group = find_group(groups, &count, stage);
			if (group)
				group->is_in[j] = true;
		}
	}
	return count;
}

static void show_rungs(const struct show *show, struct table_span span)
{
	struct rung_group groups[MAX_RUNGS];
	size_t count = group_stages(groups, span);
	struct line line = { .used = 0 };

	for (size_t i = 0; i < count; i++) {
		const char *glue = i ? "; " : "Not seen by fentry: ";

		for (int stage = 0; stage < STAGE_COUNT; stage++) {
			if (!groups[i].is_in[stage])
				continue;
			add(&line, "%s%s", glue, stage_words[stage]);
			glue = ", ";
		}
		if (groups[i].rung == RUNG_NONE)
			add(&line, " not at all");
		else
			add(&line, " by %s", rung_words[groups[i].rung]);
		if (!*groups[i].reason)
			continue;
		add_text(&line, " (", groups[i].reason, REASON_COLUMNS);
		add(&line, ")");
	}
	if (!count)
		return;
	add(&line, ".");
	show_wrapped(show, line.text, 2);
	fprintf(show->out, "\n");
}

static void add_drops(struct line *line, const struct probe_drops *lost)
{
	static const struct {
		size_t offset;
		const char *what;
	} drops[] = {
		{ offsetof(struct probe_drops, slots), "faults with too many others in flight:" },
		{ offsetof(struct probe_drops, unfinished), "faults whose end was not seen:" },
		{ offsetof(struct probe_drops, deep), "stages nested too deep:" },
		{ offsetof(struct probe_drops, unmatched), "ends of stages without a start:" },
		{ offsetof(struct probe_drops, events), "slow faults not told:" },
	};

	for (size_t i = 0; i < sizeof(drops) / sizeof(drops[0]); i++) {
		const void *field = (const char *)lost + drops[i].offset;
		uint64_t value = *(const uint64_t *)field;

		if (value)
			add_number(line, drops[i].what, value);
	}
}

static void show_drops(const struct show *show, struct table_span span)
{
	bool has_any = false;

	for (size_t i = 0; i < span.count; i++) {
		const struct cell_result *cell = span.entries[i].cell;
		struct line line = { .text = "  ", .used = 2 };

		if (cell->has_probes)
			add_drops(&line, &cell->probes.drops);
		if (line.used == 2)
			continue;
		has_any = true;
		fprintf(show->out, "Lost by the probes, of ");
		show_cell_name(show->out, cell);
		fprintf(show->out, ":\n");
		show_wrapped(show, line.text, 2);
	}
	if (has_any)
		fprintf(show->out, "\n");
}

struct pick {
	const struct cell_result *cell;
	const struct worst_result *worst;
};

/* Those of all cells together, slowest first. */
static size_t pick_worst(struct pick picks[MAX_WORST], struct table_span span)
{
	size_t count = 0;

	for (size_t i = 0; i < span.count; i++) {
		const struct cell_result *cell = span.entries[i].cell;

		for (size_t j = 0; cell->has_probes && j < cell->probes.worst_count; j++) {
			const struct worst_result *worst = &cell->probes.worst[j];
			size_t at = count;

			while (at && picks[at - 1].worst->total < worst->total)
				at--;
			if (at == MAX_WORST)
				break;
			count += count < MAX_WORST;
			memmove(&picks[at + 1], &picks[at], (count - at - 1) * sizeof(picks[0]));
			picks[at] = (struct pick){ cell, worst };
		}
	}
	return count;
}

static struct line begin_line(void)
{
	struct line line = { .used = 0 };

	add(&line, "%*s", INDENT, "");
	return line;
}

/* Nothing where nothing was added. */
static void end_line(const struct show *show, const struct line *line)
{
	if (line->used > INDENT)
		show_wrapped(show, line->text, INDENT);
}

static int compare_times(const void *left, const void *right, void *context)
{
	const uint64_t *ns = context;
	int a = *(const int *)left, b = *(const int *)right;

	return ns[a] == ns[b] ? a - b : ns[a] < ns[b] ? 1 : -1;
}

static void show_times(const struct show *show, const struct worst_result *worst)
{
	struct line line = begin_line();
	int stages[STAGE_COUNT];
	size_t count = 0;

	for (size_t i = 0; i < worst->stage_ns_count; i++)
		if (worst->stage_ns[i] && worst->stage_ns[i] != U64_ABSENT)
			stages[count++] = (int)i;
	qsort_r(stages, count, sizeof(stages[0]), compare_times, worst->stage_ns);
	for (size_t i = 0; i < count; i++) {
		double ns = (double)worst->stage_ns[stages[i]];

		add_us(&line, stage_words[stages[i]], worst->stage_ns[stages[i]]);
		if (ns * 100 >= (double)worst->total)
			add(&line, " (%.0f%%)", ns / (double)worst->total * 100);
	}
	end_line(show, &line);
}

/* Where the access was, and how long its thread did not run. */
static void show_place(const struct show *show, const struct worst_result *worst)
{
	struct line line = begin_line();

	add_number(&line, "inode", worst->inode);
	add_number(&line, "page", worst->page);
	add_us(&line, "blocked", worst->blocked);
	add_us(&line, "runnable", worst->runnable);
	end_line(show, &line);
}

static void show_fillers(const struct show *show, const struct commit_result *commit)
{
	const char *unit = strcmp(commit->kind, "jbd2") ? "transaction" : "handle";
	struct line line = begin_line();

	for (size_t i = 0; i < commit->filler_count && i < MAX_FILLERS; i++) {
		const struct commit_filler *filler = &commit->fillers[i];
		const char *name = filler->comm && *filler->comm ? filler->comm : "?";

		add_text(&line, i ? "; " : "filled by ", name, NAME_COLUMNS);
		if (filler->pid != U64_ABSENT)
			add(&line, " (%llu)", (unsigned long long)filler->pid);
		add_count(&line, filler->handles, unit);
		add_count(&line, filler->blocks, "block");
	}
	if (commit->filler_count > MAX_FILLERS)
		add(&line, "; and %zu more", commit->filler_count - MAX_FILLERS);
	end_line(show, &line);
}

static void show_commit(const struct show *show, const struct commit_result *commit)
{
	struct line line = begin_line();
	bool is_jbd2 = !strcmp(commit->kind, "jbd2");
	char began[PRINTABLE_NUMBER];

	add(&line, "waited for %s %llu", is_jbd2 ? "transaction" : "checkpoint",
	    (unsigned long long)commit->id);
	if (!isnan(commit->began_ns))
		add(&line, ", begun %s us %s",
		    printable_us(fabs(commit->began_ns), DECIMALS, began),
		    commit->began_ns < 0 ? "before it" : "into it");
	add_us(&line, "in all", commit->total);
	add_us(&line, "locked", commit->locked);
	add_us(&line, "flushing", commit->flushing);
	add_us(&line, "logging", commit->logging);
	add_count(&line, commit->handles, "handle");
	add_count(&line, commit->blocks, "block");
	add_count(&line, commit->bytes, "byte");
	end_line(show, &line);
	show_fillers(show, commit);
}

static void show_stack(const struct show *show, const struct strings *stack)
{
	struct line line = begin_line();

	for (size_t i = 0; i < stack->count && i < MAX_FRAMES; i++)
		add_text(&line, i ? " < " : "in ", stack->items[i], NAME_COLUMNS);
	end_line(show, &line);
}

static void show_fault(const struct show *show, size_t rank, const struct pick *pick)
{
	char number[PRINTABLE_NUMBER];

	fprintf(show->out, "  %zu. %s us: ", rank,
		printable_us((double)pick->worst->total, DECIMALS, number));
	show_cell_name(show->out, pick->cell);
	fprintf(show->out, "\n");
	show_place(show, pick->worst);
	show_times(show, pick->worst);
	if (pick->worst->has_commit)
		show_commit(show, &pick->worst->commit);
	show_stack(show, &pick->worst->stack);
}

void show_worst(const struct show *show, struct table_span span)
{
	struct pick picks[MAX_WORST];
	size_t count = pick_worst(picks, span);

	show_rungs(show, span);
	show_drops(show, span);
	if (!count)
		return;
	fprintf(show->out, "The slowest faults, in the kernel (us):\n");
	for (size_t i = 0; i < count; i++)
		show_fault(show, i + 1, &picks[i]);
	fprintf(show->out, "\n");
}
