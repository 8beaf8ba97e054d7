/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SIGBUS as an answer instead of a death: what an access to a mapping gets if the file has no block
 * there, cannot be read, or the memory has failed.
 */
#ifndef SYNCFAULT_BASE_SIGBUS_H
#define SYNCFAULT_BASE_SIGBUS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct sigbus {
	uintptr_t address; /* of the access, or of the memory that failed */
	int code;	   /* of siginfo: BUS_ADRERR, BUS_MCEERR_AR, … */
};

/*
 * Takes SIGBUS for the whole process until sigbus_leave(); pairs may be nested. Outside
 * sigbus_guard() an access that raises it ends the process, as usual.
 */
void sigbus_enter(struct sigaction *old);
void sigbus_leave(const struct sigaction *old);

/*
 * Runs step(context) on this thread. True: it ran to its end; false: SIGBUS ended it, and *met is
 * what raised it. Not within another guard of the same thread.
 */
bool sigbus_guard(void (*step)(void *context), void *context, struct sigbus *met);

/*
 * Memory from from up to, not including, to that the kernel reported as failed since the outermost
 * sigbus_enter(), although nobody accessed it (BUS_MCEERR_AO): the last such report. False: none.
 */
bool sigbus_reported(uintptr_t from, uintptr_t to, uintptr_t *address);

#endif
