/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much of the log of a cell's file system is dirty when the first fault comes. Methods, as
 * docs/method.md describes them: ext4's journal is read from its device; XFS reports it in sysfs.
 *
 *	open -> before (right before the first fault) -> after (the last one) -> close
 */
#ifndef SYNCFAULT_LOAD_LOGSPACE_H
#define SYNCFAULT_LOAD_LOGSPACE_H

#include "cell/cell.h"
#include "load/jbd2_log.h"
#include "result/result.h"

enum logspace_kind { LOGSPACE_NONE, LOGSPACE_JBD2, LOGSPACE_XFS };

struct logspace {
	enum logspace_kind kind;
	const char *why;      /* it is LOGSPACE_NONE */
	struct jbd2_log jbd2; /* if it is of that kind */
	char name[64];	      /* of the device, in /sys/fs/xfs */
	uint64_t log_bytes;
	uint64_t committed_bytes, dirty_bytes; /* of XFS, before the first fault */
	int error;			       /* of before: 0 or -errno */
};

#define LOGSPACE_CLOSED       \
	{                     \
		.jbd2.fd = -1 \
	}

/* log_device: NULL for an internal log. Never fails: logspace_after() reports why. */
void logspace_open(struct logspace *space, const struct cell_config *config, const char *device,
		   const char *log_device);
void logspace_close(struct logspace *space);

/* Costs a read of the journal's ring, or of four files: nothing is written. */
void logspace_before(struct logspace *space);

/*
 * Fills what is known in *dirt, absent before; reason if the dirty bytes are not. faults: how
 * many were timed, each with a commit of its own on ext4. -ENOMEM.
 */
int logspace_after(struct logspace *space, uint64_t faults, struct dirt_result *dirt);

/*
 * From what XFS says in sysfs: head and tail of the log as "cycle:block" (of 512 bytes), and the
 * reservation head as "cycle:bytes" or, since Linux 6.12, the bytes reserved beyond the log's head.
 * -EINVAL for texts that are not such numbers, or contradict each other. Pure, so that tests can
 * call it.
 */
int logspace_of_xfs(const char *head, const char *tail, const char *grant, bool is_bytes,
		    uint64_t log_bytes, uint64_t *committed_bytes, uint64_t *dirty_bytes);

/*
 * The log blocks that the first of this many faults waited for: what was committed after the mark,
 * except for one commit for each later fault. 0 if the commits do not show it. Pure.
 */
uint64_t logspace_of_jbd2(const struct jbd2_log_commits *commits, uint32_t sequence,
			  uint64_t faults);

#endif
