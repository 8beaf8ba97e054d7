// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/diag.h"
#include "history/run.h"

void history_files_free(struct history_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->items[i].path);
	free(files->items);
	*files = (struct history_files){ 0 };
}

static bool is_result_name(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && dot != name && !strcmp(dot, ".json");
}

static int add_file(struct history_files *files, const FTSENT *entry)
{
	const struct stat *st = entry->fts_statp;
	struct history_file *items = reallocarray(files->items, files->count + 1, sizeof(*items));
	char *path = strdup(entry->fts_path);

	if (items)
		files->items = items;
	if (!items || !path) {
		free(path);
		return diag_errno(ENOMEM, "history");
	}
	items[files->count++] = (struct history_file){
		.path = path,
		.mtime_ns =
			(uint64_t)st->st_mtim.tv_sec * 1000000000 + (uint64_t)st->st_mtim.tv_nsec,
		.size = (uint64_t)st->st_size,
	};
	return 0;
}

static int compare_files(const void *a, const void *b)
{
	return strcmp(((const struct history_file *)a)->path,
		      ((const struct history_file *)b)->path);
}

static int walk(FTS *tree, struct history_files *files)
{
	FTSENT *entry;
	int ret = 0;

	while (!ret && (errno = 0, entry = fts_read(tree))) {
		switch (entry->fts_info) {
		case FTS_F:
			if (entry->fts_level && is_result_name(entry->fts_name))
				ret = add_file(files, entry);
			else if (!entry->fts_level)
				ret = diag_errno(ENOTDIR, "%s", entry->fts_path);
			break;
		case FTS_DNR:
		case FTS_ERR:
		case FTS_NS:
			ret = diag_errno(entry->fts_errno, "%s", entry->fts_path);
			break;
		}
	}
	return ret || !errno ? ret : diag_errno(errno, "read folder");
}

int history_files_find(const char *folder, struct history_files *files)
{
	char *const roots[] = { (char *)(uintptr_t)folder, NULL };
	FTS *tree = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, NULL);
	int ret;

	*files = (struct history_files){ 0 };
	if (!tree)
		return diag_errno(errno, "%s", folder);
	ret = walk(tree, files);
	fts_close(tree);
	if (ret) {
		history_files_free(files);
		return ret;
	}
	if (files->count)
		qsort(files->items, files->count, sizeof(*files->items), compare_files);
	return 0;
}
