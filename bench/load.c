// SPDX-License-Identifier: GPL-2.0-or-later
#include "load.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "stop.h"

/* A tree of middling files: large enough to allocate blocks, small enough to create inodes. */
#define MAX_FILES  32
#define FILE_BYTES (256 << 10)
#define MIN_FILES  2
/* Small, so that the bytes are counted often: a cell may last less than a millisecond. */
#define COPY_BYTES (16 << 10)
#define FREE_SHARE 4
#define START_MS   10000
#define POLL_US	   500

struct load_shared {
	_Atomic uint64_t bytes;
	_Atomic int error;
};

static const _Atomic uint64_t no_bytes;

/* The child's own: what it copies. */
struct copier {
	const struct workplace *place;
	struct load_shared *shared;
	uint64_t files;
	int sources[MAX_FILES];
	char buffer[COPY_BYTES];
};

static int write_file(struct copier *copier, int fd)
{
	memset(copier->buffer, 0x5a, sizeof(copier->buffer));
	for (size_t done = 0; done < FILE_BYTES; done += COPY_BYTES) {
		ssize_t n = pwrite(fd, copier->buffer, COPY_BYTES, (off_t)done);

		if (n != COPY_BYTES)
			return n < 0 ? -errno : -ENOSPC;
	}
	return 0;
}

static int make_sources(struct copier *copier)
{
	char name[32];
	int ret = 0;

	for (uint64_t i = 0; i < copier->files && !ret; i++) {
		snprintf(name, sizeof(name), "source-%llu", (unsigned long long)i);
		copier->sources[i] = datafile_create(copier->place, name);
		if (copier->sources[i] < 0)
			return copier->sources[i];
		ret = write_file(copier, copier->sources[i]);
	}
	return ret;
}

/* By read and write: copy_file_range would only share the blocks where reflinks are. */
static int copy_file(struct copier *copier, int source, const char *name)
{
	auto_close int copy = datafile_create(copier->place, name);

	if (copy < 0)
		return copy;
	for (off_t at = 0;; at += COPY_BYTES) {
		ssize_t n = pread(source, copier->buffer, COPY_BYTES, at);

		if (n <= 0)
			return n < 0 ? -errno : 0;
		if (pwrite(copy, copier->buffer, (size_t)n, at) != n)
			return errno ? -errno : -ENOSPC;
		atomic_fetch_add(&copier->shared->bytes, (uint64_t)n);
	}
}

/* Each round copies all files and then removes the copies, as "cp -r; rm -r" in a loop would. */
static int copy_round(struct copier *copier)
{
	char name[32];
	int ret = 0;

	for (uint64_t i = 0; i < copier->files && !ret; i++) {
		snprintf(name, sizeof(name), "copy-%llu", (unsigned long long)i);
		ret = copy_file(copier, copier->sources[i], name);
	}
	for (uint64_t i = 0; i < copier->files && copier->place->is_named; i++) {
		snprintf(name, sizeof(name), "copy-%llu", (unsigned long long)i);
		unlinkat(copier->place->dir_fd, name, 0);
	}
	return ret;
}

static void run_child(struct copier *copier, pid_t parent, const cpu_set_t *cpus)
{
	int ret;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	/* A ^C at the terminal is for the parent, which ends us when it is done. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	sched_setaffinity(0, sizeof(*cpus), cpus);
	ret = make_sources(copier);
	while (!ret)
		ret = copy_round(copier);
	atomic_store(&copier->shared->error, ret);
	_exit(1);
}

static uint64_t choose_files(int dir_fd)
{
	struct statvfs vfs;
	uint64_t room = 0;

	if (fstatvfs(dir_fd, &vfs) == 0)
		room = (uint64_t)vfs.f_bavail * vfs.f_frsize / FREE_SHARE / (2 * FILE_BYTES);
	return room < MAX_FILES ? room : MAX_FILES;
}

static int await_first_bytes(struct load *load, struct verdict *verdict)
{
	for (int us = 0; us < START_MS * 1000; us += POLL_US) {
		int error = load_error(load);

		if (error)
			return verdict_fail(verdict, "the copying ended: %s", strerror(-error));
		if (atomic_load(&load->shared->bytes) >= FILE_BYTES)
			return 0;
		if (stop_check())
			return verdict_fail(verdict, "interrupted");
		usleep(POLL_US);
	}
	return verdict_fail(verdict, "the load copied no file in %d s", START_MS / 1000);
}

int load_start(struct load *load, const struct workplace *place, const cpu_set_t *cpus,
	       struct verdict *verdict)
{
	struct copier copier = { .place = place };
	pid_t parent = getpid();
	int ret;

	*load = (struct load){ .files = choose_files(place->dir_fd), .file_bytes = FILE_BYTES };
	if (load->files < MIN_FILES)
		return verdict_fail(verdict, "no room for the load's files");
	load->shared = mmap(NULL, sizeof(*load->shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (load->shared == MAP_FAILED) {
		load->shared = NULL;
		return verdict_fail(verdict, "memory for the load: %s", strerror(errno));
	}
	copier.shared = load->shared;
	copier.files = load->files;
	load->pid = fork();
	if (load->pid == 0)
		run_child(&copier, parent, cpus);
	ret = load->pid < 0 ? verdict_fail(verdict, "fork the load: %s", strerror(errno))
			    : await_first_bytes(load, verdict);
	if (ret)
		load_stop(load);
	return ret;
}

const _Atomic uint64_t *load_counter(const struct load *load)
{
	return load->shared ? &load->shared->bytes : &no_bytes;
}

int load_error(const struct load *load)
{
	return load->shared ? atomic_load(&load->shared->error) : 0;
}

void load_stop(struct load *load)
{
	if (load->pid > 0) {
		kill(load->pid, SIGKILL);
		while (waitpid(load->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (load->shared)
		munmap(load->shared, sizeof(*load->shared));
	*load = (struct load){ 0 };
}
