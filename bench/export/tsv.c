// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tab-separated values (IANA text/tab-separated-values), long: a line for each figure, every label
 * a column, for data frames and databases. show --tsv has a line for each cell instead.
 */
#include "export/export.h"

#include <math.h>

#include "base/channel.h"
#include "export/label.h"

static void put_names(FILE *out)
{
	const struct table_entry nothing = {
		.result = &(const struct result){ 0 },
		.cell = &(const struct cell_result){ 0 },
	};
	struct export_labels labels;

	export_labels_fill(&labels, &nothing);
	fputs("file\tstarted\tclock", out);
	for (size_t i = 0; i < EXPORT_LABELS; i++)
		fprintf(out, "\t%s", labels.items[i].name);
	fputs("\tcount\tfigure\tunit\tvalue\n", out);
}

static void put_text(FILE *out, const char *text)
{
	channel_put(out, CHANNEL_TSV, text, CHANNEL_WHOLE);
	fputc('\t', out);
}

/* All columns but the last three. */
static void put_labels(FILE *out, const struct table_entry *entry)
{
	struct export_labels labels;

	export_labels_fill(&labels, entry);
	put_text(out, entry->file);
	put_text(out, entry->result->started);
	put_text(out, domain_words[entry->result->clock.domain]);
	for (size_t i = 0; i < EXPORT_LABELS; i++)
		put_text(out, labels.items[i].text);
	fprintf(out, "%llu\t", (unsigned long long)entry->cell->latency.count);
}

int export_tsv(FILE *out, const struct result_table *sorted, const struct export_options *options)
{
	put_names(out);
	for (size_t i = 0; i < sorted->entry_count; i++) {
		const struct table_entry *entry = &sorted->entries[i];

		for (size_t f = 0; f < EXPORT_FIGURES; f++) {
			double ns = export_figure_ns(&entry->cell->latency, f);

			if (!export_has_figure(options, f) || isnan(ns))
				continue;
			put_labels(out, entry);
			fprintf(out, "%s\t%s\t%.12g\n", export_figures[f].name, export_unit(entry),
				ns);
		}
	}
	return 0;
}
