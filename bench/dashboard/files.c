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

/* Results of a build, each with its path, until it is known which of them are one set. */
struct candidates {
	struct result *results;
	char **paths; /* of struct result_files */
	size_t count;
};

static void candidates_free(struct candidates *candidates)
{
	for (size_t i = 0; i < candidates->count; i++)
		result_free(&candidates->results[i]);
	free(candidates->results);
	free(candidates->paths);
}

/* A file that is not a result was reported when the history was read; here it is skipped. */
static int read_candidates(const struct result_files *files, const struct history_build *build,
			   const struct history_track *track, struct candidates *candidates)
{
	candidates->results = calloc(files->count + 1, sizeof(*candidates->results));
	candidates->paths = calloc(files->count + 1, sizeof(*candidates->paths));
	if (!candidates->results || !candidates->paths)
		return diag_errno(ENOMEM, "dashboard");
	for (size_t i = 0; i < files->count; i++) {
		struct result *result = &candidates->results[candidates->count];
		int ret = may_name(files->items[i].path, build->release)
				  ? result_read(files->items[i].path, result)
				  : -ENODATA;

		if (ret == -ENOMEM)
			return ret;
		if (ret)
			continue;
		if (is_of_build(result, build, track))
			candidates->paths[candidates->count++] = files->items[i].path;
		else
			result_free(result);
	}
	if (candidates->count)
		return 0;
	diag_error("dashboard: the results of %s have gone while they were read", build->release);
	return -ENODATA;
}

/* The result that the set is made around. */
static const struct result *find_leader(const struct candidates *candidates)
{
	const struct result *leader = candidates->results;

	for (size_t i = 1; i < candidates->count; i++)
		if (candidates->results[i].cell_count > leader->cell_count)
			leader = &candidates->results[i];
	return leader;
}

int page_files_read_build(const struct result_files *files, const struct history_build *build,
			  const struct history_track *track, struct result_set *set,
			  size_t *set_aside)
{
	auto_release(candidates_free) struct candidates candidates = { 0 };
	int ret = read_candidates(files, build, track, &candidates);
	const struct result *leader;
	size_t count = 0;

	if (ret)
		return ret;
	leader = find_leader(&candidates);
	for (size_t i = 0; i < candidates.count; i++)
		if (!result_set_difference(leader, &candidates.results[i]))
			candidates.paths[count++] = candidates.paths[i];
	*set_aside = candidates.count - count;
	return result_set_read_files(build->release, candidates.paths, count, set);
}
