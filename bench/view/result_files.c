// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/result_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/diag.h"
#include "base/order.h"
#include "base/strings.h"

static const struct files_limits usual_limits = { 1000000, 50000, 100000, 64 << 20 };

/* Breadth first: of several paths to a folder, the shortest is seen first, and no stack grows. */
struct walk {
	struct result_files *files;
	struct files_limits left; /* what may still be taken */
	struct strings folders;	  /* seen; those that were read come first */
	void *ids;		  /* a tree of struct id */
	size_t outside;		  /* links that lead out of the folder */
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
	free(files->root);
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

/* Takes n of what is left. */
static int spend(size_t *left, size_t n)
{
	if (*left < n)
		return -EFBIG;
	*left -= n;
	return 0;
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
	items[files->count++] = (struct result_file){ .path = path, .state = file_state_of(st) };
	return 0;
}

static bool is_result_name(const char *name)
{
	size_t length = strlen(name);

	return length > 5 && !strcmp(name + length - 5, ".json");
}

static bool follows_all(const struct walk *walk)
{
	return !strcmp(walk->files->root, "/");
}

/*
 * What name is, or leads to: 1, and *st. 0: to be left out. A link to nowhere is 1 if it has the
 * name of a result, and *st is empty.
 */
static int look(struct walk *walk, int folder, const char *path, const char *name, struct stat *st)
{
	auto_close int fd = -1;
	int ret;

	*st = (struct stat){ 0 };
	if (fstatat(folder, name, st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISLNK(st->st_mode))
		return 1;
	*st = (struct stat){ 0 };
	fd = openat(folder, name, O_PATH | O_CLOEXEC);
	if (fd < 0 && (errno == ENOENT || errno == ELOOP))
		return is_result_name(name);
	if (fd < 0 && !follows_all(walk)) {
		walk->outside++; /* inside, the folder that cannot be entered is found, too */
		return 0;
	}
	if (fd < 0 || fstat(fd, st))
		return -errno;
	if (!S_ISDIR(st->st_mode) && !is_result_name(name))
		return 0;
	ret = file_is_below(fd, path, walk->files->root);
	walk->outside += ret == 0;
	return ret;
}

/* Takes path. */
static int add_entry(struct walk *walk, int folder, char *path, const char *name)
{
	auto_free char *held = path;
	struct stat st;
	int ret = look(walk, folder, path, name, &st);

	if (ret > 0 && st.st_mode)
		ret = S_ISDIR(st.st_mode) || (S_ISREG(st.st_mode) && is_result_name(name))
			      ? see(walk, &st)
			      : 0;
	if (ret <= 0)
		return ret ? diag_errno(ret, "%s", path) : 0;
	ret = spend(&walk->left.bytes, strlen(path) + 1);
	if (!ret)
		ret = spend(S_ISDIR(st.st_mode) ? &walk->left.folders : &walk->left.results, 1);
	if (ret)
		return ret;
	ret = S_ISDIR(st.st_mode) ? strings_add(&walk->folders, path)
				  : add_file(walk->files, no_free(held), &st);
	return ret ? diag_errno(ret, "%s", name) : 0;
}

/* Most other files need no further look. */
static bool is_candidate(const struct dirent *entry)
{
	return entry->d_name[0] != '.' &&
	       (entry->d_type != DT_REG || is_result_name(entry->d_name));
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list_names(struct walk *walk, DIR *dir, const char *folder, struct strings *names)
{
	struct dirent *entry;
	int ret = 0;

	while (!ret && (errno = 0, entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			ret = spend(&walk->left.names, 1);
		if (!ret && is_candidate(entry) && strings_add(names, entry->d_name))
			ret = diag_errno(ENOMEM, "%s", folder);
	}
	if (!ret && errno)
		ret = diag_errno(errno, "read %s", folder);
	if (names->count)
		qsort(names->items, names->count, sizeof(*names->items), compare_names);
	return ret;
}

/* 0, and *dir is NULL: it is gone, or was replaced by what is not below the root. */
static int open_folder(struct walk *walk, const char *folder, DIR **dir)
{
	auto_close int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int is_below = fd < 0 ? -errno : file_is_below(fd, folder, walk->files->root);

	if (is_below == -ENOENT)
		return 0;
	if (is_below < 0)
		return diag_errno(is_below, "open %s", folder);
	if (!is_below) {
		walk->outside++;
		return 0;
	}
	*dir = fdopendir(fd);
	if (!*dir)
		return diag_errno(errno, "open %s", folder);
	no_close(fd);
	return 0;
}

static int read_folder(struct walk *walk, const char *folder)
{
	const char *slash = folder[strlen(folder) - 1] == '/' ? "" : "/";
	auto_release(strings_free) struct strings names = { 0 };
	auto_closedir DIR *dir = NULL;
	int ret = open_folder(walk, folder, &dir);

	if (dir)
		ret = list_names(walk, dir, folder, &names);
	for (size_t i = 0; !ret && i < names.count; i++) {
		char *path;

		if (asprintf(&path, "%s%s%s", folder, slash, names.items[i]) < 0)
			return diag_errno(ENOMEM, "%s", folder);
		ret = add_entry(walk, dirfd(dir), path, names.items[i]);
	}
	return ret;
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(((const struct result_file *)a)->path, ((const struct result_file *)b)->path);
}

/* -EFBIG comes from spend() alone. */
static void report(const struct walk *walk, const struct files_limits *limits, const char *root,
		   int ret)
{
	const char *what = "results";
	size_t most = limits->results;

	if (!walk->left.names)
		what = "names", most = limits->names;
	else if (!walk->left.folders)
		what = "folders", most = limits->folders;
	else if (walk->left.results)
		what = "bytes of paths", most = limits->bytes;
	if (ret == -EFBIG)
		diag_error("%s: more than %zu %s in it and below: give a smaller folder", root,
			   most, what);
	if (!ret && walk->outside)
		diag_warning("%s: left out %zu link%s to what is outside (--follow-links)", root,
			     walk->outside, walk->outside == 1 ? "" : "s");
}

static int walk_from(const char *root, const struct stat *st, const struct files_limits *limits,
		     struct result_files *files)
{
	auto_release(walk_free) struct walk walk = { .files = files, .left = *limits };
	int ret = see(&walk, st);

	if (ret < 0 || strings_add(&walk.folders, root))
		return diag_errno(ENOMEM, "%s", root);
	ret = 0;
	for (size_t i = 0; !ret && i < walk.folders.count; i++)
		ret = read_folder(&walk, walk.folders.items[i]);
	report(&walk, limits, root, ret);
	if (files->count)
		qsort(files->items, files->count, sizeof(*files->items), compare_paths);
	return ret;
}

int result_files_find(const char *path, bool follows_links, const struct files_limits *limits,
		      struct result_files *files)
{
	struct stat st;
	int ret;

	*files = (struct result_files){ 0 };
	if (stat(path, &st))
		return diag_errno(errno, "%s", path);
	files->is_folder = S_ISDIR(st.st_mode);
	if (files->is_folder) {
		files->root = follows_links ? strdup("/") : realpath(path, NULL);
		ret = files->root ? walk_from(path, &st, limits ? limits : &usual_limits, files)
				  : diag_errno(errno, "%s", path);
	} else {
		ret = add_file(files, strdup(path), &st) ? diag_errno(ENOMEM, "%s", path) : 0;
	}
	if (ret)
		result_files_free(files);
	return ret;
}
