// SPDX-License-Identifier: GPL-2.0-or-later
#include "measure/measure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/sigbus.h"
#include "base/stop.h"
#include "machine/clock_watch.h"
#include "machine/halt_watch.h"
#include "measure/cell_run.h"
#include "measure/interface.h"
#include "measure/proof.h"
#include "probes/probes.h"

/*
 * A machine with other work may leave the load no time in a cell of a millisecond. It is then
 * measured again, on a new file system, and says so.
 */
#define LOAD_ATTEMPTS 3

/* A file system that has less left is full: some cannot give their last blocks away. */
#define FULL_BYTES (1 << 20)

static void make_plans(struct cell_run *run)
{
	const struct cell_config *config = run->config;
	struct placement *placement = &run->cell->placement;

	for (size_t i = 0; i < config->threads; i++) {
		bool has_own = run->file_count > 1;
		int cpu = cpus_of_thread(run->setup->cpus, i);

		run->plans[i] = (struct fault_plan){
			.clock = run->setup->clock,
			.base = run->mappings[has_own ? i : 0].base +
				(has_own ? 0 : i * config->pages * run->stride),
			.stride_bytes = run->stride,
			.pages = config->pages,
			.access = config->access,
			.pause_us = config->pause_us,
			.cpu = cpu,
			.is_fifo = config->sched == SCHED_WORD_FIFO,
			.keep_samples = RESULT_MAX_SAMPLES / config->threads,
			.load_bytes = load_counter(&run->load),
		};
		commit_plan(&run->commits[has_own ? i : 0], config,
			    has_own ? 0 : i * config->pages * run->stride, &run->plans[i]);
		if (run->plans[i].keep_samples > config->pages)
			run->plans[i].keep_samples = config->pages;
		placement->fault_cpus[placement->fault_cpu_count++] = (uint64_t)cpu;
	}
}

/* Why a page has no block, as far as its file system shows now. */
static const char *find_cause(const struct cell_run *run)
{
	struct statvfs vfs;

	if (run->site.place.dir_fd < 0 || fstatvfs(run->site.place.dir_fd, &vfs))
		return NULL;
	if (vfs.f_blocks && (uint64_t)vfs.f_bavail * vfs.f_frsize < FULL_BYTES)
		return "the file system is full";
	if (vfs.f_flag & ST_RDONLY)
		return "the file system is read-only";
	return "the file system could not read or allocate the block (dmesg may say why)";
}

/* Whether a thread met it. */
static bool explain_sigbus(struct cell_run *run)
{
	bool has_met = false;

	for (size_t i = 0; i < run->config->threads; i++)
		if (run->outcomes[i].error == -EFAULT) {
			run->outcomes[i].error_cause = find_cause(run);
			has_met = true;
		}
	return has_met;
}

/* Memory may fail under the mapping with nobody accessing it, and the kernel reports that too. */
static int check_memory(struct cell_run *run)
{
	for (size_t i = 0; i < run->file_count; i++) {
		uintptr_t base = (uintptr_t)run->mappings[i].base, at;

		if (sigbus_reported(base, base + run->mappings[i].bytes, &at))
			return verdict_fail(&run->verdict,
					    "the memory at offset %llu of the file has failed "
					    "while it was mapped (BUS_MCEERR_AO)",
					    (unsigned long long)(at - base));
	}
	return 0;
}

/*
 * Stores to the page cache of a file system that has shut down, or turned read-only, may go on as
 * if nothing had been: a change of the file's attributes does not.
 */
static int check_file_system(struct cell_run *run)
{
	bool has_files = run->site.devdax_fd < 0 && !run->site.is_anonymous;

	for (size_t i = 0; i < run->file_count && has_files; i++)
		if (fchmod(run->fds[i], 0600))
			return verdict_fail(&run->verdict,
					    "the file system no longer takes changes: %s",
					    strerror(errno));
	return 0;
}

/* The proof's page size: with 2m cells, no second access to any unit may take a fault. */
static int verify_page_size(struct cell_run *run)
{
	uint64_t page = cell_page_bytes(run->config);
	int64_t more = 0;

	if (run->config->commit == COMMIT_PWRITE_DSYNC) /* which maps nothing */
		return 0;
	for (size_t i = 0; i < run->config->threads && run->config->page == PAGE_2M; i++) {
		more = faults_probe(&run->plans[i], page - 4096);
		if (more)
			return verdict_fail(&run->verdict,
					    "not mapped by 2 MiB pages: a second access to each of "
					    "the %llu took %lld faults more",
					    (unsigned long long)run->config->pages,
					    (long long)more);
	}
	run->cell->proof.page_size = page;
	return 0;
}

/* The clock is one for all CPUs: the TSC is taken only where it is (machine/clock.h). */
static uint64_t find_elapsed_ns(const struct cell_run *run)
{
	uint64_t begin = run->outcomes[0].begin, end = run->outcomes[0].end;

	for (size_t i = 1; i < run->config->threads; i++) {
		const struct fault_outcome *outcome = &run->outcomes[i];

		begin = outcome->begin < begin ? outcome->begin : begin;
		end = outcome->end > end ? outcome->end : end;
	}
	return clock_to_ns(run->setup->clock, end - begin);
}

