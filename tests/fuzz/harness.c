// SPDX-License-Identifier: GPL-2.0-or-later
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *fuzz_in, *fuzz_out;

static char *file_names[FUZZ_MAX_FILES];
static size_t files_written;
static char *out_text, *err_text;
static size_t out_length, err_length;
static FILE *null;

void fuzz_fail(const char *what, const char *text, size_t length)
{
	dprintf(STDERR_FILENO, "\n==fuzz: %s:\n", what);
	if (write(STDERR_FILENO, text, length < 4000 ? length : 4000) < 0)
		perror("write");
	dprintf(STDERR_FILENO, "\n");
	abort();
}

static const char *folder(const char *name)
{
	const char *root = getenv("FUZZ_DIR");
	char *path;

	if (!root || asprintf(&path, "%s/%s", root, name) < 0 || access(path, W_OK)) {
		fprintf(stderr, "fuzz: FUZZ_DIR/%s has to be a folder (see scripts/fuzz)\n", name);
		exit(2);
	}
	return path;
}

/* Takes the entries away where they may be, and fails of the first where they may not. */
static void sweep(const char *path, int may_hold)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (!may_hold)
			fuzz_fail("a file outside of the output", entry->d_name,
				  strlen(entry->d_name));
		if (unlinkat(dirfd(dir), entry->d_name, 0) &&
		    unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR))
			fuzz_fail("a folder that is not empty", entry->d_name,
				  strlen(entry->d_name));
	}
	if (dir)
		closedir(dir);
}

/* What goes to stdout and stderr is caught; libFuzzer and the sanitizers keep the descriptors. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_in = folder("in");
	fuzz_out = folder("out");
	for (size_t i = 0; i < FUZZ_MAX_FILES; i++)
		if (asprintf(&file_names[i], "%s/%zu.json", fuzz_in, i) < 0)
			exit(1);
	null = fopen("/dev/null", "w");
	setenv("NO_COLOR", "1", 1);
	setenv("XDG_CACHE_HOME", fuzz_out, 1);
	stdout = null;
	stderr = null;
	sweep(fuzz_in, 1);
	sweep(fuzz_out, 1);
	sweep(".", 0);
	return 0;
}

const char *fuzz_file(size_t index)
{
	return file_names[index];
}

static void write_file(const char *path, const uint8_t *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size) {
		dprintf(STDERR_FILENO, "fuzz: write %s: %s\n", path, strerror(errno));
		_exit(1);
	}
	close(fd);
}

size_t fuzz_write_files(const uint8_t *data, size_t size)
{
	size_t count = 0;

	for (;;) {
		const uint8_t *end = size ? memchr(data, FUZZ_SEPARATOR, size) : NULL;
		size_t length = end ? (size_t)(end - data) : size;

		write_file(file_names[count++], data, length);
		if (!end || count == FUZZ_MAX_FILES)
			break;
		data = end + 1;
		size -= length + 1;
	}
	for (size_t i = count; i < files_written; i++)
		unlink(file_names[i]);
	files_written = count;
	return count;
}

void fuzz_begin(void)
{
	stdout = open_memstream(&out_text, &out_length);
	stderr = open_memstream(&err_text, &err_length);
}

struct fuzz_output fuzz_end(int code)
{
	static char *out, *err;

	fclose(stdout);
	fclose(stderr);
	stdout = null;
	stderr = null;
	free(out);
	free(err);
	out = out_text;
	err = err_text;
	return (struct fuzz_output){ code, out, err, out_length, err_length };
}

struct fuzz_output fuzz_run(fuzz_command_fn *command, const char *const *words)
{
	char *argv[FUZZ_MAX_WORDS + 2];
	struct fuzz_output output;
	int argc = 0, code;

	while (argc < FUZZ_MAX_WORDS && words[argc]) {
		argv[argc] = (char *)(uintptr_t)words[argc];
		argc++;
	}
	argv[argc] = NULL;
	fuzz_begin();
	code = command(argc, argv);
	output = fuzz_end(code);
	oracle_diagnostics(&output);
	sweep(".", 0);
	sweep(fuzz_out, 1);
	return output;
}
