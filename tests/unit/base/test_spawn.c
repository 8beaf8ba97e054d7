// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/spawn.h"
#include "base/stop.h"

static int run_shell(const char *script, struct spawn_output *output)
{
	const char *const argv[] = { "sh", "-c", script, NULL };

	return spawn_wait(argv, output);
}

static void status_and_output_come_back(void **state)
{
	struct spawn_output output;

	(void)state;
	assert_int_equal(run_shell("echo out; echo err >&2; exit 3", &output), 3);
	assert_string_equal(output.text, "out\nerr\n");
	assert_string_equal(spawn_last_line(&output), "err");
	assert_int_equal(run_shell("kill -KILL $$", &output), 128 + SIGKILL);
	assert_string_equal(spawn_last_line(&output), "");
	assert_int_equal(run_shell("exit 0", NULL), 0);
}

/* Whole to the byte: what was dropped is the front alone. */
static void the_end_of_much_output_is_kept(void **state)
{
	static char whole[1 << 20];
	struct spawn_output output;
	size_t length = 0;

	(void)state;
	for (int i = 1; i <= 100000; i++)
		length += (size_t)sprintf(whole + length, "%d\n", i);
	assert_int_equal(run_shell("seq 1 100000", &output), 0);
	assert_int_equal(output.length, SPAWN_OUTPUT_SIZE - 1);
	assert_memory_equal(output.text, whole + length - output.length, output.length);
	assert_string_equal(spawn_last_line(&output), "100000");
}

/* 32 and 33 are glibc's own: it lets nobody set them, and its posix_spawn (make's) ignores them. */
#define LIBC_SIGNALS 0x180000000ULL

#define SOME_FD 77

static void assert_no_signals(const char *status, const char *field)
{
	const char *found = strstr(status, field);

	assert_non_null(found);
	assert_int_equal(strtoull(found + strlen(field), NULL, 16) & ~LIBC_SIGNALS, 0);
}

static void nothing_is_inherited(void **state)
{
	struct spawn_output output;
	int fd = open("/dev/null", O_RDONLY); /* not CLOEXEC */
	struct sigaction old;

	(void)state;
	assert_int_equal(dup2(fd, SOME_FD), SOME_FD);
	sigaction(SIGPIPE, &(const struct sigaction){ .sa_handler = SIG_IGN }, &old);
	assert_int_equal(run_shell("readlink /proc/self/fd/0; [ ! -e /proc/$$/fd/77 ] || echo 77; "
				   "grep SigIgn /proc/$$/status",
				   &output),
			 0);
	sigaction(SIGPIPE, &old, NULL);
	close(SOME_FD);
	close(fd);
	assert_memory_equal(output.text, "/dev/null\nSig", 13);
	assert_no_signals(output.text, "SigIgn:\t");
}

/* Without a shell, which unblocks signals itself. */
static void no_signal_is_blocked(void **state)
{
	const char *const argv[] = { "grep", "SigBlk", "/proc/self/status", NULL };
	struct spawn_output output;
	sigset_t blocked;

	(void)state;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	assert_int_equal(spawn_wait(argv, &output), 0);
	sigprocmask(SIG_UNBLOCK, &blocked, NULL);
	assert_no_signals(output.text, "SigBlk:\t");
}

static void a_grandchild_is_not_waited_for(void **state)
{
	struct timespec before, after;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &before);
	assert_int_equal(run_shell("sleep 2 & exit 0", NULL), 0);
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_true(after.tv_sec - before.tv_sec < 2);
}

static void what_cannot_start(void **state)
{
	const char *const missing[] = { "no-such-program-here", NULL };
	const char *const folder[] = { "/etc", NULL };

	(void)state;
	assert_int_equal(spawn_wait(missing, NULL), -ENOENT);
	assert_int_equal(spawn_wait(folder, NULL), -ENOENT);
}

static void a_stop_kills_the_child(void **state)
{
	struct timespec before, after;

	(void)state;
	assert_int_equal(stop_install(), 0);
	clock_gettime(CLOCK_MONOTONIC, &before);
	assert_int_equal(run_shell("kill -INT $PPID; exec sleep 20", NULL), -EINTR);
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_int_equal(stop_requested, SIGINT);
	assert_int_equal(stop_check(), -EINTR);
	assert_true(after.tv_sec - before.tv_sec < 5);
	stop_requested = 0;
}

static void the_child_dies_with_its_parent(void **state)
{
	int status = 0;
	pid_t parent;

	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	parent = fork();
	if (parent == 0)
		_exit(run_shell("kill -KILL $PPID; exec sleep 5", NULL));
	assert_int_equal(waitpid(parent, &status, 0), parent);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_true(waitpid(-1, &status, 0) > 0);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_and_output_come_back),
		cmocka_unit_test(the_end_of_much_output_is_kept),
		cmocka_unit_test(nothing_is_inherited),
		cmocka_unit_test(no_signal_is_blocked),
		cmocka_unit_test(a_grandchild_is_not_waited_for),
		cmocka_unit_test(what_cannot_start),
		cmocka_unit_test(a_stop_kills_the_child),
		cmocka_unit_test(the_child_dies_with_its_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
