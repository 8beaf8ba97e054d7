// SPDX-License-Identifier: GPL-2.0-or-later
#include "load/load.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/privilege.h"
#include "base/stop.h"
#include "cell/log_size.h"
#include "load/load_work.h"
#include "machine/cpus.h"

#define MIN_FILES  2
#define FREE_SHARE 4
#define START_MS   60000
#define POLL_US	   500

struct load_shared {
	_Atomic uint64_t done;
	_Atomic uint64_t ready; /* processes whose files are made */
	_Atomic int error;
};

static const _Atomic uint64_t nothing_done;

/* Without names a separate folder is useless: nothing is ever visible in it. */
static int enter_place(struct load_worker *worker, const struct workplace *place, uint64_t index)
{
	char name[32];

	worker->place = *place;
	if (!place->is_named)
		return 0;
	snprintf(name, sizeof(name), "load-%llu", (unsigned long long)index);
	if (mkdirat(place->dir_fd, name, 0700))
		return -errno;
	worker->place.dir_fd = openat(place->dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return worker->place.dir_fd < 0 ? -errno : 0;
}

static int work(struct load *load, const struct workplace *place, uint64_t index)
{
	const struct load_kind *kind = &load_kinds[load->kind];
	struct load_worker worker = { .done = &load->shared->done, .index = index };
	int ret = enter_place(&worker, place, index);

	memset(worker.buffer, 0x5a, sizeof(worker.buffer));
	if (kind->files)
		worker.files = load->files / load->processes;
	if (!ret)
		ret = kind->prepare(&worker);
	if (!ret)
		atomic_fetch_add(&load->shared->ready, 1);
	while (!ret)
		ret = kind->round(&worker);
	return ret;
}

/* In our own file system root owns everything; a folder may be anybody's. */
static int drop_privileges(const struct workplace *place)
{
	return privilege_drop(place->is_named ? 0 : 1u << CAP_DAC_OVERRIDE);
}

static void run_child(struct load *load, const struct workplace *place, uint64_t index,
		      pid_t parent, const cpu_set_t *cpus)
{
	int ret;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	/* A ^C at the terminal is for the parent, which ends us when it is done. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	ret = sched_setaffinity(0, sizeof(*cpus), cpus) ? -errno : drop_privileges(place);
	atomic_store(&load->shared->error, ret ? ret : work(load, place, index));
	_exit(1);
}

/* As many as fit into a quarter of the free space; none for a load that keeps none. */
static uint64_t choose_files(const struct load_kind *kind, const struct cell_config *config,
			     int dir_fd)
{
	uint64_t room = 0, files = kind->files, log_bytes;
	struct statvfs vfs;
	bool is_all;

	if (!files)
		return U64_ABSENT;
	log_bytes = log_size_bytes(config->mkfs_options, &is_all);
	if (kind->log_bytes && log_bytes)
		files = log_bytes / kind->log_bytes;
	if (fstatvfs(dir_fd, &vfs) == 0)
		room = (uint64_t)vfs.f_bavail * vfs.f_frsize / FREE_SHARE / kind->space_bytes;
	return room < files ? room : files;
}

/* All are there, and the counter moves. */
static bool has_begun(const struct load *load)
{
	return atomic_load(&load->shared->ready) == load->processes &&
	       atomic_load(&load->shared->done) >= load_kinds[load->kind].first;
}

static int await_first_work(struct load *load, struct verdict *verdict)
{
	for (int us = 0; us < START_MS * 1000; us += POLL_US) {
		int error = load_error(load);

		if (error)
			return verdict_fail(verdict, "the load ended: %s", strerror(-error));
		if (has_begun(load))
			return 0;
		if (stop_check())
			return verdict_fail(verdict, "interrupted");
		usleep(POLL_US);
	}
	return verdict_fail(verdict, "the load %s in %d s", load_kinds[load->kind].idle,
			    START_MS / 1000);
}

static int fork_all(struct load *load, const struct workplace *place, const cpu_set_t *cpus,
		    struct verdict *verdict)
{
	pid_t parent = getpid();

	for (uint64_t i = 0; i < load->processes; i++) {
		load->pids[i] = fork();
		if (load->pids[i] == 0)
			run_child(load, place, i, parent, cpus);
		if (load->pids[i] < 0)
			return verdict_fail(verdict, "fork the load: %s", strerror(errno));
	}
	return 0;
}

int load_start(struct load *load, const struct cell_config *config, const struct workplace *place,
	       const cpu_set_t *cpus, struct verdict *verdict)
{
	int kind = config->load, ret;

	*load = (struct load){ .kind = kind,
			       .processes = load_kinds[kind].processes,
			       .files = choose_files(&load_kinds[kind], config, place->dir_fd),
			       .cpus = *cpus,
			       .file_bytes = load_kinds[kind].file_bytes };
	if (load_kinds[kind].wants_names && !place->is_named)
		return verdict_skip(verdict, "load %s keeps files with names: it wants a device",
				    load_words[kind]);
	if (load->files < MIN_FILES * load->processes)
		return verdict_fail(verdict, "no room for the load's files");
	load->shared = mmap(NULL, sizeof(*load->shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (load->shared == MAP_FAILED) {
		load->shared = NULL;
		return verdict_fail(verdict, "memory for the load: %s", strerror(errno));
	}
	ret = fork_all(load, place, cpus, verdict);
	if (!ret)
		ret = await_first_work(load, verdict);
	if (ret)
		load_stop(load);
	return ret;
}

bool load_counts_bytes(int kind)
{
	return load_kinds[kind].counts_bytes;
}

const _Atomic uint64_t *load_counter(const struct load *load)
{
	return load->shared ? &load->shared->done : &nothing_done;
}

int load_error(const struct load *load)
{
	return load->shared ? atomic_load(&load->shared->error) : 0;
}

bool load_keeps_cpus(const struct load *load)
{
	for (uint64_t i = 0; i < load->processes; i++)
		if (load->pids[i] > 0 && !cpus_keep_to(load->pids[i], &load->cpus))
			return false;
	return true;
}

void load_stop(struct load *load)
{
	for (uint64_t i = 0; i < load->processes; i++)
		if (load->pids[i] > 0)
			kill(load->pids[i], SIGKILL);
	for (uint64_t i = 0; i < load->processes; i++)
		while (load->pids[i] > 0 && waitpid(load->pids[i], NULL, 0) < 0 && errno == EINTR)
			;
	if (load->shared)
		munmap(load->shared, sizeof(*load->shared));
	*load = (struct load){ 0 };
}
