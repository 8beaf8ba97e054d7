// SPDX-License-Identifier: GPL-2.0-or-later
#include "load/jbd2_log.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

#define WINDOW_BYTES (256 << 10)
#define EDGE_BYTES   8192 /* of a device: superblocks of both kinds are in it */

#define JBD2_MAGIC		 0xc03b3998u
#define JBD2_COMMIT_BLOCK	 2
#define JBD2_SUPERBLOCK_V2	 4
#define JBD2_FEATURE_FAST_COMMIT 0x20u
#define JBD2_FAST_COMMIT_BLOCKS	 256 /* where the superblock says 0 */

#define EXT4_MAGIC	     0xef53u
#define EXT4_HAS_JOURNAL     0x4u
#define EXT4_EXTENTS_MAGIC   0xf30au
#define EXT4_JOURNAL_BACKUP  1
#define EXT4_FC_TAIL	     8
#define EXT4_FC_HEADER_BYTES 4

static uint32_t get_be32(const unsigned char *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return be32toh(value);
}

static uint32_t get_le32(const unsigned char *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return le32toh(value);
}

static uint16_t get_le16(const unsigned char *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return le16toh(value);
}

/* 0, or -errno; a short read is -EIO. */
static int read_at(int fd, unsigned char *buffer, size_t bytes, uint64_t offset)
{
	ssize_t n = pread(fd, buffer, bytes, (off_t)offset);

	if (n < 0)
		return -errno;
	return (size_t)n == bytes ? 0 : -EIO;
}

static int find_extent(const struct jbd2_log *log, uint32_t block, uint64_t *physical,
		       uint64_t *left)
{
	for (size_t i = 0; i < log->extent_count; i++) {
		uint64_t from = log->extents[i].from, end = from + log->extents[i].count;

		if (block < from || block >= end)
			continue;
		*physical = log->extents[i].physical + (block - from);
		*left = end - block;
		return 0;
	}
	return -EUCLEAN;
}

/* The block of the journal, valid until the next call. */
static int read_block(struct jbd2_log *log, uint32_t block, const unsigned char **data)
{
	uint64_t physical, left, most = WINDOW_BYTES / log->block_bytes;
	int ret;

	if (block < log->window_first || block >= log->window_first + log->window_count) {
		log->window_count = 0;
		ret = find_extent(log, block, &physical, &left);
		if (ret)
			return ret;
		if (left > most)
			left = most;
		ret = read_at(log->fd, log->window, left * log->block_bytes,
			      physical * log->block_bytes);
		if (ret)
			return ret;
		log->window_first = block;
		log->window_count = (uint32_t)left;
	}
	*data = log->window + (size_t)(block - log->window_first) * log->block_bytes;
	return 0;
}

/* s_jnl_blocks: what mke2fs keeps of the journal's inode in the superblock, its extents here. */
static int take_extents(struct jbd2_log *log, const unsigned char *super, const char **why)
{
	const unsigned char *tree = super + 0x10c;
	size_t count = get_le16(tree + 2);

	*why = "the journal's extents are not in the superblock";
	if (super[0xfd] != EXT4_JOURNAL_BACKUP || get_le16(tree) != EXT4_EXTENTS_MAGIC ||
	    get_le16(tree + 6) != 0 || count == 0 || count > JBD2_LOG_EXTENTS)
		return -EOPNOTSUPP;
	for (size_t i = 0; i < count; i++) {
		const unsigned char *extent = tree + 12 * (i + 1);

		log->extents[i].from = get_le32(extent);
		log->extents[i].count = get_le16(extent + 4);
		log->extents[i].physical = get_le32(extent + 8) | (uint64_t)get_le16(extent + 6)
									  << 32;
	}
	log->extent_count = count;
	return 0;
}

static int find_internal(struct jbd2_log *log, const unsigned char *super, const char **why)
{
	*why = "no superblock of ext4";
	if (get_le16(super + 0x38) != EXT4_MAGIC)
		return -EUCLEAN;
	*why = "no journal";
	if (!(get_le32(super + 0x5c) & EXT4_HAS_JOURNAL))
		return -ENODATA;
	log->block_bytes = 1024u << (get_le32(super + 0x18) & 7);
	return take_extents(log, super, why);
}

/* The journal begins after the device's own superblock. */
static int find_external(struct jbd2_log *log, const unsigned char *super, const char **why)
{
	*why = "no external journal";
	if (get_le16(super + 0x38) != EXT4_MAGIC)
		return -EUCLEAN;
	log->block_bytes = 1024u << (get_le32(super + 0x18) & 7);
	/* All block numbers count from the start of the device. */
	log->extents[0].count = UINT32_MAX;
	log->extent_count = 1;
	log->super_block = log->block_bytes == 1024 ? 2 : 1;
	return 0;
}

static int read_super(struct jbd2_log *log, const unsigned char **super)
{
	log->window_count = 0;
	return read_block(log, log->super_block, super);
}

static int take_geometry(struct jbd2_log *log, const char **why)
{
	const unsigned char *super;
	uint32_t fast;
	int ret = read_super(log, &super);

	*why = "the journal's superblock cannot be read";
	if (ret)
		return ret;
	*why = "no superblock of a journal";
	if (get_be32(super) != JBD2_MAGIC || get_be32(super + 4) != JBD2_SUPERBLOCK_V2 ||
	    get_be32(super + 12) != log->block_bytes)
		return -EUCLEAN;
	log->first = get_be32(super + 20);
	log->last = log->fast_end = get_be32(super + 16);
	if (log->extents[0].count == UINT32_MAX)
		log->extents[0].count = log->last;
	if (get_be32(super + 40) & JBD2_FEATURE_FAST_COMMIT) {
		fast = get_be32(super + 0x54);
		fast = fast ? fast : JBD2_FAST_COMMIT_BLOCKS;
		log->last -= fast < log->last ? fast : log->last;
	}
	return log->first < log->last ? 0 : -EUCLEAN;
}

