/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the probes in the kernel and the program share: stages, counters, and the layout of maps.
 *
 * A fault in flight is in exactly one stage at any time. Each probe reads the clock, charges the
 * time since the last reading to the current stage, and makes another one current. So the stages of
 * a fault add up to the fault, and each stage's time is its own, without what it called. All times
 * are nanoseconds of CLOCK_MONOTONIC (on the instruction clock: guest instructions).
 */
#ifndef SYNCFAULT_PROBES_SHARED_H
#define SYNCFAULT_PROBES_SHARED_H

#include "slots.h"

#ifdef __bpf__
typedef unsigned char uint8_t;
typedef unsigned short uint16_t;
typedef unsigned int uint32_t;
typedef unsigned long long uint64_t;
#else
#include <stdint.h>
#endif

/* STAGE_OUTSIDE is never current; its histogram holds whole faults (or whole fsyncs). */
enum stage {
	STAGE_OUTSIDE,	    /* exception entry and return, the user's own clock: not probed */
	STAGE_LOCK,	    /* mmap_lock taken and the VMA found, before the first try */
	STAGE_RETRY,	    /* a try that ended in VM_FAULT_RETRY, and the way to the next */
	STAGE_MM,	    /* handle_mm_fault: page tables, accounting */
	STAGE_HANDLER,	    /* the file system's fault handler: locks, journal handle, DAX entry */
	STAGE_MAP,	    /* iomap_begin: extent looked up or allocated, block zeroed */
	STAGE_INSERT,	    /* the DAX entry and the page table entry inserted */
	STAGE_MKWRITE,	    /* page_mkwrite of the page cache */
	STAGE_WP_WAIT,	    /* waiting for a page under writeback, or a locked DAX entry */
	STAGE_FINISH,	    /* dax_finish_sync_fault: the entry made writable after the flush */
	STAGE_FSYNC,	    /* vfs_fsync_range and the file system's fsync */
	STAGE_WRITEBACK,    /* dirty DAX entries written back and write-protected */
	STAGE_LOG_SPACE,    /* waiting for a place in the journal or log */
	STAGE_JOURNAL_WAIT, /* jbd2: waiting for a commit */
	STAGE_FAST_COMMIT,  /* ext4 fast commit */
	STAGE_LOG_FORCE,    /* XFS: xfs_log_force_seq */
	STAGE_CIL_PUSH,	    /* XFS: the committed item list pushed */
	STAGE_ICLOG_WAIT,   /* XFS: waiting for a log buffer to reach the device */
	STAGE_FLUSH,	    /* the device's cache flushed */
	STAGE_COUNT,
};

/* What a histogram counts: faults, or fsyncs that no fault asked for. */
enum probe_root { ROOT_FAULT, ROOT_FSYNC, ROOT_COUNT };

/*
 * Phases of a journal commit, as jbd2_journal_commit_transaction names them; a CIL push has
 * PHASE_ALL alone.
 */
enum commit_phase {
	PHASE_LOCKED,	/* waiting for the running transaction's last handles */
	PHASE_FLUSHING, /* data of ordered mode, revoke records */
	PHASE_LOGGING,	/* blocks into the log, commit record, cache flush */
	PHASE_ALL,	/* from start to end */
	PHASE_COUNT,
};

/* Histograms of each CPU: root * STAGE_COUNT + stage, and after them the phases. */
#define PROBE_HISTS (ROOT_COUNT * STAGE_COUNT + PHASE_COUNT)

enum probe_count {
	COUNT_NEEDDSYNC, /* VM_FAULT_NEEDDSYNC from dax_pte_fault_done, dax_pmd_fault_done */
	COUNT_INSERT_PFN_MKWRITE, /* dax_insert_pfn_mkwrite */
	COUNT_FSYNC,		  /* vfs_fsync_range, else ext4_sync_file_enter, xfs_file_fsync */
	COUNT_JOURNAL_COMMIT,	  /* jbd2_start_commit */
	COUNT_FAST_COMMIT,	  /* ext4_fc_commit_start */
	COUNT_XFS_FSYNC,	  /* xfs_file_fsync */
	COUNT_LOG_FORCE,	  /* xfs_log_force */
	COUNT_CIL_PUSH,		  /* xlog_cil_push_work */
	COUNT_ICLOG_WAIT,	  /* xlog_iclog_wait_on */
	COUNT_RETRY,		  /* faults whose first try ended in VM_FAULT_RETRY */
	COUNT_INTERRUPTED,	  /* faults given up for a signal, tried again later */
	/* What was not measured. */
	DROP_SLOT,	 /* faults: another one in flight had the slot */
	DROP_UNFINISHED, /* faults whose end was not seen, and tries whose start was not */
	DROP_DEEP,	 /* stages entered beyond PROBE_STACK_STAGES: their time is the caller's */
	DROP_UNMATCHED,	 /* ends of stages whose start was not seen */
	DROP_EVENT,	 /* faults over the threshold that the ring buffer had no room for */
	COUNT_COUNT,
};

#define PROBE_SLOTS	   1024 /* faults in flight at once; a power of two */
#define PROBE_TRAIL	   48	/* stages of a fault that are kept in order */
#define PROBE_FRAMES	   20	/* of a kernel stack */
#define PROBE_WORST	   16	/* slowest faults that each CPU keeps */
#define PROBE_COMM	   16
#define PROBE_STACK_STAGES 8 /* stages nested; one byte each */

