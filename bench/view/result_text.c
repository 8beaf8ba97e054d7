// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/result_text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sha2.h>
#include <string.h>

#include "base/diag.h"
#include "result/result.h"

static uint64_t in_ns(const struct timespec *time)
{
	return (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_nsec;
}

struct file_state file_state_of(const struct stat *st)
{
	return (struct file_state){ .inode = st->st_ino,
				    .size = (uint64_t)st->st_size,
				    .mtime_ns = in_ns(&st->st_mtim),
				    .ctime_ns = in_ns(&st->st_ctim) };
}

bool file_state_is_same(const struct file_state *a, const struct file_state *b)
{
	return a->inode == b->inode && a->size == b->size && a->mtime_ns == b->mtime_ns &&
	       a->ctime_ns == b->ctime_ns;
}

int file_is_below(int fd, const char *path, const char *root)
{
	char link[64], real[PATH_MAX];
	size_t length = strlen(root);
	ssize_t n;

	if (!strcmp(root, "/"))
		return 1;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, real, sizeof(real));
	if (n == sizeof(real))
		return -ENAMETOOLONG;
	if (n >= 0)
		real[n] = '\0';
	else if (errno != ENOENT || !realpath(path, real))
		return -errno;
	return !strncmp(real, root, length) && (!real[length] || real[length] == '/');
}

/* O_NONBLOCK: what was a file may be a pipe by now. */
static int open_found(const char *path, const char *root, struct stat *st)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (root ? O_NONBLOCK : 0));
	int is_below;

	if (fd < 0 || fstat(fd, st))
		return diag_errno(errno, "open %s", path);
	if (!root)
		return no_close(fd);
	is_below = S_ISREG(st->st_mode) ? file_is_below(fd, path, root) : 0;
	if (is_below > 0)
		return no_close(fd);
	if (is_below < 0)
		return diag_errno(is_below, "open %s", path);
	diag_error("%s: was replaced while the folder was read: it is not a file in it any more",
		   path);
	return -ESTALE;
}

static int read_from(int fd, const char *path, const struct stat *before, struct result_text *text)
{
	const struct file_state state = file_state_of(before);
	SHA2_CTX context;
	struct stat after;
	int ret = result_read_text(fd, path, &text->text, &text->length);

	if (ret)
		return ret;
	if (!fstat(fd, &after) && text->length == state.size) {
		const struct file_state now = file_state_of(&after);

		if (file_state_is_same(&state, &now))
			text->state = state;
	}
	SHA256Init(&context);
	SHA256Update(&context, (const uint8_t *)text->text, text->length);
	SHA256Final(text->digest, &context);
	return 0;
}

int result_text_read(const char *path, const char *root, struct result_text *text)
{
	auto_close int fd = -1;
	struct stat st = { 0 };

	*text = (struct result_text){ 0 };
	if (!root && !strcmp(path, "-"))
		return read_from(STDIN_FILENO, "standard input", &st, text);
	fd = open_found(path, root, &st);
	return fd < 0 ? fd : read_from(fd, path, &st, text);
}

void result_text_free(struct result_text *text)
{
	free(text->text);
	*text = (struct result_text){ 0 };
}
