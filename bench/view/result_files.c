// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/result_files.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/diag.h"
#include "base/order.h"
#include "base/strings.h"

/* Breadth first: of several paths to a folder, the shortest is seen first, and no stack grows. */
struct walk {
	struct result_files *files;
	struct strings folders; /* seen; those that were read come first */
	void *ids;		/* a tree of struct id */
};

struct id {
	dev_t device;
	ino_t inode;
};

static void walk_free(struct walk *walk)
{
	strings_free(&walk->folders);
	tdestroy(walk->ids, free);
}

void result_files_free(struct result_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->items[i].path);
	free(files->items);
	*files = (struct result_files){ 0 };
}

static int compare_ids(const void *left, const void *right)
{
	const struct id *a = left, *b = right;
	int order = order_u64(a->device, b->device);

	return order ? order : order_u64(a->inode, b->inode);
}

/* 1: for the first time. 0: seen before. -ENOMEM. */
static int see(struct walk *walk, const struct stat *st)
{
	struct id *id = malloc(sizeof(*id)), **found;

	if (!id)
		return -ENOMEM;
	*id = (struct id){ st->st_dev, st->st_ino };
	found = tsearch(id, &walk->ids, compare_ids);
	if (found && *found == id)
		return 1;
	free(id);
	return found ? 0 : -ENOMEM;
}

/* path is the list's from here on, even where there is no memory. */
static int add_file(struct result_files *files, char *path, const struct stat *st)
{
	struct result_file *items = reallocarray(files->items, files->count + 1, sizeof(*items));

	if (!items || !path) {
		free(path);
		files->items = items ? items : files->items;
		return -ENOMEM;
	}
	files->items = items;
	items[files->count++] = (struct result_file){
		.path = path,
		.mtime_ns =
			(uint64_t)st->st_mtim.tv_sec * 1000000000 + (uint64_t)st->st_mtim.tv_nsec,
		.size = (uint64_t)st->st_size,
	};
	return 0;
}

static bool is_result_name(const char *name)
{
	size_t length = strlen(name);

	return length > 5 && !strcmp(name + length - 5, ".json");
}

/* Takes path. A link to nowhere counts as a file if it has the name of a result. */
static int add_entry(struct walk *walk, char *path, const char *name)
{
	auto_free char *held = path;
	struct stat st = { 0 };
	int ret = 1;

	if (stat(path, &st) == 0)
		ret = S_ISDIR(st.st_mode) || (S_ISREG(st.st_mode) && is_result_name(name))
			      ? see(walk, &st)
			      : 0;
	else if (errno != ENOENT && errno != ELOOP)
		return diag_errno(errno, "%s", path);
	else
		ret = is_result_name(name);
	if (ret > 0)
		ret = S_ISDIR(st.st_mode) ? strings_add(&walk->folders, path)
					  : add_file(walk->files, no_free(held), &st);
	return ret ? diag_errno(-ret, "%s", name) : 0;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int compare_entries(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_folder(struct walk *walk, const char *folder)
{
	const char *slash = folder[strlen(folder) - 1] == '/' ? "" : "/";
	struct dirent **entries;
	int count = scandir(folder, &entries, is_visible, compare_entries), ret = 0;

	if (count < 0)
		return diag_errno(errno, "open %s", folder);
	for (int i = 0; i < count; i++) {
		char *path = NULL;

		if (!ret && asprintf(&path, "%s%s%s", folder, slash, entries[i]->d_name) < 0)
			ret = diag_errno(ENOMEM, "%s", folder);
		else if (!ret)
			ret = add_entry(walk, path, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return ret;
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(((const struct result_file *)a)->path, ((const struct result_file *)b)->path);
}

static int walk_from(const char *root, const struct stat *st, struct result_files *files)
{
	auto_release(walk_free) struct walk walk = { .files = files };
	int ret = see(&walk, st);

	if (ret < 0 || strings_add(&walk.folders, root))
		return diag_errno(ENOMEM, "%s", root);
	ret = 0;
	for (size_t i = 0; !ret && i < walk.folders.count; i++)
		ret = read_folder(&walk, walk.folders.items[i]);
	if (files->count)
		qsort(files->items, files->count, sizeof(*files->items), compare_paths);
	return ret;
}

int result_files_find(const char *path, struct result_files *files)
{
	struct stat st;
	int ret;

	*files = (struct result_files){ 0 };
	if (stat(path, &st))
		return diag_errno(errno, "%s", path);
	files->is_folder = S_ISDIR(st.st_mode);
	if (files->is_folder)
		ret = walk_from(path, &st, files);
	else
		ret = add_file(files, strdup(path), &st) ? diag_errno(ENOMEM, "%s", path) : 0;
	if (ret)
		result_files_free(files);
	return ret;
}
