// SPDX-License-Identifier: GPL-2.0-or-later
/* Single faults: in one line, and over several. */
#include "trace/text.h"

#include <string.h>

#include "base/printable.h"
#include "trace/list.h"

#define DECIMALS     2
#define MAX_FILLERS  5
#define EVENT_STAGES 4

/* Width of what precedes a list: "    timeline  ". */
#define LABEL_COLUMNS 14

static void print_file(FILE *out, const struct trace_fault *fault, size_t columns)
{
	char text[4 * 100 + 4];

	if (fault->file)
		fprintf(out, "%s", printable(fault->file, columns, text, sizeof(text)));
	else if (fault->fault.inode)
		fprintf(out, "%s inode %llu", fault->dev, (unsigned long long)fault->fault.inode);
	else
		fprintf(out, "anonymous memory");
}

static void print_place(FILE *out, const struct trace_fault *fault, size_t columns)
{
	char text[PRINTABLE_NUMBER];

	print_file(out, fault, columns);
	if (fault->fault.page != U64_ABSENT)
		fprintf(out, " page %s", printable_count(fault->fault.page, text));
}

static const char *verb_of(const struct trace_fault *fault)
{
	return fault->access == TRACE_UNKNOWN ? "access" : trace_access_words[fault->access];
}

static void print_head(FILE *out, const char *when, const struct trace_fault *fault)
{
	char total[PRINTABLE_NUMBER], comm[4 * PROBE_COMM + 4];

	fprintf(out, "%s  %s us  %s %llu/%llu  %s%s ", when,
		printable_us((double)fault->fault.total, DECIMALS, total),
		printable(fault->comm, PROBE_COMM, comm, sizeof(comm)),
		(unsigned long long)fault->tgid, (unsigned long long)fault->fault.tid,
		fault->is_sync ? "synchronous " : "", verb_of(fault));
}

/* "fsync 1.23": the stages that took the most, at most max. */
static void print_order(FILE *out, const struct trace_fault *fault, size_t max)
{
	char text[PRINTABLE_NUMBER], item[2 * PRINTABLE_NUMBER];
	struct trace_list list = { .out = out, .indent = LABEL_COLUMNS };
	int order[STAGE_COUNT];
	size_t count = trace_fault_order(fault, order);

	for (size_t i = 0; i < count && i < max; i++) {
		uint64_t ns = fault->fault.stage_ns[order[i]];

		snprintf(item, sizeof(item), "%s %s", stage_words[order[i]],
			 printable_us((double)ns, DECIMALS, text));
		trace_list_add(&list, item);
	}
}

void trace_text_event(FILE *out, const char *when, const struct trace_fault *fault)
{
	print_head(out, when, fault);
	print_place(out, fault, 40);
	fprintf(out, ": ");
	print_order(out, fault, EVENT_STAGES);
	fprintf(out, "%s\n", fault->has_failed ? "; it failed" : "");
}

static void print_timeline(FILE *out, const struct trace_fault *fault)
{
	const struct worst_result *worst = &fault->fault;
	char text[PRINTABLE_NUMBER], item[2 * PRINTABLE_NUMBER];
	struct trace_list list = { .out = out, .indent = LABEL_COLUMNS };

	fprintf(out, "    timeline  ");
	for (size_t i = 0; i < worst->timeline_count; i++) {
		const struct stage_span *span = &worst->timeline[i];

		snprintf(item, sizeof(item), "%s %s",
			 printable_us((double)span->from, DECIMALS, text),
			 stage_words[span->stage]);
		trace_list_add(&list, item);
	}
	if (fault->is_cut)
		trace_list_add(&list, "… (more than are kept)");
	fprintf(out, "\n");
}

static void print_waits(FILE *out, const struct trace_fault *fault)
{
	const struct worst_result *worst = &fault->fault;
	char blocked[PRINTABLE_NUMBER], runnable[PRINTABLE_NUMBER], longest[PRINTABLE_NUMBER];

	if (!worst->blocked && !worst->runnable)
		return;
	fprintf(out,
		"    off the CPU %s us waiting for something, %s us for the CPU; longest %s us\n",
		printable_us((double)worst->blocked, DECIMALS, blocked),
		printable_us((double)worst->runnable, DECIMALS, runnable),
		printable_us((double)fault->longest, DECIMALS, longest));
}

