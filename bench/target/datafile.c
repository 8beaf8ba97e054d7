// SPDX-License-Identifier: GPL-2.0-or-later
#include "target/datafile.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/stop.h"

#define WRITE_BYTES (1 << 20)
/*
 * The page cache takes the length of a write as the size of its folio, and since Linux 6.18 one
 * fault maps a whole folio (19773df031bc, mm/fault: try to map the entire file folio in
 * finish_fault): for faults of 4 KiB each, files are written by 4 KiB.
 */
#define SMALL_WRITE_BYTES 4096

#ifndef STATX_ATTR_DAX
#define STATX_ATTR_DAX 0x00200000
#endif

static int create_nameless(int dir_fd)
{
	char name[] = ".syncfault-XXXXXX";
	char path[64];
	int fd = openat(dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return fd < 0 ? -errno : fd;
	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", dir_fd, name);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	unlink(path);
	return fd;
}

int datafile_create(const struct workplace *place, const char *name)
{
	int fd;

	if (!place->is_named)
		return create_nameless(place->dir_fd);
	fd = openat(place->dir_fd, name, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : fd;
}

int datafile_is_dax(int fd)
{
	struct statx stx;

	if (statx(fd, "", AT_EMPTY_PATH, 0, &stx) || !(stx.stx_attributes_mask & STATX_ATTR_DAX))
		return BOOL_ABSENT;
	return (stx.stx_attributes & STATX_ATTR_DAX) != 0;
}

static int set_dax_flag(int fd)
{
	struct fsxattr attributes;

	if (ioctl(fd, FS_IOC_FSGETXATTR, &attributes))
		return -errno;
	attributes.fsx_xflags |= FS_XFLAG_DAX;
	return ioctl(fd, FS_IOC_FSSETXATTR, &attributes) ? -errno : 0;
}

/*
 * FS_XFLAG_DAX takes effect when an inode is read in, so a file must inherit it from its directory
 * (Documentation/filesystems/dax.rst). The directory is ours, for the instant in which the file is
 * made in it.
 */
static int create_in_dax_directory(const struct workplace *place)
{
	char name[] = ".syncfault-dax-XXXXXX";
	char path[64];
	auto_close int dir_fd = -1;
	int fd = -1, ret;

	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", place->dir_fd, name);
	if (!mkdtemp(path))
		return -errno;
	dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ret = dir_fd < 0 ? -errno : set_dax_flag(dir_fd);
	if (!ret)
		fd = create_nameless(dir_fd);
	rmdir(path);
	return ret ? ret : fd;
}

static int create_file(const struct workplace *place, const struct cell_config *config,
		       const char *name, struct verdict *verdict)
{
	bool wants_flag = config->dax == DAX_INODE;
	int fd = wants_flag ? create_in_dax_directory(place) : datafile_create(place, name);

	if (fd >= 0)
		return fd;
	if (wants_flag && (fd == -ENOTTY || fd == -EOPNOTSUPP || fd == -EINVAL))
		return verdict_skip(verdict, "set FS_XFLAG_DAX: %s", strerror(-fd));
	return verdict_fail(verdict, "create the file: %s", strerror(-fd));
}

static int check_dax(const struct cell_config *config, int is_dax, struct verdict *verdict)
{
	if (config->dax == DAX_NEVER && is_dax == 1)
		return verdict_skip(verdict, "the file is on DAX, not on the page cache");
	if (config->dax != DAX_NEVER && is_dax == BOOL_ABSENT)
		return verdict_skip(verdict, "the kernel does not tell whether a file is on DAX");
	if (config->dax != DAX_NEVER && !is_dax)
		return verdict_skip(verdict, "no DAX: statx says that the file is not on it");
	return 0;
}

static int write_all(int fd, const struct cell_config *config, uint64_t bytes)
{
	bool is_small = config->dax == DAX_NEVER && config->page == PAGE_4K;
	uint64_t step = is_small ? SMALL_WRITE_BYTES : WRITE_BYTES;
	auto_free char *buffer = calloc(1, step);

	if (!buffer)
		return -ENOMEM;
	for (uint64_t done = 0; done < bytes;) {
		uint64_t left = bytes - done;
		ssize_t n = pwrite(fd, buffer, left < step ? left : step, (off_t)done);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (stop_check())
			return -EINTR;
		done += n > 0 ? (uint64_t)n : 0;
	}
	return 0;
}

static int bring_into_state(int fd, const struct cell_config *config, uint64_t bytes,
			    struct verdict *verdict)
{
	int ret;

	if (ftruncate(fd, (off_t)bytes))
		return verdict_fail(verdict, "ftruncate to %llu bytes: %s",
				    (unsigned long long)bytes, strerror(errno));
	if (config->state == STATE_HOLE)
		return 0;
	/* For written files too, so that both have the same extents. */
	ret = fallocate(fd, 0, 0, (off_t)bytes) ? -errno : 0;
	if (ret == -EOPNOTSUPP && config->state == STATE_UNWRITTEN)
		return verdict_skip(verdict, "fallocate: %s", strerror(-ret));
	if (ret && ret != -EOPNOTSUPP)
		return verdict_fail(verdict, "fallocate %llu bytes: %s", (unsigned long long)bytes,
				    strerror(-ret));
	if (config->state == STATE_UNWRITTEN)
		return 0;
	ret = write_all(fd, config, bytes);
	return ret ? verdict_fail(verdict, "write the file: %s", strerror(-ret)) : 0;
}

/* 2 MiB mappings need extents of 2 MiB: XFS allocates them on request, ext4 by itself. */
static void hint_extent_size(int fd, const struct cell_config *config)
{
	struct fsxattr attributes;

	if (config->page != PAGE_2M || ioctl(fd, FS_IOC_FSGETXATTR, &attributes))
		return;
	attributes.fsx_xflags |= FS_XFLAG_EXTSIZE;
	attributes.fsx_extsize = (unsigned int)cell_page_bytes(config);
	ioctl(fd, FS_IOC_FSSETXATTR, &attributes);
}

/*
 * What chattr +S sets. It is read back: a file system may accept the call and ignore it. Set after
 * the contents, which would be written synchronously otherwise.
 */
static int set_attribute(int fd, const struct cell_config *config, struct verdict *verdict)
{
	int flags = 0;

	if (config->attribute == ATTRIBUTE_NONE)
		return 0;
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags))
		return verdict_skip(verdict, "FS_IOC_GETFLAGS: %s", strerror(errno));
	flags |= FS_SYNC_FL;
	if (ioctl(fd, FS_IOC_SETFLAGS, &flags))
		return verdict_skip(verdict, "FS_IOC_SETFLAGS with FS_SYNC_FL: %s",
				    strerror(errno));
	flags = 0;
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 && (flags & FS_SYNC_FL))
		return 0;
	return verdict_skip(verdict, "FS_SYNC_FL was set, and is not there when read back");
}

int datafile_prepare(const struct workplace *place, const struct cell_config *config,
		     const char *name, uint64_t bytes, int *is_dax, struct verdict *verdict)
{
	auto_close int fd = create_file(place, config, name, verdict);
	int ret;

	if (fd < 0)
		return fd;
	hint_extent_size(fd, config);
	*is_dax = datafile_is_dax(fd);
	ret = check_dax(config, *is_dax, verdict);
	if (!ret)
		ret = bring_into_state(fd, config, bytes, verdict);
	if (!ret)
		ret = set_attribute(fd, config, verdict);
	if (!ret && (fsync(fd) || syncfs(fd)))
		ret = verdict_fail(verdict, "sync the file: %s", strerror(errno));
	return ret ? ret : no_close(fd);
}
