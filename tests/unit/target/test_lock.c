// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "../capture.h"
#include "../file.h"
#include "target/lock.h"

/* Two that are open at once, and lock in turn. */
static int lock_both(bool is_first_shared, bool is_second_shared, struct capture *capture)
{
	int first = open(path, O_RDONLY | O_CLOEXEC), second = open(path, O_RDONLY | O_CLOEXEC);
	int ret;

	assert_int_equal(lock_take(first, is_first_shared, "the file"), 0);
	capture_begin(capture, STDERR_FILENO);
	ret = lock_take(second, is_second_shared, "the file");
	capture_end(capture);
	close(first);
	close(second);
	return ret;
}

static void one_alone_or_several_together(void **state)
{
	struct capture capture;

	(void)state;
	assert_int_equal(lock_both(true, true, &capture), 0);
	assert_string_equal(capture.text, "");
	assert_int_equal(lock_both(true, false, &capture), -EBUSY);
	assert_int_equal(lock_both(false, true, &capture), -EBUSY);
	assert_int_equal(lock_both(false, false, &capture), -EBUSY);
	assert_true(is_one_line(capture.text));
	assert_non_null(strstr(capture.text, "the file is in use: this run has it as another"));
	/* And with its descriptor each lock is gone. */
	assert_int_equal(lock_both(true, true, &capture), 0);
}

static void another_process_is_named(void **state)
{
	char expected[64], ready;
	struct capture capture;
	int pipe_fds[2], fd, ret;
	pid_t child;

	(void)state;
	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		lock_take(open(path, O_RDONLY), false, "the file");
		ret = write(pipe_fds[1], "x", 1) != 1;
		pause();
		_exit(ret);
	}
	assert_int_equal(read(pipe_fds[0], &ready, 1), 1);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	capture_begin(&capture, STDERR_FILENO);
	ret = lock_take(fd, false, "the file");
	capture_end(&capture);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_int_equal(ret, -EBUSY);
	assert_true(is_one_line(capture.text));
	snprintf(expected, sizeof(expected), "the file is in use: process %d (test_lock) has",
		 (int)child);
	assert_non_null(strstr(capture.text, expected));
	close(fd);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_alone_or_several_together),
		cmocka_unit_test(another_process_is_named),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
