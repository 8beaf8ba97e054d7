// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include "../capture.h"
#include "base/mounts.h"
#include "target/target.h"

static char none[] = "", ext4[] = "ext4", xfs[] = "xfs";
static char dir[] = "/tmp/syncfault-target-XXXXXX";

static struct cell_config config_of(char *fs)
{
	return (struct cell_config){ .fs = fs, .mkfs_options = none, .mount_options = none };
}

static struct target target_of(enum target_kind kind)
{
	return (struct target){
		.kind = kind, .guard = GUARD_NONE, .log = GUARD_NONE, .dir_fd = -1
	};
}

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

/* In place of what the kernel says. */
static int mounts_error;
static unsigned long fs_magic;
static struct statvfs room;

int __real_mounts_read(const char *path, struct mounts *mounts);
int __wrap_mounts_read(const char *path, struct mounts *mounts);
int __wrap_mounts_read(const char *path, struct mounts *mounts)
{
	return mounts_error ? mounts_error : __real_mounts_read(path, mounts);
}

int __wrap_fstatfs(int fd, struct statfs *st);
int __wrap_fstatfs(int fd, struct statfs *st)
{
	(void)fd;
	st->f_type = (__typeof__(st->f_type))fs_magic;
	return 0;
}

int __wrap_fstatvfs(int fd, struct statvfs *vfs);
int __wrap_fstatvfs(int fd, struct statvfs *vfs)
{
	(void)fd;
	*vfs = room;
	return 0;
}

/* As in a chroot, where mountinfo does not show the mount. */
static void folders_whose_mount_is_not_shown(void **state)
{
	static const struct {
		unsigned long magic;
		const char *name;
	} rows[] = {
		{ EXT4_SUPER_MAGIC, "ext4" },	      { XFS_SUPER_MAGIC, "xfs" },
		{ BTRFS_SUPER_MAGIC, "btrfs" },	      { TMPFS_MAGIC, "tmpfs" },
		{ OVERLAYFS_SUPER_MAGIC, "overlay" }, { 0x1234, "fs-1234" },
	};

	(void)state;
	mounts_error = -ENOENT;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct target target;

		fs_magic = rows[i].magic;
		assert_int_equal(target_open(&target, NULL, dir, false), 0);
		assert_string_equal(target.fs, rows[i].name);
		assert_int_equal(target_close(&target), 0);
	}
	mounts_error = 0;
}

static void a_folder_of_another_run(void **state)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct capture capture;
	struct target target;
	int ret;

	(void)state;
	assert_int_equal(flock(fd, LOCK_EX), 0);
	capture_begin(&capture, STDERR_FILENO);
	ret = target_open(&target, NULL, dir, false);
	capture_end(&capture);
	assert_int_equal(ret, -EBUSY);
	assert_true(is_one_line(capture.text));
	close(fd);
	assert_int_equal(target_open(&target, NULL, dir, false), 0);
	assert_int_equal(target_close(&target), 0);
}

static void dax_where_nobody_asks(void **state)
{
	struct target device = target_of(TARGET_DEVICE), folder = target_of(TARGET_DIR);
	struct target devdax = target_of(TARGET_DEVDAX);

	(void)state;
	assert_int_equal(target_default_dax(&device, "ext4"), DAX_NEVER);
	device.guard.is_dax_capable = true;
	assert_int_equal(target_default_dax(&device, "ext4"), DAX_ALWAYS);
	assert_int_equal(target_default_dax(&device, "xfs"), DAX_ALWAYS);
	assert_int_equal(target_default_dax(&device, "ext2"), DAX_ALWAYS);
	assert_int_equal(target_default_dax(&device, "btrfs"), DAX_NEVER);
	assert_int_equal(target_default_dax(&folder, "ext4"), DAX_NEVER);
	folder.is_dir_dax = true;
	assert_int_equal(target_default_dax(&folder, "btrfs"), DAX_ALWAYS);
	assert_int_equal(target_default_dax(&devdax, "devdax"), DAX_ALWAYS);
}

static void assert_skipped(struct target *target, const struct cell_config *config,
			   const char *reason)
{
	struct verdict verdict = { 0 };
	struct site site;

	assert_int_equal(target_enter(target, config, false, &site, &verdict), -EOPNOTSUPP);
	assert_int_equal(verdict.status, CELL_SKIPPED);
	if (!strstr(verdict.reason, reason))
		fail_msg("'%s' is not '%s'", verdict.reason, reason);
	assert_int_equal(site.devdax_fd, -1);
}

