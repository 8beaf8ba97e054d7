/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A result: the run of a suite on one machine, in memory, and its JSON file. results/schema.json is
 * the contract; the tables in rows.c say the same for reading and for writing.
 *
 * What was not measured is absent, never 0: U64_ABSENT, NAN, BOOL_ABSENT or NULL here, null or no
 * key in the file. All latencies are nanoseconds.
 */
#ifndef SYNCFAULT_RESULT_RESULT_H
#define SYNCFAULT_RESULT_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strings.h"
#include "cell/cell.h"
#include "result/latency.h"

#define RESULT_SCHEMA	   "syncfault-result/1"
#define RESULT_MAX_SAMPLES 65536
#define RESULT_MAX_CELLS   4096 /* of a run; and as many samples, so that readers take it */
#define RESULT_MAX_TOTAL   (12u << 20)
#define RESULT_MAX_BYTES   (256u << 20)
#define RESULT_MAX_TEXT	   65536 /* bytes of one text */
/* An hour in nanoseconds times ten: no fault that a person waited for took longer. */
#define RESULT_MAX_NS 36000000000000ULL

extern const char *const status_words[]; /* ok, skipped, failed */
extern const char *const domain_words[]; /* time, instructions */

enum clock_domain { DOMAIN_TIME, DOMAIN_INSTRUCTIONS };

struct proof {
	uint64_t faults_expected;
	uint64_t faults_observed;
	uint64_t page_size; /* bytes, verified */
	int is_dax;	    /* true, false or BOOL_ABSENT */
	int has_map_sync;
	uint64_t load_bytes;	   /* moved by the load while the faults were timed */
	uint64_t load_operations;  /* or done by it, if it is not the copy */
	uint64_t commits;	   /* stores after which what makes them durable said it was done */
	uint64_t stores_read_back; /* found in the file afterwards, by read(2) */
	uint64_t writes_beside;	   /* by write(2), to the file during the faults */
	uint64_t verified_bytes;   /* of the file, right by read(2) and by the mapping */
};

/* What the kernel answered to a mapping, and what its documentation says it should. */
struct answer {
	char *said;	  /* "mapped", or the name of an errno */
	int has_map_sync; /* sf in smaps; BOOL_ABSENT if nothing was mapped */
	char *expected;
	int expected_map_sync;
};

extern const char *const stage_words[];	 /* enum stage of bpf/probes.h: outside, lock, … flush */
extern const char *const rung_words[];	 /* enum rung */
extern const char *const ladder_words[]; /* those that a user may ask for */

/* How a stage is seen; each is worth more than the ones after it. */
enum rung { RUNG_FENTRY, RUNG_KPROBE, RUNG_TRACEPOINT, RUNG_BCC, RUNG_NONE };

/*
 * One stage of the faults of a cell, exclusive: without the stages entered from it. latency is that
 * of the faults that were in it, if any; mean_ns is over all faults of the cell, so that the means
 * of all stages add up to the mean fault. `outside` has no rung and no latency.
 */
struct stage_result {
	int stage;
	int rung;
	char *probes; /* where it begins and ends, for people; NULL for none */
	char *reason; /* why it is not seen, or not from a better rung; NULL for fentry */
	double mean_ns;
	bool has_latency;
	struct latency latency; /* no samples */
};

/* ns since the fault began */
struct stage_span {
	int stage;
	uint64_t from, to;
};

/* A transaction of jbd2, or a checkpoint of XFS's log, that a fault waited for. */
struct commit_filler {
	char *comm;
	uint64_t pid;
	uint64_t handles; /* transactions */
	uint64_t blocks;  /* jbd2: dirtied; U64_ABSENT for XFS */
};

struct commit_result {
	char *kind; /* jbd2 or cil */
	uint64_t id;
	double began_ns; /* since the fault began; negative: it ran already; NAN */
	uint64_t locked, flushing, logging, total; /* ns; U64_ABSENT for XFS except total */
	uint64_t handles, blocks;		   /* jbd2: handles, blocks logged */
	uint64_t bytes;				   /* XFS: of log */
	struct commit_filler *fillers;
	size_t filler_count;
};

/* One of the slowest faults, slowest first. */
struct worst_result {
	uint64_t total;	      /* ns, in the kernel */
	uint64_t address;     /* of the access */
	uint64_t inode, page; /* the file, and the offset in units of 4 KiB */
	uint64_t tid;
	uint64_t blocked, runnable;  /* ns off the CPU: waiting for something, and for the CPU */
	struct stage_span *timeline; /* in order, without gaps; the end may be missing */
	size_t timeline_count;
	uint64_t *stage_ns; /* STAGE_COUNT of them */
	size_t stage_ns_count;
	struct strings stack; /* of the longest wait, innermost first */
	bool has_commit;
	struct commit_result commit;
};

struct probe_counts {
	uint64_t faults;
	uint64_t needdsync;	     /* VM_FAULT_NEEDDSYNC */
	uint64_t insert_pfn_mkwrite; /* entries made writable after the flush */
	uint64_t fsyncs;	     /* of these faults */
	uint64_t xfs_fsyncs;
	uint64_t journal_commits; /* on the whole machine meanwhile, as the following */
	uint64_t fast_commits;
	uint64_t log_forces;
	uint64_t cil_pushes;
	uint64_t iclog_waits;
	uint64_t retries;     /* tries that ended in VM_FAULT_RETRY */
	uint64_t interrupted; /* tries given up for a signal */
};

