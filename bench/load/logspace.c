// SPDX-License-Identifier: GPL-2.0-or-later
#include "load/logspace.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/sysfs.h"

#define XFS_SUPER_BYTES	    4096
#define XFS_SECTOR	    512 /* the unit of LSNs */
#define XFS_OFFSET_BLOCK    4
#define XFS_OFFSET_LOGBLOCK 96

#define SOURCE_JOURNAL	   "commits in the journal, read from its device"
#define SOURCE_FAST_COMMIT "fast commits in the journal, read from its device"
#define SOURCE_XFS	   "log_head_lsn, log_tail_lsn and the reservation head of XFS in sysfs"

static void refuse(struct logspace *space, const char *why)
{
	space->kind = LOGSPACE_NONE;
	space->why = why;
}

/* sb_blocksize and sb_logblocks of fs/xfs/libxfs/xfs_format.h. */
static int read_xfs_log_bytes(const char *device, uint64_t *bytes)
{
	auto_close int fd = open(device, O_RDONLY | O_DIRECT | O_CLOEXEC);
	auto_free unsigned char *super = NULL;
	uint32_t block, blocks;

	if (fd < 0)
		return -errno;
	if (posix_memalign((void **)&super, 4096, XFS_SUPER_BYTES))
		return -ENOMEM;
	if (pread(fd, super, XFS_SUPER_BYTES, 0) != XFS_SUPER_BYTES || memcmp(super, "XFSB", 4))
		return -EUCLEAN;
	memcpy(&block, super + XFS_OFFSET_BLOCK, sizeof(block));
	memcpy(&blocks, super + XFS_OFFSET_LOGBLOCK, sizeof(blocks));
	*bytes = (uint64_t)be32toh(block) * be32toh(blocks);
	return *bytes ? 0 : -EUCLEAN;
}

static void open_jbd2(struct logspace *space, const char *device, const char *log_device)
{
	const char *why;

	if (jbd2_log_open(&space->jbd2, log_device ? log_device : device, log_device != NULL,
			  &why)) {
		refuse(space, why);
		return;
	}
	space->kind = LOGSPACE_JBD2;
	space->log_bytes = jbd2_log_bytes(&space->jbd2);
}

static void open_xfs(struct logspace *space, const char *device)
{
	const char *name = strrchr(device, '/');

	snprintf(space->name, sizeof(space->name), "%s", name ? name + 1 : device);
	if (read_xfs_log_bytes(device, &space->log_bytes))
		refuse(space, "the superblock of XFS cannot be read");
	else
		space->kind = LOGSPACE_XFS;
}

void logspace_open(struct logspace *space, const struct cell_config *config, const char *device,
		   const char *log_device)
{
	*space = (struct logspace){ .jbd2.fd = -1, .why = "no log that is known here" };
	if (!strcmp(config->fs, "ext4") || !strcmp(config->fs, "ext3"))
		open_jbd2(space, device, log_device);
	else if (!strcmp(config->fs, "xfs"))
		open_xfs(space, device);
}

void logspace_close(struct logspace *space)
{
	if (space->kind == LOGSPACE_JBD2)
		jbd2_log_close(&space->jbd2);
	space->kind = LOGSPACE_NONE;
}

static int parse_pair(const char *text, uint64_t *cycle, uint64_t *offset)
{
	char rest;

	return sscanf(text, "%" SCNu64 ":%" SCNu64 " %c", cycle, offset, &rest) == 2 ? 0 : -EINVAL;
}

/* A place as bytes since the log's first cycle: both kinds of places only grow. */
static int parse_place(const char *text, uint64_t unit, uint64_t log_bytes, uint64_t *place)
{
	uint64_t cycle, offset;

	if (parse_pair(text, &cycle, &offset) || cycle > UINT32_MAX || offset * unit > log_bytes)
		return -EINVAL;
	*place = cycle * log_bytes + offset * unit;
	return 0;
}

int logspace_of_xfs(const char *head, const char *tail, const char *grant, bool is_bytes,
		    uint64_t log_bytes, uint64_t *committed_bytes, uint64_t *dirty_bytes)
{
	uint64_t from, to, reserved;
	char rest;

	if (parse_place(head, XFS_SECTOR, log_bytes, &to) ||
	    parse_place(tail, XFS_SECTOR, log_bytes, &from) || to < from)
		return -EINVAL;
	if (!is_bytes) {
		if (parse_place(grant, 1, log_bytes, &reserved) || reserved < to)
			return -EINVAL;
		reserved -= to;
	} else if (sscanf(grant, "%" SCNu64 " %c", &reserved, &rest) != 1) {
		return -EINVAL;
	}
	*committed_bytes = to - from;
	*dirty_bytes = reserved;
	return 0;
}