static int fill_latency(struct cell_run *run)
{
	uint64_t threads = run->config->threads;
	auto_free struct hist *hist = malloc(sizeof(*hist));
	auto_free uint64_t *samples = NULL;
	size_t count = 0;
	int ret;

	for (size_t i = 0; i < threads; i++)
		count += run->outcomes[i].sample_count;
	samples = calloc(count, sizeof(*samples));
	if (!hist || !samples)
		return -ENOMEM;
	hist_init(hist);
	count = 0;
	for (size_t i = 0; i < threads; i++) {
		const struct fault_outcome *outcome = &run->outcomes[i];

		hist_merge(hist, &outcome->hist);
		memcpy(samples + count, outcome->samples, outcome->sample_count * sizeof(*samples));
		count += outcome->sample_count;
	}
	ret = latency_fill(&run->cell->latency, hist, no_free(samples), count);
	run->cell->has_latency = !ret;
	run->cell->latency.elapsed = find_elapsed_ns(run);
	return ret;
}

/* Only the cell's own faults: the program has others, on what it allocates meanwhile. */
static void start_probes(void *context)
{
	struct cell_run *run = context;
	uintptr_t from = UINTPTR_MAX, to = 0;

	for (size_t i = 0; i < run->file_count; i++) {
		uintptr_t base = (uintptr_t)run->mappings[i].base;

		if (base < from)
			from = base;
		if (base + run->mappings[i].bytes > to)
			to = base + run->mappings[i].bytes;
	}
	probes_aim(run->setup->probes, from, to);
	probes_start(run->setup->probes);
}

/* The last thing before the faults: what it leaves dirty is the first one's to sync. */
static int move_blocks(struct cell_run *run)
{
	cpu_set_t cpus;

	if (run->config->remap == REMAP_NONE)
		return 0;
	cpus_for_load(run->setup->cpus, run->config->threads, &cpus);
	return remap_apply(&run->remap, &cpus, &run->verdict);
}

/*
 * Where the clock counts instructions, none passes while the guest is stopped, and nobody looks:
 * that would be instructions more.
 */
static int run_faults(struct cell_run *run)
{
	bool is_time = run->setup->clock->domain == DOMAIN_TIME;
	uint64_t longest_ns = 0;
	struct halt_watch halts;
	int ret;

	if (run->setup->probes) {
		run->plans[0].at_ready = start_probes;
		run->plans[0].context = run;
	}
	if (is_time) {
		halt_watch_open(&halts);
		run->plans[0].halts = &halts;
	}
	ret = faults_run(run->plans, run->outcomes, run->config->threads);
	if (run->setup->probes)
		probes_stop(run->setup->probes);
	for (size_t i = 0; i < run->config->threads; i++)
		if (run->outcomes[i].hist.max_ns > longest_ns)
			longest_ns = run->outcomes[i].hist.max_ns;
	if (is_time)
		halt_watch_close(&halts, longest_ns, &run->verdict);
	if (ret)
		return verdict_fail(&run->verdict, "start %llu threads: %s",
				    (unsigned long long)run->config->threads, strerror(-ret));
	return 0;
}

static int measure(struct cell_run *run)
{
	struct placement *placement = &run->cell->placement;
	struct clock_watch watch;
	int ret;

	placement->fault_cpus = calloc(run->config->threads, sizeof(uint64_t));
	if (!placement->fault_cpus)
		return verdict_fail(&run->verdict, "no memory");
	make_plans(run);
	clock_watch_begin(&watch, run->setup->clock);
	ret = move_blocks(run);
	if (!ret)
		ret = unsynced_make(&run->unsynced, &run->verdict);
	if (!ret)
		ret = run_faults(run);
	if (ret)
		return ret;
	ret = explain_sigbus(run) ? 0 : check_memory(run);
	if (!ret)
		ret = commit_prove_stores(run->config, run->outcomes, &run->cell->proof,
					  &run->verdict);
	if (!ret)
		ret = clock_watch_end(&watch, &run->verdict);
	if (!ret)
		ret = check_file_system(run);
	if (!ret && run->config->load != LOAD_NONE)
		ret = proof_of_load(&run->load, run->outcomes, run->config->threads,
				    &run->cell->proof, &run->verdict);
	load_stop(&run->load);
	if (!ret)
		ret = remap_stop(&run->remap, &run->cell->proof.writes_beside, &run->verdict);
	if (!ret)
		ret = remap_verify(&run->remap, &run->cell->proof.verified_bytes, &run->verdict);
	if (!ret)
		ret = commit_prove_contents(run->config, run->fds, run->file_count, run->stride,
					    &run->cell->proof, &run->verdict);
	if (!ret)
		ret = verify_page_size(run);
	if (!ret && fill_latency(run))
		ret = verdict_fail(&run->verdict, "no memory for the samples");
	if (!ret)
		ret = unsynced_read(&run->unsynced, run->config->pages * run->config->threads,
				    &run->cell->dirt, &run->cell->has_dirt, &run->verdict);
	return ret;
}

