// SPDX-License-Identifier: GPL-2.0-or-later
#include "target/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/sysfs.h"
#include "target/devnode.h"
#include "target/in_use.h"
#include "target/lock.h"
#include "target/loopdev.h"

#define DEVDAX_EDGE_BYTES (2ull << 20)

static bool is_in_use(const char *path, const struct stat *st, struct guard_report *report)
{
	char *why = report->obstacle;
	size_t size = sizeof(report->obstacle);

	return S_ISBLK(st->st_mode) ? in_use_device(st->st_rdev, why, size)
				    : in_use_file(st, path, why, size);
}

/* Says why path, opened at fd and not in use, cannot be formatted at all. */
static void find_obstacle(int fd, const char *path, const struct stat *st,
			  struct guard_report *report)
{
	char *why = report->obstacle;
	size_t size = sizeof(report->obstacle);
	bool is_block = S_ISBLK(st->st_mode);

	if (is_block && devnode_is_read_only(fd))
		snprintf(why, size, "is read-only");
	else if (access(path, W_OK))
		snprintf(why, size, "cannot be written: %s", strerror(errno));
	else if (report->size_bytes < SIGNATURES_EDGE_BYTES)
		snprintf(why, size, "is smaller than 1 MiB");
	else if (is_block && devnode_is_claimed(path))
		snprintf(why, size, "is in use (mounted elsewhere, or held by the kernel)");
}

static int read_facts(const struct stat *st, struct guard_report *report)
{
	report->kind = S_ISBLK(st->st_mode) ? GUARD_BLOCK : GUARD_FILE;
	report->size_bytes = (uint64_t)st->st_size;
	if (report->kind == GUARD_FILE)
		return 0;
	report->is_dax_capable = devnode_is_dax_capable(st->st_rdev);
	report->align_bytes = devnode_block_align(st->st_rdev);
	return devnode_block_size(st->st_rdev, &report->size_bytes);
}

static int inspect_block(const char *path, const struct stat *st, struct guard_report *report)
{
	bool is_used = is_in_use(path, st, report);
	int err = read_facts(st, report);
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (err)
		return err;
	/* Some kernels do not even let root read what is mounted: the reason is known all the same.
	 */
	if (fd < 0)
		return is_used ? 0 : -errno;
	if (!is_used)
		find_obstacle(fd, path, st, report);
	if (report->size_bytes < SIGNATURES_EDGE_BYTES)
		return 0;
	return signatures_probe(fd, report->size_bytes, &report->contents);
}

/* Maps the first bytes of a device DAX: 2 MiB, or its alignment where that is more. */
static void *map_devdax(int fd, uint64_t align_bytes, int protection, size_t *length)
{
	*length = align_bytes > DEVDAX_EDGE_BYTES ? align_bytes : DEVDAX_EDGE_BYTES;
	return mmap(NULL, *length, protection, MAP_SHARED, fd, 0);
}

static int probe_devdax(int fd, struct guard_report *report)
{
	size_t length;
	void *data = map_devdax(fd, report->align_bytes, PROT_READ, &length);

	if (data == MAP_FAILED)
		return -errno;
	if (!signatures_are_zero(data, DEVDAX_EDGE_BYTES))
		snprintf(report->contents.text, sizeof(report->contents.text),
			 "data in its first 2 MiB");
	munmap(data, length);
	return 0;
}

static int inspect_devdax(const char *path, const struct stat *st, struct guard_report *report)
{
	auto_close int fd = -1;
	int err = devnode_read_devdax(st->st_rdev, &report->size_bytes, &report->align_bytes);

	if (err)
		return err;
	report->kind = GUARD_DEVDAX;
	report->is_dax_capable = true;
	if (access(path, W_OK))
		snprintf(report->obstacle, sizeof(report->obstacle), "cannot be written: %s",
			 strerror(errno));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return probe_devdax(fd, report);
}

