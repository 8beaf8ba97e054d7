// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel says about a target: where its struct pages are, and how much fits on it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include "target/devnode.h"
#include "target/filesystem.h"
#include "target/target.h"

/* The device's folder in /sys; of a folder's file system, that of the device below it. */
static int find_folder(const struct target *target, char *folder, size_t size)
{
	struct stat st;

	if (target->kind == TARGET_DIR) {
		if (fstat(target->dir_fd, &st))
			return -errno;
		snprintf(folder, size, "/sys/dev/block/%u:%u", major(st.st_dev), minor(st.st_dev));
		return 0;
	}
	if (stat(target->guard.path, &st))
		return -errno;
	devnode_folder(&st, folder, size);
	return 0;
}

char *target_struct_pages(const struct target *target, const struct cell_config *config)
{
	char folder[64], where[8];

	if (filesystem_is_memory(config) || find_folder(target, folder, sizeof(folder)) ||
	    devnode_struct_pages(folder, where, sizeof(where)))
		return NULL;
	return strdup(where);
}

static int refuse_size(uint64_t bytes, uint64_t room, const char *where, struct verdict *verdict)
{
	return verdict_skip(verdict, "%llu MiB of pages to fault, and %s has %llu",
			    (unsigned long long)(bytes >> 20), where,
			    (unsigned long long)(room >> 20));
}

int target_check_room(const struct target *target, const struct site *site,
		      const struct cell_config *config, uint64_t bytes, struct verdict *verdict)
{
	bool is_sparse = config->state == STATE_HOLE && config->access == ACCESS_READ;
	struct statvfs fs;
	uint64_t room;

	if (target->kind == TARGET_DEVDAX)
		return bytes <= target->guard.size_bytes
			       ? 0
			       : refuse_size(bytes, target->guard.size_bytes, "the device",
					     verdict);
	if (target->kind == TARGET_DIR || site->is_anonymous || is_sparse)
		return 0;
	if (fstatvfs(site->place.dir_fd, &fs))
		return verdict_fail(verdict, "statvfs: %s", strerror(errno));
	room = (uint64_t)fs.f_bfree * fs.f_frsize;
	if (bytes <= room || !fs.f_blocks) /* a tmpfs without a limit has no blocks */
		return 0;
	return refuse_size(bytes, room, "the file system", verdict);
}
