// SPDX-License-Identifier: GPL-2.0-or-later
#include "target/devnode.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/sysfs.h"
#include "target/pin.h"

#define MAX_ALIGN_BYTES (1ull << 30)
#define SECTOR_BYTES	512

void devnode_folder(const struct stat *st, char *path, size_t size)
{
	snprintf(path, size, "/sys/dev/%s/%u:%u", S_ISBLK(st->st_mode) ? "block" : "char",
		 major(st->st_rdev), minor(st->st_rdev));
}

/* From /sys, where it needs no right to open the device. */
int devnode_block_size(dev_t device, uint64_t *size)
{
	uint64_t sectors;
	int err = sysfs_u64(&sectors, "/sys/dev/block/%u:%u/size", major(device), minor(device));

	if (err)
		return err;
	*size = sectors * SECTOR_BYTES;
	return 0;
}

bool devnode_is_read_only(int fd)
{
	int is_read_only = 0;

	return ioctl(fd, BLKROGET, &is_read_only) == 0 && is_read_only;
}

bool devnode_is_claimed(int fd, const char *path)
{
	auto_close int claim = pin_reopen(fd, path, O_RDONLY | O_EXCL | O_NONBLOCK);

	return claim == -EBUSY;
}

/* A partition has what its disk has: the disk is the folder above. */
static int read_of_disk(uint64_t *value, dev_t device, const char *name)
{
	unsigned int major_number = major(device), minor_number = minor(device);

	if (sysfs_u64(value, "/sys/dev/block/%u:%u/%s", major_number, minor_number, name) == 0)
		return 0;
	return sysfs_u64(value, "/sys/dev/block/%u:%u/../%s", major_number, minor_number, name);
}

bool devnode_is_dax_capable(dev_t device)
{
	uint64_t dax;

	return read_of_disk(&dax, device, "queue/dax") == 0 && dax == 1;
}

uint64_t devnode_block_align(dev_t device)
{
	uint64_t address, start = 0, align;

	if (read_of_disk(&address, device, "device/resource") || !address)
		return 0;
	sysfs_u64(&start, "/sys/dev/block/%u:%u/start", major(device), minor(device));
	address += start * SECTOR_BYTES;
	align = address & -address;
	return align < MAX_ALIGN_BYTES ? align : MAX_ALIGN_BYTES;
}

int devnode_read_devdax(dev_t device, uint64_t *size, uint64_t *align)
{
	unsigned int major_number = major(device), minor_number = minor(device);
	char subsystem[32];

	if (sysfs_link(subsystem, sizeof(subsystem), "/sys/dev/char/%u:%u/subsystem", major_number,
		       minor_number) ||
	    strcmp(subsystem, "dax") ||
	    sysfs_u64(size, "/sys/dev/char/%u:%u/size", major_number, minor_number) ||
	    sysfs_u64(align, "/sys/dev/char/%u:%u/align", major_number, minor_number))
		return -ENODEV;
	return 0;
}

/* What one folder on the way from the device to its bus says; NULL for nothing. */
static const char *judge_mode(const char *name, const char *mode)
{
	if (!strncmp(name, "pfn", 3) || !strncmp(name, "dax", 3))
		return !strcmp(mode, "ram") ? "ram" : !strcmp(mode, "pmem") ? "pmem" : NULL;
	if (strncmp(name, "namespace", 9) != 0)
		return NULL;
	return !strcmp(mode, "memory") ? "ram" : !strcmp(mode, "raw") ? "none" : NULL;
}

int devnode_struct_pages(const char *folder, char *text, size_t size)
{
	char path[PATH_MAX], mode[32], *slash;

	text[0] = '\0';
	if (!realpath(folder, path))
		return -errno;
	for (; (slash = strrchr(path, '/')) && slash != path; *slash = '\0') {
		const char *where = NULL;

		if (sysfs_line(mode, sizeof(mode), "%s/mode", path) == 0)
			where = judge_mode(slash + 1, mode);
		if (!where)
			continue;
		snprintf(text, size, "%s", where);
		return 0;
	}
	return -ENODATA;
}
