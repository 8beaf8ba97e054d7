// SPDX-License-Identifier: GPL-2.0-or-later
#include "target/target.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/mounts.h"
#include "target/filesystem.h"
#include "target/lock.h"

/* st_dev would not do to find the mount that fd is on: btrfs gives each subvolume its own. */
static int read_mount(int fd, char *fs, size_t fs_size, char *source, size_t source_size)
{
	auto_mounts struct mounts mounts = { 0 };
	const struct mounts_entry *entry;
	struct statx stx;
	int ret = mounts_read(MOUNTS_SELF, &mounts);

	if (ret)
		return ret;
	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &stx))
		return -errno;
	entry = mounts_find(&mounts, stx.stx_mnt_id);
	if (!entry)
		return -ENOENT;
	snprintf(fs, fs_size, "%s", entry->type);
	snprintf(source, source_size, "%.63s on %.255s (%.159s)", entry->type, entry->source,
		 entry->super_options);
	return 0;
}

/* In a chroot, mountinfo leaves out the mount that the root lies on: its magic number must do. */
static void name_by_magic(int fd, char *fs, size_t size)
{
	static const struct {
		unsigned long magic;
		const char *name;
	} known[] = {
		{ EXT4_SUPER_MAGIC, "ext4" },	      { XFS_SUPER_MAGIC, "xfs" },
		{ BTRFS_SUPER_MAGIC, "btrfs" },	      { TMPFS_MAGIC, "tmpfs" },
		{ OVERLAYFS_SUPER_MAGIC, "overlay" },
	};
	struct statfs st = { 0 };

	fstatfs(fd, &st);
	snprintf(fs, size, "fs-%lx", (unsigned long)st.f_type);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if ((unsigned long)st.f_type == known[i].magic)
			snprintf(fs, size, "%s", known[i].name);
}

static int open_dir(struct target *target, const char *dir)
{
	const struct workplace place = { .dir_fd = target->dir_fd };
	char mount[512] = "";
	auto_close int fd = -1;
	int ret;

	ret = read_mount(target->dir_fd, target->fs, sizeof(target->fs), mount, sizeof(mount));
	if (ret == -ENOMEM)
		return diag_errno(ret, "read " MOUNTS_SELF);
	if (ret) {
		name_by_magic(target->dir_fd, target->fs, sizeof(target->fs));
		snprintf(mount, sizeof(mount), "%s, its mount not told", target->fs);
	}
	fd = datafile_create(&place, NULL);
	if (fd < 0)
		return diag_errno(fd, "make a file in %s", dir);
	target->is_dir_dax = datafile_is_dax(fd) == 1;
	snprintf(target->description, sizeof(target->description), "%.*s: %s", 240, dir, mount);
	return 0;
}

/* Two runs in one folder would disturb each other. */
static int lock_dir(struct target *target, const char *dir)
{
	int ret = lock_take(target->dir_fd, false, dir);

	if (ret && ret != -EBUSY)
		diag_warning("%s has no locks: a second run there would not be noticed", dir);
	return ret == -EBUSY ? ret : 0;
}

static int open_device(struct target *target, const char *device, bool is_forced)
{
	int ret = guard_open(device, is_forced, &target->guard);

	if (ret)
		return ret;
	snprintf(target->description, sizeof(target->description), "%s", device);
	target->kind = target->guard.kind == GUARD_DEVDAX ? TARGET_DEVDAX : TARGET_DEVICE;
	if (target->kind == TARGET_DEVDAX)
		snprintf(target->fs, sizeof(target->fs), "devdax");
	return 0;
}

int target_open(struct target *target, const char *device, const char *dir, bool is_forced)
{
	int ret;

	*target = (struct target){ .guard = GUARD_NONE, .log = GUARD_NONE, .dir_fd = -1 };
	if (device)
		return open_device(target, device, is_forced);
	target->kind = TARGET_DIR;
	target->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (target->dir_fd < 0)
		return diag_errno(errno, "--dir %s", dir);
	ret = lock_dir(target, dir);
	if (!ret)
		ret = open_dir(target, dir);
	if (ret)
		close(no_close(target->dir_fd));
	return ret;
}

