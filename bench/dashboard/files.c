// SPDX-License-Identifier: GPL-2.0-or-later
#include "dashboard/files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/diag.h"

/* Whether text is written in JSON as it is. */
static bool is_plain(const char *text)
{
	return strspn(text,
		      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+-_~") ==
	       strlen(text);
}

/* Whether it is worth while to parse the file: one that does not name the release is not of it. */
static bool may_name(const char *path, const char *release)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	bool names = true;
	void *text;

	if (!is_plain(release) || fd < 0 || fstat(fd, &st) || !st.st_size)
		return true;
	text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (text == MAP_FAILED)
		return true;
	names = memmem(text, (size_t)st.st_size, release, strlen(release));
	munmap(text, (size_t)st.st_size);
	return names;
}

static bool is_same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool is_of_build(const struct result *result, const struct history_build *build,
			const struct history_track *track)
{
	return is_same(result->host.kernel, build->release) &&
	       is_same(result->host.build_id, build->build_id) && !result->has_provenance &&
	       result->clock.domain == track->domain && is_same(result->suite, track->suite);
}

/* A file that is not a result was reported when the history was read; here it is skipped. */
static int read_candidates(const struct result_files *files, const struct history_build *build,
			   const struct history_track *track, struct results *results)
{
	for (size_t i = 0; i < files->count; i++) {
		const char *path = files->items[i].path;
		int ret = may_name(path, build->release) ? results_add(results, path) : -ENODATA;

		if (ret == -ENOMEM)
			return ret;
		if (!ret && !is_of_build(&results->items[results->count - 1], build, track))
			results_drop(results, results->count - 1);
	}
	if (results->count)
		return 0;
	diag_error("dashboard: the results of %s have gone while they were read", build->release);
	return -ENODATA;
}

/* Only those that are one set with the result that has most cells; how many are not. */
static size_t keep_one_set(struct results *results)
{
	struct result leader = results->items[0]; /* its pointers are not its own */
	size_t dropped = 0;

	for (size_t i = 1; i < results->count; i++)
		if (results->items[i].cell_count > leader.cell_count)
			leader = results->items[i];
	for (size_t i = results->count; i-- > 0;)
		if (result_set_difference(&leader, &results->items[i])) {
			results_drop(results, i);
			dropped++;
		}
	return dropped;
}

int page_files_read_build(const struct result_files *files, const struct history_build *build,
			  const struct history_track *track, struct result_set *set,
			  size_t *set_aside)
{
	auto_results struct results results = { 0 };
	int ret = read_candidates(files, build, track, &results);

	if (ret)
		return ret;
	*set_aside = keep_one_set(&results);
	return result_set_take(build->release, &results, set);
}
