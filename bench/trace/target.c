// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/target.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/mounts.h"
#include "base/opt.h"
#include "base/printable.h"
#include "base/sysfs.h"
#include "probes/probes.h"

#define INITIAL_PID_NAMESPACE 0xeffffffcU /* include/linux/proc_ns.h: PROC_PID_INIT_INO */
#define NAME_COLUMNS	      64

/*
 * The device of the mount is the one that the kernel knows its inodes by, which stat() does not
 * report on btrfs. *dev is kept where the mount is not listed, as one that is attached nowhere.
 */
static void find_mount(uint64_t mount_id, uint32_t *dev)
{
	auto_mounts struct mounts mounts = { 0 };
	const struct mounts_entry *entry;

	if (mounts_read(MOUNTS_SELF, &mounts))
		return;
	entry = mounts_find(&mounts, mount_id);
	if (entry)
		*dev = probes_dev(entry->device);
}

static void find_dev(struct trace_target *target, const struct stat *st)
{
	struct statx stx;

	target->has_dev = true;
	target->dev = probes_dev(st->st_dev);
	if (statx(AT_FDCWD, target->path, 0, STATX_MNT_ID, &stx) == 0 &&
	    stx.stx_mask & STATX_MNT_ID)
		find_mount(stx.stx_mnt_id, &target->dev);
}

static int refuse_kind(const char *path)
{
	diag_error("trace: --path %s: wants a file, a folder, or the device of a file system",
		   path);
	return -EINVAL;
}

/* What is mapped through an overlay is the file below it. */
static void warn_of_overlay(const char *path)
{
	struct statfs fs;

	if (statfs(path, &fs) == 0 && fs.f_type == OVERLAYFS_SUPER_MAGIC)
		diag_warning("trace: %s is on an overlay: faults belong to the file systems below",
			     path);
}

static int open_path(struct trace_target *target)
{
	char name[4 * NAME_COLUMNS + 4];
	const char *what = "all files on the file system of ";
	struct stat st;

	if (stat(target->path, &st)) {
		diag_errno(errno, "trace: --path %s", target->path);
		return -EINVAL;
	}
	if (S_ISBLK(st.st_mode)) {
		target->has_dev = true;
		target->dev = probes_dev(st.st_rdev);
		what = "all files on ";
	} else if (S_ISDIR(st.st_mode)) {
		find_dev(target, &st);
	} else if (S_ISREG(st.st_mode) || S_ISCHR(st.st_mode)) {
		find_dev(target, &st);
		target->inode = st.st_ino;
		what = "file ";
	} else {
		return refuse_kind(target->path);
	}
	warn_of_overlay(target->path);
	printable(target->path, NAME_COLUMNS, name, sizeof(name));
	snprintf(target->text, sizeof(target->text), "%s%s", what, name);
	return 0;
}

static int refuse_thread(uint64_t pid, const char *leader)
{
	diag_error("trace: -p %llu: a thread of process %s; give that", (unsigned long long)pid,
		   leader);
	return -EINVAL;
}

/* Probes know processes by the numbers of the whole machine. */
static int check_namespace(uint64_t pid)
{
	struct stat st;

	if (stat("/proc/self/ns/pid", &st) || st.st_ino == INITIAL_PID_NAMESPACE)
		return 0;
	diag_error("trace: -p %llu: a number within a container; run it on the host with the "
		   "number there, or give --path",
		   (unsigned long long)pid);
	return -EINVAL;
}

static int open_process(struct trace_target *target)
{
	unsigned long long pid = target->pid;
	char leader[32], comm[32], name[4 * 16 + 4];
	uint64_t tgid;

	if (sysfs_line(comm, sizeof(comm), "/proc/%llu/comm", pid)) {
		diag_error("trace: -p %llu: no such process", pid);
		return -EINVAL;
	}
	snprintf(name, sizeof(name), "/proc/%llu/status", pid);
	if (sysfs_field(leader, sizeof(leader), name, "Tgid") == 0 &&
	    opt_parse_u64(leader, 1, UINT32_MAX, &tgid) == 0 && tgid != pid)
		return refuse_thread(pid, leader);
	if (check_namespace(pid))
		return -EINVAL;
	target->pidfd = pidfd_open((pid_t)pid, 0);
	if (target->pidfd < 0 && errno == ESRCH) {
		diag_error("trace: -p %llu: no such process", pid);
		return -EINVAL;
	}
	snprintf(target->text, sizeof(target->text), "process %llu (%s)", pid,
		 printable(comm, 16, name, sizeof(name)));
	return 0;
}

int trace_target_open(struct trace_target *target, uint64_t pid, const char *path)
{
	*target = (struct trace_target){ .pid = pid, .path = path, .pidfd = -1 };
	if (pid)
		return open_process(target);
	if (path)
		return open_path(target);
	snprintf(target->text, sizeof(target->text), "the whole machine");
	return 0;
}

void trace_target_close(struct trace_target *target)
{
	if (target->pidfd >= 0)
		close(target->pidfd);
	target->pidfd = -1;
}

bool trace_target_has_ended(const struct trace_target *target)
{
	struct pollfd fd = { .fd = target->pidfd, .events = POLLIN };

	return target->pidfd >= 0 && poll(&fd, 1, 0) == 1;
}
