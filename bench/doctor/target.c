// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mman.h>
#include <linux/stat.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/mounts.h"
#include "doctor/doctor.h"
#include "target/guard.h"

#define TRIAL_BYTES (2u << 20)

static unsigned long long to_mib(uint64_t bytes)
{
	return bytes >> 20;
}

/* What is mounted there, and how. */
static void describe_mount(uint64_t id, char *text, size_t size)
{
	auto_mounts struct mounts mounts = { 0 };
	int ret = mounts_read(MOUNTS_SELF, &mounts);
	const struct mounts_entry *entry = mounts_find(&mounts, id);

	if (ret)
		snprintf(text, size, "a mount that is not known: read " MOUNTS_SELF ": %s",
			 strerror(-ret));
	else if (!entry)
		snprintf(text, size, "a mount that " MOUNTS_SELF " does not show");
	else
		snprintf(text, size, "%s on %s, mount options %s, of the file system %s",
			 entry->type, entry->source, entry->options, entry->super_options);
}

static void check_mount(struct doctor *doctor, const char *path, const struct statx *stx)
{
	struct statvfs fs;
	char text[8192];

	if (stx->stx_mask & STATX_MNT_ID)
		describe_mount(stx->stx_mnt_id, text, sizeof(text));
	else
		snprintf(text, sizeof(text), "a mount that this kernel does not tell");
	if (statvfs(path, &fs))
		memset(&fs, 0, sizeof(fs));
	doctor_add(doctor, fs.f_flag & ST_RDONLY ? DOCTOR_NO : DOCTOR_YES, "file system",
		   "%s: %s; %llu MiB free", path, text,
		   to_mib((uint64_t)fs.f_bavail * fs.f_frsize));
	if (fs.f_flag & ST_RDONLY)
		doctor_advise(doctor, "mount -o remount,rw PATH, or take another folder");
}

static int open_trial(struct doctor *doctor, const char *folder)
{
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	int err = errno;

	if (fd >= 0) {
		doctor_add(doctor, DOCTOR_YES, "O_TMPFILE", "unnamed files can be made");
		return fd;
	}
	doctor_add(doctor, DOCTOR_NO, "O_TMPFILE", "%s", strerror(err));
	if (err == EACCES || err == EPERM)
		doctor_advise(doctor, "take a folder that this user may write to");
	else if (err == EOPNOTSUPP || err == EISDIR || err == ENOENT)
		doctor_advise(doctor,
			      "this file system has no unnamed files: DAX and MAP_SYNC were not "
			      "tried here");
	return -1;
}

static void check_fallocate(struct doctor *doctor, int fd)
{
	if (fallocate(fd, 0, 0, TRIAL_BYTES) == 0) {
		doctor_add(doctor, DOCTOR_YES, "fallocate",
			   "works: cells of state=unwritten can be tried");
		return;
	}
	doctor_add(doctor, DOCTOR_NO, "fallocate", "%s", strerror(errno));
	doctor_advise(doctor, "cells of state=unwritten are skipped here");
	if (ftruncate(fd, TRIAL_BYTES))
		doctor_advise(doctor, "nor can a file be made longer: %s", strerror(errno));
}

static bool check_dax(struct doctor *doctor, int fd)
{
	struct statx stx = { 0 };
	bool is_dax;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &stx)) {
		doctor_add(doctor, DOCTOR_NO, "DAX", "statx: %s", strerror(errno));
		return false;
	}
	is_dax = stx.stx_attributes & STATX_ATTR_DAX;
	doctor_add(doctor, is_dax ? DOCTOR_YES : DOCTOR_NO, "DAX",
		   "a new file here %s STATX_ATTR_DAX", is_dax ? "has" : "does not have");
	if (!is_dax)
		doctor_advise(doctor,
			      "ext4 or XFS on a device with DAX, mounted with -o dax=always; "
			      "run --device DEV does all that. Without: page-cache faults");
	return is_dax;
}

