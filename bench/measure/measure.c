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
#include "load/load.h"
#include "load/remap.h"
#include "load/unsynced.h"
#include "machine/clock_watch.h"
#include "measure/commit.h"
#include "measure/faults.h"
#include "measure/interface.h"
#include "measure/proof.h"
#include "probes/probes.h"
#include "target/mapping.h"

/*
 * A read fault on the page cache maps the pages around it too, 64 KiB by default (mm/memory.c,
 * do_fault_around): reads are that far apart, so that each takes its own fault.
 */
#define FAULT_AROUND_BYTES 65536

/*
 * A machine with other work may leave the load no time in a cell of a millisecond. It is then
 * measured again, on a new file system, and says so.
 */
#define LOAD_ATTEMPTS 3

/* A file system that has less left is full: some cannot give their last blocks away. */
#define FULL_BYTES (1 << 20)

/* What a cell holds while it is measured; released in the reverse order. */
struct bench {
	const struct measure_setup *setup;
	const struct cell_config *config;
	struct cell_result *cell;
	struct verdict verdict;
	struct site site;
	struct load load;
	struct dirt dirt;
	struct remap remap;
	int *fds; /* one, or one for each thread */
	struct mapping *mappings;
	struct commit *commits; /* of each file */
	size_t file_count;
	uint64_t stride;
	struct fault_plan *plans;
	struct fault_outcome *outcomes;
};

static uint64_t file_bytes(const struct bench *bench)
{
	uint64_t of_thread = bench->config->pages * bench->stride;

	return bench->file_count > 1 ? of_thread : of_thread * bench->config->threads;
}

static uint64_t choose_stride(const struct bench *bench)
{
	const struct cell_config *config = bench->config;
	uint64_t page = cell_page_bytes(config);

	if (config->access == ACCESS_READ && config->dax == DAX_NEVER && page < FAULT_AROUND_BYTES)
		return FAULT_AROUND_BYTES;
	return page;
}

static int allocate(struct bench *bench)
{
	uint64_t threads = bench->config->threads;

	bench->stride = choose_stride(bench);
	bench->cell->placement.stride_bytes = bench->stride;
	bench->file_count = bench->config->files == FILES_EACH ? threads : 1;
	bench->fds = malloc(bench->file_count * sizeof(*bench->fds));
	bench->mappings = calloc(bench->file_count, sizeof(*bench->mappings));
	bench->commits = calloc(bench->file_count, sizeof(*bench->commits));
	bench->plans = calloc(threads, sizeof(*bench->plans));
	bench->outcomes = calloc(threads, sizeof(*bench->outcomes));
	for (size_t i = 0; bench->fds && i < bench->file_count; i++)
		bench->fds[i] = -1;
	if (bench->fds && bench->mappings && bench->commits && bench->plans && bench->outcomes)
		return 0;
	return verdict_fail(&bench->verdict, "no memory for %llu threads",
			    (unsigned long long)threads);
}

static int prepare_file(struct bench *bench, size_t i)
{
	struct proof *proof = &bench->cell->proof;
	char name[32];

	if (bench->site.devdax_fd >= 0) {
		proof->is_dax = true;
		bench->fds[i] = dup(bench->site.devdax_fd);
		return bench->fds[i] < 0 ? verdict_fail(&bench->verdict, "dup: %s", strerror(errno))
					 : 0;
	}
	if (bench->site.is_anonymous) {
		proof->is_dax = false;
		return 0;
	}
	snprintf(name, sizeof(name), "faults-%zu", i);
	bench->fds[i] = datafile_prepare(&bench->site.place, bench->config, name, file_bytes(bench),
					 &proof->is_dax, &bench->verdict);
	return bench->fds[i] < 0 ? bench->fds[i] : 0;
}

