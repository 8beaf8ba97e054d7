// SPDX-License-Identifier: GPL-2.0-or-later
#include "load/block_moves.h"

#include <errno.h>
#include <linux/types.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

/*
 * XFS's interface is in no header of the kernel's own; these are fs/xfs/libxfs/xfs_fs.h's layouts.
 */
struct exchange_range {
	__s32 file1_fd;
	__u32 pad;
	__u64 file1_offset;
	__u64 file2_offset;
	__u64 length;
	__u64 flags;
};

struct bulk_time {
	__kernel_long_t tv_sec;
	__s32 tv_nsec;
};

/* struct xfs_bstat: XFS_IOC_SWAPEXT checks its last two times. */
struct bulk_stat {
	__u64 ino;
	__u16 mode, nlink;
	__u32 uid, gid, rdev;
	__s32 block_size;
	__s64 size;
	struct bulk_time atime, mtime, ctime;
	__s64 blocks;
	__u32 xflags;
	__s32 extsize, extents;
	__u32 generation;
	__u16 project_low, fork_offset, project_high;
	__u16 sick, checked;
	__u8 pad[2];
	__u32 cow_extsize;
	__u32 dmev_mask;
	__u16 dm_state, attribute_extents;
};

struct swap_extents {
	__s64 version;
	__s64 fd_target, fd_temporary;
	__s64 offset, length;
	char pad[16];
	struct bulk_stat stat;
};

/* fs/ext4/ext4.h, in units of file system blocks */
struct move_extent {
	__u32 reserved;
	__u32 donor_fd;
	__u64 orig_start, donor_start, length, moved;
};

#define IOC_EXCHANGE_RANGE _IOW('X', 129, struct exchange_range)
#define IOC_SWAP_EXTENTS   _IOWR('X', 109, struct swap_extents)
#define IOC_MOVE_EXTENT	   _IOWR('f', 15, struct move_extent)

int remap_fallocate(int fd, int mode, off_t offset, off_t length)
{
	return fallocate(fd, mode, offset, length) ? -errno : 0;
}

/* Since Linux 6.10, on a file system made with -i exchange=1. */
static int exchange_range(int fd, int peer, uint64_t bytes)
{
	struct exchange_range range = { .file1_fd = peer, .length = bytes };

	return ioctl(fd, IOC_EXCHANGE_RANGE, &range) ? -errno : 0;
}

/* The older one, of xfs_fsr: refused if the file was changed since its times were read. */
static int swap_extents(int fd, int peer, uint64_t bytes)
{
	struct swap_extents swap = { .fd_target = fd,
				     .fd_temporary = peer,
				     .length = (__s64)bytes };
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	swap.stat.mtime.tv_sec = st.st_mtim.tv_sec;
	swap.stat.mtime.tv_nsec = (__s32)st.st_mtim.tv_nsec;
	swap.stat.ctime.tv_sec = st.st_ctim.tv_sec;
	swap.stat.ctime.tv_nsec = (__s32)st.st_ctim.tv_nsec;
	return ioctl(fd, IOC_SWAP_EXTENTS, &swap) ? -errno : 0;
}

/* ext4's defragmentation: the file keeps its contents, in the other's blocks. */
static int move_extents(int fd, int peer, uint64_t bytes)
{
	struct stat st;
	struct move_extent move = { .donor_fd = (__u32)peer };

	if (fstat(fd, &st))
		return -errno;
	move.length = bytes / (uint64_t)st.st_blksize;
	for (uint64_t left = move.length; left; left -= move.moved) {
		move.length = left;
		move.moved = 0;
		if (ioctl(fd, IOC_MOVE_EXTENT, &move))
			return -errno;
		if (!move.moved)
			return -EIO;
		move.orig_start += move.moved;
		move.donor_start += move.moved;
	}
	return 0;
}

static const struct {
	const char *name;
	int (*call)(int fd, int peer, uint64_t bytes);
	bool swaps_contents;
} ways[] = {
	{ "XFS_IOC_EXCHANGE_RANGE", exchange_range, true },
	{ "XFS_IOC_SWAPEXT", swap_extents, true },
	{ "EXT4_IOC_MOVE_EXT", move_extents, false },
};

int remap_exchange(int fd, int peer, uint64_t bytes, const char **moved_by,
		   bool *has_swapped_contents)
{
	int ret = -ENOTTY;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		int error = ways[i].call(fd, peer, bytes);

		if (!error) {
			*moved_by = ways[i].name;
			*has_swapped_contents = ways[i].swaps_contents;
			return 0;
		}
		/* Another file system's call: what this one says to its own is the answer. */
		if (error != -ENOTTY)
			ret = error;
		if (error != -ENOTTY && error != -EOPNOTSUPP)
			return error;
	}
	return ret;
}
