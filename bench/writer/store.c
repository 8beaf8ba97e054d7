// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "cell/cell.h"
#include "load/load.h"
#include "measure/flush.h"
#include "target/datafile.h"
#include "target/mapping.h"
#include "writer/pattern.h"
#include "writer/report.h"
#include "writer/writer.h"

struct target {
	int fd;
	struct mapping mapping;
	struct flush flush;
};

struct writer {
	const struct store_params *params;
	struct cell_config config;
	struct workplace place;
	struct target targets[WRITER_MAX_FILES];
};

struct worker {
	struct writer *writer;
	uint64_t index;
	pthread_t thread;
	int error;
};

static int state_of(int pattern)
{
	if (pattern == PATTERN_UNWRITTEN)
		return STATE_UNWRITTEN;
	return pattern == PATTERN_WRITTEN || pattern == PATTERN_REFLINK ? STATE_WRITTEN
									: STATE_HOLE;
}

static uint64_t file_bytes(const struct writer *writer)
{
	const struct store_params *params = writer->params;

	return (params->stores + params->files - 1) / params->files *
	       cell_page_bytes(&writer->config);
}

/* The 4 KiB of store i: one after the other, or one in each 2 MiB, never at the same place. */
static uint64_t page_of(const struct writer *writer, uint64_t i)
{
	uint64_t unit = i / writer->params->files;

	return writer->config.page == PAGE_2M ? unit * 512 + unit % 512 : unit;
}

static int clone_file(struct writer *writer, int origin, const char *name, struct verdict *verdict)
{
	auto_close int fd = datafile_create(&writer->place, name);

	if (fd < 0)
		return verdict_fail(verdict, "create %s: %s", name, strerror(-fd));
	if (ioctl(fd, FICLONE, origin))
		return verdict_fail(verdict, "FICLONE: %s", strerror(errno));
	return no_close(fd);
}

static int prepare_file(struct writer *writer, unsigned int i, struct verdict *verdict)
{
	bool is_clone = writer->params->pattern == PATTERN_REFLINK;
	uint64_t bytes = file_bytes(writer);
	auto_close int origin = -1;
	char name[32], origin_name[32];
	int is_dax;

	snprintf(name, sizeof(name), WRITER_FILE_NAME, i);
	snprintf(origin_name, sizeof(origin_name), "origin-%u", i);
	if (writer->params->pattern == PATTERN_GROW)
		bytes = cell_page_bytes(&writer->config);
	origin = datafile_prepare(&writer->place, &writer->config, is_clone ? origin_name : name,
				  bytes, &is_dax, verdict);
	if (origin < 0 || !is_clone)
		return no_close(origin);
	return clone_file(writer, origin, name, verdict);
}

static int open_target(struct writer *writer, unsigned int i, struct verdict *verdict)
{
	struct target *target = &writer->targets[i];
	uint64_t bytes = file_bytes(writer);
	int ret;

	target->fd = prepare_file(writer, i, verdict);
	if (target->fd < 0)
		return target->fd;
	ret = mapping_create(&writer->config, target->fd, bytes, &target->mapping, verdict);
	if (!ret)
		ret = flush_open(&target->flush, target->fd, target->mapping.base, bytes, verdict);
	if (!ret && mapping_has_sync_flag(&target->mapping) != writer->params->is_sync)
		ret = verdict_fail(verdict, "smaps does not tell of MAP_SYNC what was asked for");
	return ret;
}

static int open_targets(struct writer *writer, struct verdict *verdict)
{
	int ret = 0;

	for (unsigned int i = 0; i < WRITER_MAX_FILES; i++)
		writer->targets[i].fd = -1;
	for (unsigned int i = 0; i < writer->params->files && !ret; i++)
		ret = open_target(writer, i, verdict);
	/* From here on only what the stores do themselves is not on the medium yet. */
	if (!ret && syncfs(writer->place.dir_fd))
		ret = verdict_fail(verdict, "syncfs: %s", strerror(errno));
	return ret;
}

static void close_targets(struct writer *writer)
{
	for (unsigned int i = 0; i < WRITER_MAX_FILES; i++) {
		struct target *target = &writer->targets[i];

		flush_close(&target->flush);
		mapping_destroy(&target->mapping);
		if (target->fd >= 0)
			close(target->fd);
	}
}

/* Store, flush, report, between two marks: a crash at the second must not lose it. */
static void store(struct writer *writer, uint64_t i, uint64_t number)
{
	const struct store_params *params = writer->params;
	struct target *target = &writer->targets[i % params->files];
	const struct pattern pattern = { params->seed, i % params->files, page_of(writer, i),
					 number };
	char *at = target->mapping.base + pattern.page * PATTERN_BYTES;

	report_mark();
	pattern_fill(&pattern, at);
	target->flush.persist(at, PATTERN_BYTES);
	report(params->by_port, "s %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", pattern.file,
	       pattern.page, number);
	report_mark();
}

static int grow(struct writer *writer, uint64_t i)
{
	off_t end = (off_t)((i / writer->params->files + 1) * cell_page_bytes(&writer->config));
	int ret = ftruncate(writer->targets[i % writer->params->files].fd, end) ? -errno : 0;

	return ret ? diag_errno(ret, "ftruncate to %lld", (long long)end) : 0;
}