static int read_xfs(struct logspace *space)
{
	char head[64], tail[64], grant[64];
	bool is_bytes = false;
	int ret = sysfs_line(head, sizeof(head), "/sys/fs/xfs/%s/log/log_head_lsn", space->name);

	if (!ret)
		ret = sysfs_line(tail, sizeof(tail), "/sys/fs/xfs/%s/log/log_tail_lsn",
				 space->name);
	if (!ret)
		ret = sysfs_line(grant, sizeof(grant), "/sys/fs/xfs/%s/log/reserve_grant_head",
				 space->name);
	if (ret == -ENOENT) {
		is_bytes = true;
		ret = sysfs_line(grant, sizeof(grant),
				 "/sys/fs/xfs/%s/log/reserve_grant_head_bytes", space->name);
	}
	return ret ? ret
		   : logspace_of_xfs(head, tail, grant, is_bytes, space->log_bytes,
				     &space->committed_bytes, &space->dirty_bytes);
}

uint64_t logspace_of_jbd2(const struct jbd2_log_commits *commits, uint32_t sequence,
			  uint64_t faults)
{
	uint64_t blocks = 0;

	/* The area starts over after each full commit: its first is the fault's, or a later one. */
	if (commits->fast_count && commits->fast_sequence == sequence)
		return commits->fast_blocks;
	if (commits->fast_count && commits->count == 1 && commits->fast_sequence == sequence + 1 &&
	    commits->fast_count + 1 == faults)
		return commits->blocks[0];
	if (commits->fast_count || commits->count < faults)
		return 0;
	for (size_t i = 0; i <= commits->count - faults; i++)
		blocks += commits->blocks[i];
	return blocks;
}

static int take_jbd2(struct logspace *space, uint64_t faults, struct dirt_result *dirt,
		     const char **source, const char **why)
{
	struct jbd2_log_commits commits;
	int ret = jbd2_log_take(&space->jbd2, &commits);
	uint64_t blocks = 0;

	if (!ret)
		blocks = logspace_of_jbd2(&commits, space->jbd2.sequence, faults);
	free(commits.blocks);
	if (ret == -ENOMEM)
		return ret;
	*why = ret ? "the journal cannot be read" : "the faults made no commit each";
	if (!blocks)
		return 0;
	*source = commits.fast_count && commits.fast_sequence == space->jbd2.sequence
			  ? SOURCE_FAST_COMMIT
			  : SOURCE_JOURNAL;
	dirt->dirty_bytes = blocks * space->jbd2.block_bytes;
	return 0;
}

void logspace_before(struct logspace *space)
{
	space->error = 0;
	if (space->kind == LOGSPACE_JBD2)
		space->error = jbd2_log_mark(&space->jbd2);
	else if (space->kind == LOGSPACE_XFS)
		space->error = read_xfs(space);
	if (space->kind != LOGSPACE_JBD2)
		return;
	space->log_bytes = jbd2_log_bytes(&space->jbd2);
	space->committed_bytes = (uint64_t)space->jbd2.used_blocks * space->jbd2.block_bytes;
}

static int take(struct logspace *space, uint64_t faults, struct dirt_result *dirt,
		const char **source, const char **why)
{
	*why = space->why;
	if (space->kind == LOGSPACE_NONE)
		return 0;
	dirt->log_bytes = space->log_bytes;
	*why = "the log could not be read before the first fault";
	if (space->error)
		return 0;
	dirt->committed_bytes = space->committed_bytes;
	if (space->kind == LOGSPACE_JBD2)
		return take_jbd2(space, faults, dirt, source, why);
	*source = SOURCE_XFS;
	dirt->dirty_bytes = space->dirty_bytes;
	return 0;
}

int logspace_after(struct logspace *space, uint64_t faults, struct dirt_result *dirt)
{
	const char *source = NULL, *why = NULL;
	int ret = take(space, faults, dirt, &source, &why);

	if (ret)
		return ret;
	if (dirt->dirty_bytes != U64_ABSENT)
		dirt->dirty_percent = (double)dirt->dirty_bytes / (double)dirt->log_bytes * 100;
	if (source)
		dirt->source = strdup(source);
	else
		dirt->reason = strdup(why);
	return dirt->source || dirt->reason ? 0 : -ENOMEM;
}
