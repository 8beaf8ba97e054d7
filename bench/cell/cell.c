// SPDX-License-Identifier: GPL-2.0-or-later
#include "cell/cell.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/order.h"

const char *const dax_words[] = { "always", "inode", "never", NULL };
const char *const state_words[] = { "hole", "unwritten", "written", NULL };
const char *const load_words[] = { "none", "copy", "create", "fsync", "truncate", "log", NULL };
const char *const sync_words[] = { "none", "map_sync", NULL };
const char *const commit_words[] = { "none", "flush", "msync", "fdatasync", "pwrite_dsync", NULL };
const char *const dirty_kind_words[] = { "create", "unlink", "rename", "chmod", "allocate", NULL };
const char *const remap_words[] = { "none",   "reflink",  "punch", "collapse",
				    "insert", "exchange", "write", NULL };
const char *const attribute_words[] = { "none", "sync", NULL };
const char *const interface_words[] = { "none",
					"shared",
					"shared_sync",
					"shared_unknown",
					"validate",
					"validate_sync",
					"validate_unknown",
					"private",
					"private_sync",
					"sync",
					NULL };
static const char *const flags_of_interface[] = {
	[INTERFACE_SHARED] = "MAP_SHARED",
	[INTERFACE_SHARED_SYNC] = "MAP_SHARED | MAP_SYNC",
	[INTERFACE_SHARED_UNKNOWN] = "MAP_SHARED | unknown",
	[INTERFACE_VALIDATE] = "MAP_SHARED_VALIDATE",
	[INTERFACE_VALIDATE_SYNC] = "MAP_SHARED_VALIDATE | MAP_SYNC",
	[INTERFACE_VALIDATE_UNKNOWN] = "MAP_SHARED_VALIDATE | unknown",
	[INTERFACE_PRIVATE] = "MAP_PRIVATE",
	[INTERFACE_PRIVATE_SYNC] = "MAP_PRIVATE | MAP_SYNC",
	[INTERFACE_SYNC_ALONE] = "MAP_SYNC",
};
const char *const access_words[] = { "write", "read", "read-then-write", NULL };
const char *const page_words[] = { "4k", "2m", NULL };
const char *const files_words[] = { "one", "each", NULL };
const char *const sched_words[] = { "other", "fifo", NULL };

static int set_strings(struct cell_config *config, char *fs, char *mkfs, char *mount)
{
	config->fs = fs;
	config->mkfs_options = mkfs;
	config->mount_options = mount;
	if (fs && mkfs && mount)
		return 0;
	cell_free(config);
	return -ENOMEM;
}

/* The name becomes part of a program's name (mkfs.NAME): nothing may be smuggled in with it. */
static bool is_fs_name(const char *name, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("_-.", name[i]))
			return false;
	return length > 0 && isalpha((unsigned char)name[0]);
}

int cell_set_fs(struct cell_config *config, const char *spec)
{
	size_t name = strcspn(spec, ":");
	const char *mkfs = spec[name] ? spec + name + 1 : spec + name;
	size_t mkfs_length = strcspn(mkfs, ":");
	const char *mount = mkfs[mkfs_length] ? mkfs + mkfs_length + 1 : mkfs + mkfs_length;

	if (!is_fs_name(spec, name))
		return -EINVAL;
	return set_strings(config, strndup(spec, name), strndup(mkfs, mkfs_length), strdup(mount));
}

int cell_copy(struct cell_config *to, const struct cell_config *from)
{
	*to = *from;
	return set_strings(to, strdup(from->fs), strdup(from->mkfs_options),
			   strdup(from->mount_options));
}

void cell_free(struct cell_config *config)
{
	free(config->fs);
	free(config->mkfs_options);
	free(config->mount_options);
	config->fs = config->mkfs_options = config->mount_options = NULL;
}

int cell_compare_fs(const struct cell_config *a, const struct cell_config *b)
{
	int order = order_text(a->fs, b->fs);

	if (!order)
		order = order_text(a->mkfs_options, b->mkfs_options);
	return order ? order : order_text(a->mount_options, b->mount_options);
}

uint64_t cell_page_bytes(const struct cell_config *config)
{
	return config->page == PAGE_2M ? 2 << 20 : 4096;
}

/* What most cells do not have is in the key only where it is there. */
static int key_extras(const struct cell_config *config, char *text, size_t size)
{
	char dirty[64] = "";

	if (config->dirty && config->dirty != UINT64_MAX) /* read from a file that does not say */
		snprintf(dirty, sizeof(dirty), "/dirty=%llu:%s", (unsigned long long)config->dirty,
			 dirty_kind_words[config->dirty_kind]);
	return snprintf(text, size, "%s%s%s%s%s%s%s%s",
			config->files == FILES_EACH ? "/files=each" : "", dirty,
			config->remap ? "/remap=" : "",
			config->remap ? remap_words[config->remap] : "",
			config->attribute ? "/attribute=" : "",
			config->attribute ? attribute_words[config->attribute] : "",
			config->interface ? "/interface=" : "",
			config->interface ? interface_words[config->interface] : "");
}

int cell_key(const struct cell_config *config, char *key, size_t size)
{
	bool has_mount = config->mount_options[0], has_mkfs = config->mkfs_options[0];
	char extras[160];
	int n;

	key_extras(config, extras, sizeof(extras));
	n = snprintf(key, size,
		     "%s%s%s%s%s/dax=%s/state=%s/load=%s/sync=%s/commit=%s/access=%s/page=%s"
		     "/pages=%llu/threads=%llu%s",
		     config->fs, has_mkfs || has_mount ? ":" : "", config->mkfs_options,
		     has_mount ? ":" : "", config->mount_options, dax_words[config->dax],
		     state_words[config->state], load_words[config->load], sync_words[config->sync],
		     commit_words[config->commit], access_words[config->access],
		     page_words[config->page], (unsigned long long)config->pages,
		     (unsigned long long)config->threads, extras);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

const char *interface_flags(int word)
{
	return flags_of_interface[word];
}
