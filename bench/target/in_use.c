// SPDX-License-Identifier: GPL-2.0-or-later
#include "target/in_use.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/mounts.h"
#include "base/sysfs.h"
#include "target/loopdev.h"

static bool is_node_of(const char *path, dev_t device)
{
	struct stat st;

	return path[0] == '/' && stat(path, &st) == 0 && S_ISBLK(st.st_mode) &&
	       st.st_rdev == device;
}

/* A btrfs mount has a device number of its own: there, compare the node it was mounted from. */
static int find_mount(dev_t device, char *point, size_t size)
{
	auto_mounts struct mounts mounts = { 0 };
	int ret = mounts_read(MOUNTS_SELF, &mounts);

	for (size_t i = 0; i < mounts.count; i++) {
		const struct mounts_entry *entry = &mounts.entries[i];

		if (entry->device != device && !is_node_of(entry->source, device))
			continue;
		snprintf(point, size, "%s", entry->point);
		return 1;
	}
	return ret;
}

/* Swap space on a device, or in the file of st. */
static int is_swap(dev_t device, const struct stat *file_st)
{
	auto_mounts struct mounts swaps = { 0 };
	int ret = mounts_read_swaps("/proc/swaps", &swaps);
	struct stat st;

	for (size_t i = 0; i < swaps.count; i++) {
		const char *path = swaps.entries[i].source;

		if (!file_st && is_node_of(path, device))
			return 1;
		if (file_st && stat(path, &st) == 0 && st.st_dev == file_st->st_dev &&
		    st.st_ino == file_st->st_ino)
			return 1;
	}
	return ret;
}

/* Where /proc is missing, nothing is known; where it cannot be read, nothing is certain. */
static bool is_unknown(int ret)
{
	return ret < 0 && ret != -ENOENT;
}

/* The first device on top of this one, "dm-0 (home)". */
static bool find_holder(dev_t device, char *holder, size_t size)
{
	auto_closedir DIR *dir = NULL;
	char path[64], name[256];
	struct dirent *entry;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/holders", major(device), minor(device));
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (sysfs_line(name, sizeof(name), "/sys/class/block/%s/dm/name", entry->d_name))
			snprintf(holder, size, "%s", entry->d_name);
		else
			snprintf(holder, size, "%s (%s)", entry->d_name, name);
		return true;
	}
	return false;
}

/* whose stands in front of the sentence: "" for the device itself. */
static bool is_used(dev_t device, const char *whose, char *why, size_t size)
{
	char name[PATH_MAX];
	int mounted = find_mount(device, name, sizeof(name)), swap = is_swap(device, NULL);

	if (mounted > 0)
		snprintf(why, size, "%sis mounted on %s", whose, name);
	else if (swap > 0)
		snprintf(why, size, "%sis swap space", whose);
	else if (is_unknown(mounted) || is_unknown(swap))
		snprintf(why, size, "%smay be mounted or swap space: read /proc/%s: %s", whose,
			 is_unknown(mounted) ? "self/mountinfo" : "swaps",
			 strerror(-(is_unknown(mounted) ? mounted : swap)));
	else if (find_holder(device, name, sizeof(name)))
		snprintf(why, size, "%sis held by %s", whose, name);
	else
		return false;
	return true;
}

static bool read_device(dev_t *device, const char *folder, const char *name)
{
	unsigned int major_number, minor_number;
	char text[32];

	if (sysfs_line(text, sizeof(text), "%s/%s/dev", folder, name) ||
	    sscanf(text, "%u:%u", &major_number, &minor_number) != 2)
		return false;
	*device = makedev(major_number, minor_number);
	return true;
}

static bool are_partitions_used(const char *folder, char *why, size_t size)
{
	auto_closedir DIR *dir = opendir(folder);
	struct dirent *entry;
	char whose[300], number[16], first[256] = "";
	unsigned int count = 0;
	dev_t device;

	while (dir && (entry = readdir(dir))) {
		if (sysfs_line(number, sizeof(number), "%s/%s/partition", folder, entry->d_name))
			continue;
		snprintf(whose, sizeof(whose), "has partition %s, which ", entry->d_name);
		if (read_device(&device, folder, entry->d_name) &&
		    is_used(device, whose, why, size))
			return true;
		if (count++ == 0)
			snprintf(first, sizeof(first), "%s", entry->d_name);
	}
	if (count)
		snprintf(why, size, "has %u partition%s (%s%s)", count, count > 1 ? "s" : "", first,
			 count > 1 ? ", …" : "");
	return count > 0;
}

bool in_use_device(dev_t device, char *why, size_t size)
{
	char folder[64], number[16];
	dev_t disk;

	if (is_used(device, "", why, size))
		return true;
	snprintf(folder, sizeof(folder), "/sys/dev/block/%u:%u", major(device), minor(device));
	if (sysfs_line(number, sizeof(number), "%s/partition", folder))
		return are_partitions_used(folder, why, size);
	return read_device(&disk, folder, "..") &&
	       is_used(disk, "is a partition of a disk that ", why, size);
}

bool in_use_file(const struct stat *st, const char *path, char *why, size_t size)
{
	char device[LOOPDEV_PATH_SIZE];
	int swap = is_swap(0, st);

	if (loopdev_find(st, path, device) == 0)
		snprintf(why, size, "backs the loop device %s", device);
	else if (swap > 0)
		snprintf(why, size, "is swap space");
	else if (is_unknown(swap))
		snprintf(why, size, "may be swap space: read /proc/swaps: %s", strerror(-swap));
	else
		return false;
	return true;
}
