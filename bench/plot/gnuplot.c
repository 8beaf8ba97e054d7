// SPDX-License-Identifier: GPL-2.0-or-later
#include "plot/gnuplot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/printable.h"
#include "base/spawn.h"

#define PATH_SIZE 64

/* What a child finds at path is the file behind our descriptor: it has no name of its own. */
static int open_unnamed(const char *what, char path[PATH_SIZE])
{
	int fd = memfd_create(what, MFD_CLOEXEC);

	if (fd < 0)
		return diag_errno(errno, "memfd_create for %s", what);
	snprintf(path, PATH_SIZE, "/proc/%d/fd/%d", getpid(), fd);
	return fd;
}

static int write_script(int fd, const char *output, const char *script, size_t length)
{
	char line[PATH_SIZE + 16];
	size_t line_length = (size_t)snprintf(line, sizeof(line), "output = '%s'\n", output);

	if (write(fd, line, line_length) != (ssize_t)line_length)
		return diag_errno(errno, "write gnuplot's script");
	while (length) {
		ssize_t n = write(fd, script, length);

		if (n < 0)
			return diag_errno(errno, "write gnuplot's script");
		script += n;
		length -= (size_t)n;
	}
	return 0;
}

static int run(const char *script_path)
{
	/* --default-settings: neither the user's nor the system's start files. */
	const char *const argv[] = { "gnuplot", "--default-settings", script_path, NULL };
	char path[PATH_MAX];
	struct spawn_output out;
	int status;

	if (spawn_find(argv[0], path)) {
		diag_error("plot: gnuplot is not installed (Debian: apt install gnuplot-nox)");
		return -ENOENT;
	}
	status = spawn_wait(argv, &out);
	if (status <= 0)
		return status;
	if (status > 128)
		diag_error("gnuplot failed: %s", strsignal(status - 128));
	else
		diag_error("gnuplot failed (%d): %s", status, spawn_last_line(&out));
	return -EIO;
}

static int read_image(int fd, char **image, size_t *length)
{
	auto_free char *buffer = NULL;
	struct stat st;

	if (fstat(fd, &st))
		return diag_errno(errno, "gnuplot's picture");
	if (st.st_size == 0) {
		diag_error("gnuplot drew nothing");
		return -EIO;
	}
	buffer = malloc((size_t)st.st_size);
	if (!buffer)
		return diag_errno(ENOMEM, "gnuplot's picture");
	if (pread(fd, buffer, (size_t)st.st_size, 0) != st.st_size)
		return diag_errno(EIO, "gnuplot's picture");
	*image = no_free(buffer);
	*length = (size_t)st.st_size;
	return 0;
}

int gnuplot_draw(const char *script, size_t script_length, char **image, size_t *image_length)
{
	char script_path[PATH_SIZE], image_path[PATH_SIZE];
	auto_close int script_fd = open_unnamed("script", script_path);
	auto_close int image_fd = script_fd < 0 ? -1 : open_unnamed("picture", image_path);
	int ret;

	if (script_fd < 0 || image_fd < 0)
		return script_fd < 0 ? script_fd : image_fd;
	ret = write_script(script_fd, image_path, script, script_length);
	if (!ret)
		ret = run(script_path);
	return ret ? ret : read_image(image_fd, image, image_length);
}

void gnuplot_string(FILE *out, const char *text, size_t columns)
{
	size_t size = columns * 4 + 4;
	auto_free char *shown = malloc(size);

	fputc('\'', out);
	if (shown)
		for (const char *c = printable(text, columns, shown, size); *c; c++)
			fputs(*c == '\'' || *c == '`' ? "\u2019" : (char[]){ *c, '\0' }, out);
	fputc('\'', out);
}
