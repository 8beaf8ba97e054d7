// SPDX-License-Identifier: GPL-2.0-or-later
#include "command.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/libbpf.h>

enum { EXIT_NOT_RUN = 127 };

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			err(EXIT_FAILURE, "wait for the command");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int command_run(char *const argv[])
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		err(EXIT_FAILURE, "fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			_exit(EXIT_NOT_RUN);
		execvp(argv[0], argv);
		warn("run %s", argv[0]);
		_exit(EXIT_NOT_RUN);
	}
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	return wait_for(pid);
}

char **command_behind(int argc, char **argv, int index)
{
	if (argc <= index + 1 || strcmp(argv[index], "--"))
		return NULL;
	return argv + index + 1;
}

static int print(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return level == LIBBPF_DEBUG || !getenv("V") ? 0 : vfprintf(stderr, fmt, args);
}

void command_quiet_libbpf(void)
{
	libbpf_set_print(print);
}
