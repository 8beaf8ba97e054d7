// SPDX-License-Identifier: GPL-2.0-or-later
#include "target/lock.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/sysfs.h"

#define ATTEMPT_GAP_NS 10000000
#define MAX_ATTEMPTS   100

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

/*
 * Of proc_locks(5). Device numbers there are those of superblocks, which btrfs and overlayfs do not
 * give to stat(2): the inode and what the process has open must do. 0: not found.
 */
static int find_holder(const struct stat *st)
{
	auto_fclose FILE *file = fopen("/proc/locks", "re");
	unsigned long long inode;
	char line[256];
	int pid;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%*d: FLOCK %*s %*s %d %*x:%*x:%llu", &pid, &inode) == 2 &&
		    inode == st->st_ino && pid > 0 && has_open(pid, st))
			return pid;
	return 0;
}

static void report_holder(int pid, const char *name)
{
	char command[32];

	if (!pid || sysfs_line(command, sizeof(command), "/proc/%d/comm", pid))
		diag_error("%s is in use: another process has locked it", name);
	else if (strcmp(command, "syncfault") != 0)
		diag_error("%s is in use: process %d (%s) has locked it", name, pid, command);
	else
		diag_error("%s is in use by another syncfault run, process %d", name, pid);
}

int lock_take(int fd, bool is_shared, const char *name)
{
	const struct timespec gap = { .tv_nsec = ATTEMPT_GAP_NS };
	struct stat st;
	int holder = 0;

	if (fstat(fd, &st))
		return -errno;
	/* After a run was killed, its loads end an instant later, and with them its lock. */
	for (int attempt = 0; !holder && attempt < MAX_ATTEMPTS; attempt++) {
		if (attempt)
			nanosleep(&gap, NULL);
		if (flock(fd, (is_shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK)
			return -errno;
		holder = find_holder(&st);
	}
	report_holder(holder, name);
	return -EBUSY;
}