static void check_map_sync(struct doctor *doctor, int fd, bool is_dax)
{
	void *data = mmap(NULL, TRIAL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED_VALIDATE | MAP_SYNC,
			  fd, 0);

	if (data != MAP_FAILED) {
		munmap(data, TRIAL_BYTES);
		doctor_add(doctor, DOCTOR_YES, "MAP_SYNC", "a file here could be mapped with it");
		return;
	}
	doctor_add(doctor, DOCTOR_NO, "MAP_SYNC", "mmap with MAP_SHARED_VALIDATE|MAP_SYNC: %s",
		   strerror(errno));
	doctor_advise(doctor, is_dax ? "the device is not synchronous itself (virtio-pmem without "
				       "its own flush, a region with a volatile cache)"
				     : "it needs DAX; cells of sync=map_sync are skipped here");
}

static int check_folder(struct doctor *doctor, const char *path)
{
	auto_close int fd = -1;
	struct statx stx = { 0 };

	if (statx(AT_FDCWD, path, 0, STATX_BASIC_STATS | STATX_MNT_ID, &stx))
		return diag_errno(errno, "%s", path);
	check_mount(doctor, path, &stx);
	fd = open_trial(doctor, path);
	if (fd < 0)
		return 0;
	check_fallocate(doctor, fd);
	check_map_sync(doctor, fd, check_dax(doctor, fd));
	return 0;
}

static const char *name_kind(enum guard_kind kind)
{
	return kind == GUARD_BLOCK    ? "a block device"
	       : kind == GUARD_DEVDAX ? "a device DAX"
				      : "an image file";
}

static void check_dax_capable(struct doctor *doctor, const struct guard_report *report)
{
	if (!report->is_dax_capable) {
		doctor_add(doctor, DOCTOR_NO, "DAX", "%s",
			   report->kind == GUARD_FILE ? "an image file goes through a loop device"
						      : "the device has none (queue/dax)");
		doctor_advise(doctor,
			      "cells of dax=always are skipped on it; persistent memory has DAX, "
			      "and so has scripts/guest");
	} else if (report->align_bytes) {
		doctor_add(doctor, report->align_bytes >= 2u << 20 ? DOCTOR_YES : DOCTOR_PARTLY,
			   "DAX", "the device has it, aligned to %llu KiB%s",
			   (unsigned long long)(report->align_bytes >> 10),
			   report->align_bytes >= 2u << 20 ? "" : ": no 2 MiB pages");
	} else {
		doctor_add(doctor, DOCTOR_YES, "DAX",
			   "the device has it; its alignment is not told");
	}
}

static void check_refusal(struct doctor *doctor, const char *path,
			  const struct guard_report *report)
{
	const char *contents = report->contents.text;

	if (report->obstacle[0]) {
		doctor_add(doctor, DOCTOR_NO, "run", "would refuse %s, because it %s%s%s", path,
			   report->obstacle, contents[0] ? "; it holds " : "", contents);
		doctor_advise(doctor,
			      "--force does not help here: free the device, or take another");
	} else if (contents[0]) {
		doctor_add(doctor, DOCTOR_PARTLY, "run", "would refuse %s, because it holds %s%s",
			   path, contents,
			   report->contents.is_ours ? ", which a killed run of syncfault left"
						    : "");
		doctor_advise(doctor, "to destroy that: syncfault run --device %s --force", path);
	} else {
		doctor_add(doctor, DOCTOR_YES, "run", "would take %s: it is free and empty", path);
	}
}

static int check_device(struct doctor *doctor, const char *path)
{
	struct guard_report report;
	int err = guard_inspect(path, &report);

	if (err == -ENODEV || err == -ENOTBLK) {
		diag_error("%s is neither a folder, a block device, a device DAX nor an image file",
			   path);
		return err;
	}
	if (err) {
		doctor_add(doctor, DOCTOR_NO, "run", "%s cannot be inspected: %s", path,
			   strerror(-err));
		doctor_advise(doctor, geteuid() ? "run doctor as root" : "dmesg may tell why");
		return 0;
	}
	doctor_add(doctor, DOCTOR_YES, "target", "%s: %s of %llu MiB", path, name_kind(report.kind),
		   to_mib(report.size_bytes));
	check_dax_capable(doctor, &report);
	check_refusal(doctor, path, &report);
	return 0;
}

int doctor_check_target(struct doctor *doctor, const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return diag_errno(errno, "%s", path);
	return S_ISDIR(st.st_mode) ? check_folder(doctor, path) : check_device(doctor, path);
}
