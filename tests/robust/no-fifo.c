// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * To be preloaded: of the threads that ask for a scheduler, number NO_FIFO_AT (from 1) is refused.
 * The others believe that they have it: who runs the test need not be allowed to.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

static _Atomic int seen;

int pthread_setschedparam(pthread_t thread, int policy, const struct sched_param *param)
{
	const char *at = getenv("NO_FIFO_AT");

	(void)thread;
	(void)policy;
	(void)param;
	return at && ++seen == atoi(at) ? EPERM : 0;
}
