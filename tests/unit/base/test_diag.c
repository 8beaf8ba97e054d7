// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "../capture.h"
#include "base/diag.h"

static int terminal_fd = -1;

int __wrap_isatty(int fd);
int __wrap_isatty(int fd)
{
	return fd == terminal_fd;
}

static bool has_colour(int fd, const char *term, const char *no_color)
{
	term ? setenv("TERM", term, 1) : unsetenv("TERM");
	no_color ? setenv("NO_COLOR", no_color, 1) : unsetenv("NO_COLOR");
	return diag_has_colour(fd);
}

/* https://no-color.org: set and not empty, whatever it says. */
static void colours_are_for_terminals(void **state)
{
	(void)state;
	terminal_fd = 1;
	assert_true(has_colour(1, "xterm", NULL));
	assert_true(has_colour(1, "xterm", ""));
	assert_false(has_colour(1, "xterm", "0"));
	assert_false(has_colour(1, "dumb", NULL));
	assert_false(has_colour(1, NULL, NULL));
	assert_false(has_colour(2, "xterm", NULL));
}

static void a_message_is_one_line(void **state)
{
	struct capture capture;
	int ret;

	(void)state;
	capture_begin(&capture, STDERR_FILENO);
	ret = diag_errno(ENOENT, "open %s", "a\nb\033[2J");
	capture_end(&capture);
	assert_int_equal(ret, -ENOENT);
	assert_string_equal(capture.text, "syncfault: open a?b?[2J: No such file or directory\n");
	capture_begin(&capture, STDERR_FILENO);
	ret = diag_errno(-ENOENT, "open");
	diag_warning("%s", "once");
	diag_error("%s", "twice");
	capture_end(&capture);
	assert_int_equal(ret, -ENOENT);
	assert_string_equal(capture.text, "syncfault: open: No such file or directory\n"
					  "syncfault: warning: once\n"
					  "syncfault: twice\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(colours_are_for_terminals),
		cmocka_unit_test(a_message_is_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
