// SPDX-License-Identifier: GPL-2.0-or-later
#include "probes/table.h"

#include <stddef.h>

#include "bpf/probes.h"

const struct probe_function probe_functions[] = {
	{ .name = "handle_mm_fault", .stage = STAGE_MM },
	{ .name = "ext4_dax_huge_fault", .stage = STAGE_HANDLER },
	{ .name = "__xfs_filemap_fault", .stage = STAGE_HANDLER },
	{ .name = "xfs_filemap_fault",
	  .stage = STAGE_HANDLER,
	  .only_without = "__xfs_filemap_fault" },
	{ .name = "xfs_filemap_huge_fault",
	  .stage = STAGE_HANDLER,
	  .only_without = "__xfs_filemap_fault" },
	{ .name = "xfs_filemap_page_mkwrite",
	  .stage = STAGE_HANDLER,
	  .only_without = "__xfs_filemap_fault" },
	{ .name = "xfs_filemap_pfn_mkwrite",
	  .stage = STAGE_HANDLER,
	  .only_without = "__xfs_filemap_fault" },
	{ .name = "dev_dax_huge_fault", .stage = STAGE_HANDLER },
	{ .name = "filemap_fault", .stage = STAGE_HANDLER },
	{ .name = "do_page_mkwrite", .stage = STAGE_MKWRITE },
	{ .name = "folio_wait_writeback", .stage = STAGE_WP_WAIT },
	{ .name = "dax_finish_sync_fault", .stage = STAGE_FINISH },
	{ .name = "vfs_fsync_range", .stage = STAGE_FSYNC },
	{ .name = "dax_writeback_mapping_range", .stage = STAGE_WRITEBACK },
	{ .name = "wait_transaction_locked", .stage = STAGE_LOG_SPACE },
	{ .name = "__jbd2_log_wait_for_space", .stage = STAGE_LOG_SPACE },
	{ .name = "xlog_grant_head_wait", .stage = STAGE_LOG_SPACE },
	{ .name = "jbd2_log_wait_commit", .stage = STAGE_JOURNAL_WAIT },
	{ .name = "ext4_fc_commit", .stage = STAGE_FAST_COMMIT },
	{ .name = "xfs_log_force_seq", .stage = STAGE_LOG_FORCE },
	{ .name = "xlog_cil_force_seq", .stage = STAGE_CIL_PUSH },
	{ .name = "xlog_wait_on_iclog", .stage = STAGE_ICLOG_WAIT },
	{ .name = "blkdev_issue_flush", .stage = STAGE_FLUSH },
	{ .name = "xlog_cil_push_work", .stage = NO_STAGE },
	{ .name = "xlog_write", .stage = NO_STAGE, .is_entry_only = true },
	{ .name = "xlog_cil_commit",
	  .stage = NO_STAGE,
	  .is_entry_only = true,
	  .is_for_fills = true },
	{ .name = NULL },
};

const struct probe_stand_in probe_stand_ins[] = {
	{ STAGE_MM, "page_fault_user", "begin_page_fault_user" },
	{ STAGE_HANDLER, "dax_pte_fault", "begin_dax_pte_fault" },
	{ STAGE_HANDLER, "dax_pte_fault_done", "begin_dax_pte_fault_done" },
	{ STAGE_FSYNC, "ext4_sync_file_enter", "begin_ext4_sync_file_enter" },
	{ STAGE_FSYNC, "ext4_sync_file_exit", "begin_ext4_sync_file_exit" },
	{ STAGE_FSYNC, "xfs_file_fsync", "begin_xfs_file_fsync" },
	{ STAGE_FSYNC, "dax_insert_pfn_mkwrite", "begin_dax_insert_pfn_mkwrite" },
	{ STAGE_LOG_FORCE, "xfs_log_force", "begin_xfs_log_force" },
	{ STAGE_ICLOG_WAIT, "xlog_iclog_wait_on", "begin_xlog_iclog_wait_on" },
	{ STAGE_FAST_COMMIT, "ext4_fc_commit_start", "begin_ext4_fc_commit_start" },
	{ STAGE_FAST_COMMIT, "ext4_fc_commit_stop", "begin_ext4_fc_commit_stop" },
	{ .tracepoint = NULL },
};

const struct probe_tracepoint probe_tracepoints[] = {
	{ .name = "mmap_lock_start_locking", .stage = STAGE_LOCK },
	{ .name = "iomap_iter", .stage = STAGE_MAP },
	{ .name = "iomap_iter_dstmap", .stage = STAGE_INSERT },
	{ .name = "dax_pte_fault_done", .stage = NO_STAGE },
	{ .name = "dax_pmd_fault_done", .stage = NO_STAGE },
	{ .name = "dax_insert_pfn_mkwrite", .stage = NO_STAGE },
	{ .name = "xfs_file_fsync", .stage = NO_STAGE },
	{ .name = "jbd2_start_commit", .stage = NO_STAGE },
	{ .name = "jbd2_commit_flushing", .stage = NO_STAGE },
	{ .name = "jbd2_commit_logging", .stage = NO_STAGE },
	{ .name = "jbd2_end_commit", .stage = NO_STAGE },
	{ .name = "jbd2_run_stats", .stage = NO_STAGE },
	{ .name = "jbd2_handle_stats", .stage = NO_STAGE, .is_for_fills = true },
	{ .name = "ext4_fc_commit_start", .stage = NO_STAGE },
	{ .name = "xfs_log_force", .stage = NO_STAGE },
	{ .name = "xlog_iclog_wait_on", .stage = NO_STAGE },
	{ .name = "sched_switch", .stage = NO_STAGE },
	{ .name = "sched_wakeup", .stage = NO_STAGE },
	{ .name = "sched_process_exit", .stage = NO_STAGE },
	{ .name = NULL },
};

const char *stage_absence(int stage)
{
	switch (stage) {
	case STAGE_LOG_SPACE:
	case STAGE_JOURNAL_WAIT:
	case STAGE_FAST_COMMIT:
		return "ext4 (jbd2) is not loaded";
	case STAGE_LOG_FORCE:
	case STAGE_CIL_PUSH:
	case STAGE_ICLOG_WAIT:
		return "xfs is not loaded";
	default:
		return "this kernel has no such function";
	}
}
