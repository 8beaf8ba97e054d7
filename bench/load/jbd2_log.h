/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal of a mounted ext4, read from its device: which blocks each commit took. The format is
 * that of include/linux/jbd2.h and fs/ext4/fast_commit.h. The journal's blocks are written by bio
 * and read with O_DIRECT, so looking neither writes nor changes anything in the file system.
 *
 *	open -> mark (before) -> [faults] -> take (after) -> close
 */
#ifndef SYNCFAULT_LOAD_JBD2_LOG_H
#define SYNCFAULT_LOAD_JBD2_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JBD2_LOG_EXTENTS 4 /* the number that an inode holds without a tree */

struct jbd2_log {
	int fd;
	struct {
		uint64_t from, count, physical; /* in blocks: of the journal, and of the device */
	} extents[JBD2_LOG_EXTENTS];
	size_t extent_count;
	uint32_t super_block; /* of the journal */
	uint32_t block_bytes;
	uint32_t first, last;  /* blocks of the ring; last is exclusive */
	uint32_t fast_end;     /* fast commits: blocks from last up to here; last: none */
	uint32_t position;     /* of the next commit, at the mark */
	uint32_t sequence;     /* of the next commit, at the mark */
	uint32_t used_blocks;  /* committed and not given up, at the mark */
	unsigned char *window; /* what was read last: the blocks from window_first */
	uint32_t window_first, window_count;
};

/* What was committed after the mark. */
struct jbd2_log_commits {
	uint64_t *blocks; /* of each commit, in order; freed by the caller */
	size_t count;
	uint64_t fast_blocks;	/* of the first fast commit; 0: the area has none */
	uint32_t fast_sequence; /* the transaction that it belongs to */
	size_t fast_count;	/* fast commits in the area that belong to that transaction */
};

/*
 * device: a path; is_external: it holds only the journal (mke2fs -O journal_dev). -ENODATA: a file
 * system without a journal; -EOPNOTSUPP: a journal with more than JBD2_LOG_EXTENTS extents;
 * -EUCLEAN: not the documented format; else what the system said. *why: a text that never changes.
 */
int jbd2_log_open(struct jbd2_log *log, const char *device, bool is_external, const char **why);
void jbd2_log_close(struct jbd2_log *log);

/* Bytes of the ring; fast commits have an area of their own. */
uint64_t jbd2_log_bytes(const struct jbd2_log *log);

/* Finds the end of the last whole commit. -errno of the read. */
int jbd2_log_mark(struct jbd2_log *log);

/* The whole commits after the mark. -errno of the read, -ENOMEM. */
int jbd2_log_take(struct jbd2_log *log, struct jbd2_log_commits *commits);

#endif
