// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/diag.h"

#define MAX_ATTEMPTS 100

static int open_directory(const char *path)
{
	auto_free char *copy = strdup(path);
	int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	return fd < 0 ? -errno : fd;
}

static bool is_special(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

int outfile_check(const char *path)
{
	auto_close int dir_fd = -1;
	struct stat st;

	if (!strcmp(path, "-") || is_special(path))
		return 0;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return diag_errno(EISDIR, "write %s", path);
	dir_fd = open_directory(path);
	if (dir_fd < 0)
		return diag_errno(dir_fd, "write %s", path);
	if (faccessat(dir_fd, ".", W_OK | X_OK, AT_EACCESS))
		return diag_errno(errno, "write %s", path);
	return 0;
}

static int write_all(int fd, const char *text, size_t length)
{
	while (length) {
		ssize_t n = write(fd, text, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		length -= (size_t)n;
	}
	return 0;
}

static int write_directly(const char *path, const char *text, size_t length)
{
	bool is_stdout = !strcmp(path, "-");
	auto_close int fd = is_stdout ? -1 : open(path, O_WRONLY | O_CLOEXEC);
	int ret = !is_stdout && fd < 0 ? -errno : 0;

	if (!ret)
		ret = write_all(is_stdout ? STDOUT_FILENO : fd, text, length);
	return ret ? diag_errno(ret, "write %s", is_stdout ? "standard output" : path) : 0;
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
	auto_free char *copy = strdup(path);
	auto_close int dir_fd = -1;
	int ret;

	if (!strcmp(path, "-") || is_special(path))
		return write_directly(path, text, length);
	dir_fd = open_directory(path);
	ret = dir_fd < 0 || !copy ? dir_fd : write_in(dir_fd, basename(copy), text, length);
	return ret < 0 ? diag_errno(ret, "write %s", path) : 0;
}
