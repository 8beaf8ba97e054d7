// SPDX-License-Identifier: GPL-2.0-or-later
#include "load/unsynced.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/stop.h"

#define FOLDER	    "dirt"
#define ALLOCATED   "allocated"
#define BLOCK_BYTES 4096
#define NAME_SIZE   32

static const char *name_file(char name[NAME_SIZE], const char *prefix, uint64_t i)
{
	snprintf(name, NAME_SIZE, "%s-%llu", prefix, (unsigned long long)i);
	return name;
}

static int create(const struct unsynced *unsynced, uint64_t i)
{
	char name[NAME_SIZE];
	int fd = openat(unsynced->dir_fd, name_file(name, "file", i), O_CREAT | O_EXCL | O_WRONLY,
			0600);

	return fd < 0 ? -errno : close(fd);
}

static int unlink_file(const struct unsynced *unsynced, uint64_t i)
{
	char name[NAME_SIZE];

	return unlinkat(unsynced->dir_fd, name_file(name, "file", i), 0) ? -errno : 0;
}

static int rename_file(const struct unsynced *unsynced, uint64_t i)
{
	char from[NAME_SIZE], to[NAME_SIZE];

	return renameat(unsynced->dir_fd, name_file(from, "file", i), unsynced->dir_fd,
			name_file(to, "other", i))
		       ? -errno
		       : 0;
}

static int change_mode(const struct unsynced *unsynced, uint64_t i)
{
	char name[NAME_SIZE];

	return fchmodat(unsynced->dir_fd, name_file(name, "file", i), 0640, 0) ? -errno : 0;
}

/* Every second block, so that each is an extent of its own. */
static int allocate(const struct unsynced *unsynced, uint64_t i)
{
	return fallocate(unsynced->file_fd, 0, (off_t)(i * 2 * BLOCK_BYTES), BLOCK_BYTES) ? -errno
											  : 0;
}

static int (*const operations[])(const struct unsynced *, uint64_t) = {
	[DIRTY_CREATE] = create,     [DIRTY_UNLINK] = unlink_file, [DIRTY_RENAME] = rename_file,
	[DIRTY_CHMOD] = change_mode, [DIRTY_ALLOCATE] = allocate,
};

static int repeat(const struct unsynced *unsynced, int kind, struct verdict *verdict)
{
	for (uint64_t i = 0; i < unsynced->config->dirty; i++) {
		int ret = stop_check();

		if (ret)
			return verdict_fail(verdict, "interrupted");
		ret = operations[kind](unsynced, i);
		if (ret == -EOPNOTSUPP)
			return verdict_skip(verdict, "%s: %s", dirty_kind_words[kind],
					    strerror(-ret));
		if (ret)
			return verdict_fail(verdict, "%s number %llu of %llu: %s",
					    dirty_kind_words[kind], (unsigned long long)i + 1,
					    (unsigned long long)unsynced->config->dirty,
					    strerror(-ret));
	}
	return 0;
}

static int make_folder(struct unsynced *unsynced, const struct site *site, struct verdict *verdict)
{
	if (mkdirat(site->place.dir_fd, FOLDER, 0700))
		return verdict_fail(verdict, "make the folder " FOLDER ": %s", strerror(errno));
	unsynced->dir_fd = openat(site->place.dir_fd, FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (unsynced->dir_fd < 0)
		return verdict_fail(verdict, "open the folder " FOLDER ": %s", strerror(errno));
	return 0;
}

static int make_files(struct unsynced *unsynced, struct verdict *verdict)
{
	int kind = unsynced->config->dirty_kind;

	if (kind == DIRTY_CREATE)
		return 0;
	if (kind != DIRTY_ALLOCATE)
		return repeat(unsynced, DIRTY_CREATE, verdict);
	unsynced->file_fd =
		openat(unsynced->dir_fd, ALLOCATED, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	if (unsynced->file_fd < 0)
		return verdict_fail(verdict, "create the file " ALLOCATED ": %s", strerror(errno));
	return 0;
}

int unsynced_prepare(struct unsynced *unsynced, const struct target *target,
		     const struct site *site, const struct cell_config *config,
		     struct verdict *verdict)
{
	int ret;

	unsynced->config = config;
	if (!config->dirty)
		return 0;
	if (!site->place.is_named)
		return verdict_skip(verdict, "unsynced metadata needs a file system of its own: "
					     "--device with a block device");
	ret = make_folder(unsynced, site, verdict);
	if (!ret)
		ret = make_files(unsynced, verdict);
	if (!ret)
		logspace_open(&unsynced->space, config, target->guard.path,
			      target_log_device(target, config));
	return ret;
}

int unsynced_make(struct unsynced *unsynced, struct verdict *verdict)
{
	int ret;

	if (unsynced->dir_fd < 0)
		return 0;
	ret = repeat(unsynced, unsynced->config->dirty_kind, verdict);
	if (!ret)
		logspace_before(&unsynced->space);
	return ret;
}

int unsynced_read(struct unsynced *unsynced, uint64_t faults, struct dirt_result *result,
		  bool *has_result, struct verdict *verdict)
{
	if (unsynced->dir_fd < 0)
		return 0;
	result->operations = unsynced->config->dirty;
	if (logspace_after(&unsynced->space, faults, result))
		return verdict_fail(verdict, "no memory");
	*has_result = true;
	return 0;
}

void unsynced_close(struct unsynced *unsynced)
{
	cleanup_close(&unsynced->dir_fd);
	cleanup_close(&unsynced->file_fd);
	unsynced->dir_fd = unsynced->file_fd = -1;
	logspace_close(&unsynced->space);
}