static int inspect(const char *path, const struct stat *st, struct guard_report *report)
{
	*report = (struct guard_report){ 0 };
	if (S_ISBLK(st->st_mode) || S_ISREG(st->st_mode))
		return inspect_block(path, st, report);
	return S_ISCHR(st->st_mode) ? inspect_devdax(path, st, report) : -ENOTBLK;
}

int guard_inspect(const char *path, struct guard_report *report)
{
	auto_free char *real = realpath(path, NULL);
	struct stat st;

	if (!real || stat(real, &st))
		return -errno;
	return inspect(real, &st, report);
}

/* What cannot be locked, a file of a read-only NFS say, is no reason to refuse what is above it. */
static int lock_below(int *fd, int flags, bool is_shared, const char *path, const char *name)
{
	*fd = open(path, flags | O_RDONLY | O_CLOEXEC);
	return *fd >= 0 && lock_take(*fd, is_shared, name) == -EBUSY ? -EBUSY : 0;
}

/* The disk of the partition that folder of /sys is about, and the file of a loop device. */
static int lock_ancestors(const char *folder, struct guard *guard)
{
	char disk[80], number[16], file[PATH_MAX];
	bool is_partition = !sysfs_line(number, sizeof(number), "%s/partition", folder);
	int ret = 0;

	snprintf(disk, sizeof(disk), "%s%s", folder, is_partition ? "/.." : "");
	if (is_partition)
		ret = lock_below(&guard->disk_lock_fd, O_DIRECTORY, true, disk, guard->path);
	if (!ret && !sysfs_line(file, sizeof(file), "%s/loop/backing_file", disk))
		ret = lock_below(&guard->file_lock_fd, O_NONBLOCK, is_partition, file, guard->path);
	return ret;
}

/* A file's lock is on the file: its open file description is what the loop device keeps. */
static int lock_target(const struct stat *st, struct guard *guard)
{
	char folder[64] = "";
	int ret;

	if (S_ISREG(st->st_mode)) {
		guard->lock_fd = open(guard->path, O_RDWR | O_CLOEXEC);
		if (guard->lock_fd < 0)
			return diag_errno(errno, "open %s", guard->path);
	} else {
		devnode_folder(st, folder, sizeof(folder));
		guard->lock_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (guard->lock_fd < 0)
			return diag_errno(errno, "open %s for %s", folder, guard->path);
	}
	ret = lock_take(guard->lock_fd, false, guard->path);
	if (ret == -EBUSY)
		return ret;
	if (ret)
		return diag_errno(ret, "flock %s", guard->path);
	return S_ISBLK(st->st_mode) ? lock_ancestors(folder, guard) : 0;
}

static int refuse_contents(const char *path, const struct signatures *contents)
{
	if (contents->is_ours)
		diag_error("%s holds %s, left by an earlier run of syncfault that was killed: give "
			   "--force to overwrite it",
			   path, contents->text);
	else
		diag_error("%s holds %s: refused; --force would overwrite it", path,
			   contents->text);
	return -EEXIST;
}

static int judge(const struct guard_report *report, const char *path, bool is_forced)
{
	if (report->obstacle[0]) {
		diag_error("%s %s: refused%s", path, report->obstacle,
			   is_forced ? ", --force or not" : "");
		return -EBUSY;
	}
	if (!report->contents.text[0])
		return 0;
	if (!is_forced)
		return refuse_contents(path, &report->contents);
	diag_warning("%s held %s: overwritten, as --force says", path, report->contents.text);
	return 0;
}

/* Locks first, so that what is inspected stays as it is; then judges. */
static int admit(const struct stat *st, bool is_forced, struct guard *guard)
{
	struct guard_report report;
	int err = lock_target(st, guard);

	if (err)
		return err;
	err = inspect(guard->path, st, &report);
	if (err)
		return diag_errno(err, "%s cannot be inspected", guard->path);
	err = judge(&report, guard->path, is_forced);
	if (err)
		return err;
	guard->kind = report.kind;
	guard->size_bytes = report.size_bytes;
	guard->align_bytes = report.align_bytes;
	guard->is_dax_capable = report.is_dax_capable;
	return 0;
}

