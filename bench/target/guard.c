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
#include "target/data.h"
#include "target/devnode.h"
#include "target/in_use.h"
#include "target/lock.h"
#include "target/loopdev.h"

static bool is_in_use(const struct pin *pin, struct guard_report *report)
{
	char *why = report->obstacle;
	size_t size = sizeof(report->obstacle);

	return S_ISBLK(pin->st.st_mode) ? in_use_device(pin->st.st_rdev, why, size)
					: in_use_file(&pin->st, pin->path, why, size);
}

/* Says why pin, opened at fd and not in use, cannot be formatted at all. */
static void find_obstacle(int fd, const struct pin *pin, bool is_ours, struct guard_report *report)
{
	char *why = report->obstacle;
	size_t size = sizeof(report->obstacle);
	bool is_block = S_ISBLK(pin->st.st_mode);

	if (is_block && devnode_is_read_only(fd))
		snprintf(why, size, "is read-only");
	else if (faccessat(pin->fd, "", W_OK, AT_EMPTY_PATH))
		snprintf(why, size, "cannot be written: %s", strerror(errno));
	else if (report->size_bytes < DATA_EDGE_BYTES)
		snprintf(why, size, "is smaller than 1 MiB");
	else if (is_block && devnode_is_claimed(fd, pin->path))
		snprintf(why, size, "is in use (mounted elsewhere, or held by the kernel)");
	else
		lock_is_held(fd, is_block || !is_ours, why, size);
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

static int inspect_block(const struct pin *pin, bool is_ours, struct guard_report *report)
{
	bool is_used = is_in_use(pin, report) ||
		       lock_is_leased(&pin->st, report->obstacle, sizeof(report->obstacle));
	int err = read_facts(&pin->st, report);
	auto_close int fd = err ? err : pin_reopen(pin->fd, pin->path, O_RDONLY | O_NONBLOCK);

	/* Some kernels do not even let root read what is mounted: the reason is known all the same.
	 */
	if (fd < 0)
		return is_used && !err ? 0 : fd;
	if (!is_used)
		find_obstacle(fd, pin, is_ours, report);
	if (report->size_bytes < DATA_EDGE_BYTES)
		return 0;
	return signatures_probe(fd, report->size_bytes, &report->contents);
}

static int probe_devdax(int fd, struct guard_report *report)
{
	void *data = mmap(NULL, report->size_bytes, PROT_READ, MAP_SHARED, fd, 0);
	uint64_t at;

	if (data == MAP_FAILED)
		return -errno;
	if (data_find_mapped(data, report->size_bytes, &at))
		signatures_tell_data(&report->contents, at);
	munmap(data, report->size_bytes);
	return 0;
}

static int inspect_devdax(const struct pin *pin, struct guard_report *report)
{
	auto_close int fd = -1;
	int err = devnode_read_devdax(pin->st.st_rdev, &report->size_bytes, &report->align_bytes);

	if (err)
		return err;
	report->kind = GUARD_DEVDAX;
	report->is_dax_capable = true;
	if (faccessat(pin->fd, "", W_OK, AT_EMPTY_PATH))
		snprintf(report->obstacle, sizeof(report->obstacle), "cannot be written: %s",
			 strerror(errno));
	fd = pin_reopen(pin->fd, pin->path, O_RDONLY);
	return fd < 0 ? fd : probe_devdax(fd, report);
}

/* is_ours: a file whose flock is held by this process. */
static int inspect(const struct pin *pin, bool is_ours, struct guard_report *report)
{
	*report = (struct guard_report){ 0 };
	if (S_ISBLK(pin->st.st_mode) || S_ISREG(pin->st.st_mode))
		return inspect_block(pin, is_ours, report);
	return S_ISCHR(pin->st.st_mode) ? inspect_devdax(pin, report) : -ENOTBLK;
}

int guard_inspect(const char *path, struct guard_report *report)
{
	auto_pin struct pin pin = PIN_NONE;
	int err = pin_open(path, &pin);

	return err ? err : inspect(&pin, false, report);
}

bool guard_is_of(const struct guard *guard, const char *path)
{
	const struct stat *own = &guard->pin.st;
	struct stat st;

	if (stat(path, &st))
		return false;
	if (S_ISBLK(st.st_mode) && S_ISBLK(own->st_mode))
		return st.st_rdev == own->st_rdev;
	return st.st_ino == own->st_ino && st.st_dev == own->st_dev;
}

/* What cannot be locked, a file of a read-only NFS say, is no reason to refuse what is above it. */
static int lock_below(int *fd, bool is_shared, const char *path, const char *name)
{
	auto_pin struct pin pin = PIN_NONE;

	if (pin_open(path, &pin) || S_ISCHR(pin.st.st_mode) || S_ISFIFO(pin.st.st_mode))
		return 0;
	*fd = pin_reopen(pin.fd, pin.path, O_RDONLY | O_NONBLOCK);
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
		ret = lock_below(&guard->disk_lock_fd, true, disk, guard->path);
	if (!ret && !sysfs_line(file, sizeof(file), "%s/loop/backing_file", disk))
		ret = lock_below(&guard->file_lock_fd, is_partition, file, guard->path);
	return ret;
}

/* Without waiting for whoever holds a lease on the file. */
static int open_file(struct guard *guard)
{
	char why[128] = "is leased by another process";

	if (!lock_is_leased(&guard->pin.st, why, sizeof(why))) {
		guard->lock_fd = pin_reopen(guard->pin.fd, guard->path, O_RDWR | O_NONBLOCK);
		if (guard->lock_fd >= 0)
			return 0;
		if (guard->lock_fd != -EWOULDBLOCK)
			return diag_errno(guard->lock_fd, "open %s", guard->path);
	}
	diag_error("%s %s: refused", guard->path, why);
	return -EBUSY;
}

static int open_folder(const char *folder, struct guard *guard)
{
	guard->lock_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return guard->lock_fd < 0 ? diag_errno(errno, "open %s for %s", folder, guard->path) : 0;
}

/* A file's lock is on the file: its open file description is what the loop device keeps. */
static int lock_target(struct guard *guard)
{
	const struct stat *st = &guard->pin.st;
	char folder[64] = "";
	int ret;

	if (!S_ISREG(st->st_mode))
		devnode_folder(st, folder, sizeof(folder));
	ret = folder[0] ? open_folder(folder, guard) : open_file(guard);
	if (ret)
		return ret;
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
static int admit(bool is_forced, struct guard *guard)
{
	struct guard_report report;
	int err = lock_target(guard);

	if (err)
		return err;
	/* Whoever had the lock before may have made more of it. */
	if (fstat(guard->pin.fd, &guard->pin.st))
		return diag_errno(errno, "%s", guard->path);
	err = inspect(&guard->pin, true, &report);
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

/* All of the device must be what was inspected. */
static int check_size(const struct guard *guard, const char *file)
{
	uint64_t inspected = (uint64_t)guard->pin.st.st_size;

	if (guard->size_bytes == inspected - inspected % 512)
		return 0;
	diag_error("%s changed its size while it was inspected: refused", file);
	return -EBUSY;
}

static int attach_file(struct guard *guard)
{
	char device[LOOPDEV_PATH_SIZE];
	struct stat st;

	if (lock_take_records(guard->lock_fd, guard->path) == -EBUSY)
		return -EBUSY;
	guard->fd = loopdev_attach(guard->lock_fd, guard->path, device);
	if (guard->fd < 0)
		return guard->fd;
	if (fstat(guard->fd, &st) || devnode_block_size(st.st_rdev, &guard->size_bytes))
		return diag_errno(errno, "size of %s", device);
	if (check_size(guard, guard->path))
		return -EBUSY;
	snprintf(guard->path, sizeof(guard->path), "%s", device);
	return 0;
}

static int open_device(struct guard *guard)
{
	bool is_devdax = guard->kind == GUARD_DEVDAX;

	guard->fd = pin_reopen(guard->pin.fd, guard->path, is_devdax ? O_RDWR : O_RDONLY);
	if (guard->fd < 0)
		return diag_errno(guard->fd, "open %s", guard->path);
	if (is_devdax)
		return 0;
	if (lock_take_records(guard->fd, guard->path) == -EBUSY)
		return -EBUSY;
	pin_node(&guard->pin, guard->path, sizeof(guard->path));
	return 0;
}

/* An open guard is moved to the caller only when all went well. */
static int build(bool is_forced, struct guard *draft, struct guard *guard)
{
	int err = admit(is_forced, draft);

	if (!err)
		err = draft->kind == GUARD_FILE ? attach_file(draft) : open_device(draft);
	if (err)
		return err;
	*guard = *draft;
	*draft = (struct guard)GUARD_NONE;
	return 0;
}

int guard_open(const char *path, bool is_forced, struct guard *guard)
{
	auto_guard struct guard draft = GUARD_NONE;
	const struct stat *st = &draft.pin.st;
	uint64_t size, align;
	int err = pin_open(path, &draft.pin);

	if (err)
		return diag_errno(err, "%s", path);
	if (S_ISCHR(st->st_mode) && devnode_read_devdax(st->st_rdev, &size, &align)) {
		diag_error("%s is no device DAX", path);
		return -ENODEV;
	}
	if (!S_ISBLK(st->st_mode) && !S_ISREG(st->st_mode) && !S_ISCHR(st->st_mode)) {
		diag_error("%s is neither a block device nor an image file", path);
		return -ENOTBLK;
	}
	snprintf(draft.path, sizeof(draft.path), "%s", draft.pin.path);
	return build(is_forced, &draft, guard);
}

static int give_back_devdax(const struct guard *guard)
{
	void *data =
		mmap(NULL, guard->size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, guard->fd, 0);

	if (data == MAP_FAILED)
		return diag_errno(errno, "mmap %s", guard->path);
	data_clear_mapped(data, guard->size_bytes);
	munmap(data, guard->size_bytes);
	return 0;
}

/*
 * fd: its loop device, whose pages must not be written back later. What was appended meanwhile is
 * not ours.
 */
static int wipe_file(const struct guard *guard, int fd)
{
	struct stat st;

	if (fsync(fd) || fstat(guard->lock_fd, &st))
		return -errno;
	if (st.st_size > guard->pin.st.st_size)
		st.st_size = guard->pin.st.st_size;
	return signatures_wipe(guard->lock_fd, (uint64_t)st.st_size);
}

int guard_give_back(struct guard *guard)
{
	auto_close int fd = -1;
	int err;

	if (guard->kind == GUARD_DEVDAX)
		return give_back_devdax(guard);
	/* O_EXCL: never wipe below a mount. */
	fd = pin_reopen(guard->fd, guard->path, O_RDWR | O_EXCL);
	if (fd < 0)
		return diag_errno(fd, "open %s to give it back empty", guard->path);
	err = guard->kind == GUARD_FILE ? wipe_file(guard, fd)
					: signatures_wipe(fd, guard->size_bytes);
	return err ? diag_errno(err, "wipe %s to give it back empty", guard->path) : 0;
}

void guard_release(struct guard *guard)
{
	pin_release(&guard->pin);
	cleanup_close(&guard->fd);
	cleanup_close(&guard->lock_fd);
	cleanup_close(&guard->disk_lock_fd);
	cleanup_close(&guard->file_lock_fd);
	guard->fd = guard->lock_fd = guard->disk_lock_fd = guard->file_lock_fd = -1;
}
