// SPDX-License-Identifier: GPL-2.0-or-later
#include "target/lock.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/sysfs.h"

#define MAX_ATTEMPTS 100

static void wait_for_next_attempt(void)
{
	const struct timespec gap = { .tv_nsec = 10000000 };

	nanosleep(&gap, NULL);
}

static bool has_open(int pid, const struct stat *st)
{
	auto_closedir DIR *dir = NULL;
	struct dirent *entry;
	struct stat other;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    fstatat(dirfd(dir), entry->d_name, &other, 0) == 0 &&
		    other.st_ino == st->st_ino && other.st_dev == st->st_dev)
			return true;
	return false;
}

/* A lock of an open file has no process: whoever else has the file open. */
static int find_opener(const struct stat *st)
{
	auto_closedir DIR *dir = opendir("/proc");
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		int pid = atoi(entry->d_name);

		if (pid > 0 && pid != getpid() && has_open(pid, st))
			return pid;
	}
	return 0;
}

/*
 * The process that has a lock of one of the kinds, in words of proc_locks(5). Device numbers there
 * are those of superblocks, which btrfs and overlayfs do not give to stat(2): the inode and what
 * the process has open must do. 0: not found.
 */
static int find_holder(const struct stat *st, const char *kinds)
{
	auto_fclose FILE *file = fopen("/proc/locks", "re");
	unsigned long long inode;
	char line[256], kind[16];
	int pid;

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%*d: %15s %*s %*s %d %*x:%*x:%llu", kind, &pid, &inode) != 3 ||
		    inode != st->st_ino || !strstr(kinds, kind))
			continue;
		if (pid <= 0)
			pid = find_opener(st);
		if (pid > 0 && has_open(pid, st))
			return pid;
	}
	return 0;
}

static void report_holder(int pid, const char *name)
{
	char command[32];

	if (pid == getpid())
		diag_error("%s is in use: this run has it as another device", name);
	else if (!pid || sysfs_line(command, sizeof(command), "/proc/%d/comm", pid))
		diag_error("%s is in use: another process has locked it", name);
	else if (strcmp(command, "syncfault") != 0)
		diag_error("%s is in use: process %d (%s) has locked it", name, pid, command);
	else
		diag_error("%s is in use by another syncfault run, process %d", name, pid);
}

int lock_take(int fd, bool is_shared, const char *name)
{
	struct stat st;
	int holder = 0;

	if (fstat(fd, &st))
		return -errno;
	/* After a run was killed, its loads end an instant later, and with them its lock. */
	for (int attempt = 0; !holder && attempt < MAX_ATTEMPTS; attempt++) {
		if (attempt)
			wait_for_next_attempt();
		if (flock(fd, (is_shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK)
			return -errno;
		holder = find_holder(&st, "FLOCK");
	}
	report_holder(holder, name);
	return -EBUSY;
}

int lock_take_records(int fd, const char *name)
{
	bool is_writable = (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR;
	struct flock lock = { .l_type = is_writable ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET };
	struct stat st;

	if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
		return 0;
	if (errno != EAGAIN && errno != EACCES)
		return -errno;
	report_holder(fstat(fd, &st) ? 0 : find_holder(&st, "POSIX OFDLCK"), name);
	return -EBUSY;
}

static void describe(int pid, const char *what, char *why, size_t size)
{
	char command[32];

	if (!pid || sysfs_line(command, sizeof(command), "/proc/%d/comm", pid))
		snprintf(why, size, "%s by another process", what);
	else
		snprintf(why, size, "%s by process %d (%s)", what, pid, command);
}

static bool has_record_lock(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

static bool has_flock(int fd)
{
	for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
		if (attempt)
			wait_for_next_attempt();
		if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
			flock(fd, LOCK_UN);
			return false;
		}
		if (errno != EWOULDBLOCK)
			return false;
	}
	return true;
}

bool lock_is_held(int fd, bool looks_at_flock, char *why, size_t size)
{
	const char *kinds = has_record_lock(fd)		      ? "POSIX OFDLCK"
			    : looks_at_flock && has_flock(fd) ? "FLOCK"
							      : NULL;
	struct stat st;

	if (!kinds)
		return false;
	describe(fstat(fd, &st) ? 0 : find_holder(&st, kinds), "is locked", why, size);
	return true;
}

bool lock_is_leased(const struct stat *st, char *why, size_t size)
{
	int holder = find_holder(st, "LEASE DELEG");

	if (holder)
		describe(holder, "is leased", why, size);
	return holder;
}