/* What was not measured, and why; all 0 where every fault and stage was. */
struct probe_drops {
	uint64_t slots;	     /* faults: no slot for another in flight */
	uint64_t unfinished; /* faults whose end was not seen */
	uint64_t deep;	     /* stages nested too deep: their time is their caller's */
	uint64_t unmatched;  /* ends whose start was not seen */
	uint64_t events;     /* faults over the threshold that were not reported */
};

/*
 * The pass with probes of one cell, on a file system of its own, after the pass without that the
 * cell's latency comes from. latency is the user's view of it, total the kernel's
 * (handle_mm_fault).
 */
struct probes_result {
	struct latency latency; /* samples as well */
	struct latency total;	/* no samples */
	double cost_ns;		/* p50 with probes minus p50 without; may be negative */
	struct probe_counts counts;
	struct probe_drops drops;
	double blocked_mean_ns, runnable_mean_ns; /* of all faults, off the CPU */
	struct stage_result *stages;		  /* all of them, in order */
	size_t stage_count;
	struct worst_result *worst;
	size_t worst_count;
	struct latency commit_locked, commit_flushing, commit_logging, commit_total;
	bool has_commits; /* commits of the log meanwhile; XFS has only commit_total */
};

struct placement {
	uint64_t *fault_cpus; /* one for each thread */
	size_t fault_cpu_count;
	uint64_t *load_cpus; /* where the load may run; empty without load */
	size_t load_cpu_count;
	char *target; /* the device or directory */
	/* Where those of persistent memory are: "ram", "pmem" or "none"; NULL: not known. */
	char *struct_pages;
	uint64_t stride_bytes; /* between two accesses; above the page size if reads map around */
	uint64_t load_files;   /* that the copy copies or the log load keeps; their size */
	uint64_t load_file_bytes;
	uint64_t load_processes;
	char *flush_instruction; /* of cells with commit=flush */
};

/*
 * What the first fault found: metadata dirtied and not synced. Log bytes count the ring; committed
 * are those that earlier commits occupy, dirty those that the first fault's commit wrote or must
 * write.
 */
struct dirt_result {
	uint64_t operations; /* of config.dirty_kind */
	uint64_t log_bytes;
	uint64_t committed_bytes;
	uint64_t dirty_bytes;
	double dirty_percent; /* of log_bytes */
	char *source;	      /* where dirty_bytes comes from */
	char *reason;	      /* why it is absent */
};

struct cell_result {
	char *key;
	uint64_t repeat; /* 0, 1, 2, … of --repeat: each on a fresh file system */
	struct cell_config config;
	int status;
	char *reason; /* NULL when ok */
	struct proof proof;
	struct placement placement;
	bool has_dirt; /* only with config.dirty, and only when ok */
	struct dirt_result dirt;
	bool has_answer; /* only where the config has an interface: in place of a latency */
	struct answer answer;
	bool has_latency; /* only when ok */
	struct latency latency;
	bool has_probes; /* only with --probes, and only when ok */
	struct probes_result probes;
	struct strings warnings;
};

struct host {
	char *kernel;	     /* uname -r */
	char *version;	     /* uname -v */
	char *machine;	     /* uname -m */
	char *build_id;	     /* of the kernel, from /sys/kernel/notes */
	char *config_digest; /* "sha256:…" of the kernel's configuration file */
	char *cpu;
	char *microcode; /* its revision */
	double mhz;
	uint64_t cpus;
	char *governor;
	struct strings mitigations;
	struct strings mkfs; /* what each mkfs program reports as its version */
	char *clocksource;
	char *libc;
	char *virtualisation;
	char *kernel_command_line;
	uint64_t memory_bytes;
};

struct guest {
	char *qemu;
	char *accelerator;
	char *kernel_package;
	char *command_line;
	char *image_digest;
	char *clock;
	uint64_t cpus;
	uint64_t seed;
	char *started;
};

struct clock_info {
	int domain;
	char *source;
	char *unit;	    /* always "ns" */
	uint64_t read_cost; /* ns between two adjacent reads, median */
	uint64_t read_cost_min;
	double ticks_per_us;
};

/* Only for results that others published. */
struct provenance {
	char *source;
	char *author;
	char *date;
	char *url;
	struct strings notes;
};

struct tool {
	char *version;
	char *commit;
};

struct result {
	char *schema;
	struct tool tool;
	char *started; /* RFC 3339 */
	char *suite;
	struct strings command;
	struct host host;
	bool has_guest;
	struct guest guest;
	struct clock_info clock;
	bool has_provenance;
	struct provenance provenance;
	struct cell_result *cells;
	size_t cell_count;
};

/* Everything absent; strings NULL. */
void result_init(struct result *result);
void result_free(struct result *result);
void cell_result_init(struct cell_result *cell);
void cell_result_free(struct cell_result *cell);

/*
 * Reads and checks the file at path ("-": standard input). On success the caller frees *result. On
 * failure one line on stderr says what is wrong and where in the document; -EINVAL for a file that
 * is not a result, -EFBIG beyond RESULT_MAX_BYTES, else what the system said.
 */
int result_read(const char *path, struct result *result);

/* The same from memory; name stands for the file in messages. */
int result_parse(const char *text, size_t length, const char *name, struct result *result);

/* Reads fd to its end: it may be a pipe. path is for messages. Errors as result_read. */
int result_read_text(int fd, const char *path, char **text, size_t *length);

/* The facts that a guest was started with, a JSON file of their own. Errors as result_read. */
int guest_read(const char *path, struct guest *guest);

/* The letter's six cells, compiled in from results/reference/. */
int result_read_letter(struct result *result);

/*
 * The document, '\n' at its end; the caller frees *text. Applies the same checks as reading does,
 * so that no reader will refuse it.
 */
int result_format(const struct result *result, char **text, size_t *length);

#endif
