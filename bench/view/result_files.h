/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The results in a folder and in the folders below it, for all that read more than one file. One
 * rule: a result is a regular file named *.json. Files and folders whose names begin with a dot are
 * left out. Links are followed; each folder and each file is taken once (by device and inode),
 * so links in a circle end. What can be reached by several paths has the one through the fewest
 * folders, and of those the first by name. Depth is limited only by PATH_MAX.
 */
#ifndef SYNCFAULT_VIEW_RESULT_FILES_H
#define SYNCFAULT_VIEW_RESULT_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

/* path begins with the path of the folder, as it was given. */
struct result_file {
	char *path;
	uint64_t mtime_ns; /* since 1970 */
	uint64_t size;
};

struct result_files {
	struct result_file *items; /* in strcmp's order of their paths */
	size_t count;
	bool is_folder; /* whether path was a folder */
};

/*
 * Finds the results of the folder at path; no file at all is not an error. Anything but a folder at
 * path is taken for a result itself, whatever its name. A link named *.json that leads nowhere is
 * in the list, so that whoever reads it reports it.
 *
 * 0: the caller owns *files. -ENOMEM, or what the system said of a folder that cannot be read or
 * whose path is too long: reported on stderr, and *files is empty.
 */
int result_files_find(const char *path, struct result_files *files);

void result_files_free(struct result_files *files);
#define auto_result_files auto_release(result_files_free)

#endif
