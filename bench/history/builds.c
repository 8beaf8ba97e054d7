// SPDX-License-Identifier: GPL-2.0-or-later
/* The builds of a history in their order. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/order.h"
#include "history/run.h"
#include "history/version_order.h"

#define COMMIT_LEAST 7 /* hexadecimal digits that name a commit */

static int compare_runs(const struct history_run *a, const struct history_run *b)
{
	int order = version_compare(a->version, b->version);

	if (!order)
		order = version_compare(a->release, b->release);
	if (!order)
		order = order_text(a->version, b->version);
	if (!order)
		order = order_text(a->release, b->release);
	return order ? order : order_text(a->build_id, b->build_id);
}

bool history_is_of_build(const struct history_build *build, const struct history_run *run)
{
	return !order_text(build->release, run->release) &&
	       !order_text(build->version, run->version) &&
	       !order_text(build->build_id, run->build_id);
}

static int compare_pointers(const void *a, const void *b)
{
	return compare_runs(*(const struct history_run *const *)a,
			    *(const struct history_run *const *)b);
}

static int copy_maybe(const char *text, char **to)
{
	*to = text ? strdup(text) : NULL;
	return text && !*to ? -ENOMEM : 0;
}

static int fill_build(const struct history_run *run, struct history_build *build)
{
	char tag[VERSION_SIZE], commit[VERSION_SIZE];
	int ret = copy_maybe(run->release, &build->release);

	if (!ret)
		ret = copy_maybe(run->version, &build->version);
	if (!ret)
		ret = copy_maybe(run->build_id, &build->build_id);
	if (!ret)
		ret = copy_maybe(version_tag(run->version, tag, sizeof(tag)), &build->tag);
	if (!ret)
		ret = copy_maybe(version_commit(run->release, commit, sizeof(commit)),
				 &build->commit);
	return ret;
}

/* One abbreviates the other. */
static bool is_same_commit(const char *a, const char *b)
{
	size_t length = strlen(a) < strlen(b) ? strlen(a) : strlen(b);

	return length >= COMMIT_LEAST && strspn(a, "0123456789abcdef") == strlen(a) &&
	       !strncmp(a, b, length);
}

static bool is_named(const struct history_build *build, const char *name)
{
	return !strcmp(name, build->release) || !strcmp(name, build->version) ||
	       (build->tag && !strcmp(name, build->tag)) ||
	       (build->build_id && !strcmp(name, build->build_id)) ||
	       (build->commit && is_same_commit(name, build->commit));
}

/* Lines: a name, then anything; "#" begins a comment. Sets the line of each build, from 1. */
static int read_lines(FILE *file, const struct history *history, size_t *lines)
{
	auto_free char *line = NULL;
	size_t size = 0;

	for (size_t number = 1; getline(&line, &size, file) >= 0; number++) {
		const char *name = line + strspn(line, " \t");

		line[strlen(line) - strlen(name) + strcspn(name, " \t\r\n#")] = '\0';
		for (size_t i = 0; i < history->build_count; i++)
			if (!lines[i] && is_named(&history->builds[i], name))
				lines[i] = number;
	}
	return ferror(file) ? -EIO : 0;
}

/* Insertion: stable, so that builds of one name stay in the order of their versions. */
static void sort_by_lines(struct history_build *builds, size_t *lines, size_t *places, size_t count)
{
	for (size_t i = 0; i < count; i++)
		places[i] = i;
	for (size_t i = 1; i < count; i++)
		for (size_t j = i; j && lines[j] < lines[j - 1]; j--) {
			struct history_build build = builds[j];
			size_t line = lines[j], place = places[j];

			builds[j] = builds[j - 1];
			builds[j - 1] = build;
			lines[j] = lines[j - 1];
			lines[j - 1] = line;
			places[j] = places[j - 1];
			places[j - 1] = place;
		}
}

/* moved[i]: where the build went that was at i. */
static int apply_order(struct history *history, const char *path, size_t *moved)
{
	size_t count = history->build_count;
	auto_free size_t *lines = calloc(count + 1, sizeof(*lines));
	auto_free size_t *places = calloc(count + 1, sizeof(*places));
	auto_fclose FILE *file = fopen(path, "re");

	if (!file)
		return diag_errno(errno, "order %s", path);
	if (!lines || !places)
		return diag_errno(ENOMEM, "history");
	if (read_lines(file, history, lines))
		return diag_errno(EIO, "order %s", path);
	for (size_t i = 0; i < count; i++)
		if (!lines[i]) {
			diag_error("order %s does not name build %s (expected its release, "
				   "version, tag, build id or commit, one a line, oldest first)",
				   path, history->builds[i].release);
			return -EDOM;
		}
	sort_by_lines(history->builds, lines, places, count);
	for (size_t i = 0; i < count; i++)
		moved[places[i]] = i;
	return 0;
}

static int number_builds(struct history *history, const struct history_run **sorted, size_t count,
			 const struct history_run *runs, size_t *places)
{
	history->builds = calloc(count + 1, sizeof(*history->builds));
	if (!history->builds)
		return diag_errno(ENOMEM, "history");
	for (size_t i = 0; i < count; i++) {
		if (!i || compare_runs(sorted[i - 1], sorted[i]))
			if (fill_build(sorted[i], &history->builds[history->build_count++]))
				return diag_errno(ENOMEM, "history");
		history->builds[history->build_count - 1].results++;
		places[sorted[i] - runs] = history->build_count - 1;
	}
	return 0;
}

int history_find_builds(struct history *history, const struct history_run *runs, size_t count,
			const char *order, size_t *places)
{
	auto_free const struct history_run **sorted = calloc(count + 1, sizeof(*sorted));
	auto_free size_t *moved = calloc(count + 1, sizeof(*moved));
	int ret;

	if (!sorted || !moved)
		return diag_errno(ENOMEM, "history");
	for (size_t i = 0; i < count; i++)
		sorted[i] = &runs[i];
	qsort(sorted, count, sizeof(*sorted), compare_pointers);
	ret = number_builds(history, sorted, count, runs, places);
	if (ret || !order)
		return ret;
	ret = apply_order(history, order, moved);
	for (size_t i = 0; !ret && i < count; i++)
		places[i] = moved[places[i]];
	return ret;
}
