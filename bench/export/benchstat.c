// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Go's benchmark format, as benchstat reads it: golang.org/design/14313-benchmark-format, and unit
 * metadata of golang.org/issue/43744. A line must stay below 64 KiB, the buffer of its reader.
 */
#include "export/export.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/channel.h"
#include "base/cleanup.h"
#include "base/diag.h"
#include "export/label.h"

static void put_unit(FILE *out, size_t figure, const char *unit)
{
	/* "ns/op" is the mean to everybody who reads this format. */
	if (export_figures[figure].quantile)
		fprintf(out, "%s-", export_figures[figure].name);
	fprintf(out, "%s/op", unit);
}

static bool has_domain(const struct result_table *sorted, int domain)
{
	for (size_t i = 0; i < sorted->entry_count; i++)
		if ((int)sorted->entries[i].result->clock.domain == domain)
			return true;
	return false;
}

/* What benchstat may assume: instructions counted again are the same, times are samples. */
static void put_units(FILE *out, const struct result_table *sorted,
		      const struct export_options *options)
{
	static const struct {
		const char *unit, *assume;
	} domains[] = {
		[DOMAIN_TIME] = { "ns", "nothing" },
		[DOMAIN_INSTRUCTIONS] = { "instructions", "exact" },
	};

	for (int domain = DOMAIN_TIME; domain <= DOMAIN_INSTRUCTIONS; domain++) {
		for (size_t f = 0; f < EXPORT_FIGURES && has_domain(sorted, domain); f++) {
			if (!export_has_figure(options, f))
				continue;
			fputs("Unit ", out);
			put_unit(out, f, domains[domain].unit);
			fprintf(out, " better=lower assume=%s\n", domains[domain].assume);
		}
	}
}

static void put_config(FILE *out, const char *key, const char *text)
{
	fprintf(out, "%s:%s", key, text && *text ? " " : "");
	channel_put(out, CHANNEL_LINE, text, EXPORT_TEXT_MAX);
	fputc('\n', out);
}

/* Owned text; NULL without memory. A key without a value takes back the one before. */
static char *format_config(const struct result *result)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return NULL;
	put_config(out, "goos", "linux");
	put_config(out, "clock", domain_words[result->clock.domain]);
	put_config(out, "kernel", result->host.kernel);
	put_config(out, "build-id", result->host.build_id);
	put_config(out, "machine", result->host.machine);
	put_config(out, "cpu", result->host.cpu);
	put_config(out, "suite", result->suite);
	put_config(out, "tool-commit", result->tool.commit);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

/* Blanks end a name and a slash begins its next part: both are escaped within a part. */
static void put_name(FILE *out, const struct table_entry *entry)
{
	struct export_labels labels;

	export_labels_fill(&labels, entry);
	fputs("BenchmarkFault", out);
	for (size_t i = 0; i < EXPORT_AXES; i++) {
		if (!labels.items[i].text[0])
			continue;
		fprintf(out, "/%s=", labels.items[i].name);
		channel_put(out, CHANNEL_PERCENT, labels.items[i].text, CHANNEL_WHOLE);
	}
}

static bool has_any(const struct latency *latency, const struct export_options *options)
{
	for (size_t f = 0; f < EXPORT_FIGURES; f++)
		if (export_has_figure(options, f) && !isnan(export_figure_ns(latency, f)))
			return true;
	return false;
}

static void put_result(FILE *out, const struct table_entry *entry,
		       const struct export_options *options)
{
	const struct latency *latency = &entry->cell->latency;

	if (!has_any(latency, options))
		return;
	put_name(out, entry);
	fprintf(out, " %llu", (unsigned long long)latency->count);
	for (size_t f = 0; f < EXPORT_FIGURES; f++) {
		double ns = export_figure_ns(latency, f);

		if (!export_has_figure(options, f) || isnan(ns))
			continue;
		fprintf(out, " %.12g ", ns);
		put_unit(out, f, export_unit(entry));
	}
	fputc('\n', out);
}

int export_benchstat(FILE *out, const struct result_table *sorted,
		     const struct export_options *options)
{
	auto_free char *last = NULL;

	put_units(out, sorted, options);
	for (size_t i = 0; i < sorted->entry_count; i++) {
		char *config = format_config(sorted->entries[i].result);

		if (!config)
			return diag_errno(ENOMEM, "export");
		if (!last || strcmp(last, config) != 0)
			fprintf(out, "\n%s\n", config);
		free(last);
		last = config;
		put_result(out, &sorted->entries[i], options);
	}
	return 0;
}
