/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The results in a folder and in the folders below it, for all that read more than one file. One
 * rule: a result is a regular file named *.json. Files and folders whose names begin with a dot are
 * left out. Each folder and each file is taken once (by device and inode), so links in a circle
 * end. What can be reached by several paths has the one through the fewest folders, and of those
 * the first by name. Depth is limited only by PATH_MAX, the rest by struct files_limits.
 *
 * A link is followed if what it leads to is in the folder, too. Others are left out and reported in
 * one line, unless the caller follows them all. result_text_read() checks this again, by the
 * descriptor that it reads.
 */
#ifndef SYNCFAULT_VIEW_RESULT_FILES_H
#define SYNCFAULT_VIEW_RESULT_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "view/result_text.h"

/* path begins with the path of the folder, as it was given. */
struct result_file {
	char *path;
	struct file_state state;
};

struct result_files {
	struct result_file *items; /* in strcmp's order of their paths */
	size_t count;
	bool is_folder; /* whether path was a folder */
	char *root;	/* files of a folder lie below this real path; "/": links are followed */
};

/* names: entries of folders that are looked at; bytes: of all paths that are kept. */
struct files_limits {
	size_t names, folders, results, bytes;
};

/*
 * Finds the results of the folder at path; no file at all is not an error. Anything but a folder at
 * path is taken for a result itself, whatever its name. A link named *.json that leads nowhere is
 * in the list, so that whoever reads it reports it. limits may be NULL: 1,000,000 names, 50,000
 * folders, 100,000 results, 64 MiB.
 *
 * 0: the caller owns *files. -ENOMEM, -EFBIG beyond a limit, or what the system said of a folder
 * that cannot be read or whose path is too long: reported on stderr, and *files is empty.
 */
int result_files_find(const char *path, bool follows_links, const struct files_limits *limits,
		      struct result_files *files);

void result_files_free(struct result_files *files);
#define auto_result_files auto_release(result_files_free)

/* What commands that read folders say about --follow-links. */
#define FOLLOW_LINKS_HELP "links that lead out of a folder of results are followed, too"

#endif
