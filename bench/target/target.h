/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The target: a device or a folder that becomes a file system fit for one cell, and is given back
 * as it was.
 *
 *	open -> [enter -> measure -> leave]… -> close
 */
#ifndef SYNCFAULT_TARGET_TARGET_H
#define SYNCFAULT_TARGET_TARGET_H

#include "cell/cell.h"
#include "cell/verdict.h"
#include "target/datafile.h"
#include "target/guard.h"

enum target_kind { TARGET_DEVICE, TARGET_DIR, TARGET_DEVDAX };

struct target {
	enum target_kind kind;
	struct guard guard; /* of a device */
	struct guard log;   /* of a second one, for logs; GUARD_NONE */
	bool is_log_formatted;
	bool is_formatted; /* the device holds what we made */
	int dir_fd;	   /* of a folder */
	bool is_dir_dax;
	char fs[64];	       /* of a folder: its file system; "devdax"; "" for a device */
	char description[800]; /* for the result: path, and the folder's mount */
};

/* Where the files of one cell go, or the device itself if that is mapped. */
struct site {
	struct workplace place;
	int mount_fd;	   /* ours to close, -1 for a folder */
	int devdax_fd;	   /* the target's, -1 otherwise */
	bool is_anonymous; /* no file at all: anonymous memory is mapped */
};

/* Opens a device (is_forced: whatever it holds) or a folder; the other path is NULL. Reported. */
int target_open(struct target *target, const char *device, const char *dir, bool is_forced);

/* Adds the device (as target_open) on which cells with TARGET_LOG in their options have their log.
 */
#define TARGET_LOG "@log"
int target_add_log(struct target *target, const char *device, bool is_forced);

/* The path of that device for a cell that has its log there, NULL for any other cell. */
const char *target_log_device(const struct target *target, const struct cell_config *config);

/*
 * Copies config to *with_log, which the caller frees with cell_free, with the device's path in
 * place of TARGET_LOG, and makes the device an empty journal if mkfs needs one. As verdict says.
 */
int target_enter_log(struct target *target, const struct cell_config *config, bool is_repeatable,
		     struct cell_config *with_log, struct verdict *verdict);

/* Returns that device empty; nothing if there is none. */
int target_close_log(struct target *target);

/* The DAX mode of a cell of file system fs here if nobody asks for one. */
int target_default_dax(const struct target *target, const char *fs);

/* Makes and mounts the cell's file system if the target is a device. Errors as verdict says. */
int target_enter(struct target *target, const struct cell_config *config, bool is_repeatable,
		 struct site *site, struct verdict *verdict);
void target_leave(struct site *site);

/*
 * Where the struct pages of the persistent memory under config's cells are, read back now (see
 * devnode_struct_pages); newly allocated. NULL if the kernel does not report it, or there is no
 * such memory under the cell.
 */
char *target_struct_pages(const struct target *target, const struct cell_config *config);

/*
 * Skips a cell whose files, bytes in all, exceed the free space of a device after target_enter; for
 * a device DAX bytes are those of one mapping. For folders nothing is known in advance.
 */
int target_check_room(const struct target *target, const struct site *site,
		      const struct cell_config *config, uint64_t bytes, struct verdict *verdict);

/* Returns a device empty and releases it. */
int target_close(struct target *target);

#endif
