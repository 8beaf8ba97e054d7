// SPDX-License-Identifier: GPL-2.0-or-later
#include "show/show.h"

#include <errno.h>
#include <string.h>

#include "base/diag.h"
#include "base/printable.h"
#include "view/phrases.h"

#define REASON_COLUMNS 300
/* Cells that are searched for one reason: each has its own in a long result of another's making. */
#define REASON_WINDOW 256

/* An answer is printed in place of a latency, in a table of its own. */
static bool is_unmeasured(const struct cell_result *cell)
{
	return cell->status != CELL_OK;
}

static bool is_same_reason(const struct cell_result *a, const struct cell_result *b)
{
	return a->status == b->status && !strcmp(a->reason, b->reason);
}

/* Whether one of the cells before index was listed with the same reason, and so is this one. */
static bool is_listed(struct table_span span, size_t index)
{
	for (size_t i = index; i > 0 && i + REASON_WINDOW > index; i--)
		if (is_unmeasured(span.entries[i - 1].cell) &&
		    is_same_reason(span.entries[i - 1].cell, span.entries[index].cell))
			return true;
	return false;
}

/* The cells from first on that have its reason, in one paragraph. */
static int show_cell_names(const struct show *show, struct table_span span, size_t first)
{
	auto_free char *names = NULL;
	size_t length;
	FILE *out = open_memstream(&names, &length);

	if (!out)
		return diag_errno(ENOMEM, "show");
	fprintf(out, "      ");
	for (size_t i = first; i < span.count && i < first + REASON_WINDOW; i++) {
		const struct cell_result *cell = span.entries[i].cell;

		if (!is_unmeasured(cell) || !is_same_reason(cell, span.entries[first].cell))
			continue;
		fprintf(out, "%s", i == first ? "" : "; ");
		show_cell_name(out, cell);
	}
	if (fclose(out))
		return diag_errno(ENOMEM, "show");
	show_wrapped(show, names, 6);
	return 0;
}

/* Cells without numbers, and why: they are in no table. */
static int show_unmeasured(const struct show *show, struct table_span span)
{
	bool is_first = true;

	for (size_t i = 0; i < span.count; i++) {
		const struct cell_result *cell = span.entries[i].cell;
		char reason[REASON_COLUMNS * 4 + 4], text[REASON_COLUMNS * 4 + 64];

		if (!is_unmeasured(cell) || is_listed(span, i))
			continue;
		if (is_first)
			fprintf(show->out, "Not measured:\n");
		is_first = false;
		printable(cell->reason, REASON_COLUMNS, reason, sizeof(reason));
		snprintf(text, sizeof(text), "  %s: %s", status_words[cell->status], reason);
		show_wrapped(show, text, 4);
		if (show_cell_names(show, span, i))
			return -ENOMEM;
	}
	if (!is_first)
		fprintf(show->out, "\n");
	return 0;
}

static int show_file_system(const struct show *show, struct table_span span)
{
	const struct cell_config *config = &span.entries[0].cell->config;
	char fs[PHRASE_SIZE], variant[PHRASE_SIZE], shown[SHOW_COLUMNS * 4 + 4];
	/* What is of the log has a table of its own. */
	bool is_log = table_has_unsynced(config),
	     has_probes = show->with_probes && show_has_probes(span);
	bool has_tables =
		is_log ? has_probes : show->with_letter || show->with_table || show->with_probes;

	if (!has_tables && table_measured(span) == span.count)
		return 0;
	phrase_fs(config, fs);
	show_heading(show, printable(fs, SHOW_COLUMNS, shown, sizeof(shown)), '-');
	show_wrapped(show, phrase_variant(config, variant), 0);
	if (table_is_on_device(span.entries[0].cell))
		show_wrapped(show, "struct pages on the device itself (ndctl --map=dev)", 0);
	fprintf(show->out, "\n");
	if (show->with_letter && !is_log)
		show_letter(show, span);
	if (show->with_table && !is_log && show_table(show, span))
		return -ENOMEM;
	if (show->with_probes && show_probes(show, span))
		return -ENOMEM;
	if (show_interface(show, span))
		return -ENOMEM;
	return show_unmeasured(show, span);
}

/* Which notes the numbers need. */
struct notes {
	bool has_letter, has_count, has_runs;
};

static struct notes find_notes(const struct show *show, const struct result_table *sorted)
{
	struct table_span rest = table_all(sorted);
	struct notes notes = { 0 };

	while (rest.count) {
		struct table_span runs = table_cut(&rest, TABLE_CELL);
		const struct result *result = runs.entries[0].result;

		notes.has_runs |= table_measured(runs) > 1;
		notes.has_count |= result->clock.domain == DOMAIN_INSTRUCTIONS;
		notes.has_letter |=
			!result->has_provenance &&
			table_letter_cell(show->reference, &runs.entries[0].cell->config);
	}
	return notes;
}

/* What a reader needs to know of the numbers, once, below them. */
static void show_notes(const struct show *show, const struct notes *notes)
{
	show_wrapped(show,
		     "All latencies are microseconds, n is faults. Percentiles are nearest "
		     "rank: p99.9 of fewer than 1,000 faults is their maximum. The letter calls "
		     "a file of holes empty and a written one preallocated.",
		     0);
	if (notes->has_letter)
		show_wrapped(show,
			     "2017: the letter's own figures, of ext4 alone: Jan Kara, 17 Aug "
			     "2017, ramdisk, real time in whole microseconds; its \"avg\" is taken "
			     "as the mean.",
			     0);
	if (notes->has_count)
		show_wrapped(show,
			     "The instruction clock sees no cache, no TLB miss and no media: it "
			     "ranks kernels and paths, and is no time to set against the letter's.",
			     0);
	if (notes->has_runs)
		show_wrapped(show,
			     "Where a cell has several runs, its row is the median of the runs' "
			     "figures, and spread the range of the runs in percent of that median. "
			     "The letter's layout counts the faults of all runs together.",
			     0);
}

int show_text(const struct show *show, const struct result_table *sorted)
{
	struct notes notes = find_notes(show, sorted);
	struct table_span all = table_all(sorted);

	while (all.count) {
		struct table_span environment = table_cut(&all, TABLE_ENVIRONMENT);

		show_head(show, environment);
		if (show->with_worst_case && show_worst_case(show, environment))
			return -ENOMEM;
		if (show->with_scale && show_scale(show, environment))
			return -ENOMEM;
		if (show->with_table && show_prices(show, environment))
			return -ENOMEM;
		if (show->with_table && show_log(show, environment))
			return -ENOMEM;
		while (environment.count)
			if (show_file_system(show, table_cut(&environment, TABLE_FS)))
				return -ENOMEM;
	}
	if (show->with_table && table_measured(table_all(sorted)))
		show_notes(show, &notes);
	if (show->with_probes && show_has_probes(table_all(sorted)))
		show_legend(show, table_all(sorted));
	return 0;
}
