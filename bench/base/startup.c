// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/startup.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

/* As open(2) takes the lowest number, each gets its own. */
static void fill_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

/* base/diag.c takes more stack than there may be. */
static int refuse(void)
{
	static const char line[] = "syncfault: the limit of the stack (ulimit -s) is too low: "
				   "wants 512 KiB\n";

	return write(STDERR_FILENO, line, sizeof(line) - 1) < 0 ? -EIO : -ENOMEM;
}

static int raise_stack(void)
{
	struct rlimit limit;
	pthread_attr_t threads;

	if (getrlimit(RLIMIT_STACK, &limit) || limit.rlim_cur >= STARTUP_STACK_BYTES)
		return 0;
	limit.rlim_cur = STARTUP_STACK_BYTES;
	if (limit.rlim_max < STARTUP_STACK_BYTES || setrlimit(RLIMIT_STACK, &limit))
		return refuse();
	/* The C library took the old limit for theirs. */
	pthread_attr_init(&threads);
	pthread_attr_setstacksize(&threads, STARTUP_STACK_BYTES);
	pthread_setattr_default_np(&threads);
	pthread_attr_destroy(&threads);
	return 0;
}

int startup_settle(void)
{
	fill_descriptors();
	signal(SIGXFSZ, SIG_IGN);
	return raise_stack();
}
