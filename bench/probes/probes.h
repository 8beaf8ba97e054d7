/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The probes of bpf/: loaded, attached, read. The one room that knows libbpf.
 *
 * There are several ways to see a stage, the rungs of a ladder: fentry and fexit, kprobe and
 * kretprobe, tracepoints. Each stage uses the best one that this kernel really attaches, and
 * records which one that was and why not a better one.
 */
#ifndef SYNCFAULT_PROBES_PROBES_H
#define SYNCFAULT_PROBES_PROBES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bpf/probes.h"
#include "result/result.h"

/* What to look at. Zeroed: every fault on a file, on the whole machine. */
struct probes_setup {
	pid_t tgid;	    /* 0: all processes */
	bool has_dev;	    /* only faults on files of this device */
	uint32_t dev;	    /* the kernel's number: probes_dev() */
	uint64_t inode;	    /* only this file of it; 0: all */
	bool is_anonymous;  /* also faults on memory without a file */
	bool has_fsyncs;    /* also fsyncs that no fault asked for */
	bool has_fills;	    /* keep who fills the commits that faults wait for */
	bool has_stacks;    /* stacks of slow waits; 5,000 instructions for each wait */
	uint64_t over_ns;   /* events for faults as slow as this; 0: none */
	unsigned int worst; /* slowest faults kept, at most PROBE_WORST */
	unsigned int rungs; /* mask of 1 << enum rung that may be taken; 0: all of them */
	bool is_quiet;	    /* nothing on stderr: the caller reports the error */
	/*
	 * For tests: the bit of thread_info.flags to use as TIF_SIGPENDING. 0: it is determined;
	 * UINT64_MAX: as if it could not be.
	 */
	uint64_t signal_flag;
};

/* How one stage is seen. The strings live as long as the probes. */
struct probes_stage {
	int rung;
	const char *probes; /* "fentry/fexit handle_mm_fault"; NULL */
	const char *reason; /* why not, or not better; NULL */
};

/* A histogram of one stage, over all CPUs; everything counted since probes_start(). */
struct probes_hist {
	uint64_t count, sum_ns, over;
	uint64_t min_ns, max_ns; /* 0 if count is */
	uint64_t slots[SLOT_COUNT];
};

struct probes_totals {
	struct probes_hist hists[ROOT_COUNT][STAGE_COUNT]; /* [][STAGE_OUTSIDE]: whole faults */
	struct probes_hist commits[PHASE_COUNT];
	uint64_t counts[COUNT_COUNT]; /* [COUNT_INTERRUPTED] may be U64_ABSENT: not known */
	uint64_t blocked_ns[ROOT_COUNT], runnable_ns[ROOT_COUNT];
};

struct probes;

/*
 * Loads and attaches what this kernel allows; nothing is counted before probes_start(). On failure
 * one line on stderr (unless quiet) and -errno: -EPERM without the rights, -ENOSYS without BPF or
 * BTF, -ENOENT if no way to see a fault is left. Everything ends with the process, however that
 * ends.
 */
int probes_open(const struct probes_setup *setup, struct probes **probes);
void probes_close(struct probes *probes);

/* From now on only faults in [from, to) of every process; before: all. Not while counting. */
void probes_aim(struct probes *probes, uint64_t from, uint64_t to);

/*
 * Starts counting, from 0. Stopping waits until no probe is running, so what is read then is
 * complete.
 */
void probes_start(struct probes *probes);
void probes_stop(struct probes *probes);

const struct probes_stage *probes_stage(const struct probes *probes, int stage);

/* Fills *totals, about 0.4 MiB; call it at least every minute while counting. */
int probes_read(struct probes *probes, struct probes_totals *totals);

/*
 * The slowest faults, slowest first, at most max; returns how many or -errno. While counting goes
 * on, a record may be half of one fault and half of another: good enough to guess names, no more.
 */
int probes_worst(struct probes *probes, struct probe_record *records, size_t max);

/*
 * Calls back for each fault of over_ns or more, waiting at most timeout_ms for the first. -EINTR.
 */
typedef void probes_event_fn(const struct probe_record *record, void *context);
int probes_poll(struct probes *probes, int timeout_ms, probes_event_fn *on_event, void *context);

/* The commit that a fault waited for, with who had filled it, most handles first. -ENOENT. */
int probes_commit(struct probes *probes, const struct probe_record *record,
		  struct commit_result *commit);
void commit_result_free(struct commit_result *commit);

/* "ext4_sync_file+0x1a3", or the number if the kernel hides its symbols. */
void probes_symbol(uint64_t address, char *text, size_t size);

/* The kernel's number of a device, from stat's. */
uint32_t probes_dev(dev_t dev);

/* Quantile of a histogram as hist_quantile_ns; 0 if it is empty. */
uint64_t probes_quantile_ns(const struct probes_hist *hist, double p);

#endif
