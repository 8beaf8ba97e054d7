/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes and mounts the file system of a cell on a device that was given to us for that. */
#ifndef SYNCFAULT_TARGET_FILESYSTEM_H
#define SYNCFAULT_TARGET_FILESYSTEM_H

#include <stdbool.h>

#include "cell/cell.h"
#include "cell/verdict.h"

/*
 * Whether config's file system is in memory, not on a device: "tmpfs", or "anonymous", which has
 * no files either. Both ignore the device, and show what a fault costs without one.
 */
bool filesystem_is_memory(const struct cell_config *config);
bool filesystem_is_anonymous(const struct cell_config *config);

/*
 * Runs mkfs of config->fs on device, with config->mkfs_options after our own: 4 KiB blocks for
 * ext4 (it takes 1 KiB on small devices, which DAX refuses), no lazy initialisation (its thread
 * would run beside the faults), 2 MiB alignment for 2m cells. is_repeatable: UUID and hash seed are
 * fixed, so that two runs make the same bytes. Without an mkfs program: skipped. Does nothing for
 * memory.
 */
int filesystem_make(const struct cell_config *config, const char *device, bool is_repeatable,
		    struct verdict *verdict);

/*
 * Makes device an empty journal, for -J device= of ext4's mkfs. Errors as
 * filesystem_make().
 */
int filesystem_make_journal(const char *device, bool is_repeatable, struct verdict *verdict);

/*
 * Mounts device with config->mount_options and the DAX mode of config. The mount is attached to no
 * directory of any namespace (fsmount(2)): nobody else sees it, and it ends with the last
 * descriptor on it, however the process ends. Returns a descriptor of its root, or what verdict
 * says.
 */
int filesystem_mount(const struct cell_config *config, const char *device, struct verdict *verdict);

/* The mount option for the DAX mode of config; "" if its file system has none for it. */
const char *filesystem_dax_option(const struct cell_config *config);

/* A mkfs command line for config on device, for tests: NULL-terminated, at most size words. */
struct filesystem_command {
	const char *argv[64];
	char words[4096]; /* where argv points into */
};
int filesystem_mkfs_command(const struct cell_config *config, const char *device,
			    bool is_repeatable, struct filesystem_command *command);

#endif
