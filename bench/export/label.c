// SPDX-License-Identifier: GPL-2.0-or-later
#include "export/label.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cell/match.h"

const char *const export_format_words[] = { "openmetrics", "benchstat", "github-action-benchmark",
					    "kcidb",	   "hgrm",	"tsv",
					    NULL };
const char *const export_figure_words[] = { "min",   "mean",   "p50", "p90", "p99",
					    "p99.9", "p99.99", "max", NULL };

const struct export_figure export_figures[EXPORT_FIGURES] = {
	{ FIGURE_MIN, "min", "min", "0" },
	{ FIGURE_MEAN, "mean", "mean", NULL },
	{ FIGURE_P50, "p50", "p50", "0.5" },
	{ FIGURE_P90, "p90", "p90", "0.9" },
	{ FIGURE_P99, "p99", "p99", "0.99" },
	{ FIGURE_P999, "p99.9", "p99_9", "0.999" },
	{ FIGURE_P9999, "p99.99", "p99_99", "0.9999" },
	{ FIGURE_MAX, "max", "max", "1" },
};

double export_figure_ns(const struct latency *latency, size_t figure)
{
	return figure_ns(latency, export_figures[figure].figure);
}

bool export_has_figure(const struct export_options *options, size_t figure)
{
	for (size_t i = 0; i < options->figures.count; i++)
		if (options->figures.words[i] == (int)figure)
			return true;
	return options->figures.count == 0;
}

const char *export_unit(const struct table_entry *entry)
{
	return entry->result->clock.domain == DOMAIN_INSTRUCTIONS ? "instructions" : "ns";
}

size_t export_select(struct result_table *sorted, const struct export_options *options)
{
	size_t kept = 0, without = 0;

	for (size_t i = 0; i < sorted->entry_count; i++) {
		const struct cell_result *cell = sorted->entries[i].cell;

		if (!cell_match(options->cell, cell->key))
			continue;
		without += !cell->has_latency;
		if (cell->has_latency || options->format == EXPORT_KCIDB)
			sorted->entries[kept++] = sorted->entries[i];
	}
	sorted->entry_count = kept;
	return without;
}

/* Fills the next label. */
struct filler {
	struct export_labels *labels;
	size_t used;
};

static void add_text(struct filler *filler, const char *name, const char *text)
{
	filler->labels->items[filler->used++] = (struct export_label){ name, text ? text : "" };
}

static void add_number(struct filler *filler, const char *name, uint64_t number)
{
	char *text = filler->labels->numbers[filler->used];

	text[0] = '\0';
	if (number != U64_ABSENT)
		snprintf(text, sizeof(filler->labels->numbers[0]), "%llu",
			 (unsigned long long)number);
	add_text(filler, name, text);
}

/* Axes that most cells do not have: written only if set, as in the key. */
static void add_extra(struct filler *filler, const char *name, const char *const *words, int word)
{
	add_text(filler, name, word ? words[word] : "");
}

static void add_axes(struct filler *filler, const struct cell_config *config)
{
	bool has_dirt = table_has_unsynced(config);

	add_text(filler, "fs", config->fs);
	add_text(filler, "mkfs_options", config->mkfs_options);
	add_text(filler, "mount_options", config->mount_options);
	add_text(filler, "dax", dax_words[config->dax]);
	add_text(filler, "state", state_words[config->state]);
	add_text(filler, "load", load_words[config->load]);
	add_text(filler, "sync", sync_words[config->sync]);
	add_text(filler, "commit", commit_words[config->commit]);
	add_number(filler, "dirty", has_dirt ? config->dirty : U64_ABSENT);
	add_text(filler, "dirty_kind", has_dirt ? dirty_kind_words[config->dirty_kind] : "");
	add_extra(filler, "remap", remap_words, config->remap);
	add_extra(filler, "attribute", attribute_words, config->attribute);
	add_extra(filler, "interface", interface_words, config->interface);
	add_text(filler, "access", access_words[config->access]);
	add_text(filler, "page_size", page_words[config->page]);
	add_text(filler, "files", files_words[config->files]);
	add_number(filler, "pause_us", config->pause_us);
	add_text(filler, "scheduler", sched_words[config->sched]);
	add_number(filler, "pages", config->pages);
	add_number(filler, "threads", config->threads);
}

void export_labels_fill(struct export_labels *labels, const struct table_entry *entry)
{
	const struct result *result = entry->result;
	struct filler filler = { labels, 0 };

	add_axes(&filler, &entry->cell->config);
	add_text(&filler, "key", entry->cell->key);
	add_number(&filler, "repeat", entry->cell->repeat);
	add_text(&filler, "kernel", result->host.kernel);
	add_text(&filler, "build_id", result->host.build_id);
	add_text(&filler, "suite", result->suite);
	add_number(&filler, "seed", result->has_guest ? result->guest.seed : U64_ABSENT);
	add_text(&filler, "tool_version", result->tool.version);
	add_text(&filler, "tool_commit", result->tool.commit);
}

const char *export_label(const struct export_labels *labels, const char *name)
{
	for (size_t i = 0; i < EXPORT_LABELS; i++)
		if (!strcmp(labels->items[i].name, name))
			return labels->items[i].text;
	return "";
}

/* The fewest digits after the first that read back as value. */
static int shortest_digits(double value, char *buffer, size_t size)
{
	int digits = 0;

	for (; digits < 17; digits++) {
		snprintf(buffer, size, "%.*e", digits, value);
		if (strtod(buffer, NULL) == value)
			break;
	}
	return digits;
}

void export_put_real(FILE *out, double value)
{
	char buffer[48];
	int digits = shortest_digits(value, buffer, sizeof(buffer));
	int exponent = atoi(strchr(buffer, 'e') + 1);

	if (exponent < -4 || exponent >= 6)
		fputs(buffer, out);
	else
		fprintf(out, "%.*f", digits - exponent > 1 ? digits - exponent : 1, value);
}
