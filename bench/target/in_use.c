// SPDX-License-Identifier: GPL-2.0-or-later
#include "target/in_use.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/sysfs.h"
#include "target/loopdev.h"

#define MAX_LINE 8192

/* /proc/self/mountinfo and /proc/swaps write blanks and backslashes as \ooo; undone in place. */
static void unescape(char *text)
{
	char *out = text;
	unsigned int code;

	for (; *text; text++) {
		if (*text == '\\' && sscanf(text + 1, "%3o", &code) == 1) {
			*out++ = (char)code;
			text += 3;
		} else {
			*out++ = *text;
		}
	}
	*out = '\0';
}

static bool is_node_of(const char *path, dev_t device)
{
	struct stat st;

	return path[0] == '/' && stat(path, &st) == 0 && S_ISBLK(st.st_mode) &&
	       st.st_rdev == device;
}

/*
 * A line of proc_pid_mountinfo(5). btrfs mounts carry a device number of their own: there the
 * source decides.
 */
static bool is_mount_of(char *line, dev_t device, char *point)
{
	unsigned int major_number, minor_number;
	char source[PATH_MAX], *dash = strstr(line, " - ");

	if (sscanf(line, "%*s %*s %u:%u %*s %4095s", &major_number, &minor_number, point) != 3)
		return false;
	unescape(point);
	if (makedev(major_number, minor_number) == device)
		return true;
	if (!dash || sscanf(dash + 3, "%*s %4095s", source) != 1)
		return false;
	unescape(source);
	return is_node_of(source, device);
}

static bool find_mount(dev_t device, char *point)
{
	auto_fclose FILE *file = fopen("/proc/self/mountinfo", "re");
	char line[MAX_LINE];

	while (file && fgets(line, sizeof(line), file))
		if (is_mount_of(line, device, point))
			return true;
	return false;
}

/* Swap space on a device, or in the file of st. */
static bool is_swap(dev_t device, const struct stat *file_st)
{
	auto_fclose FILE *file = fopen("/proc/swaps", "re");
	char line[MAX_LINE], path[PATH_MAX];
	struct stat st;

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%4095s", path) != 1)
			continue;
		unescape(path);
		if (!file_st && is_node_of(path, device))
			return true;
		if (file_st && stat(path, &st) == 0 && st.st_dev == file_st->st_dev &&
		    st.st_ino == file_st->st_ino)
			return true;
	}
	return false;
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

	if (find_mount(device, name))
		snprintf(why, size, "%sis mounted on %s", whose, name);
	else if (is_swap(device, NULL))
		snprintf(why, size, "%sis swap space", whose);
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

bool inuse_device(dev_t device, char *why, size_t size)
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

bool inuse_file(const struct stat *st, const char *path, char *why, size_t size)
{
	char device[LOOPDEV_PATH_SIZE];

	if (loopdev_find(st, path, device) == 0)
		snprintf(why, size, "backs the loop device %s", device);
	else if (is_swap(0, st))
		snprintf(why, size, "is swap space");
	else
		return false;
	return true;
}
