// SPDX-License-Identifier: GPL-2.0-or-later
#include "history/run.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/printable.h"
#include "history/version_order.h"

/* Of what describe_machine() puts together. */
#define MAX_MACHINE (4 * RESULT_MAX_TEXT + 64)

static char *copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

static const char *or_unknown(const char *text)
{
	return text ? text : "unknown";
}

/* What two runs must share to be compared, in words. */
static char *describe_machine(const struct result *result)
{
	const struct host *host = &result->host;
	char *text;
	int length;

	if (result->has_guest)
		length = asprintf(&text, "%s, %s, %s %s, %llu CPU", or_unknown(host->machine),
				  or_unknown(host->cpu), or_unknown(result->guest.qemu),
				  or_unknown(result->guest.accelerator),
				  (unsigned long long)result->guest.cpus);
	else
		length =
			asprintf(&text, "%s, %s", or_unknown(host->machine), or_unknown(host->cpu));
	return length < 0 ? NULL : text;
}

static int take_cell(const struct cell_result *from, struct run_cell *cell)
{
	cell->key = strdup(from->key);
	cell->is_measured = from->has_latency;
	for (size_t i = 0; i < FIGURES_WITH_HISTORY; i++) {
		bool is_told = from->has_latency && from->latency.count >= figure_least_faults(i);

		cell->figures[i] = is_told ? figure_ns(&from->latency, i) : NAN;
	}
	return cell->key ? cell_copy(&cell->config, &from->config) : -ENOMEM;
}

static int take_head(const struct result *result, struct history_run *run)
{
	const struct host *host = &result->host;
	char version[VERSION_SIZE];

	run->domain = result->clock.domain;
	if (!host->kernel || result->has_provenance)
		return 0;
	version_of_kernel(result->has_guest ? result->guest.kernel_package : NULL, host->version,
			  host->kernel, version, sizeof(version));
	run->release = strdup(host->kernel);
	run->version = strdup(version);
	run->build_id = copy(host->build_id);
	run->suite = strdup(or_unknown(result->suite));
	run->machine = describe_machine(result);
	return run->release && run->version && run->suite && run->machine &&
			       !run->build_id == !host->build_id
		       ? 0
		       : -ENOMEM;
}

static int take_result(const struct result *result, struct history_run *run)
{
	int ret = take_head(result, run);

	run->cells = calloc(result->cell_count + 1, sizeof(*run->cells));
	if (!run->cells)
		return -ENOMEM;
	for (size_t i = 0; !ret && i < result->cell_count; i++)
		ret = take_cell(&result->cells[i], &run->cells[run->cell_count++]);
	return ret;
}

int history_run_parse(const char *path, const struct result_text *text, struct history_run *run)
{
	auto_release(result_free) struct result result = { 0 };
	int ret = result_parse(text->text, text->length, path, &result);

	*run = (struct history_run){ 0 };
	if (ret)
		return ret;
	ret = take_result(&result, run);
	if (ret) {
		history_run_free(run);
		return diag_errno(ret, "%s", path);
	}
	memcpy(run->digest, text->digest, sizeof(run->digest));
	return 0;
}

static bool is_text(const char *text, size_t most)
{
	auto_free char *escaped = NULL;

	if (strnlen(text, most + 1) > most)
		return false;
	escaped = printable_escape(text);
	return escaped && !strcmp(escaped, text);
}

static const char *check_head(const struct history_run *run)
{
	if (!run->release || !run->version || !run->suite || !run->machine)
		return "a text is missing";
	if (!is_text(run->release, RESULT_MAX_TEXT) || !is_text(run->version, RESULT_MAX_TEXT) ||
	    !is_text(run->suite, RESULT_MAX_TEXT) || !is_text(run->machine, MAX_MACHINE) ||
	    (run->build_id && !is_text(run->build_id, RESULT_MAX_TEXT)))
		return "a text is too long or not UTF-8";
	if (run->domain != DOMAIN_TIME && run->domain != DOMAIN_INSTRUCTIONS)
		return "there is no such clock";
	return run->cell_count > RESULT_MAX_CELLS ? "too many cells" : NULL;
}

static const char *check_cell(const struct run_cell *cell)
{
	char key[CELL_KEY_SIZE];
	double last = 0;

	if (!cell->key || cell_key(&cell->config, key, sizeof(key)) || strcmp(cell->key, key) != 0)
		return "the key is not that of its config";
	for (int i = 0; i < FIGURES_WITH_HISTORY; i++) {
		double figure = cell->figures[i];

		if (isnan(figure))
			continue;
		if (!cell->is_measured)
			return "a cell without numbers has figures";
		if (!(figure >= last && figure <= (double)RESULT_MAX_NS))
			return "a figure is not a time, or not in ascending order";
		last = figure;
	}
	return NULL;
}

const char *history_run_check(const struct history_run *run)
{
	const char *wrong = check_head(run);

	for (size_t i = 0; !wrong && i < run->cell_count; i++)
		wrong = check_cell(&run->cells[i]);
	return wrong;
}

int history_has_place(const struct history *history, size_t build, size_t track,
		      const struct result *result)
{
	auto_release(history_run_free) struct history_run run = { 0 };

	if (take_head(result, &run))
		return -ENOMEM;
	return run.release && history_is_of_build(&history->builds[build], &run) &&
	       history_is_on_track(&history->tracks[track], &run);
}

void history_run_free(struct history_run *run)
{
	for (size_t i = 0; i < run->cell_count; i++) {
		free(run->cells[i].key);
		cell_free(&run->cells[i].config);
	}
	free(run->cells);
	free(run->path);
	free(run->release);
	free(run->version);
	free(run->build_id);
	free(run->suite);
	free(run->machine);
	*run = (struct history_run){ 0 };
}
