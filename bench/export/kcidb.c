// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * KCIDB reports, schema v5.3 (kcidb-io, kcidb_io/schema/v05_03.py): a test for each figure of a
 * cell with status DONE and a number; one for each cell without numbers with SKIP, ERROR, PASS or
 * FAIL. Its paths have no '=' and no '.' within a name: "p99_9". No property may be null.
 */
#include "export/export.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/channel.h"
#include "base/cleanup.h"
#include "export/kcidb.h"

/* Of 16,384 characters; what steers a terminal takes six each. */
#define MAX_REASON 2048
#define MAX_PATH   4096

/* Appends text as part of a path, cut: a suite's name may be long, a key has 1 KiB in all. */
static void add_to_path(char path[MAX_PATH], const char *text)
{
	size_t used = strlen(path), end = used + EXPORT_TEXT_MAX;

	for (; *text && used < end && used + 1 < MAX_PATH; text++) {
		unsigned char c = (unsigned char)*text;
		bool is_kept = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
			       (c >= 'a' && c <= 'z') || c == '-' || c == '_';

		path[used++] = is_kept ? (char)c : '_';
	}
	path[used] = '\0';
}

/* syncfault.SUITE.FS.dax_always.state_hole … and FIGURE where it is not NULL. */
static void format_path(char path[MAX_PATH], const struct export_labels *labels, const char *figure)
{
	const char *suite = export_label(labels, "suite");

	snprintf(path, MAX_PATH, "syncfault.");
	add_to_path(path, *suite ? suite : "none");
	for (size_t i = 0; i < EXPORT_AXES; i++) {
		const struct export_label *label = &labels->items[i];
		size_t used = strlen(path);

		if (!label->text[0])
			continue;
		snprintf(path + used, MAX_PATH - used, ".");
		if (i)
			add_to_path(path, label->name);
		if (i)
			add_to_path(path, "_");
		add_to_path(path, label->text);
	}
	if (figure)
		snprintf(path + strlen(path), MAX_PATH - strlen(path), ".%s", figure);
}

static void format_id(char id[KCIDB_MAX_ID], const struct kcidb_report *report,
		      const struct table_entry *entry, const char *figure)
{
	const struct kcidb_source *source =
		&report->sources[entry->result - report->sorted->results];
	int n = snprintf(id, KCIDB_MAX_ID, "%s:%s", report->options->origin, source->digest);

	if (source->twin)
		n += snprintf(id + n, KCIDB_MAX_ID - (size_t)n, "-%zu", source->twin);
	snprintf(id + n, KCIDB_MAX_ID - (size_t)n, ":%td%s%s", entry->cell - entry->result->cells,
		 figure ? ":" : "", figure ? figure : "");
}

/* An answer of the kernel that is not the documented one is the kernel's fault, not the test's. */
static const char *status_of(const struct cell_result *cell)
{
	if (cell->status == CELL_SKIPPED)
		return "SKIP";
	if (cell->status == CELL_FAILED)
		return cell->has_answer ? "FAIL" : "ERROR";
	return cell->has_latency ? "DONE" : "PASS";
}

/* Of the form that RFC 3339 has for a date-time, or NULL. */
static const char *start_time(const char *started)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd";
	size_t i = 0;

	for (; started && form[i]; i++)
		if (form[i] == 'd' ? started[i] < '0' || started[i] > '9' : started[i] != form[i])
			return NULL;
	return started && strchr(".Z+-", started[i]) && started[i] ? started : NULL;
}

static void add_number(struct export_json *json, const struct table_entry *entry, size_t figure)
{
	double ns = export_figure_ns(&entry->cell->latency, figure);
	bool is_time = entry->result->clock.domain == DOMAIN_TIME;

	export_json_real(json, "value", is_time ? ns / 1e9 : ns);
	export_json_text(json, "unit", is_time ? "s" : "instructions");
	export_json_text(json, "prefix", "metric");
}

