// SPDX-License-Identifier: GPL-2.0-or-later
#include "measure/cell_run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * A read fault on the page cache maps the pages around it too, 64 KiB by default (mm/memory.c,
 * do_fault_around): reads are that far apart, so that each takes its own fault.
 */
#define FAULT_AROUND_BYTES 65536

static uint64_t file_bytes(const struct cell_run *run)
{
	uint64_t of_thread = run->config->pages * run->stride;

	return run->file_count > 1 ? of_thread : of_thread * run->config->threads;
}

static uint64_t choose_stride(const struct cell_run *run)
{
	const struct cell_config *config = run->config;
	uint64_t page = cell_page_bytes(config);

	if (config->access == ACCESS_READ && config->dax == DAX_NEVER && page < FAULT_AROUND_BYTES)
		return FAULT_AROUND_BYTES;
	return page;
}

int cell_run_allocate(struct cell_run *run)
{
	uint64_t threads = run->config->threads;

	run->stride = choose_stride(run);
	run->cell->placement.stride_bytes = run->stride;
	run->file_count = run->config->files == FILES_EACH ? threads : 1;
	run->fds = malloc(run->file_count * sizeof(*run->fds));
	run->mappings = calloc(run->file_count, sizeof(*run->mappings));
	run->commits = calloc(run->file_count, sizeof(*run->commits));
	run->plans = calloc(threads, sizeof(*run->plans));
	run->outcomes = calloc(threads, sizeof(*run->outcomes));
	for (size_t i = 0; run->fds && i < run->file_count; i++)
		run->fds[i] = -1;
	if (run->fds && run->mappings && run->commits && run->plans && run->outcomes)
		return 0;
	return verdict_fail(&run->verdict, "no memory for %llu threads",
			    (unsigned long long)threads);
}

int cell_run_prepare_file(struct cell_run *run, size_t i)
{
	struct proof *proof = &run->cell->proof;
	char name[32];

	if (run->site.devdax_fd >= 0) {
		proof->is_dax = true;
		run->fds[i] = dup(run->site.devdax_fd);
		return run->fds[i] < 0 ? verdict_fail(&run->verdict, "dup: %s", strerror(errno))
				       : 0;
	}
	if (run->site.is_anonymous) {
		proof->is_dax = false;
		return 0;
	}
	snprintf(name, sizeof(name), "faults-%zu", i);
	run->fds[i] = datafile_prepare(&run->site.place, run->config, name, file_bytes(run),
				       &proof->is_dax, &run->verdict);
	return run->fds[i] < 0 ? run->fds[i] : 0;
}

static int map_file(struct cell_run *run, size_t i)
{
	bool wants_sync = run->config->sync == SYNC_MAP_SYNC;
	int ret = mapping_create(run->config, run->fds[i], file_bytes(run), &run->mappings[i],
				 &run->verdict);

	if (ret)
		return ret;
	ret = mapping_has_sync_flag(&run->mappings[i]);
	if (ret < 0)
		return verdict_fail(&run->verdict, "read VmFlags in smaps: %s", strerror(-ret));
	run->cell->proof.has_map_sync = ret;
	if (ret == wants_sync)
		return 0;
	return verdict_fail(&run->verdict, "VmFlags in smaps %s sf: the mapping is %ssynchronous",
			    ret ? "have" : "lack", ret ? "" : "not ");
}

static int prepare_commit(struct cell_run *run, size_t i)
{
	struct placement *placement = &run->cell->placement;
	const char *instruction = flush_instruction();

	if (run->config->commit == COMMIT_FLUSH && instruction && !placement->flush_instruction) {
		placement->flush_instruction = strdup(instruction);
		if (!placement->flush_instruction)
			return verdict_fail(&run->verdict, "no memory");
	}
	return commit_open(&run->commits[i], run->config, run->fds[i], &run->mappings[i],
			   &run->verdict);
}

static int prepare_files(struct cell_run *run)
{
	int ret = 0;

	for (size_t i = 0; i < run->file_count && !ret; i++) {
		ret = cell_run_prepare_file(run, i);
		if (!ret)
			ret = map_file(run, i);
		if (!ret)
			ret = prepare_commit(run, i);
	}
	return ret;
}

static int record_load(struct cell_run *run, const cpu_set_t *cpus)
{
	struct placement *placement = &run->cell->placement;

	placement->load_files = run->load.files;
	placement->load_file_bytes = run->load.file_bytes;
	placement->load_processes = run->load.processes;
	placement->load_cpus = calloc((size_t)CPU_COUNT(cpus), sizeof(uint64_t));
	if (!placement->load_cpus)
		return verdict_fail(&run->verdict, "no memory");
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, cpus))
			placement->load_cpus[placement->load_cpu_count++] = (uint64_t)cpu;
	return 0;
}

static int start_load(struct cell_run *run)
{
	cpu_set_t cpus;
	int ret;

	if (run->config->load == LOAD_NONE)
		return 0;
	if (!cpus_for_load(run->setup->cpus, run->config->threads, &cpus) && !run->config->pause_us)
		verdict_warn(&run->verdict, "the load shares the faulting threads' CPUs without a "
					    "pause: it can move little");
	ret = load_start(&run->load, run->config, &run->site.place, &cpus, &run->verdict);
	return ret ? ret : record_load(run, &cpus);
}

static int check_room(struct cell_run *run, const struct target *target)
{
	size_t copies = target->kind == TARGET_DEVDAX ? 1 : run->file_count;

	return target_check_room(target, &run->site, run->config, file_bytes(run) * copies,
				 &run->verdict);
}

int cell_run_prepare(struct cell_run *run, struct target *target)
{
	int ret = cell_run_allocate(run);

	if (!ret)
		ret = commit_check(run->config, &run->verdict);
	if (!ret)
		ret = target_enter(target, run->config, run->setup->is_repeatable, &run->site,
				   &run->verdict);
	if (!ret)
		ret = check_room(run, target);
	if (!ret)
		ret = unsynced_prepare(&run->unsynced, target, &run->site, run->config,
				       &run->verdict);
	if (!ret)
		ret = prepare_files(run);
	if (!ret)
		ret = remap_prepare(&run->remap, run->config, &run->site.place, run->fds,
				    run->mappings, run->file_count, file_bytes(run), run->stride,
				    &run->verdict);
	return ret ? ret : start_load(run);
}

void cell_run_release(struct cell_run *run)
{
	load_stop(&run->load);
	remap_release(&run->remap);
	for (size_t i = 0; run->commits && i < run->file_count; i++)
		commit_close(&run->commits[i]);
	for (size_t i = 0; run->mappings && i < run->file_count; i++)
		mapping_destroy(&run->mappings[i]);
	for (size_t i = 0; run->fds && i < run->file_count; i++)
		if (run->fds[i] >= 0)
			close(run->fds[i]);
	for (size_t i = 0; run->outcomes && i < run->config->threads; i++)
		free(run->outcomes[i].samples);
	unsynced_close(&run->unsynced);
	target_leave(&run->site);
	free(run->fds);
	free(run->mappings);
	free(run->commits);
	free(run->plans);
	free(run->outcomes);
}
