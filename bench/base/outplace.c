// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/outplace.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "base/diag.h"
#include "base/mounts.h"

#define MAX_LINKS 40	/* as the kernel */
#define MAX_DEPTH 10000 /* of folders: more than paths of any length have */
#define NO_NUMBER (-1)
#define REFUSED	  1 /* in place of an errno: a line said why */

/* A name and the folder that it is in. */
struct name {
	int dir_fd;
	char base[NAME_MAX + 1];
};

static void release_name(struct name *name)
{
	cleanup_close(&name->dir_fd);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Goes to path, which starts from the folder of name if it is relative. -errno. */
static int go_to(struct name *name, const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	auto_free char *folder = strndup(path, (size_t)(base - path));
	int fd;

	if (!folder)
		return -ENOMEM;
	if (!*base)
		return *path ? -EISDIR : -ENOENT;
	if (strlen(base) > NAME_MAX || strlen(path) >= PATH_MAX)
		return -ENAMETOOLONG;
	fd = openat(name->dir_fd, *folder ? folder : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	cleanup_close(&name->dir_fd);
	name->dir_fd = fd;
	strcpy(name->base, base);
	return 0;
}

/* Of the folder itself or one above it: the first that is one of paths; its index or -1. */
static int first_above(int dir_fd, const char *const paths[], size_t count)
{
	auto_close int fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 0);
	struct stat now, last = { 0 }, wanted;

	for (int depth = 0; depth < MAX_DEPTH && fd >= 0 && fstat(fd, &now) == 0; depth++) {
		int above;

		for (size_t i = 0; i < count; i++)
			if (stat(paths[i], &wanted) == 0 && is_same(&now, &wanted))
				return (int)i;
		if (depth && is_same(&now, &last))
			return -1;
		last = now;
		above = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		close(fd);
		fd = above;
	}
	return -1;
}

/* Its magic is that of tmpfs, or of ramfs where the kernel has no tmpfs. */
static bool is_devtmpfs(int dir_fd, long magic)
{
	auto_mounts struct mounts mounts = { 0 };
	const struct mounts_entry *entry;
	struct statx stx;

	if (magic != TMPFS_MAGIC && magic != RAMFS_MAGIC)
		return false;
	if (statx(dir_fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &stx) ||
	    !(stx.stx_mask & STATX_MNT_ID) || mounts_read(MOUNTS_SELF, &mounts))
		return false;
	entry = mounts_find(&mounts, stx.stx_mnt_id);
	return entry && !strcmp(entry->type, "devtmpfs");
}

/* Names in there stand for devices and facts, not for what somebody keeps. */
static bool is_of_system(int dir_fd)
{
	static const char *const paths[] = { "/dev/shm", "/dev", "/proc", "/sys" };
	struct statfs fs = { 0 };

	fstatfs(dir_fd, &fs);
	if (fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC)
		return true;
	return first_above(dir_fd, paths, sizeof(paths) / sizeof(paths[0])) > 0 ||
	       is_devtmpfs(dir_fd, fs.f_type);
}

/* The number of the descriptor of this process that name stands for, or NO_NUMBER. */
static int own_number(const struct name *name)
{
	static const char *const folders[] = { "/proc/self/fd", "/proc/thread-self/fd" };
	struct stat st, own;
	long number = strtol(name->base, NULL, 10);
	char text[16];

	snprintf(text, sizeof(text), "%d", (int)number);
	if (number < 0 || strcmp(text, name->base) != 0 || fstat(name->dir_fd, &st))
		return NO_NUMBER;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (stat(folders[i], &own) == 0 && is_same(&st, &own))
			return (int)number;
	return NO_NUMBER;
}

/* What lies on the way from a name along links. */
struct way {
	int number;	   /* of the descriptor that it ends at */
	bool is_of_system; /* it touches a folder of the system */
};

/* It ends where there is no link, or one that leads nowhere. */
static void follow(const struct name *from, struct way *way)
{
	auto_release(release_name) struct name at = *from;
	char target[PATH_MAX];

	*way = (struct way){ .number = NO_NUMBER };
	at.dir_fd = fcntl(from->dir_fd, F_DUPFD_CLOEXEC, 0);
	for (int links = 0; links <= MAX_LINKS && at.dir_fd >= 0; links++) {
		ssize_t length;

		way->is_of_system = way->is_of_system || is_of_system(at.dir_fd);
		way->number = own_number(&at);
		if (way->number != NO_NUMBER)
			return;
		length = readlinkat(at.dir_fd, at.base, target, sizeof(target));
		if (length < 0 || length == sizeof(target))
			return;
		target[length] = '\0';
		if (go_to(&at, target))
			return;
	}
}

/*
 * Descriptors that we opened ourselves close on exec, those that we were started with do not: a
 * number that is free now may be one of ours later.
 */
static int take_given(struct outplace *place, int number, const struct stat *target)
{
	int flags = fcntl(number, F_GETFL), of_fd = fcntl(number, F_GETFD);
	struct stat st;

	if (flags < 0 || of_fd < 0 || (of_fd & FD_CLOEXEC) || (flags & O_PATH) ||
	    (flags & O_ACCMODE) == O_RDONLY)
		return -EBADF;
	if (target && (fstat(number, &st) || !is_same(&st, target)))
		return -EBADF;
	place->kind = OUTPLACE_GIVEN;
	place->fd = number;
	return 0;
}

static void take_file(struct name *name, struct outplace *place)
{
	place->kind = OUTPLACE_FILE;
	place->fd = no_close(name->dir_fd);
	strcpy(place->base, name->base);
}

static int refuse_system(const char *path)
{
	diag_error("write %s: nothing is made or replaced in /dev, /proc or /sys", path);
	return REFUSED;
}

/* Of what is there, after all links. */
static int judge_target(const char *path, const struct stat *st)
{
	if (S_ISDIR(st->st_mode))
		return -EISDIR;
	if (!S_ISBLK(st->st_mode))
		return 0;
	diag_error("write %s: is a block device; wants a file, a pipe or a character device", path);
	return REFUSED;
}

static bool is_stream(const struct stat *st)
{
	return S_ISCHR(st->st_mode) || S_ISFIFO(st->st_mode) || S_ISSOCK(st->st_mode);
}

static int find_from(struct name *name, const char *path, struct outplace *place)
{
	auto_close int fd = openat(name->dir_fd, name->base, O_PATH | O_CLOEXEC);
	bool may_follow = fd >= 0 || errno != EACCES; /* fs.protected_symlinks */
	struct stat st = { 0 };
	struct way way;
	int ret;

	if (fd >= 0 && fstat(fd, &st))
		return -errno;
	follow(name, &way);
	if (way.number != NO_NUMBER && may_follow)
		return take_given(place, way.number, fd < 0 ? NULL : &st);
	ret = fd < 0 ? 0 : judge_target(path, &st);
	if (ret)
		return ret;
	if (fd >= 0 && is_stream(&st)) {
		place->kind = OUTPLACE_NODE;
		place->fd = no_close(fd);
		return 0;
	}
	if (way.is_of_system)
		return refuse_system(path);
	take_file(name, place);
	return 0;
}

static int find(const char *path, struct outplace *place)
{
	auto_release(release_name) struct name name = { .dir_fd = AT_FDCWD };
	int ret;

	if (!strcmp(path, "-"))
		return take_given(place, STDOUT_FILENO, NULL);
	ret = go_to(&name, path);
	return ret ? ret : find_from(&name, path, place);
}

static int report(int ret, const char *path)
{
	if (ret == REFUSED)
		return -EPERM;
	return ret ? diag_errno(ret, "write %s", outplace_name(path)) : 0;
}

const char *outplace_name(const char *path)
{
	return strcmp(path, "-") != 0 ? path : "standard output";
}

int outplace_find(const char *path, struct outplace *place)
{
	return report(find(path, place), path);
}

int outplace_find_folder(const char *path, struct outplace *place)
{
	auto_release(release_name) struct name name = { .dir_fd = AT_FDCWD };
	auto_free char *copy = strdup(path);
	int ret;

	if (!copy)
		return report(-ENOMEM, path);
	for (size_t length = strlen(copy); length > 1 && copy[length - 1] == '/'; length--)
		copy[length - 1] = '\0';
	ret = go_to(&name, copy);
	if (!ret && is_of_system(name.dir_fd))
		ret = refuse_system(path);
	if (!ret)
		take_file(&name, place);
	return report(ret, path);
}

void outplace_release(struct outplace *place)
{
	if (place->kind != OUTPLACE_GIVEN)
		cleanup_close(&place->fd);
}
