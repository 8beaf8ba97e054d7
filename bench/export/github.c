// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * github-action-benchmark's customSmallerIsBetter: an array of name, unit, value, range and extra
 * (its README, "Tool Specific Configuration", and extract.ts). It finds the entry to compare with
 * by name alone, so a name stands for one cell and figure of one machine and kernel.
 */
#include "export/export.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/channel.h"
#include "base/cleanup.h"
#include "base/diag.h"
#include "base/order.h"
#include "export/json.h"

struct entries {
	FILE *out;
	size_t count;
};

/* As table_runs, of any figure; no runs where none has it. -ENOMEM after a message. */
static int find_runs(struct table_span cell, size_t figure, struct table_runs *runs)
{
	auto_free double *values = calloc(cell.count, sizeof(*values));
	size_t n = 0;

	*runs = (struct table_runs){ 0, NAN, NAN, NAN };
	if (!values)
		return diag_errno(ENOMEM, "export");
	for (size_t i = 0; i < cell.count; i++) {
		double ns = export_figure_ns(&cell.entries[i].cell->latency, figure);

		if (!isnan(ns))
			values[n++] = ns;
	}
	order_sort_doubles(values, n);
	if (n)
		*runs = (struct table_runs){ n, (values[(n - 1) / 2] + values[n / 2]) / 2,
					     values[0], values[n - 1] };
	return 0;
}

/* Owned text that write() printed; NULL without memory. */
typedef void writer(FILE *out, const struct table_entry *entry, size_t number);

static char *format(writer *write, const struct table_entry *entry, size_t number)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return NULL;
	write(out, entry, number);
	if (!fclose(out))
		return text;
	free(text);
	return NULL;
}

/*
 * Pause and scheduler are not in the key, yet cells that differ in them are not the same. The
 * action's comments have the name as code, in a table.
 */
static void write_name(FILE *out, const struct table_entry *entry, size_t figure)
{
	const struct cell_config *config = &entry->cell->config;

	channel_put(out, CHANNEL_CODE, entry->cell->key, CHANNEL_WHOLE);
	if (config->pause_us && config->pause_us != U64_ABSENT)
		fprintf(out, "/pause_us=%llu", (unsigned long long)config->pause_us);
	if (config->sched)
		fprintf(out, "/scheduler=%s", sched_words[config->sched]);
	fprintf(out, " %s", export_figures[figure].name);
}

static void write_line(FILE *out, const char *label, const char *text)
{
	fprintf(out, "\n%s: ", label);
	channel_put(out, CHANNEL_LINE, text ? text : "-", CHANNEL_WHOLE);
}

static void write_extra(FILE *out, const struct table_entry *entry, size_t runs)
{
	const struct result *result = entry->result;

	fprintf(out, "runs: %zu\nfaults a run: %llu", runs,
		(unsigned long long)entry->cell->latency.count);
	write_line(out, "suite", result->suite);
	write_line(out, "kernel", result->host.kernel);
	write_line(out, "commit", result->tool.commit);
}

/* The action knows ranges as halves: this is the farther of the two ends. */
static const char *format_range(const struct table_runs *runs, char *range, size_t size)
{
	double half = fmax(runs->high - runs->median, runs->median - runs->low);

	if (runs->runs < 2)
		return NULL;
	snprintf(range, size, "± %.12g", half);
	return range;
}

static int write_entry(struct entries *entries, struct table_span cell, size_t figure,
		       const struct table_runs *runs)
{
	auto_free char *name = format(write_name, cell.entries, figure);
	auto_free char *extra = format(write_extra, cell.entries, runs->runs);
	struct export_values values = { 0 };
	struct export_json json = { .values = &values };
	char range[48];

	if (!name || !extra)
		return diag_errno(ENOMEM, "export");
	export_json_text(&json, "name", name);
	export_json_text(&json, "unit", export_unit(cell.entries));
	export_json_real(&json, "value", runs->median);
	export_json_text(&json, "range", format_range(runs, range, sizeof(range)));
	export_json_text(&json, "extra", extra);
	fputs(entries->count++ ? ",\n" : "\n", entries->out);
	return export_json_write(entries->out, &json);
}

static int put_entry(struct entries *entries, struct table_span cell, size_t figure)
{
	struct table_runs runs;
	int ret = find_runs(cell, figure, &runs);

	return ret || !runs.runs ? ret : write_entry(entries, cell, figure, &runs);
}

static int put_cell(struct entries *entries, struct table_span cell,
		    const struct export_options *options)
{
	int ret = 0;

	for (size_t f = 0; !ret && f < EXPORT_FIGURES; f++)
		if (export_has_figure(options, f))
			ret = put_entry(entries, cell, f);
	return ret;
}

int export_github(FILE *out, const struct result_table *sorted,
		  const struct export_options *options)
{
	struct table_span rest = table_all(sorted), environment;
	struct entries entries = { .out = out };
	int ret = 0;

	environment = table_cut(&rest, TABLE_ENVIRONMENT);
	if (rest.count) {
		diag_error("export: github-action-benchmark tells entries apart by their names "
			   "alone: these results are of several kernels, machines or clocks, and "
			   "it takes one");
		return -EINVAL;
	}
	fputc('[', out);
	while (!ret && environment.count)
		ret = put_cell(&entries, table_cut(&environment, TABLE_CELL), options);
	fputs("\n]\n", out);
	return ret;
}
