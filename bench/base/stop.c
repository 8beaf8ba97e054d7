// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/stop.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/diag.h"

volatile sig_atomic_t stop_requested;

static void request_stop(int number)
{
	if (!stop_requested)
		stop_requested = number;
}

int stop_install(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	const struct sigaction action = { .sa_handler = request_stop };
	struct sigaction old;

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler == SIG_IGN)
			continue;
		if (sigaction(signals[i], &action, NULL))
			return diag_errno(errno, "sigaction %s", strsignal(signals[i]));
	}
	return 0;
}

int stop_check(void)
{
	return stop_requested ? -EINTR : 0;
}
