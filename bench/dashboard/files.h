/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The results of one build of a history, as a set. */
#ifndef SYNCFAULT_DASHBOARD_FILES_H
#define SYNCFAULT_DASHBOARD_FILES_H

#include "history/history.h"
#include "view/result_set.h"

/*
 * Reads the results of a build that are on a track: with its clock, suite, machine and emulator.
 * They may be more than one set, because configurations of the kernel may differ. Then the set is
 * those that agree with the result that has the most cells; *set_aside is how many were left out.
 * 0; 1 if some file of them could not be used (reported); -ENODATA, reported, if no file is of that
 * build any more; -ENOMEM.
 */
int page_read_build(const struct history *history, size_t build, size_t track,
		    struct result_set *set, size_t *set_aside);

#endif