struct probe_hist {
	uint64_t count;
	uint64_t sum_ns;
	uint64_t max_ns;
	uint64_t max_inverse;	    /* ~ of the least value, so that it begins at 0 too */
	uint64_t over;		    /* values without a slot */
	uint32_t slots[SLOT_COUNT]; /* modulo 2^32: read them at least every 2^32 events */
};

/* One fault (or fsync): in flight, among the worst, and as an event. */
struct probe_record {
	uint64_t begin_ns;
	uint64_t total_ns; /* 0 while in flight */
	uint64_t address;
	uint64_t inode;
	uint64_t page; /* offset in the file, in pages of 4 KiB */
	uint32_t dev;  /* as the kernel has it: major << 20 | minor */
	uint32_t tgid;
	uint32_t tid;
	uint32_t root;	      /* enum probe_root */
	uint64_t blocked_ns;  /* off the CPU, waiting for something */
	uint64_t runnable_ns; /* off the CPU, waiting for the CPU */
	uint64_t longest_ns;  /* the longest time off the CPU in one piece */
	uint64_t commit_id;   /* the transaction or CIL sequence waited for; 0: none */
	uint32_t commit_dev;
	uint32_t result;  /* VM_FAULT_* of the last try */
	uint32_t is_sync; /* VM_FAULT_NEEDDSYNC was seen */
	uint32_t flags;	  /* FAULT_FLAG_* of the last try */
	char comm[PROBE_COMM];
	uint32_t padding;
	uint32_t trail_count; /* may exceed PROBE_TRAIL: the rest was not kept */
	uint64_t stage_ns[STAGE_COUNT];
	uint64_t trail[PROBE_TRAIL]; /* ns << 8 | stage entered then; in the kernel of its clock,
				      * as probes.h gives it since the fault began */
	uint32_t frame_count;
	uint32_t is_wait_stack; /* frames: of the longest wait; else of the end of the fault */
	uint64_t frames[PROBE_FRAMES];
};

/*
 * A fault in flight. Each thread that faults has the slot of its number modulo PROBE_SLOTS, found
 * without a hash; where another thread has it, the fault is dropped and counted.
 */
struct slot {
	uint32_t tid;	      /* of the thread that owns it; 0: free */
	uint32_t is_unplaced; /* where tracepoints begin it: its memory could not be looked up */
	uint64_t last_ns;
	uint64_t stack;	      /* stages, the current one in the lowest byte; 0 below the last */
	uint64_t off_ns;      /* when the thread left the CPU; 0: it is on one */
	uint64_t woken_ns;    /* when it could have run again; 0: not yet */
	uint32_t frame_count; /* of the wait it is in */
	uint32_t is_wp_wait;
	uint64_t frames[PROBE_FRAMES];
	struct probe_record record;
	/* The last fault that found no slot here: each of its tries looks for one. */
	uint64_t lost_address;
	uint32_t lost_tid;
	uint32_t padding;
};

/* The slowest faults of one CPU, unordered; count <= PROBE_WORST. */
struct probe_worst {
	uint64_t floor_ns; /* once full: the fastest of them */
	uint32_t count;
	uint32_t floor_index;
	struct probe_record records[PROBE_WORST];
};

/* Of one CPU. */
struct probe_sums {
	uint64_t counts[COUNT_COUNT];
	uint64_t blocked_ns[ROOT_COUNT];
	uint64_t runnable_ns[ROOT_COUNT];
};

/* A journal commit or CIL push that has ended. */
struct probe_commit_key {
	uint64_t id;
	uint32_t dev;
	uint32_t is_cil;
};

struct probe_commit {
	uint64_t begin_ns;
	uint64_t last_ns; /* start of the phase that it is in */
	uint64_t phase_ns[PHASE_COUNT];
	uint64_t handles;
	uint64_t blocks_logged; /* jbd2: blocks; CIL: bytes */
	uint64_t is_over;
};

/* Who had put something into it. */
struct probe_filler_key {
	struct probe_commit_key commit;
	uint32_t tgid;
	uint32_t padding;
};

struct probe_filler {
	uint64_t handles;
	uint64_t blocks; /* jbd2: dirtied; 0 for XFS */
	char comm[PROBE_COMM];
};

/* What may change while the probes are attached. */
struct probe_aim {
	uint64_t address_from, address_to; /* [from, to); all of memory: 0 and ~0 */
};

/* Constants of a loaded set of probes. */
struct probe_config {
	uint32_t tgid; /* 0: all */
	uint32_t has_dev, dev;
	uint64_t inode;	       /* 0: all of dev */
	uint64_t over_ns;      /* faults at least this slow become events; 0: none */
	uint32_t worst;	       /* records kept on each CPU, 0 … PROBE_WORST */
	uint32_t is_anonymous; /* also faults on memory without a file */
	uint32_t has_fills;    /* keep who fills commits */
	uint32_t has_stacks;   /* of waits, and of what is kept: 5,000 instructions each */
	uint32_t has_fsyncs;   /* also fsyncs that no fault asked for */
	uint64_t signal_flag;  /* TIF_SIGPENDING's bit in thread_info.flags; 0: not known */
	/* get_unlocked_entry, in which a wait is STAGE_WP_WAIT; 0 if not known. */
	uint64_t entry_from, entry_to;
};

#endif