static int map_file(struct bench *bench, size_t i)
{
	bool wants_sync = bench->config->sync == SYNC_MAP_SYNC;
	int ret = mapping_create(bench->config, bench->fds[i], file_bytes(bench),
				 &bench->mappings[i], &bench->verdict);

	if (ret)
		return ret;
	ret = mapping_has_sync_flag(&bench->mappings[i]);
	if (ret < 0)
		return verdict_fail(&bench->verdict, "read VmFlags in smaps: %s", strerror(-ret));
	bench->cell->proof.has_map_sync = ret;
	if (ret == wants_sync)
		return 0;
	return verdict_fail(&bench->verdict, "VmFlags in smaps %s sf: the mapping is %ssynchronous",
			    ret ? "have" : "lack", ret ? "" : "not ");
}

static int prepare_commit(struct bench *bench, size_t i)
{
	struct placement *placement = &bench->cell->placement;
	const char *instruction = flush_instruction();

	if (bench->config->commit == COMMIT_FLUSH && instruction && !placement->flush_instruction) {
		placement->flush_instruction = strdup(instruction);
		if (!placement->flush_instruction)
			return verdict_fail(&bench->verdict, "no memory");
	}
	return commit_open(&bench->commits[i], bench->config, bench->fds[i], &bench->mappings[i],
			   &bench->verdict);
}

static int prepare_files(struct bench *bench)
{
	int ret = 0;

	for (size_t i = 0; i < bench->file_count && !ret; i++) {
		ret = prepare_file(bench, i);
		if (!ret)
			ret = map_file(bench, i);
		if (!ret)
			ret = prepare_commit(bench, i);
	}
	return ret;
}

static int record_load(struct bench *bench, const cpu_set_t *cpus)
{
	struct placement *placement = &bench->cell->placement;

	placement->load_files = bench->load.files;
	placement->load_file_bytes = bench->load.file_bytes;
	placement->load_processes = bench->load.processes;
	placement->load_cpus = calloc((size_t)CPU_COUNT(cpus), sizeof(uint64_t));
	if (!placement->load_cpus)
		return verdict_fail(&bench->verdict, "no memory");
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, cpus))
			placement->load_cpus[placement->load_cpu_count++] = (uint64_t)cpu;
	return 0;
}

static int start_load(struct bench *bench)
{
	cpu_set_t cpus;
	int ret;

	if (bench->config->load == LOAD_NONE)
		return 0;
	if (!cpus_for_load(bench->setup->cpus, bench->config->threads, &cpus) &&
	    !bench->config->pause_us)
		verdict_warn(&bench->verdict,
			     "the load shares the faulting threads' CPUs without a "
			     "pause: it can move little");
	ret = load_start(&bench->load, bench->config, &bench->site.place, &cpus, &bench->verdict);
	return ret ? ret : record_load(bench, &cpus);
}

static void make_plans(struct bench *bench)
{
	const struct cell_config *config = bench->config;
	struct placement *placement = &bench->cell->placement;

	for (size_t i = 0; i < config->threads; i++) {
		bool has_own = bench->file_count > 1;
		int cpu = cpus_of_thread(bench->setup->cpus, i);

		bench->plans[i] = (struct fault_plan){
			.clock = bench->setup->clock,
			.base = bench->mappings[has_own ? i : 0].base +
				(has_own ? 0 : i * config->pages * bench->stride),
			.stride_bytes = bench->stride,
			.pages = config->pages,
			.access = config->access,
			.pause_us = config->pause_us,
			.cpu = cpu,
			.is_fifo = config->sched == SCHED_WORD_FIFO,
			.keep_samples = RESULT_MAX_SAMPLES / config->threads,
			.load_bytes = load_counter(&bench->load),
		};
		commit_plan(&bench->commits[has_own ? i : 0], config,
			    has_own ? 0 : i * config->pages * bench->stride, &bench->plans[i]);
		if (bench->plans[i].keep_samples > config->pages)
			bench->plans[i].keep_samples = config->pages;
		placement->fault_cpus[placement->fault_cpu_count++] = (uint64_t)cpu;
	}
}

/* Why a page has no block, as far as its file system shows now. */
static const char *find_cause(const struct bench *bench)
{
	struct statvfs vfs;

	if (bench->site.place.dir_fd < 0 || fstatvfs(bench->site.place.dir_fd, &vfs))
		return NULL;
	if (vfs.f_blocks && (uint64_t)vfs.f_bavail * vfs.f_frsize < FULL_BYTES)
		return "the file system is full";
	if (vfs.f_flag & ST_RDONLY)
		return "the file system is read-only";
	return "the file system could not read or allocate the block (dmesg may say why)";
}

