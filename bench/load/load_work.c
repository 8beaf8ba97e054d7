// SPDX-License-Identifier: GPL-2.0-or-later
#include "load/load_work.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "result/result.h"

#define BLOCK_BYTES	4096
#define STORM_PROCESSES 4
/* Of a log whose size is not known: each file takes a block of it. */
#define LOG_FILES ((64 << 20) / BLOCK_BYTES)
/* A block, an inode, a name. */
#define LOG_FILE_SPACE 5120
/* Several chunks of 64 inodes, which XFS allocates and frees as one. */
#define CREATE_FILES 256
/* A file grows by a block with each fsync, to this size, and is emptied. */
#define FSYNC_BYTES (1 << 20)
/* Every other block is a hole: as many extents to free at once. */
#define TRUNCATE_EXTENTS 256
/*
 * An attribute too large for the inode has a block of its own, and goes through the log on ext4 and
 * XFS alike; XFS keeps it in that block up to three quarters of one.
 */
#define ATTRIBUTE_BYTES 3000

static void count(struct load_worker *worker, uint64_t done)
{
	atomic_fetch_add(worker->done, done);
}

static const char *name_file(char name[32], const char *what, uint64_t number)
{
	snprintf(name, 32, "%s-%llu", what, (unsigned long long)number);
	return name;
}

static int write_at(struct load_worker *worker, int fd, size_t bytes, off_t at)
{
	ssize_t n = pwrite(fd, worker->buffer, bytes, at);

	return n < 0 ? -errno : n == (ssize_t)bytes ? 0 : -ENOSPC;
}

static int keep_one_file(struct load_worker *worker)
{
	worker->fds[0] = datafile_create(&worker->place, "storm");
	return worker->fds[0] < 0 ? worker->fds[0] : 0;
}

static int write_source(struct load_worker *worker, int fd)
{
	int ret = 0;

	for (off_t at = 0; at < LOAD_COPY_BYTES && !ret; at += LOAD_STEP_BYTES)
		ret = write_at(worker, fd, LOAD_STEP_BYTES, at);
	return ret;
}

static int prepare_copy(struct load_worker *worker)
{
	char name[32];
	int ret = 0;

	for (uint64_t i = 0; i < worker->files && !ret; i++) {
		worker->fds[i] = datafile_create(&worker->place, name_file(name, "source", i));
		ret = worker->fds[i] < 0 ? worker->fds[i] : write_source(worker, worker->fds[i]);
	}
	return ret;
}

/* By read and write: copy_file_range would only share the blocks if there are reflinks. */
static int copy_file(struct load_worker *worker, int source, const char *name)
{
	auto_close int copy = datafile_create(&worker->place, name);
	int ret = copy < 0 ? copy : 0;

	for (off_t at = 0; !ret; at += LOAD_STEP_BYTES) {
		ssize_t n = pread(source, worker->buffer, LOAD_STEP_BYTES, at);

		if (n <= 0)
			return n < 0 ? -errno : 0;
		ret = write_at(worker, copy, (size_t)n, at);
		if (!ret)
			count(worker, (uint64_t)n);
	}
	return ret;
}

/* Each round copies all files and then removes the copies, as "cp -r; rm -r" in a loop would. */
static int round_copy(struct load_worker *worker)
{
	char name[32];
	int ret = 0;

	for (uint64_t i = 0; i < worker->files && !ret; i++)
		ret = copy_file(worker, worker->fds[i], name_file(name, "copy", i));
	for (uint64_t i = 0; i < worker->files && worker->place.is_named; i++)
		unlinkat(worker->place.dir_fd, name_file(name, "copy", i), 0);
	return ret;
}

static int create_file(struct load_worker *worker, const char *name)
{
	auto_close int fd = datafile_create(&worker->place, name);

	if (fd < 0)
		return fd;
	count(worker, 1);
	return 0;
}

static int round_create(struct load_worker *worker)
{
	char name[32];
	int ret = 0;

	for (uint64_t i = 0; i < CREATE_FILES && !ret; i++)
		ret = create_file(worker, name_file(name, "new", i));
	for (uint64_t i = 0; i < CREATE_FILES && !ret && worker->place.is_named; i++) {
		if (unlinkat(worker->place.dir_fd, name_file(name, "new", i), 0))
			return -errno;
		count(worker, 1);
	}
	return ret;
}

