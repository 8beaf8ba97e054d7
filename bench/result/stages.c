// SPDX-License-Identifier: GPL-2.0-or-later
#include "result/stages.h"

#include "result/result.h"

static const char *const meanings[STAGE_COUNT] = {
	[STAGE_OUTSIDE] = "exception entry and return, up to the user's clock",
	[STAGE_LOCK] = "mmap_lock taken and the memory area found, before the first try",
	[STAGE_RETRY] = "a try that had to be given up, and the way to the next",
	[STAGE_MM] = "handle_mm_fault: page tables, accounting",
	[STAGE_HANDLER] = "the file system's fault handler: locks, handle, DAX entry",
	[STAGE_MAP] = "extent looked up or allocated (iomap_begin)",
	[STAGE_INSERT] = "DAX entry and page table entry inserted",
	[STAGE_MKWRITE] = "page_mkwrite of the page cache",
	[STAGE_WP_WAIT] = "waiting for writeback of the page, or for its DAX entry",
	[STAGE_FINISH] = "entry made writable after the flush (dax_finish_sync_fault)",
	[STAGE_FSYNC] = "fsync itself, without what it waits for",
	[STAGE_WRITEBACK] = "DAX entries written back and write-protected",
	[STAGE_LOG_SPACE] = "waiting for a place in the journal or log",
	[STAGE_JOURNAL_WAIT] = "waiting for a commit of the journal",
	[STAGE_FAST_COMMIT] = "ext4's fast commit",
	[STAGE_LOG_FORCE] = "forcing XFS's log, without what it waits for",
	[STAGE_CIL_PUSH] = "pushing XFS's committed items into the log",
	[STAGE_ICLOG_WAIT] = "waiting for XFS's log buffers to reach the device",
	[STAGE_FLUSH] = "flushing the device's cache",
};

const char *const stage_words[] = { "outside",	 "lock",	 "retry",	"mm",
				    "handler",	 "map",		 "insert",	"mkwrite",
				    "wp_wait",	 "finish",	 "fsync",	"writeback",
				    "log_space", "journal_wait", "fast_commit", "log_force",
				    "cil_push",	 "iclog_wait",	 "flush",	NULL };

const char *const ladder_words[] = { "fentry", "kprobe", "tracepoint", NULL };
const char *const rung_words[] = { "fentry", "kprobe", "tracepoint", "bcc", "none", NULL };

const char *stage_meaning(int stage)
{
	return meanings[stage];
}

bool stage_is_best_as_tracepoint(int stage)
{
	return stage == STAGE_LOCK || stage == STAGE_MAP || stage == STAGE_INSERT;
}