/* Whether a thread met it. */
static bool explain_sigbus(struct bench *bench)
{
	bool has_met = false;

	for (size_t i = 0; i < bench->config->threads; i++)
		if (bench->outcomes[i].error == -EFAULT) {
			bench->outcomes[i].error_cause = find_cause(bench);
			has_met = true;
		}
	return has_met;
}

/* Memory may fail under the mapping with nobody accessing it, and the kernel reports that too. */
static int check_memory(struct bench *bench)
{
	for (size_t i = 0; i < bench->file_count; i++) {
		uintptr_t base = (uintptr_t)bench->mappings[i].base, at;

		if (sigbus_reported(base, base + bench->mappings[i].bytes, &at))
			return verdict_fail(&bench->verdict,
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
static int check_file_system(struct bench *bench)
{
	bool has_files = bench->site.devdax_fd < 0 && !bench->site.is_anonymous;

	for (size_t i = 0; i < bench->file_count && has_files; i++)
		if (fchmod(bench->fds[i], 0600))
			return verdict_fail(&bench->verdict,
					    "the file system no longer takes changes: %s",
					    strerror(errno));
	return 0;
}

/* The proof's page size: with 2m cells, no second access to any unit may take a fault. */
static int verify_page_size(struct bench *bench)
{
	uint64_t page = cell_page_bytes(bench->config);
	int64_t more = 0;

	if (bench->config->commit == COMMIT_PWRITE_DSYNC) /* which maps nothing */
		return 0;
	for (size_t i = 0; i < bench->config->threads && bench->config->page == PAGE_2M; i++) {
		more = faults_probe(&bench->plans[i], page - 4096);
		if (more)
			return verdict_fail(&bench->verdict,
					    "not mapped by 2 MiB pages: a second access to each of "
					    "the %llu took %lld faults more",
					    (unsigned long long)bench->config->pages,
					    (long long)more);
	}
	bench->cell->proof.page_size = page;
	return 0;
}

/* The clock is one for all CPUs: the TSC is taken only where it is (machine/clock.h). */
static uint64_t find_elapsed_ns(const struct bench *bench)
{
	uint64_t begin = bench->outcomes[0].begin, end = bench->outcomes[0].end;

	for (size_t i = 1; i < bench->config->threads; i++) {
		const struct fault_outcome *outcome = &bench->outcomes[i];

		begin = outcome->begin < begin ? outcome->begin : begin;
		end = outcome->end > end ? outcome->end : end;
	}
	return clock_to_ns(bench->setup->clock, end - begin);
}

static int fill_latency(struct bench *bench)
{
	uint64_t threads = bench->config->threads;
	auto_free struct hist *hist = malloc(sizeof(*hist));
	auto_free uint64_t *samples = NULL;
	size_t count = 0;
	int ret;

	for (size_t i = 0; i < threads; i++)
		count += bench->outcomes[i].sample_count;
	samples = calloc(count, sizeof(*samples));
	if (!hist || !samples)
		return -ENOMEM;
	hist_init(hist);
	count = 0;
	for (size_t i = 0; i < threads; i++) {
		const struct fault_outcome *outcome = &bench->outcomes[i];

		hist_merge(hist, &outcome->hist);
		memcpy(samples + count, outcome->samples, outcome->sample_count * sizeof(*samples));
		count += outcome->sample_count;
	}
	ret = latency_fill(&bench->cell->latency, hist, no_free(samples), count);
	bench->cell->has_latency = !ret;
	bench->cell->latency.elapsed = find_elapsed_ns(bench);
	return ret;
}

static int check_room(struct bench *bench, const struct target *target)
{
	size_t copies = target->kind == TARGET_DEVDAX ? 1 : bench->file_count;

	return target_check_room(target, &bench->site, bench->config, file_bytes(bench) * copies,
				 &bench->verdict);
}

static int prepare(struct bench *bench, struct target *target)
{
	int ret = allocate(bench);

	if (!ret)
		ret = commit_check(bench->config, &bench->verdict);
	if (!ret)
		ret = target_enter(target, bench->config, bench->setup->is_repeatable, &bench->site,
				   &bench->verdict);
	if (!ret)
		ret = check_room(bench, target);
	if (!ret)
		ret = dirt_prepare(&bench->dirt, target, &bench->site, bench->config,
				   &bench->verdict);
	if (!ret)
		ret = prepare_files(bench);
	if (!ret)
		ret = remap_prepare(&bench->remap, bench->config, &bench->site.place, bench->fds,
				    bench->mappings, bench->file_count, file_bytes(bench),
				    bench->stride, &bench->verdict);
	return ret ? ret : start_load(bench);
}

/* Only the cell's own faults: the program has others, on what it allocates meanwhile. */
static void start_probes(void *context)
{
	struct bench *bench = context;
	uintptr_t from = UINTPTR_MAX, to = 0;

	for (size_t i = 0; i < bench->file_count; i++) {
		uintptr_t base = (uintptr_t)bench->mappings[i].base;

		if (base < from)
			from = base;
		if (base + bench->mappings[i].bytes > to)
			to = base + bench->mappings[i].bytes;
	}
	probes_aim(bench->setup->probes, from, to);
	probes_start(bench->setup->probes);
}

/* The last thing before the faults: what it leaves dirty is the first one's to sync. */
static int move_blocks(struct bench *bench)
{
	cpu_set_t cpus;

	if (bench->config->remap == REMAP_NONE)
		return 0;
	cpus_for_load(bench->setup->cpus, bench->config->threads, &cpus);
	return remap_apply(&bench->remap, &cpus, &bench->verdict);
}

static int measure(struct bench *bench)
{
	struct placement *placement = &bench->cell->placement;
	struct clock_watch watch;
	int ret;

	placement->fault_cpus = calloc(bench->config->threads, sizeof(uint64_t));
	if (!placement->fault_cpus)
		return verdict_fail(&bench->verdict, "no memory");
	make_plans(bench);
	clock_watch_begin(&watch, bench->setup->clock);
	ret = move_blocks(bench);
	if (!ret)
		ret = dirt_make(&bench->dirt, &bench->verdict);
	if (ret)
		return ret;
	if (bench->setup->probes) {
		bench->plans[0].at_ready = start_probes;
		bench->plans[0].context = bench;
	}
	ret = faults_run(bench->plans, bench->outcomes, bench->config->threads);
	if (bench->setup->probes)
		probes_stop(bench->setup->probes);
	if (ret)
		return verdict_fail(&bench->verdict, "start %llu threads: %s",
				    (unsigned long long)bench->config->threads, strerror(-ret));
	ret = explain_sigbus(bench) ? 0 : check_memory(bench);
	if (!ret)
		ret = proof_of_stores(bench->config, bench->outcomes, &bench->cell->proof,
				      &bench->verdict);
	if (!ret)
		ret = clock_watch_end(&watch, &bench->verdict);
	if (!ret)
		ret = check_file_system(bench);
	if (!ret && bench->config->load != LOAD_NONE)
		ret = proof_of_load(&bench->load, bench->outcomes, bench->config->threads,
				    &bench->cell->proof, &bench->verdict);
	load_stop(&bench->load);
	if (!ret)
		ret = remap_stop(&bench->remap, &bench->cell->proof.writes_beside, &bench->verdict);
	if (!ret)
		ret = remap_verify(&bench->remap, &bench->cell->proof.verified_bytes,
				   &bench->verdict);
	if (!ret)
		ret = proof_of_contents(bench->config, bench->fds, bench->file_count, bench->stride,
					&bench->cell->proof, &bench->verdict);
	if (!ret)
		ret = verify_page_size(bench);
	if (!ret && fill_latency(bench))
		ret = verdict_fail(&bench->verdict, "no memory for the samples");
	if (!ret)
		ret = dirt_read(&bench->dirt, bench->config->pages * bench->config->threads,
				&bench->cell->dirt, &bench->cell->has_dirt, &bench->verdict);
	return ret;
}

static void release(struct bench *bench)
{
	load_stop(&bench->load);
	remap_release(&bench->remap);
	for (size_t i = 0; bench->commits && i < bench->file_count; i++)
		commit_close(&bench->commits[i]);
	for (size_t i = 0; bench->mappings && i < bench->file_count; i++)
		mapping_destroy(&bench->mappings[i]);
	for (size_t i = 0; bench->fds && i < bench->file_count; i++)
		if (bench->fds[i] >= 0)
			close(bench->fds[i]);
	for (size_t i = 0; bench->outcomes && i < bench->config->threads; i++)
		free(bench->outcomes[i].samples);
	dirt_close(&bench->dirt);
	target_leave(&bench->site);
	free(bench->fds);
	free(bench->mappings);
	free(bench->commits);
	free(bench->plans);
	free(bench->outcomes);
}

/* A thread that asked for SCHED_FIFO and did not get it ran as others do: the result says so. */
static void record_scheduler(struct bench *bench)
{
	uint64_t threads = bench->config->threads, refused = 0;

	if (bench->config->sched != SCHED_WORD_FIFO || bench->verdict.status != CELL_OK ||
	    bench->config->interface)
		return;
	for (size_t i = 0; i < threads; i++)
		refused += !bench->outcomes[i].has_fifo;
	if (!refused)
		return;
	bench->cell->config.sched = SCHED_WORD_OTHER;
	if (refused == threads)
		verdict_warn(&bench->verdict,
			     "SCHED_FIFO was refused: the threads ran as SCHED_OTHER");
	else
		verdict_warn(&bench->verdict,
			     "SCHED_FIFO was refused to %llu of %llu threads: they ran as "
			     "SCHED_OTHER",
			     (unsigned long long)refused, (unsigned long long)threads);
}

/*
 * Whatever the state and page size of the cell: for a mapping that is only asked for, they are what
 * the target can have.
 */
static struct cell_config fit_for_asking(const struct bench *bench, const struct target *target)
{
	struct cell_config config = *bench->config;

	config.state = target->kind == TARGET_DEVDAX ? STATE_WRITTEN : STATE_HOLE;
	config.page = target->kind == TARGET_DEVDAX ? PAGE_2M : PAGE_4K;
	return config;
}

static int ask(struct bench *bench, struct target *target)
{
	struct cell_config config = fit_for_asking(bench, target);
	struct cell_result *cell = bench->cell;
	struct interface_place place;
	uint64_t bytes;
	int ret;

	bench->config = &config;
	ret = allocate(bench);
	if (!ret)
		ret = target_enter(target, &config, bench->setup->is_repeatable, &bench->site,
				   &bench->verdict);
	if (!ret)
		ret = prepare_file(bench, 0);
	if (!ret) {
		bytes = target->kind == TARGET_DEVDAX ? target->guard.align_bytes
						      : cell_page_bytes(&config);
		interface_look(bench->fds[0], target->kind == TARGET_DEVDAX, bytes, &place);
		ret = interface_ask(config.interface, &place, &cell->answer, &bench->verdict);
		cell->has_answer = cell->answer.said && cell->answer.expected;
	}
	bench->config = &cell->config;
	return ret;
}

static int measure_once(const struct measure_setup *setup, struct target *target,
			const struct cell_config *config, uint64_t repeat, struct cell_result *cell)
{
	struct bench bench = { .setup = setup,
			       .config = config,
			       .cell = cell,
			       .site = { .mount_fd = -1, .devdax_fd = -1 },
			       .dirt = DIRT_NONE };
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
		ask(&bench, target);
	else if (prepare(&bench, target) == 0)
		measure(&bench);
	record_scheduler(&bench);
	release(&bench);
	sigbus_leave(&old);
	cell->status = bench.verdict.status;
	cell->warnings = bench.verdict.warnings;
	if (cell->status != CELL_OK) {
		cell->reason = strdup(bench.verdict.reason);
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