static int open_log(struct jbd2_log *log, const char *device, bool is_external, const char **why)
{
	auto_free unsigned char *edge = NULL;
	int ret;

	*why = "its device cannot be read";
	log->fd = open(device, O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (log->fd < 0)
		return -errno;
	if (posix_memalign((void **)&edge, 4096, EDGE_BYTES) ||
	    posix_memalign((void **)&log->window, 4096, WINDOW_BYTES))
		return -ENOMEM;
	ret = read_at(log->fd, edge, EDGE_BYTES, 0);
	if (ret)
		return ret;
	ret = is_external ? find_external(log, edge + 1024, why)
			  : find_internal(log, edge + 1024, why);
	return ret ? ret : take_geometry(log, why);
}

int jbd2_log_open(struct jbd2_log *log, const char *device, bool is_external, const char **why)
{
	int ret;

	*log = (struct jbd2_log){ .fd = -1 };
	ret = open_log(log, device, is_external, why);
	if (ret)
		jbd2_log_close(log);
	return ret;
}

void jbd2_log_close(struct jbd2_log *log)
{
	if (log->fd >= 0)
		close(log->fd);
	free(log->window);
	log->window = NULL;
	log->fd = -1;
}

uint64_t jbd2_log_bytes(const struct jbd2_log *log)
{
	return (uint64_t)(log->last - log->first) * log->block_bytes;
}

static uint32_t next_block(const struct jbd2_log *log, uint32_t block)
{
	return block + 1 < log->last ? block + 1 : log->first;
}

/*
 * The commit of that sequence, if a whole one starts at block: its length, 0 if there is none.
 * Blocks of data never begin with the magic number (jbd2 escapes them), and what an earlier turn of
 * the ring left has a lower sequence.
 */
static int measure_commit(struct jbd2_log *log, uint32_t block, uint32_t sequence, uint32_t *length)
{
	const unsigned char *data;
	uint32_t blocks = 0;

	*length = 0;
	while (blocks < log->last - log->first) {
		int ret = read_block(log, block, &data);
		bool is_header = !ret && get_be32(data) == JBD2_MAGIC;

		if (ret)
			return ret;
		if (is_header ? get_be32(data + 8) != sequence : blocks == 0)
			return 0;
		blocks++;
		if (is_header && get_be32(data + 4) == JBD2_COMMIT_BLOCK) {
			*length = blocks;
			return 0;
		}
		block = next_block(log, block);
	}
	return 0;
}

static uint32_t advance(const struct jbd2_log *log, uint32_t block, uint32_t by)
{
	return log->first + (block - log->first + by) % (log->last - log->first);
}

int jbd2_log_mark(struct jbd2_log *log)
{
	const unsigned char *super;
	const char *why;
	uint32_t length;
	/* Again: the mount wrote the feature of fast commits with its first commit alone. */
	int ret = take_geometry(log, &why);

	if (!ret)
		ret = read_super(log, &super);
	if (ret)
		return ret;
	log->sequence = get_be32(super + 24);
	log->position = get_be32(super + 28);
	if (!log->position)
		log->position = get_be32(super + 0x58);
	if (log->position < log->first || log->position >= log->last)
		log->position = log->first;
	log->used_blocks = 0;
	do {
		ret = measure_commit(log, log->position, log->sequence, &length);
		log->position = advance(log, log->position, length);
		log->sequence += length > 0;
		log->used_blocks += length;
	} while (!ret && length);
	return ret;
}

static int take_full(struct jbd2_log *log, struct jbd2_log_commits *commits)
{
	uint32_t position = log->position, sequence = log->sequence, length;

	for (;;) {
		uint64_t *grown;
		int ret = measure_commit(log, position, sequence, &length);

		if (ret || !length)
			return ret;
		grown = reallocarray(commits->blocks, commits->count + 1, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		commits->blocks = grown;
		commits->blocks[commits->count++] = length;
		position = advance(log, position, length);
		sequence++;
	}
}

/* Whether a fast commit ends in this block, whose tags fill it; *sequence of its transaction. */
static bool find_tail(const struct jbd2_log *log, const unsigned char *data, uint32_t *sequence)
{
	uint32_t at = 0;

	while (at + EXT4_FC_HEADER_BYTES + 8 <= log->block_bytes && get_le16(data + at)) {
		if (get_le16(data + at) == EXT4_FC_TAIL) {
			*sequence = get_le32(data + at + EXT4_FC_HEADER_BYTES);
			return true;
		}
		at += EXT4_FC_HEADER_BYTES + get_le16(data + at + 2);
	}
	return false;
}

/* Fast commits follow each other from the area's start, again after each full commit. */
static int take_fast(struct jbd2_log *log, struct jbd2_log_commits *commits)
{
	uint64_t blocks = 0;

	for (uint32_t block = log->last; block < log->fast_end; block++) {
		const unsigned char *data;
		uint32_t sequence;
		int ret = read_block(log, block, &data);

		if (ret)
			return ret;
		blocks++;
		if (!find_tail(log, data, &sequence))
			continue;
		if (!commits->fast_count) {
			commits->fast_blocks = blocks;
			commits->fast_sequence = sequence;
		}
		if (sequence != commits->fast_sequence)
			break;
		commits->fast_count++;
	}
	return 0;
}

int jbd2_log_take(struct jbd2_log *log, struct jbd2_log_commits *commits)
{
	int ret;

	*commits = (struct jbd2_log_commits){ .blocks = NULL };
	log->window_count = 0;
	ret = take_full(log, commits);
	return ret ? ret : take_fast(log, commits);
}
