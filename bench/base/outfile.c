// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/outplace.h"

#define MAX_ATTEMPTS 100

/* rename() would fail hours later on what another mounted, owns in a shared folder, or froze. */
static int check_replaceable(const struct outplace *place)
{
	struct statx stx;
	struct stat folder;

	if (faccessat(place->fd, ".", W_OK | X_OK, AT_EACCESS) || fstat(place->fd, &folder))
		return -errno;
	if (statx(place->fd, place->base, AT_SYMLINK_NOFOLLOW, STATX_UID, &stx))
		return errno == ENOENT ? 0 : -errno;
	if (stx.stx_attributes & STATX_ATTR_MOUNT_ROOT)
		return -EBUSY;
	if (stx.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND))
		return -EPERM;
	if ((folder.st_mode & S_ISVTX) && geteuid() != 0 && geteuid() != stx.stx_uid &&
	    geteuid() != folder.st_uid)
		return -EPERM;
	return 0;
}

int outfile_check(const char *path)
{
	auto_outplace struct outplace place = OUTPLACE_NONE;
	int ret = outplace_find(path, &place);

	if (ret || place.kind != OUTPLACE_FILE)
		return ret;
	ret = check_replaceable(&place);
	return ret ? diag_errno(ret, "write %s", path) : 0;
}

bool outfile_is_stream(const char *path)
{
	auto_outplace struct outplace place = OUTPLACE_NONE;

	return outplace_find(path, &place) == 0 && place.kind != OUTPLACE_FILE;
}

static int look_at(const char *path, int standard, struct stat *st)
{
	return !strcmp(path, "-") ? fstat(standard, st) : stat(path, st);
}

bool outfile_is_same(const char *path, const char *other)
{
	struct stat st, used;

	return look_at(path, STDOUT_FILENO, &st) == 0 && look_at(other, STDIN_FILENO, &used) == 0 &&
	       st.st_dev == used.st_dev && st.st_ino == used.st_ino;
}

bool outfile_is_input(const char *path, char *const *inputs, size_t count)
{
	struct stat st;

	if (look_at(path, STDOUT_FILENO, &st) || !S_ISREG(st.st_mode))
		return false;
	for (size_t i = 0; i < count; i++)
		if (outfile_is_same(path, inputs[i]))
			return true;
	return false;
}

/* Whoever shares the descriptor may have made it one that does not block. */
static int wait_for_room(int fd)
{
	struct pollfd room = { .fd = fd, .events = POLLOUT };

	return poll(&room, 1, -1) < 0 ? -errno : 0;
}

static int write_all(int fd, const char *text, size_t length)
{
	while (length) {
		ssize_t n = write(fd, text, length);
		int ret = n < 0 ? -errno : 0;

		if (ret == -EINTR)
			continue;
		if (ret == -EAGAIN)
			ret = wait_for_room(fd);
		if (ret)
			return ret;
		text += n > 0 ? n : 0;
		length -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* What open(2) gives of a node that was only looked at so far. */
static int open_node(int node)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", node);
	fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int write_node(int node, const char *text, size_t length)
{
	auto_close int fd = open_node(node);

	return fd < 0 ? fd : write_all(fd, text, length);
}

static int write_given(int fd, const char *text, size_t length)
{
	/* What was printed so far comes first. If it cannot be written, main() says so. */
	fflush(stdout);
	return write_all(fd, text, length);
}

/* A name that others cannot guess, even if they may write to the directory. */
static void choose_name(char name[NAME_MAX + 1], const char *base)
{
	unsigned int number;

	if (getrandom(&number, sizeof(number), GRND_INSECURE) != sizeof(number))
		number = (unsigned int)getpid();
	snprintf(name, NAME_MAX + 1, ".syncfault-%08x-%.200s", number, base);
}

/*
 * Gives the nameless file at path from a name in the directory; where from is NULL, creates one of
 * that name. Neither linkat nor O_EXCL follows or replaces what is at a name: it must be free.
 * Returns 0, or what openat returned, or -errno.
 */
static int claim_name(const char *from, int dir_fd, char name[NAME_MAX + 1], const char *base)
{
	for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
		int ret;

		choose_name(name, base);
		if (from)
			ret = linkat(AT_FDCWD, from, dir_fd, name, AT_SYMLINK_FOLLOW);
		else
			ret = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
		if (ret >= 0 || errno != EEXIST)
			return ret < 0 ? -errno : ret;
	}
	return -EEXIST;
}

/* Gives the nameless file at fd a name in its directory, and that name the place of base. */
static int put_in_place(int fd, int dir_fd, const char *base)
{
	char from[64], name[NAME_MAX + 1];
	int ret;

	snprintf(from, sizeof(from), "/proc/self/fd/%d", fd);
	ret = claim_name(from, dir_fd, name, base);
	if (ret)
		return ret;
	if (renameat(dir_fd, name, dir_fd, base))
		ret = -errno;
	if (ret)
		unlinkat(dir_fd, name, 0);
	return ret;
}

/* Where the file system has no O_TMPFILE (NFS, overlay on old kernels). */
static int write_named(int dir_fd, const char *base, const char *text, size_t length)
{
	char name[NAME_MAX + 1];
	auto_close int fd = claim_name(NULL, dir_fd, name, base);
	int ret;

	if (fd < 0)
		return fd;
	ret = write_all(fd, text, length);
	if (!ret && (fsync(fd) || renameat(dir_fd, name, dir_fd, base)))
		ret = -errno;
	if (ret)
		unlinkat(dir_fd, name, 0);
	return ret;
}

static int write_in(int dir_fd, const char *base, const char *text, size_t length)
{
	auto_close int fd = openat(dir_fd, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0644);
	int ret;

	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
		return write_named(dir_fd, base, text, length);
	ret = fd < 0 ? -errno : write_all(fd, text, length);
	if (!ret && fsync(fd))
		ret = -errno;
	return ret ? ret : put_in_place(fd, dir_fd, base);
}

int outfile_write(const char *path, const char *text, size_t length)
{
	auto_outplace struct outplace place = OUTPLACE_NONE;
	int ret = outplace_find(path, &place);

	if (ret)
		return ret;
	if (place.kind == OUTPLACE_GIVEN)
		ret = write_given(place.fd, text, length);
	else if (place.kind == OUTPLACE_NODE)
		ret = write_node(place.fd, text, length);
	else
		ret = write_in(place.fd, place.base, text, length);
	return ret ? diag_errno(ret, "write %s", outplace_name(path)) : 0;
}

int outfile_make_folder(const char *path)
{
	auto_outplace struct outplace place = OUTPLACE_NONE;
	struct stat st;
	int ret;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	ret = outplace_find_folder(path, &place);
	if (ret)
		return ret;
	return mkdirat(place.fd, place.base, 0777) ? diag_errno(errno, "make directory %s", path)
						   : 1;
}
