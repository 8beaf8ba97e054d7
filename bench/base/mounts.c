// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/mounts.h"

#include <errno.h>
#include <libmount/libmount.h>
#include <stdlib.h>
#include <unistd.h>

typedef int parse_fn(struct libmnt_table *table, const char *path);

/* Without this callback libmount skips a line that it does not understand: better none at all. */
static int refuse_line(struct libmnt_table *table, const char *path, int line)
{
	(void)table;
	(void)path;
	(void)line;
	return errno == ENOMEM ? -ENOMEM : -EINVAL;
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static struct mounts_entry entry_of(struct libmnt_fs *fs)
{
	return (struct mounts_entry){
		.id = (uint64_t)mnt_fs_get_id(fs),
		.device = mnt_fs_get_devno(fs),
		.point = or_empty(mnt_fs_get_target(fs)),
		.type = or_empty(mnt_fs_get_fstype(fs)),
		.source = or_empty(mnt_fs_get_source(fs)),
		.options = or_empty(mnt_fs_get_vfs_options(fs)),
		.super_options = or_empty(mnt_fs_get_fs_options(fs)),
	};
}

static int list(struct libmnt_table *table, struct mounts *mounts)
{
	struct libmnt_iter *iterator = mnt_new_iter(MNT_ITER_FORWARD);
	size_t count = (size_t)mnt_table_get_nents(table);
	struct libmnt_fs *fs;

	mounts->entries = calloc(count + 1, sizeof(*mounts->entries));
	while (iterator && mounts->entries && mounts->count < count &&
	       mnt_table_next_fs(table, iterator, &fs) == 0)
		mounts->entries[mounts->count++] = entry_of(fs);
	mnt_free_iter(iterator);
	return iterator && mounts->entries ? 0 : -ENOMEM;
}

static int read_table(const char *path, parse_fn *parse, struct mounts *mounts)
{
	struct libmnt_table *table = mnt_new_table();
	int ret = table ? mnt_table_set_parser_errcb(table, refuse_line) : -ENOMEM;

	*mounts = (struct mounts){ .table = table };
	if (!ret && access(path, R_OK))
		ret = -errno;
	errno = 0;
	if (!ret)
		ret = parse(table, path);
	if (!ret)
		ret = list(table, mounts);
	if (ret)
		mounts_free(mounts);
	return ret > 0 ? -EINVAL : ret;
}

int mounts_read(const char *path, struct mounts *mounts)
{
	return read_table(path, mnt_table_parse_file, mounts);
}

int mounts_read_swaps(const char *path, struct mounts *mounts)
{
	return read_table(path, mnt_table_parse_swaps, mounts);
}

void mounts_free(struct mounts *mounts)
{
	free(mounts->entries);
	mnt_unref_table(mounts->table);
	*mounts = (struct mounts){ 0 };
}

const struct mounts_entry *mounts_find(const struct mounts *mounts, uint64_t id)
{
	for (size_t i = 0; i < mounts->count; i++)
		if (mounts->entries[i].id == id)
			return &mounts->entries[i];
	return NULL;
}