static void what_device_dax_cannot(void **state)
{
	struct target target = target_of(TARGET_DEVDAX);
	struct cell_config whole = config_of(none), config;
	struct verdict verdict = { 0 };
	struct site site;

	(void)state;
	target.guard.fd = 42;
	target.guard.align_bytes = 2 << 20;
	whole.state = STATE_WRITTEN;
	whole.page = PAGE_2M;
	config = whole, config.state = STATE_HOLE;
	assert_skipped(&target, &config, "device DAX has no file");
	config = whole, config.load = LOAD_COPY;
	assert_skipped(&target, &config, "no file system for a load");
	config = whole, config.dirty = 1;
	assert_skipped(&target, &config, "no metadata to dirty");
	config = whole, config.remap = REMAP_PUNCH;
	assert_skipped(&target, &config, "no blocks that could move");
	config = whole, config.attribute = ATTRIBUTE_SYNC;
	assert_skipped(&target, &config, "no file attributes");
	config = whole, config.dax = DAX_NEVER;
	assert_skipped(&target, &config, "device DAX is always DAX");
	config = whole, config.page = PAGE_4K;
	assert_skipped(&target, &config, "maps pages of 2097152 bytes at least");
	assert_int_equal(target_enter(&target, &whole, false, &site, &verdict), 0);
	assert_int_equal(site.devdax_fd, 42);
}

/* The path in place of each word, also where it holds that word itself. */
static void the_log_in_options(void **state)
{
	struct target target = target_of(TARGET_DEVICE);
	struct cell_config config = config_of(xfs), with_log;
	char mkfs[] = "-l logdev=@log,size=8m -x @log", mount[] = "logdev=@log";
	struct verdict verdict = { 0 };

	(void)state;
	assert_null(target_log_device(&target, &config));
	assert_int_equal(target_enter_log(&target, &config, false, &with_log, &verdict), 0);
	cell_free(&with_log);
	config.mkfs_options = mkfs;
	config.mount_options = mount;
	assert_int_equal(target_enter_log(&target, &config, false, &with_log, &verdict),
			 -EOPNOTSUPP);
	target.log.fd = 42;
	strcpy(target.log.path, "/dev/@log");
	alarm(10);
	assert_int_equal(target_enter_log(&target, &config, false, &with_log, &verdict), 0);
	alarm(0);
	assert_string_equal(with_log.mkfs_options, "-l logdev=/dev/@log,size=8m -x /dev/@log");
	assert_string_equal(with_log.mount_options, "logdev=/dev/@log");
	assert_string_equal(target_log_device(&target, &config), "/dev/@log");
	cell_free(&with_log);
}

static void a_log_on_the_device_itself(void **state)
{
	struct target target = target_of(TARGET_DEVICE);
	struct capture capture;
	int ret;

	(void)state;
	assert_int_equal(pin_open("/dev/null", &target.guard.pin), 0);
	capture_begin(&capture, STDERR_FILENO);
	ret = target_add_log(&target, "/dev/../dev/null", false);
	capture_end(&capture);
	guard_release(&target.guard);
	assert_int_equal(ret, -EINVAL);
	assert_non_null(strstr(capture.text, "is the device of --device"));
}

static int check_room(const struct cell_config *config, uint64_t bytes)
{
	struct target target = target_of(TARGET_DEVICE);
	const struct site site = { .place.dir_fd = 42 };
	struct verdict verdict = { 0 };

	return target_check_room(&target, &site, config, bytes, &verdict);
}

static void room_for_the_files(void **state)
{
	struct cell_config config = config_of(ext4);

	(void)state;
	room = (struct statvfs){ .f_blocks = 1000, .f_bfree = 10, .f_frsize = 4096 };
	assert_int_equal(check_room(&config, 40960), 0);
	assert_int_equal(check_room(&config, 40961), -EOPNOTSUPP);
	config.access = ACCESS_READ; /* of holes: takes no blocks */
	assert_int_equal(check_room(&config, 40961), 0);
	config.access = ACCESS_WRITE;
	room.f_blocks = room.f_bfree = 0; /* a tmpfs without a limit */
	assert_int_equal(check_room(&config, 40961), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folders_whose_mount_is_not_shown),
		cmocka_unit_test(a_folder_of_another_run),
		cmocka_unit_test(dax_where_nobody_asks),
		cmocka_unit_test(what_device_dax_cannot),
		cmocka_unit_test(the_log_in_options),
		cmocka_unit_test(a_log_on_the_device_itself),
		cmocka_unit_test(room_for_the_files),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
