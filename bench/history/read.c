// SPDX-License-Identifier: GPL-2.0-or-later
#include "history/history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/diag.h"
#include "base/outfile.h"
#include "history/index.h"
#include "history/run.h"

struct runs {
	struct history_run *items;
	size_t count;
};

static void runs_free(struct runs *runs)
{
	for (size_t i = 0; i < runs->count; i++)
		history_run_free(&runs->items[i]);
	free(runs->items);
}

/*
 * From the index where it has this state of the file, or else this text; or from the file, and then
 * into the index.
 */
static int read_run(struct history *history, struct index *index, const struct result_file *file,
		    struct history_run *run)
{
	auto_result_text struct result_text text = { 0 };
	int ret = index_find(index, file->path, &file->state, NULL, run);

	history->was_indexed |= !ret;
	if (ret != -ENOENT)
		return ret;
	ret = result_text_read(file->path, history->root, &text);
	if (ret)
		return ret;
	ret = index_find(index, file->path, NULL, text.digest, run);
	history->was_indexed |= !ret;
	if (ret == -ENOENT)
		ret = history_run_parse(file->path, &text, run);
	if (!ret)
		index_put(index, file->path, &text.state, run);
	return ret;
}

/* -EINVAL where a file was reported as not a result: all others are there. */
static int read_runs(struct history *history, struct index *index, const struct result_files *files,
		     struct runs *runs)
{
	int broken = 0;

	runs->items = calloc(files->count + 1, sizeof(*runs->items));
	if (!runs->items)
		return diag_errno(ENOMEM, "history");
	for (size_t i = 0; i < files->count; i++) {
		struct history_run *run = &runs->items[runs->count];
		int ret = read_run(history, index, &files->items[i], run);

		if (ret == -ENOMEM)
			return ret;
		if (ret) {
			broken = -EINVAL;
		} else if (!run->release) {
			history_run_free(run);
		} else {
			runs->count++;
			run->path = strdup(files->items[i].path);
			if (!run->path)
				return diag_errno(ENOMEM, "history");
		}
	}
	return broken;
}

static struct index *choose_index(const char *folder, const struct result_files *files,
				  const struct history_options *options)
{
	if (options->index == HISTORY_INDEX_NEVER ||
	    (options->index == HISTORY_INDEX_AUTO && files->count < HISTORY_INDEX_FROM))
		return NULL;
	return index_open(folder);
}

/* What cannot be used is somebody's file, too. */
static int check_output(const struct result_files *files, const char *output)
{
	struct stat st;

	if (!output || (strcmp(output, "-") != 0 && stat(output, &st)))
		return 0;
	for (size_t i = 0; i < files->count; i++)
		if (outfile_is_same(output, files->items[i].path)) {
			diag_error("-o %s is a result to read: wants another file", output);
			return -EEXIST;
		}
	return 0;
}

static int read_folder(struct history *history, const struct history_options *options,
		       struct runs *runs)
{
	auto_result_files struct result_files files;
	struct index *index;
	int ret = result_files_find(history->folder, options->follows_links, NULL, &files);

	if (!ret && !files.is_folder)
		ret = diag_errno(ENOTDIR, "%s", history->folder);
	if (!ret)
		ret = check_output(&files, options->output);
	if (ret)
		return ret;
	history->root = no_free(files.root);
	index = choose_index(history->folder, &files, options);
	ret = read_runs(history, index, &files, runs);
	index_close(index, &files);
	return ret;
}

static int make_history(struct history *history, const struct history_options *options)
{
	auto_release(runs_free) struct runs runs = { 0 };
	int unread, ret;

	history->p_limit = options->p > 0 ? options->p : HISTORY_P;
	unread = read_folder(history, options, &runs);
	if (unread && unread != -EINVAL)
		return unread;
	if (!runs.count) {
		diag_error("%s: no result of a kernel in it (expected *.json, as 'syncfault run "
			   "-o' writes them)",
			   history->folder);
		return -ENODATA;
	}
	ret = history_build_series(history, runs.items, runs.count, options);
	if (!ret)
		ret = history_find_changes(history, options);
	if (!ret)
		ret = history_group_events(history);
	return ret ? ret : unread;
}

int history_read(const char *folder, const struct history_options *options, struct history *history)
{
	int ret;

	*history = (struct history){ .folder = strdup(folder) };
	ret = history->folder ? make_history(history, options) : diag_errno(ENOMEM, "history");
	if (ret && ret != -EINVAL)
		history_free(history);
	return ret;
}

const char *history_git_range(const struct history *history, size_t last_good, size_t first_bad,
			      char *buffer, size_t size)
{
	const struct history_build *from = &history->builds[last_good];
	const struct history_build *to = &history->builds[first_bad];

	buffer[0] = '\0';
	if (from->commit && to->commit)
		snprintf(buffer, size, "git log %s..%s", from->commit, to->commit);
	else if (from->tag && to->tag && strcmp(from->tag, to->tag) != 0)
		snprintf(buffer, size, "git log %s..%s", from->tag, to->tag);
	return buffer;
}
