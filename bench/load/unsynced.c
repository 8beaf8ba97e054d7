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

static int create(const struct dirt *dirt, uint64_t i)
{
	char name[NAME_SIZE];
	int fd =
		openat(dirt->dir_fd, name_file(name, "file", i), O_CREAT | O_EXCL | O_WRONLY, 0600);

	return fd < 0 ? -errno : close(fd);
}

static int unlink_file(const struct dirt *dirt, uint64_t i)
{
	char name[NAME_SIZE];

	return unlinkat(dirt->dir_fd, name_file(name, "file", i), 0) ? -errno : 0;
}

static int rename_file(const struct dirt *dirt, uint64_t i)
{
	char from[NAME_SIZE], to[NAME_SIZE];

	return renameat(dirt->dir_fd, name_file(from, "file", i), dirt->dir_fd,
			name_file(to, "other", i))
		       ? -errno
		       : 0;
}

static int change_mode(const struct dirt *dirt, uint64_t i)
{
	char name[NAME_SIZE];

	return fchmodat(dirt->dir_fd, name_file(name, "file", i), 0640, 0) ? -errno : 0;
}

/* Every second block, so that each is an extent of its own. */
static int allocate(const struct dirt *dirt, uint64_t i)
{
	return fallocate(dirt->file_fd, 0, (off_t)(i * 2 * BLOCK_BYTES), BLOCK_BYTES) ? -errno : 0;
}

static int (*const operations[])(const struct dirt *, uint64_t) = {
	[DIRTY_CREATE] = create,     [DIRTY_UNLINK] = unlink_file, [DIRTY_RENAME] = rename_file,
	[DIRTY_CHMOD] = change_mode, [DIRTY_ALLOCATE] = allocate,
};

static int repeat(const struct dirt *dirt, int kind, struct verdict *verdict)
{
	for (uint64_t i = 0; i < dirt->config->dirty; i++) {
		int ret = stop_check();

		if (ret)
			return verdict_fail(verdict, "interrupted");
		ret = operations[kind](dirt, i);
		if (ret == -EOPNOTSUPP)
			return verdict_skip(verdict, "%s: %s", dirty_kind_words[kind],
					    strerror(-ret));
		if (ret)
			return verdict_fail(verdict, "%s number %llu of %llu: %s",
					    dirty_kind_words[kind], (unsigned long long)i + 1,
					    (unsigned long long)dirt->config->dirty,
					    strerror(-ret));
	}
	return 0;
}

static int make_folder(struct dirt *dirt, const struct site *site, struct verdict *verdict)
{
	if (mkdirat(site->place.dir_fd, FOLDER, 0700))
		return verdict_fail(verdict, "make the folder " FOLDER ": %s", strerror(errno));
	dirt->dir_fd = openat(site->place.dir_fd, FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirt->dir_fd < 0)
		return verdict_fail(verdict, "open the folder " FOLDER ": %s", strerror(errno));
	return 0;
}

static int make_files(struct dirt *dirt, struct verdict *verdict)
{
	int kind = dirt->config->dirty_kind;

	if (kind == DIRTY_CREATE)
		return 0;
	if (kind != DIRTY_ALLOCATE)
		return repeat(dirt, DIRTY_CREATE, verdict);
	dirt->file_fd =
		openat(dirt->dir_fd, ALLOCATED, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	if (dirt->file_fd < 0)
		return verdict_fail(verdict, "create the file " ALLOCATED ": %s", strerror(errno));
	return 0;
}

int dirt_prepare(struct dirt *dirt, const struct target *target, const struct site *site,
		 const struct cell_config *config, struct verdict *verdict)
{
	int ret;

	dirt->config = config;
	if (!config->dirty)
		return 0;
	if (!site->place.is_named)
		return verdict_skip(verdict, "unsynced metadata needs a file system of its own: "
					     "--device with a block device");
	ret = make_folder(dirt, site, verdict);
	if (!ret)
		ret = make_files(dirt, verdict);
	if (!ret)
		logspace_open(&dirt->space, config, target->guard.path,
			      target_log_device(target, config));
	return ret;
}

int dirt_make(struct dirt *dirt, struct verdict *verdict)
{
	int ret;

	if (dirt->dir_fd < 0)
		return 0;
	ret = repeat(dirt, dirt->config->dirty_kind, verdict);
	if (!ret)
		logspace_before(&dirt->space);
	return ret;
}

int dirt_read(struct dirt *dirt, uint64_t faults, struct dirt_result *result, bool *has_result,
	      struct verdict *verdict)
{
	if (dirt->dir_fd < 0)
		return 0;
	result->operations = dirt->config->dirty;
	if (logspace_after(&dirt->space, faults, result))
		return verdict_fail(verdict, "no memory");
	*has_result = true;
	return 0;
}

void dirt_close(struct dirt *dirt)
{
	cleanup_close(&dirt->dir_fd);
	cleanup_close(&dirt->file_fd);
	dirt->dir_fd = dirt->file_fd = -1;
	logspace_close(&dirt->space);
}