static int round_fsync(struct load_worker *worker)
{
	int fd = worker->fds[0], ret = 0;

	for (off_t at = 0; at < FSYNC_BYTES && !ret; at += BLOCK_BYTES) {
		ret = write_at(worker, fd, BLOCK_BYTES, at);
		if (!ret && fsync(fd))
			ret = -errno;
		if (!ret)
			count(worker, 2);
	}
	if (!ret && ftruncate(fd, 0))
		ret = -errno;
	return ret;
}

static int round_truncate(struct load_worker *worker)
{
	int fd = worker->fds[0], ret = 0;

	for (off_t i = 0; i < TRUNCATE_EXTENTS && !ret; i++) {
		ret = write_at(worker, fd, BLOCK_BYTES, 2 * i * BLOCK_BYTES);
		if (!ret)
			count(worker, 1);
	}
	if (!ret && ftruncate(fd, 0))
		ret = -errno;
	if (!ret)
		count(worker, 1);
	return ret;
}

/* No two are the same: ext4 would have one block for both. */
static int set_attribute(struct load_worker *worker, int fd, uint64_t file)
{
	const uint64_t value[] = { worker->index, file, worker->rounds };

	memcpy(worker->buffer, value, sizeof(value));
	if (fsetxattr(fd, "user.load", worker->buffer, ATTRIBUTE_BYTES, 0))
		return -errno;
	count(worker, 1);
	return 0;
}

/* Nothing of it is synced here: whoever has to have the log written does that, the faults first. */
static int prepare_log(struct load_worker *worker)
{
	char name[32];
	int ret = 0;

	for (uint64_t i = 0; i < worker->files && !ret; i++) {
		auto_close int fd = datafile_create(&worker->place, name_file(name, "log", i));

		ret = fd < 0 ? fd : set_attribute(worker, fd, i);
	}
	return ret;
}

/*
 * Every block again, in the order in which they went into the log: what is changed next is always
 * what pins the log's tail, and it goes to the head with other contents.
 */
static int round_log(struct load_worker *worker)
{
	char name[32];
	int ret = 0;

	worker->rounds++;
	for (uint64_t i = 0; i < worker->files && !ret; i++) {
		auto_close int fd =
			openat(worker->place.dir_fd, name_file(name, "log", i), O_RDWR | O_CLOEXEC);

		ret = fd < 0 ? -errno : set_attribute(worker, fd, i);
	}
	return ret;
}

static int prepare_nothing(struct load_worker *worker)
{
	(void)worker;
	return 0;
}

const struct load_kind load_kinds[LOAD_KINDS] = {
	[LOAD_COPY] = { .idle = "copied no file",
			.processes = 1,
			.files = LOAD_COPY_FILES,
			.space_bytes = 2 * LOAD_COPY_BYTES,
			.file_bytes = LOAD_COPY_BYTES,
			.first = LOAD_COPY_BYTES,
			.counts_bytes = true,
			.prepare = prepare_copy,
			.round = round_copy },
	[LOAD_CREATE] = { .idle = "created no file",
			  .processes = STORM_PROCESSES,
			  .file_bytes = U64_ABSENT,
			  .first = 1,
			  .prepare = prepare_nothing,
			  .round = round_create },
	[LOAD_FSYNC] = { .idle = "synced no file",
			 .processes = STORM_PROCESSES,
			 .file_bytes = U64_ABSENT,
			 .first = 1,
			 .prepare = keep_one_file,
			 .round = round_fsync },
	[LOAD_TRUNCATE] = { .idle = "truncated no file",
			    .processes = STORM_PROCESSES,
			    .file_bytes = U64_ABSENT,
			    .first = 1,
			    .prepare = keep_one_file,
			    .round = round_truncate },
	[LOAD_LOG] = { .idle = "did not fill the log",
		       .processes = STORM_PROCESSES,
		       .files = LOG_FILES,
		       .space_bytes = LOG_FILE_SPACE,
		       .log_bytes = BLOCK_BYTES,
		       .file_bytes = 0,
		       .first = 1,
		       .wants_names = true,
		       .prepare = prepare_log,
		       .round = round_log },
};
