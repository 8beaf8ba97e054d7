/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SYNCFAULT_RESULT_CHECK_H
#define SYNCFAULT_RESULT_CHECK_H

#include "result/result.h"

/*
 * Checks that the parts of a result agree with each other: keys with configs, status with numbers,
 * percentiles in order, buckets and samples with the count. On failure one line on stderr that
 * begins with name, and -EINVAL.
 */
int result_check(const struct result *result, const char *name);

/*
 * NULL, or what is wrong with the probes alone, so that they can be left out rather than the whole
 * result refused.
 */
const char *result_check_probes(const struct probes_result *probes);

#endif