/* A thread that asked for SCHED_FIFO and did not get it ran as others do: the result says so. */
static void record_scheduler(struct cell_run *run)
{
	uint64_t threads = run->config->threads, refused = 0;

	if (run->config->sched != SCHED_WORD_FIFO || run->verdict.status != CELL_OK ||
	    run->config->interface)
		return;
	for (size_t i = 0; i < threads; i++)
		refused += !run->outcomes[i].has_fifo;
	if (!refused)
		return;
	run->cell->config.sched = SCHED_WORD_OTHER;
	if (refused == threads)
		verdict_warn(&run->verdict,
			     "SCHED_FIFO was refused: the threads ran as SCHED_OTHER");
	else
		verdict_warn(&run->verdict,
			     "SCHED_FIFO was refused to %llu of %llu threads: they ran as "
			     "SCHED_OTHER",
			     (unsigned long long)refused, (unsigned long long)threads);
}

/*
 * Whatever the state and page size of the cell: for a mapping that is only asked for, they are what
 * the target can have.
 */
static struct cell_config fit_for_asking(const struct cell_run *run, const struct target *target)
{
	struct cell_config config = *run->config;

	config.state = target->kind == TARGET_DEVDAX ? STATE_WRITTEN : STATE_HOLE;
	config.page = target->kind == TARGET_DEVDAX ? PAGE_2M : PAGE_4K;
	return config;
}

static int ask(struct cell_run *run, struct target *target)
{
	struct cell_config config = fit_for_asking(run, target);
	struct cell_result *cell = run->cell;
	struct interface_place place;
	uint64_t bytes;
	int ret;

	run->config = &config;
	ret = cell_run_allocate(run);
	if (!ret)
		ret = target_enter(target, &config, run->setup->is_repeatable, &run->site,
				   &run->verdict);
	if (!ret)
		ret = cell_run_prepare_file(run, 0);
	if (!ret) {
		bytes = target->kind == TARGET_DEVDAX ? target->guard.align_bytes
						      : cell_page_bytes(&config);
		interface_look(run->fds[0], target->kind == TARGET_DEVDAX, bytes, &place);
		ret = interface_ask(config.interface, &place, &cell->answer, &run->verdict);
		cell->has_answer = cell->answer.said && cell->answer.expected;
	}
	run->config = &cell->config;
	return ret;
}

static int measure_once(const struct measure_setup *setup, struct target *target,
			const struct cell_config *config, uint64_t repeat, struct cell_result *cell)
{
	struct cell_run run = { .setup = setup,
				.config = config,
				.cell = cell,
				.site = { .mount_fd = -1, .devdax_fd = -1 },
				.unsynced = UNSYNCED_NONE };
	char key[CELL_KEY_SIZE];
	struct sigaction old;

	cell_result_init(cell);
	cell->repeat = repeat;
	if (cell_copy(&cell->config, config) || cell_key(config, key, sizeof(key)))
		return -ENOMEM;
	cell->key = strdup(key);
	cell->placement.target = strdup(target->description);
	if (!cell->key || !cell->placement.target)
		return -ENOMEM;
	cell->placement.struct_pages = target_struct_pages(target, config);
	sigbus_enter(&old);
	if (config->interface)
		ask(&run, target);
	else if (cell_run_prepare(&run, target) == 0)
		measure(&run);
	record_scheduler(&run);
	cell_run_release(&run);
	sigbus_leave(&old);
	cell->status = run.verdict.status;
	cell->warnings = run.verdict.warnings;
	if (cell->status != CELL_OK) {
		cell->reason = strdup(run.verdict.reason);
		if (!cell->reason)
			return -ENOMEM;
	}
	return stop_check();
}

/* Which says nothing of the kernel, only that the load's process did not get to run. */
static bool was_load_idle(const struct cell_result *cell)
{
	return cell->status == CELL_FAILED &&
	       (cell->proof.load_bytes == 0 || cell->proof.load_operations == 0 ||
		cell->proof.writes_beside == 0);
}

int measure_cell(const struct measure_setup *setup, struct target *target,
		 const struct cell_config *config, uint64_t repeat, struct cell_result *cell)
{
	char warning[96];
	int ret = measure_once(setup, target, config, repeat, cell), attempts = 1;

	for (; !ret && was_load_idle(cell) && attempts < LOAD_ATTEMPTS; attempts++) {
		cell_result_free(cell);
		ret = measure_once(setup, target, config, repeat, cell);
	}
	if (ret || attempts == 1)
		return ret;
	snprintf(warning, sizeof(warning), "measured %d times: before, the load had moved nothing",
		 attempts);
	return strings_add(&cell->warnings, warning);
}
