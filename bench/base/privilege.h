/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads that only measure, or only load, do so without the capabilities that set-up needed. */
#ifndef SYNCFAULT_BASE_PRIVILEGE_H
#define SYNCFAULT_BASE_PRIVILEGE_H

#include <stdint.h>

/*
 * Gives up all capabilities of the calling thread (and of no other) for good, except those in keep,
 * a mask of 1 << CAP_…. The user ID stays. -errno.
 */
int privilege_drop(uint32_t keep);

#endif
