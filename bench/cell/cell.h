/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A cell: one point of the matrix, the words that name it, and its key. Pure: no I/O, no printing.
 */
#ifndef SYNCFAULT_CELL_CELL_H
#define SYNCFAULT_CELL_CELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/keywords.h"

/* Lists of words end with NULL; the index of a word is the value of its enum. */
extern const char *const dax_words[];
extern const char *const state_words[];
extern const char *const load_words[];
extern const char *const sync_words[];
extern const char *const commit_words[];
extern const char *const dirty_kind_words[];
extern const char *const remap_words[];
extern const char *const attribute_words[];
extern const char *const interface_words[];
extern const char *const access_words[];
extern const char *const page_words[];
extern const char *const files_words[];
extern const char *const sched_words[];

enum cell_dax { DAX_ALWAYS, DAX_INODE, DAX_NEVER };
enum cell_state { STATE_HOLE, STATE_UNWRITTEN, STATE_WRITTEN };
enum cell_load { LOAD_NONE, LOAD_COPY, LOAD_CREATE, LOAD_FSYNC, LOAD_TRUNCATE, LOAD_LOG };
enum cell_sync { SYNC_NONE, SYNC_MAP_SYNC };
enum cell_commit { COMMIT_NONE, COMMIT_FLUSH, COMMIT_MSYNC, COMMIT_FDATASYNC, COMMIT_PWRITE_DSYNC };
enum cell_dirty_kind { DIRTY_CREATE, DIRTY_UNLINK, DIRTY_RENAME, DIRTY_CHMOD, DIRTY_ALLOCATE };
enum cell_remap {
	REMAP_NONE,
	REMAP_REFLINK,
	REMAP_PUNCH,
	REMAP_COLLAPSE,
	REMAP_INSERT,
	REMAP_EXCHANGE,
	REMAP_WRITE
};
enum cell_attribute { ATTRIBUTE_NONE, ATTRIBUTE_SYNC };
enum cell_interface {
	INTERFACE_NONE,
	INTERFACE_SHARED,
	INTERFACE_SHARED_SYNC,
	INTERFACE_SHARED_UNKNOWN,
	INTERFACE_VALIDATE,
	INTERFACE_VALIDATE_SYNC,
	INTERFACE_VALIDATE_UNKNOWN,
	INTERFACE_PRIVATE,
	INTERFACE_PRIVATE_SYNC,
	INTERFACE_SYNC_ALONE
};
enum cell_access { ACCESS_WRITE, ACCESS_READ, ACCESS_READ_THEN_WRITE };
enum cell_page { PAGE_4K, PAGE_2M };
enum cell_files { FILES_ONE, FILES_EACH };
enum cell_sched { SCHED_WORD_OTHER, SCHED_WORD_FIFO };
enum cell_status { CELL_OK, CELL_SKIPPED, CELL_FAILED };

#define CELL_MAX_THREADS 1024
#define CELL_MAX_PAGES	 (1ULL << 32)
#define CELL_MAX_DIRTY	 10000000
#define CELL_KEY_SIZE	 1024

/*
 * The strings are owned by whoever fills the struct. fs is a file system's name ("ext4", "devdax"
 * for device DAX); mkfs_options and mount_options are "" for the defaults of syncfault.
 */
struct cell_config {
	char *fs;
	char *mkfs_options;
	char *mount_options;
	int dax;
	int state;
	int load;
	int sync;
	int commit;	/* what makes each store durable, within the timed span */
	uint64_t dirty; /* metadata operations that nobody synced, before the first fault */
	int dirty_kind;
	int remap;     /* how blocks move below the mapping, before it is faulted again */
	int attribute; /* of the file: chattr */
	int interface; /* mmap flags that the kernel is asked about; nothing is faulted then */
	int access;
	int page;
	uint64_t pages; /* for each thread, in units of the page size */
	uint64_t threads;
	int files;	   /* one file for all threads, or one for each */
	uint64_t pause_us; /* slept between two faults, outside the timed span */
	int sched;
};

/*
 * Splits "FS[:MKFS-OPTIONS[:MOUNT-OPTIONS]]" into the first three fields, newly allocated. -EINVAL
 * if FS is empty or has characters other than letters, digits, '_', '-' and '.'; -ENOMEM.
 */
int cell_set_fs(struct cell_config *config, const char *spec);

/* A deep copy; -ENOMEM. cell_free frees the strings. */
int cell_copy(struct cell_config *to, const struct cell_config *from);
void cell_free(struct cell_config *config);

/* By file system, then its options; 0 if all of it is the same. */
int cell_compare_fs(const struct cell_config *a, const struct cell_config *b);

/* 4096 or 2 MiB. */
uint64_t cell_page_bytes(const struct cell_config *config);

/*
 * The key, in fixed order:
 * "ext4/dax=always/state=hole/load=none/sync=map_sync/commit=none/access=write/page=4k/pages=512/
 * threads=1", with "ext4:MKFS-OPTIONS:MOUNT-OPTIONS" if there are options and, only if they differ
 * from the usual, "/files=each", "/dirty=1000:create", "/remap=reflink", "/attribute=sync",
 * "/interface=shared_sync". pause and scheduler are not in it. -ENAMETOOLONG beyond size.
 */
int cell_key(const struct cell_config *config, char *key, size_t size);

/* The flags of a word of interface_words as people write them: "MAP_SHARED_VALIDATE | MAP_SYNC". */
const char *interface_flags(int word);

#endif