static void add_environment(struct export_json *json, struct export_json *misc,
			    const struct result *result)
{
	export_json_text(json, "comment", result->host.cpu);
	export_json_text(misc, "virtualisation", result->host.virtualisation);
	export_json_text(misc, "governor", result->host.governor);
	export_json_text(misc, "qemu", result->has_guest ? result->guest.qemu : NULL);
	export_json_text(misc, "image_digest",
			 result->has_guest ? result->guest.image_digest : NULL);
	export_json_object(json, "misc", misc);
}

static void add_misc(struct export_json *json, const struct table_entry *entry,
		     const struct export_labels *labels)
{
	export_json_text(json, "clock", domain_words[entry->result->clock.domain]);
	if (entry->cell->has_latency)
		export_json_number(json, "faults", entry->cell->latency.count);
	export_json_labels(json, labels);
}

/* A log excerpt is cut, where needed, at the beginning of a character. Owned text, or NULL. */
static char *format_excerpt(const char *reason)
{
	char *text = NULL;
	size_t length;
	FILE *out = reason ? open_memstream(&text, &length) : NULL;

	if (!out)
		return NULL;
	channel_put(out, CHANNEL_EXCERPT, reason, MAX_REASON);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

/* figure EXPORT_FIGURES: the cell as a whole, without a number. */
static int put_test(struct kcidb_report *report, const struct table_entry *entry, size_t figure)
{
	const char *name = figure < EXPORT_FIGURES ? export_figures[figure].path : NULL;
	const struct kcidb_source *source =
		&report->sources[entry->result - report->sorted->results];
	struct export_values values = { 0 };
	struct export_json json = { .values = &values }, number = json, environment = json,
			   host = json, misc = json;
	auto_free char *excerpt = format_excerpt(entry->cell->reason);
	struct export_labels labels;
	char path[MAX_PATH], id[KCIDB_MAX_ID];

	export_labels_fill(&labels, entry);
	format_path(path, &labels, name);
	format_id(id, report, entry, name);
	export_json_text(&json, "id", id);
	export_json_text(&json, "origin", report->options->origin);
	export_json_text(&json, "build_id", source->build);
	export_json_text(&json, "path", path);
	export_json_text(&json, "status", status_of(entry->cell));
	if (name)
		add_number(&number, entry, figure);
	export_json_object(&json, "number", &number);
	export_json_text(&json, "log_excerpt", excerpt);
	export_json_text(&json, "start_time", start_time(entry->result->started));
	add_environment(&environment, &host, entry->result);
	export_json_object(&json, "environment", &environment);
	add_misc(&misc, entry, &labels);
	export_json_object(&json, "misc", &misc);
	return kcidb_put(report, &json);
}

static int put_tests_of(struct kcidb_report *report, const struct table_entry *entry)
{
	int ret = 0;

	if (!entry->cell->has_latency)
		return put_test(report, entry, EXPORT_FIGURES);
	for (size_t f = 0; !ret && f < EXPORT_FIGURES; f++)
		if (export_has_figure(report->options, f) &&
		    !isnan(export_figure_ns(&entry->cell->latency, f)))
			ret = put_test(report, entry, f);
	return ret;
}

static int put_report(struct kcidb_report *report)
{
	int ret = 0;

	fputs("{\"version\": {\"major\": 5, \"minor\": 3}", report->out);
	if (!report->options->build)
		ret = kcidb_put_builds(report);
	kcidb_begin(report, "tests");
	for (size_t i = 0; !ret && i < report->sorted->entry_count; i++)
		ret = put_tests_of(report, &report->sorted->entries[i]);
	fputs("\n]}\n", report->out);
	return ret;
}

int export_kcidb(FILE *out, const struct result_table *sorted, const struct export_options *options)
{
	struct kcidb_report report = { .out = out, .sorted = sorted, .options = options };
	int ret = kcidb_find_sources(&report);

	if (!ret)
		ret = put_report(&report);
	free(report.sources);
	return ret;
}
