/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The results of one build of a history, as a set. */
#ifndef SYNCFAULT_DASHBOARD_FILES_H
#define SYNCFAULT_DASHBOARD_FILES_H

#include "history/history.h"
#include "view/result_set.h"

/*
 * Reads the results of a build that are on a track: of its clock, suite, machine and emulator. Not
 * all of them need be one set: configurations of the kernel may differ. Then it is those that agree
 * with the result that has most cells; *set_aside is how many are not in it. 0; -ENODATA, reported,
 * where no file is of the build any more; -ENOMEM.
 */
int page_read_build(const struct history *history, size_t build, size_t track,
		    struct result_set *set, size_t *set_aside);

#endif
