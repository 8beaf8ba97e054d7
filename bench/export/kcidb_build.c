// SPDX-License-Identifier: GPL-2.0-or-later
#include "export/kcidb.h"

#include <errno.h>
#include <sha2.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/diag.h"

static void to_hex(const void *data, size_t length, char hex[KCIDB_HEX_SIZE])
{
	char whole[SHA256_DIGEST_STRING_LENGTH];

	SHA256Data(data, length, whole);
	memcpy(hex, whole, KCIDB_HEX_SIZE - 1);
	hex[KCIDB_HEX_SIZE - 1] = '\0';
}

static int find_digest(const struct result *result, struct kcidb_source *source)
{
	auto_free char *text = NULL;
	size_t length;
	int ret = result_format(result, &text, &length);

	if (!ret)
		to_hex(text, length, source->digest);
	return ret;
}

/* Kernels with the same name can differ: everything known about them distinguishes them. */
static int find_build(const struct kcidb_report *report, const struct host *host,
		      struct kcidb_source *source)
{
	const char *const parts[] = { host->kernel, host->version, host->machine, host->build_id,
				      host->config_digest };
	auto_free char *text = NULL;
	char hex[KCIDB_HEX_SIZE];
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return -ENOMEM;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		fprintf(out, "%s\n", parts[i] ? parts[i] : "");
	if (fclose(out))
		return -ENOMEM;
	to_hex(text, length, hex);
	if (report->options->build)
		snprintf(source->build, KCIDB_MAX_ID, "%s", report->options->build);
	else
		snprintf(source->build, KCIDB_MAX_ID, "%s:%s", report->options->origin, hex);
	return 0;
}

static int find_source(struct kcidb_report *report, size_t index)
{
	const struct result *result = &report->sorted->results[index];
	struct kcidb_source *source = &report->sources[index];

	if (result->has_provenance) {
		diag_error("export: %s: figures that others published: kcidb takes what was "
			   "measured on a kernel build",
			   report->sorted->files[index]);
		return -EINVAL;
	}
	if (find_digest(result, source) || find_build(report, &result->host, source))
		return -ENOMEM;
	for (size_t i = 0; i < index; i++)
		source->twin += !strcmp(source->digest, report->sources[i].digest);
	return 0;
}

int kcidb_find_sources(struct kcidb_report *report)
{
	const struct result_table *sorted = report->sorted;
	int ret = 0;

	report->sources = calloc(sorted->result_count + 1, sizeof(*report->sources));
	if (!report->sources)
		return diag_errno(ENOMEM, "export");
	for (size_t i = 0; i < sorted->entry_count; i++)
		report->sources[sorted->entries[i].result - sorted->results].is_used = true;
	for (size_t i = 0; !ret && i < sorted->result_count; i++)
		if (report->sources[i].is_used)
			ret = find_source(report, i);
	return ret;
}

int kcidb_put(struct kcidb_report *report, const struct export_json *json)
{
	fputs(report->written++ ? ",\n" : "\n", report->out);
	return export_json_write(report->out, json);
}

void kcidb_begin(struct kcidb_report *report, const char *name)
{
	fprintf(report->out, ",\n\"%s\": [", name);
	report->written = 0;
}

static bool is_first_of_build(const struct kcidb_report *report, size_t index)
{
	if (!report->sources[index].is_used)
		return false;
	for (size_t i = 0; i < index; i++)
		if (!strcmp(report->sources[i].build, report->sources[index].build))
			return false;
	return true;
}

/* NULL where the schema would refuse it. */
static const char *architecture(const struct host *host)
{
	const char *machine = host->machine;

	if (!machine || strspn(machine, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(machine))
		return NULL;
	return machine;
}

/* Where the source code came from is not known here; but a build needs a checkout. */
static int put_checkout(struct kcidb_report *report, size_t index)
{
	struct export_values values = { 0 };
	struct export_json json = { .values = &values };

	export_json_text(&json, "id", report->sources[index].build);
	export_json_text(&json, "origin", report->options->origin);
	export_json_text(&json, "comment", report->sorted->results[index].host.kernel);
	return kcidb_put(report, &json);
}

static int put_build(struct kcidb_report *report, size_t index)
{
	const struct result *result = &report->sorted->results[index];
	struct export_values values = { 0 };
	struct export_json json = { .values = &values }, misc = { .values = &values };

	export_json_text(&json, "id", report->sources[index].build);
	export_json_text(&json, "checkout_id", report->sources[index].build);
	export_json_text(&json, "origin", report->options->origin);
	export_json_text(&json, "comment", result->host.version);
	export_json_text(&json, "architecture", architecture(&result->host));
	export_json_text(&misc, "kernel", result->host.kernel);
	export_json_text(&misc, "build_id", result->host.build_id);
	export_json_text(&misc, "config_digest", result->host.config_digest);
	export_json_text(&misc, "kernel_package",
			 result->has_guest ? result->guest.kernel_package : NULL);
	export_json_object(&json, "misc", &misc);
	return kcidb_put(report, &json);
}

int kcidb_put_builds(struct kcidb_report *report)
{
	int ret = 0;

	kcidb_begin(report, "checkouts");
	for (size_t i = 0; !ret && i < report->sorted->result_count; i++)
		if (is_first_of_build(report, i))
			ret = put_checkout(report, i);
	fputs("\n]", report->out);
	kcidb_begin(report, "builds");
	for (size_t i = 0; !ret && i < report->sorted->result_count; i++)
		if (is_first_of_build(report, i))
			ret = put_build(report, i);
	fputs("\n]", report->out);
	return ret;
}
