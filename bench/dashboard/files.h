/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The results of one build of a folder, as a set. */
#ifndef SYNCFAULT_DASHBOARD_FILES_H
#define SYNCFAULT_DASHBOARD_FILES_H

#include "history/history.h"
#include "view/result_files.h"
#include "view/result_set.h"

/*
 * Reads the results of a build that are of track's suite and clock. Not all of them need be one
 * set: configurations and emulators may differ. Then it is those that agree with the result that
 * has most cells; *set_aside is how many are not in it. Files that are not of that build are not
 * parsed, so that it is fast in a large folder. 0; -ENODATA, told, where no file is of the build
 * any more; -EINVAL or -ENOMEM as result_set_read.
 */
int page_files_read_build(const struct result_files *files, const struct history_build *build,
			  const struct history_track *track, struct result_set *set,
			  size_t *set_aside);

#endif
