// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ends a program by SIGKILL right after a chosen system call, so that what a killed run leaves can
 * be looked at for each of them; or exchanges two files there, as somebody else might do.
 *
 *	kill-at list FILE COMMAND…	runs it to its end; FILE gets "NAME NUMBER" of each call
 *	kill-at NAME NUMBER COMMAND…	kills it after the NUMBERth call of that name; status 0
 *	kill-at exchange N A B COMMAND…	exchanges them after the Nth call of any name from
 *					the first readlink to the first wait4, runs it to its
 *					end, writes "status N" on stderr; status 0
 *
 * Calls of the first thread that change something outside, or begin a phase. Status 1: the program
 * ended, or waited, before that; 77: this machine does not let processes be traced.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALL(name_)                                   \
	{                                             \
		.number = SYS_##name_, .name = #name_ \
	}

static struct call {
	const char *name;
	unsigned long long number;
	long seen;
} calls[] = {
	CALL(openat),	 CALL(flock),	  CALL(ioctl),	  CALL(fsopen),	    CALL(fsconfig),
	CALL(fsmount),	 CALL(clone),	  CALL(clone3),	  CALL(wait4),	    CALL(mkdirat),
	CALL(ftruncate), CALL(fallocate), CALL(pwrite64), CALL(fsync),	    CALL(fdatasync),
	CALL(syncfs),	 CALL(mlock),	  CALL(mlockall), CALL(munlockall), CALL(linkat),
	CALL(renameat),	 CALL(unlinkat),  CALL(write),	  CALL(mmap),	    CALL(munmap),
	CALL(futex),	 CALL(kill),	  CALL(statx),
};

static struct call *find_call(unsigned long long number)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].number == number)
			return &calls[i];
	return NULL;
}

static void run_traced(char **argv)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		_exit(77);
	raise(SIGSTOP);
	execvp(argv[0], argv);
	_exit(127);
}

/* The call that child has just returned from, and is one of ours; else NULL. */
static struct call *call_behind(pid_t child, struct call **entered)
{
	struct __ptrace_syscall_info info = { 0 };
	struct call *call = *entered;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, child, (void *)sizeof(info), &info) <= 0)
		return NULL;
	*entered = info.op == PTRACE_SYSCALL_INFO_ENTRY ? find_call(info.entry.nr) : NULL;
	if (info.op != PTRACE_SYSCALL_INFO_EXIT || !call)
		return NULL;
	call->seen++;
	return call;
}

/* Runs child to the next entry into a call or return from one; 0: it ended, as *status says. */
static int reaches_call(pid_t child, int *status)
{
	int signal_number = 0;

	while (!ptrace(PTRACE_SYSCALL, child, NULL, (void *)(long)signal_number) &&
	       waitpid(child, status, 0) == child && WIFSTOPPED(*status)) {
		signal_number = WSTOPSIG(*status);
		if (signal_number == (SIGTRAP | 0x80))
			return 1;
		signal_number = signal_number == SIGTRAP ? 0 : signal_number;
	}
	return 0;
}

/* Runs child to its end, or to the number-th call of name; whether it was killed there. */
static int follow(pid_t child, FILE *list, const char *name, long number)
{
	struct call *entered = NULL, *call;
	int status;

	while (reaches_call(child, &status)) {
		call = call_behind(child, &entered);
		if (call && list)
			fprintf(list, "%s %ld\n", call->name, call->seen);
		if (!call || list || strcmp(call->name, name) != 0 || call->seen != number)
			continue;
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
		return 1;
	}
	return 0;
}

/* What child is about to call; -1 as it returns from a call. */
static long long call_entered(pid_t child)
{
	struct __ptrace_syscall_info info = { 0 };

	ptrace(PTRACE_GET_SYSCALL_INFO, child, (void *)sizeof(info), &info);
	return info.op == PTRACE_SYSCALL_INFO_ENTRY ? (long long)info.entry.nr : -1;
}

/* Runs child to its end; from its first readlink, of the path that it was given, calls count. */
static int exchange_at(pid_t child, long number, const char *a, const char *b)
{
	int status = 0, counts = 0;
	long long entered, last = -1;

	while (reaches_call(child, &status)) {
		entered = call_entered(child);
		counts |= entered == SYS_readlink;
		if (entered < 0 && counts && --number == 0) {
			if (renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE))
				return 2;
		} else if (entered < 0 && last == SYS_wait4 && number > 0) {
			return 1;
		}
		last = entered;
	}
	if (number > 0)
		return 1;
	fprintf(stderr, "status %d\n",
		WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return 0;
}

int main(int argc, char **argv)
{
	int is_exchange = argc > 5 && !strcmp(argv[1], "exchange");
	int is_list = argc > 3 && !strcmp(argv[1], "list"), status, ret;
	FILE *list = is_list ? fopen(argv[2], "we") : NULL;
	pid_t child;

	if (argc < 4 || (is_list && !list))
		return 2;
	child = fork();
	if (child == 0)
		run_traced(argv + (is_exchange ? 5 : 3));
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, child, NULL,
		   (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)))
		return 77;
	if (is_exchange)
		return exchange_at(child, atol(argv[2]), argv[3], argv[4]);
	ret = follow(child, list, argv[1], atol(argv[2]));
	if (list && fclose(list))
		return 2;
	return is_list || ret ? 0 : 1;
}