static int resolve(const char *path, struct guard *guard, struct stat *st)
{
	if (!realpath(path, guard->path) || stat(guard->path, st))
		return diag_errno(errno, "%s", path);
	return 0;
}

static int open_target(struct guard *guard)
{
	char device[LOOPDEV_PATH_SIZE];
	struct stat st;

	if (guard->kind != GUARD_FILE) {
		guard->fd = open(guard->path, guard->kind == GUARD_DEVDAX ? O_RDWR | O_CLOEXEC
									  : O_RDONLY | O_CLOEXEC);
		return guard->fd < 0 ? diag_errno(errno, "open %s", guard->path) : 0;
	}
	guard->fd = loopdev_attach(guard->lock_fd, guard->path, device);
	if (guard->fd < 0)
		return guard->fd;
	snprintf(guard->path, sizeof(guard->path), "%s", device);
	if (fstat(guard->fd, &st) || devnode_block_size(st.st_rdev, &guard->size_bytes))
		return diag_errno(errno, "size of %s", device);
	return 0;
}

/* An open guard is moved to the caller only when all went well. */
static int build(const struct stat *st, bool is_forced, struct guard *draft, struct guard *guard)
{
	int err = admit(st, is_forced, draft);

	if (!err)
		err = open_target(draft);
	if (err)
		return err;
	*guard = *draft;
	*draft = (struct guard)GUARD_NONE;
	return 0;
}

int guard_block_device(const char *path, bool is_forced, struct guard *guard)
{
	auto_guard struct guard draft = GUARD_NONE;
	struct stat st;
	int err = resolve(path, &draft, &st);

	if (err)
		return err;
	if (!S_ISBLK(st.st_mode) && !S_ISREG(st.st_mode)) {
		diag_error("%s is neither a block device nor an image file", path);
		return -ENOTBLK;
	}
	return build(&st, is_forced, &draft, guard);
}

int guard_dax_device(const char *path, bool is_forced, struct guard *guard)
{
	auto_guard struct guard draft = GUARD_NONE;
	uint64_t size, align;
	struct stat st;
	int err = resolve(path, &draft, &st);

	if (err)
		return err;
	if (!S_ISCHR(st.st_mode) || devnode_read_devdax(st.st_rdev, &size, &align)) {
		diag_error("%s is no device DAX", path);
		return -ENODEV;
	}
	return build(&st, is_forced, &draft, guard);
}

static int give_back_devdax(const struct guard *guard)
{
	size_t length;
	void *data = map_devdax(guard->fd, guard->align_bytes, PROT_READ | PROT_WRITE, &length);

	if (data == MAP_FAILED)
		return diag_errno(errno, "mmap %s", guard->path);
	memset(data, 0, DEVDAX_EDGE_BYTES);
	munmap(data, length);
	return 0;
}

int guard_give_back(struct guard *guard)
{
	auto_close int fd = -1;
	int err;

	if (guard->kind == GUARD_DEVDAX)
		return give_back_devdax(guard);
	/* O_EXCL: never wipe below a mount. */
	fd = open(guard->path, O_RDWR | O_EXCL | O_CLOEXEC);
	if (fd < 0)
		return diag_errno(errno, "open %s to give it back empty", guard->path);
	err = signatures_wipe(fd, guard->size_bytes);
	return err ? diag_errno(err, "wipe %s to give it back empty", guard->path) : 0;
}

void guard_release(struct guard *guard)
{
	cleanup_close(&guard->fd);
	cleanup_close(&guard->lock_fd);
	cleanup_close(&guard->disk_lock_fd);
	cleanup_close(&guard->file_lock_fd);
	guard->fd = guard->lock_fd = guard->disk_lock_fd = guard->file_lock_fd = -1;
}
