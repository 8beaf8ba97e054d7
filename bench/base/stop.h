/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Being asked to stop: SIGINT, SIGTERM and SIGHUP set a flag, which everything that waits or loops
 * reads.
 */
#ifndef SYNCFAULT_BASE_STOP_H
#define SYNCFAULT_BASE_STOP_H

#include <signal.h>

/* 0, or the number of the first signal that came. */
extern volatile sig_atomic_t stop_requested;

/*
 * Installs the handlers, without SA_RESTART: a call that blocks returns EINTR. A signal that was
 * ignored when the program started (nohup) stays ignored. 0 or -errno, reported.
 */
int stop_install(void);

/* -EINTR once a stop was asked for, else 0; for loops and between steps. */
int stop_check(void);

#endif