int target_default_dax(const struct target *target, const char *fs)
{
	bool knows_dax = !strcmp(fs, "ext4") || !strcmp(fs, "xfs") || !strcmp(fs, "ext2");

	if (target->kind == TARGET_DEVDAX)
		return DAX_ALWAYS;
	if (target->kind == TARGET_DIR)
		return target->is_dir_dax ? DAX_ALWAYS : DAX_NEVER;
	return knows_dax && target->guard.is_dax_capable ? DAX_ALWAYS : DAX_NEVER;
}

/* What needs files or blocks, where there are neither. */
static int refuse_file_work(const struct cell_config *config, const char *what,
			    struct verdict *verdict)
{
	if (config->load != LOAD_NONE)
		return verdict_skip(verdict, "%s has no file system for a load", what);
	if (config->dirty)
		return verdict_skip(verdict, "%s has no metadata to dirty", what);
	if (config->remap != REMAP_NONE)
		return verdict_skip(verdict, "%s has no blocks that could move", what);
	if (config->attribute != ATTRIBUTE_NONE)
		return verdict_skip(verdict, "%s has no file attributes", what);
	return 0;
}

static int enter_devdax(struct target *target, const struct cell_config *config, struct site *site,
			struct verdict *verdict)
{
	if (config->state != STATE_WRITTEN)
		return verdict_skip(verdict,
				    "device DAX has no file: its blocks are always written");
	if (refuse_file_work(config, "device DAX", verdict))
		return -EOPNOTSUPP;
	if (config->dax != DAX_ALWAYS)
		return verdict_skip(verdict, "device DAX is always DAX");
	if (cell_page_bytes(config) < target->guard.align_bytes)
		return verdict_skip(verdict, "%s maps pages of %llu bytes at least",
				    target->guard.path,
				    (unsigned long long)target->guard.align_bytes);
	site->devdax_fd = target->guard.fd;
	target->is_formatted = true;
	return 0;
}

static int enter_anonymous(const struct cell_config *config, struct site *site,
			   struct verdict *verdict)
{
	if (config->mount_options[0])
		return verdict_fail(verdict, "anonymous memory takes no options of a mount");
	if (config->dax != DAX_NEVER)
		return verdict_skip(verdict, "anonymous memory has no DAX");
	if (config->state != STATE_HOLE)
		return verdict_skip(verdict, "anonymous memory has no file: it is always empty");
	site->place.dir_fd = -1;
	site->is_anonymous = true;
	return refuse_file_work(config, "anonymous memory", verdict);
}

/* Options of config are as mkfs and mount take them. */
static int make_and_mount(struct target *target, const struct cell_config *config,
			  bool is_repeatable, struct site *site, struct verdict *verdict)
{
	int ret = filesystem_make(config, target->guard.path, is_repeatable, verdict);

	if (ret)
		return ret;
	if (filesystem_is_anonymous(config))
		return enter_anonymous(config, site, verdict);
	ret = filesystem_mount(config, target->guard.path, verdict);
	if (ret < 0)
		return ret;
	site->mount_fd = ret;
	site->place = (struct workplace){ .dir_fd = ret, .is_named = true };
	return 0;
}

int target_enter(struct target *target, const struct cell_config *config, bool is_repeatable,
		 struct site *site, struct verdict *verdict)
{
	struct cell_config with_log;
	int ret;

	*site = (struct site){ .place.dir_fd = target->dir_fd, .mount_fd = -1, .devdax_fd = -1 };
	if (target->kind == TARGET_DEVDAX)
		return enter_devdax(target, config, site, verdict);
	if (target->kind == TARGET_DIR)
		return 0;
	ret = target_enter_log(target, config, is_repeatable, &with_log, verdict);
	if (ret)
		return ret;
	target->is_formatted |= !filesystem_is_memory(config);
	ret = make_and_mount(target, &with_log, is_repeatable, site, verdict);
	cell_free(&with_log);
	return ret;
}

void target_leave(struct site *site)
{
	if (site->mount_fd >= 0)
		close(site->mount_fd);
	site->mount_fd = -1;
}

int target_close(struct target *target)
{
	int ret = 0;

	if (target->dir_fd >= 0)
		close(no_close(target->dir_fd));
	if (target->is_formatted)
		ret = guard_give_back(&target->guard);
	guard_release(&target->guard);
	return target_close_log(target) ? -EIO : ret;
}
