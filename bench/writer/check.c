// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "writer/pattern.h"
#include "writer/writer.h"

/* In 4 KiB; 2m cells store to one of each 512. */
#define MAX_PAGES (1U << 20)

/* What has to be there: the last store reported of each page; 0: none. */
struct expected {
	uint32_t *numbers[WRITER_MAX_FILES];
};

static void free_expected(struct expected *expected)
{
	for (unsigned int i = 0; i < WRITER_MAX_FILES; i++)
		free(expected->numbers[i]);
}

static int expect(struct expected *expected, unsigned int file, unsigned int page,
		  unsigned int number)
{
	if (file >= WRITER_MAX_FILES || page >= MAX_PAGES)
		return -EINVAL;
	if (!expected->numbers[file])
		expected->numbers[file] = calloc(MAX_PAGES, sizeof(uint32_t));
	if (!expected->numbers[file])
		return -ENOMEM;
	expected->numbers[file][page] = number;
	return 0;
}

static int take_line(struct expected *expected, const char *line)
{
	unsigned int file, page, number;
	char end;

	if (sscanf(line, "s %u %u %u%c", &file, &page, &number, &end) == 4 && end == '\n' && number)
		return expect(expected, file, page, number);
	if (sscanf(line, "v %u %u%c", &file, &page, &end) == 3 && end == '\n')
		return expect(expected, file, page, 0);
	return -EINVAL;
}

static int read_reports(const char *path, struct expected *expected)
{
	auto_fclose FILE *reports = fopen(path, "re");
	auto_free char *line = NULL;
	size_t size = 0;
	ssize_t length;
	int ret = 0;

	if (!reports)
		return diag_errno(errno, "open %s", path);
	while (!ret && (length = getline(&line, &size, reports)) > 0)
		if (line[length - 1] == '\n')
			ret = take_line(expected, line);
	if (ret)
		diag_error("%s: not a report: %s", path, line);
	return ret;
}

static bool is_there(const struct pattern *pattern, int fd)
{
	uint64_t bytes[PATTERN_BYTES / sizeof(uint64_t)];
	off_t at = (off_t)pattern->page * PATTERN_BYTES;
	const char *what;
	ssize_t n = pread(fd, bytes, sizeof(bytes), at);
	size_t line = 0;

	if (n < 0)
		what = strerror(errno);
	else if (n < (ssize_t)sizeof(bytes))
		what = "the end of the file";
	else
		what = pattern_check(pattern, bytes, &line);
	if (what)
		printf("lost %" PRIu64 " %" PRIu64 " %" PRIu64 ": byte %lld: %s\n", pattern->file,
		       pattern->page, pattern->number, (long long)at + (long long)line * 64, what);
	return !what;
}

static int check_file(const struct check_params *params, unsigned int file, const uint32_t *numbers,
		      uint64_t *reported, uint64_t *lost)
{
	auto_free char *path = NULL;
	auto_close int fd = -1;

	if (asprintf(&path, "%s/" WRITER_FILE_NAME, params->dir, file) < 0)
		return diag_errno(ENOMEM, "%s", params->dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	/* A file that is gone has lost all that is in it; any other failure is one. */
	if (fd < 0 && errno != ENOENT)
		return diag_errno(errno, "open %s", path);
	for (unsigned int page = 0; page < MAX_PAGES; page++) {
		const struct pattern pattern = { params->seed, file, page, numbers[page] };

		if (!numbers[page])
			continue;
		++*reported;
		*lost += !is_there(&pattern, fd);
	}
	return 0;
}

int writer_check(const struct check_params *params)
{
	auto_release(free_expected) struct expected expected = { 0 };
	uint64_t reported = 0, lost = 0;
	int ret = read_reports(params->reports, &expected);

	for (unsigned int i = 0; i < WRITER_MAX_FILES && !ret; i++)
		if (expected.numbers[i])
			ret = check_file(params, i, expected.numbers[i], &reported, &lost);
	if (!ret)
		printf("reported %" PRIu64 " lost %" PRIu64 "\n", reported, lost);
	return ret;
}