/* "12 handles"; nothing where it is not known. */
static void add_amount(struct trace_list *list, uint64_t amount, const char *what)
{
	char text[PRINTABLE_NUMBER], item[2 * PRINTABLE_NUMBER];

	if (amount == U64_ABSENT)
		return;
	snprintf(item, sizeof(item), "%s %s%s", printable_count(amount, text), what,
		 amount == 1 ? "" : "s");
	trace_list_add(list, item);
}

static void add_phase(struct trace_list *list, const char *name, uint64_t ns)
{
	char text[PRINTABLE_NUMBER], item[2 * PRINTABLE_NUMBER];

	if (ns == U64_ABSENT)
		return;
	snprintf(item, sizeof(item), "%s %s", name, printable_us((double)ns, DECIMALS, text));
	trace_list_add(list, item);
}

static void print_phases(FILE *out, const struct commit_result *commit)
{
	struct trace_list list = { .out = out, .indent = LABEL_COLUMNS };

	fprintf(out, "    that took ");
	add_phase(&list, "in all", commit->total);
	add_phase(&list, "locked", commit->locked);
	add_phase(&list, "flushing", commit->flushing);
	add_phase(&list, "logging", commit->logging);
	fprintf(out, "\n");
}

static void print_fillers(FILE *out, const struct commit_result *commit)
{
	char comm[4 * PROBE_COMM + 4];

	for (size_t i = 0; i < commit->filler_count && i < MAX_FILLERS; i++) {
		const struct commit_filler *filler = &commit->fillers[i];
		struct trace_list list = { .out = out, .indent = LABEL_COLUMNS };

		fprintf(out, "    %s %s %llu: ", i ? "         " : "filled by",
			printable(filler->comm, PROBE_COMM, comm, sizeof(comm)),
			(unsigned long long)filler->pid);
		add_amount(&list, filler->handles, "handle");
		add_amount(&list, filler->blocks, "block");
		fprintf(out, "\n");
	}
	if (commit->filler_count > MAX_FILLERS)
		fprintf(out, "              and %zu more\n", commit->filler_count - MAX_FILLERS);
}

static void print_commit(FILE *out, const struct trace_fault *fault)
{
	const struct commit_result *commit = &fault->fault.commit;
	struct trace_list list = { .out = out, .indent = LABEL_COLUMNS };

	if (!fault->fault.has_commit) {
		if (fault->commit_id != U64_ABSENT)
			fprintf(out, "    waited for commit %llu, which was not seen to its end\n",
				(unsigned long long)fault->commit_id);
		return;
	}
	fprintf(out, "    waited for %s %llu: ",
		strcmp(commit->kind, "jbd2") ? "CIL push" : "transaction",
		(unsigned long long)commit->id);
	add_amount(&list, commit->handles, "handle");
	add_amount(&list, commit->blocks, "block");
	add_amount(&list, commit->bytes, "byte");
	fprintf(out, " of log\n");
	print_phases(out, commit);
	print_fillers(out, commit);
}

static void print_stack(FILE *out, const struct trace_fault *fault)
{
	const struct strings *stack = &fault->fault.stack;
	char text[4 * 80 + 4];

	if (stack->count)
		fprintf(out, "    stack of the %s:\n",
			fault->is_wait_stack ? "longest wait" : "fault's end");
	for (size_t i = 0; i < stack->count; i++)
		fprintf(out, "      %s\n", printable(stack->items[i], 80, text, sizeof(text)));
}

void trace_text_worst(FILE *out, size_t rank, const char *when, const struct trace_fault *fault)
{
	fprintf(out, "%zu. ", rank);
	print_head(out, when, fault);
	print_place(out, fault, 60);
	fprintf(out, "%s\n    stages    ", fault->has_failed ? ", which failed" : "");
	print_order(out, fault, STAGE_COUNT);
	fprintf(out, "\n");
	print_timeline(out, fault);
	print_waits(out, fault);
	print_commit(out, fault);
	print_stack(out, fault);
}