static int punch(struct writer *writer, uint64_t i)
{
	uint64_t file = i % writer->params->files, page = page_of(writer, i);

	report(writer->params->by_port, "v %" PRIu64 " %" PRIu64 "\n", file, page);
	if (fallocate(writer->targets[file].fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		      (off_t)page * PATTERN_BYTES, PATTERN_BYTES))
		return diag_errno(errno, "punch a hole into page %" PRIu64, page);
	return 0;
}

static void rest(const struct store_params *params)
{
	const struct timespec pause = { .tv_sec = (time_t)(params->pause_us / 1000000),
					.tv_nsec = (long)(params->pause_us % 1000000) * 1000 };

	if (params->pause_us)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
}

static int store_once(struct writer *writer, uint64_t i)
{
	const struct store_params *params = writer->params;
	int ret = 0;

	if (params->pattern == PATTERN_GROW)
		ret = grow(writer, i);
	if (ret)
		return ret;
	store(writer, i, i + 1);
	rest(params);
	if (params->pattern == PATTERN_PUNCH) {
		ret = punch(writer, i);
		if (ret)
			return ret;
		store(writer, i, params->stores + i + 1);
		rest(params);
	}
	return 0;
}

/* Proof of 2 MiB pages: the neighbour of the first store is mapped already. */
static int check_huge(struct writer *writer)
{
	const volatile char *beside = writer->targets[0].mapping.base + (1 << 20);
	struct rusage before, after;

	getrusage(RUSAGE_THREAD, &before);
	(void)*beside;
	getrusage(RUSAGE_THREAD, &after);
	if (before.ru_minflt == after.ru_minflt)
		return 0;
	diag_error("the first store did not map 2 MiB");
	return -EIO;
}

static void *run_worker(void *data)
{
	struct worker *worker = data;
	struct writer *writer = worker->writer;
	const struct store_params *params = writer->params;

	for (uint64_t i = worker->index; i < params->stores && !worker->error;
	     i += params->threads) {
		worker->error = store_once(writer, i);
		if (!worker->error && !i && params->page == PAGE_2M)
			worker->error = check_huge(writer);
	}
	return NULL;
}

static int run_workers(struct writer *writer)
{
	struct worker workers[WRITER_MAX_THREADS];
	uint64_t threads = writer->params->threads, started;
	int ret = 0;

	for (started = 0; started < threads; started++) {
		workers[started] = (struct worker){ .writer = writer, .index = started };
		ret = -pthread_create(&workers[started].thread, NULL, run_worker,
				      &workers[started]);
		if (ret) {
			diag_errno(ret, "start a thread");
			break;
		}
	}
	for (uint64_t i = 0; i < started; i++) {
		pthread_join(workers[i].thread, NULL);
		if (!ret)
			ret = workers[i].error;
	}
	return ret;
}

/* Above the load, which was started before, and below the guest's init. */
static int rise(const struct store_params *params)
{
	const struct sched_param fifo = { .sched_priority = 50 };

	if (params->is_fifo && sched_setscheduler(0, SCHED_FIFO, &fifo))
		return diag_errno(errno, "SCHED_FIFO");
	return 0;
}

static int start_load(struct writer *writer, struct load *load, struct verdict *verdict)
{
	cpu_set_t cpus;

	if (writer->config.load == LOAD_NONE)
		return 0;
	if (sched_getaffinity(0, sizeof(cpus), &cpus))
		return verdict_fail(verdict, "sched_getaffinity: %s", strerror(errno));
	return load_start(load, &writer->config, &writer->place, &cpus, verdict);
}

static int store_all(struct writer *writer, struct verdict *verdict)
{
	struct load load = { 0 };
	int ret = open_targets(writer, verdict);

	if (!ret)
		ret = start_load(writer, &load, verdict);
	if (!ret)
		ret = report_open(writer->params->by_port);
	if (!ret)
		ret = rise(writer->params);
	if (!ret)
		ret = run_workers(writer);
	load_stop(&load);
	close_targets(writer);
	return ret;
}

int writer_store(const struct store_params *params)
{
	auto_close int dir = open(params->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct verdict verdict = { .status = CELL_OK };
	struct writer writer = {
		.params = params,
		.config = { .fs = "",
			    .mkfs_options = "",
			    .mount_options = "",
			    .dax = params->is_sync || params->by_port ? DAX_ALWAYS : DAX_NEVER,
			    .state = state_of(params->pattern),
			    .load = params->load,
			    .sync = params->is_sync ? SYNC_MAP_SYNC : SYNC_NONE,
			    .page = params->page,
			    .pages = params->stores,
			    .threads = params->threads },
		.place = { .dir_fd = dir, .is_named = true },
	};
	int ret;

	if (dir < 0)
		return diag_errno(errno, "open %s", params->dir);
	ret = store_all(&writer, &verdict);
	if (verdict.status != CELL_OK)
		diag_error("%s", verdict.reason);
	return ret;
}
