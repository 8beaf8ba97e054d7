// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/result_set.h"

#include <errno.h>
#include <string.h>

#include "base/diag.h"
#include "view/result_files.h"

static bool is_same_text(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

const char *result_set_difference(const struct result *a, const struct result *b)
{
	const struct {
		const char *what;
		bool is_same;
	} facts[] = {
		{ "clock domain", a->clock.domain == b->clock.domain },
		{ "suite", is_same_text(a->suite, b->suite) },
		{ "kernel", is_same_text(a->host.kernel, b->host.kernel) },
		{ "kernel version", is_same_text(a->host.version, b->host.version) },
		{ "machine", is_same_text(a->host.machine, b->host.machine) },
		{ "build id", is_same_text(a->host.build_id, b->host.build_id) },
		{ "kernel configuration",
		  is_same_text(a->host.config_digest, b->host.config_digest) },
		{ "CPU", is_same_text(a->host.cpu, b->host.cpu) },
		{ "QEMU", is_same_text(a->guest.qemu, b->guest.qemu) },
		{ "QEMU accelerator", is_same_text(a->guest.accelerator, b->guest.accelerator) },
	};

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		if (!facts[i].is_same)
			return facts[i].what;
	return NULL;
}

static bool is_cell(const struct cell_config *a, const char *a_key, const struct cell_config *b,
		    const char *b_key)
{
	return a->sched == b->sched && a->pause_us == b->pause_us && !strcmp(a_key, b_key);
}

const struct set_cell *result_set_find(const struct result_set *set,
				       const struct cell_config *config, const char *key)
{
	for (size_t i = 0; i < set->cell_count; i++)
		if (is_cell(set->cells[i].config, set->cells[i].key, config, key))
			return &set->cells[i];
	return NULL;
}

static struct set_cell *add_cell(struct result_set *set, const struct cell_result *cell)
{
	struct set_cell *grown;

	for (size_t i = 0; i < set->cell_count; i++)
		if (is_cell(set->cells[i].config, set->cells[i].key, &cell->config, cell->key))
			return &set->cells[i];
	grown = reallocarray(set->cells, set->cell_count + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	set->cells = grown;
	grown[set->cell_count] = (struct set_cell){ .key = cell->key, .config = &cell->config };
	return &grown[set->cell_count++];
}

static bool is_same_latency(const struct latency *a, const struct latency *b)
{
	if (a->count != b->count || a->min != b->min || a->max != b->max || a->mean != b->mean ||
	    a->p50 != b->p50 || a->p90 != b->p90 || a->p99 != b->p99 ||
	    a->sample_count != b->sample_count || a->hist_ns_count != b->hist_ns_count)
		return false;
	for (size_t i = 0; i < a->hist_ns_count; i++)
		if (a->hist_ns[i].count != b->hist_ns[i].count)
			return false;
	return !a->sample_count ||
	       !memcmp(a->samples, b->samples, a->sample_count * sizeof(*a->samples));
}

/*
 * A copy of a file must not count as another run. On the instruction clock a boot of one seed can
 * be repeated exactly, and adds nothing new either.
 */
static bool is_copy(const struct set_run *a, const struct set_run *b)
{
	bool is_one_start = is_same_text(a->result->started, b->result->started) &&
			    is_same_text(a->result->guest.started, b->result->guest.started);

	return a->repeat == b->repeat && a->seed == b->seed &&
	       (is_one_start || a->result->clock.domain == DOMAIN_INSTRUCTIONS) &&
	       is_same_latency(&a->cell->latency, &b->cell->latency);
}

static int add_run(struct result_set *set, struct set_cell *cell, struct set_run run)
{
	struct set_run *grown;

	for (size_t i = 0; i < cell->run_count; i++)
		if (is_copy(&cell->runs[i], &run)) {
			set->copies++;
			return 0;
		}
	grown = reallocarray(cell->runs, cell->run_count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	cell->runs = grown;
	grown[cell->run_count++] = run;
	return 0;
}

static int add_result(struct result_set *set, size_t index)
{
	const struct result *result = &set->results[index];
	bool has_seed = result->has_guest && result->guest.seed != U64_ABSENT;

	for (size_t i = 0; i < result->cell_count; i++) {
		const struct cell_result *from = &result->cells[i];
		struct set_cell *cell = add_cell(set, from);
		const struct set_run run = { .result = result,
					     .file = set->files[index],
					     .cell = from,
					     .seed = has_seed ? result->guest.seed : 0,
					     .repeat = from->repeat == U64_ABSENT ? 0
										  : from->repeat };

		if (!cell)
			return -ENOMEM;
		if (!from->has_latency)
			cell->missing = from->reason ? from->reason : "has no latencies";
		else if (add_run(set, cell, run))
			return -ENOMEM;
	}
	return 0;
}

static int compare_runs(const void *left, const void *right)
{
	const struct set_run *a = left, *b = right;

	if (a->seed != b->seed)
		return a->seed < b->seed ? -1 : 1;
	if (a->repeat != b->repeat)
		return a->repeat < b->repeat ? -1 : 1;
	return strcmp(a->file, b->file);
}

static int compare_cells(const void *left, const void *right)
{
	const struct set_cell *a = left, *b = right;
	int order = strcmp(a->key, b->key);

	if (!order)
		order = a->config->sched - b->config->sched;
	if (!order)
		order = (a->config->pause_us > b->config->pause_us) -
			(a->config->pause_us < b->config->pause_us);
	return order;
}

static int collect_cells(struct result_set *set)
{
	for (size_t i = 0; i < set->result_count; i++)
		if (add_result(set, i))
			return diag_errno(ENOMEM, "%s", set->name);
	for (size_t i = 0; i < set->cell_count; i++)
		if (set->cells[i].run_count)
			qsort(set->cells[i].runs, set->cells[i].run_count, sizeof(struct set_run),
			      compare_runs);
	if (set->cell_count)
		qsort(set->cells, set->cell_count, sizeof(*set->cells), compare_cells);
	return 0;
}

/* Whether the last one that was read may be in one set with the others. */
static int check_last(const char *name, const struct results *results)
{
	const struct result *last = &results->items[results->count - 1];
	const char *file = results->paths[results->count - 1], *what;

	if (last->has_provenance) {
		diag_error("%s: figures that somebody published, not runs: they cannot be compared",
			   file);
		return -EINVAL;
	}
	what = result_set_difference(&results->items[0], last);
	if (!what)
		return 0;
	diag_error("%s: results of two builds (%s differs: %s and %s): give one build a side", name,
		   what, results->paths[0], file);
	return -EINVAL;
}

int result_set_take(const char *name, struct results *results, struct result_set *set)
{
	int ret;

	*set = (struct result_set){ .name = strdup(name),
				    .results = results->items,
				    .files = results->paths,
				    .result_count = results->count };
	*results = (struct results){ 0 };
	ret = set->name ? collect_cells(set) : diag_errno(ENOMEM, "%s", name);
	if (ret)
		result_set_free(set);
	return ret;
}

/* Ends at the first that cannot be in the set. */
static int read_files(const char *name, const struct result_files *files, struct result_set *set)
{
	auto_results struct results results = { 0 };
	int ret = 0;

	for (size_t i = 0; i < files->count && !ret; i++) {
		ret = results_add(&results, files->items[i].path, files->root);
		if (!ret)
			ret = check_last(name, &results);
	}
	return ret ? ret : result_set_take(name, &results, set);
}

int result_set_read(const char *path, bool follows_links, struct result_set *set)
{
	struct result_file input = { .path = (char *)(uintptr_t)path };
	auto_result_files struct result_files found = { 0 };
	int ret;

	*set = (struct result_set){ 0 };
	if (!strcmp(path, "-"))
		return read_files(path, &(struct result_files){ .items = &input, .count = 1 }, set);
	ret = result_files_find(path, follows_links, NULL, &found);
	if (!ret && !found.count) {
		diag_error("%s: no result (*.json) in this folder", path);
		ret = -EINVAL;
	}
	if (!ret && found.count > RESULT_SET_MAX_FILES) {
		diag_error("%s: more than %d results: give the folder of one build", path,
			   RESULT_SET_MAX_FILES);
		ret = -EINVAL;
	}
	return ret ? ret : read_files(path, &found, set);
}

void result_set_free(struct result_set *set)
{
	results_free(&(struct results){ set->results, set->files, set->result_count });
	for (size_t i = 0; i < set->cell_count; i++)
		free(set->cells[i].runs);
	free(set->cells);
	free(set->name);
	*set = (struct result_set){ 0 };
}
