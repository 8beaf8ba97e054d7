// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../capture.h"
#include "view/results.h"

static char path[] = "/tmp/syncfault-results-XXXXXX";

/* The letter, as a file. */
static int write_letter(void **state)
{
	struct result letter;
	char *text = NULL;
	size_t length;
	int fd = mkstemp(path), ret;

	(void)state;
	if (fd < 0 || result_read_letter(&letter) || result_format(&letter, &text, &length))
		return -1;
	ret = write(fd, text, length) == (ssize_t)length ? 0 : -1;
	close(fd);
	free(text);
	result_free(&letter);
	return ret;
}

static int remove_letter(void **state)
{
	(void)state;
	return unlink(path);
}

/* Six of seven; the one that is not there is reported. */
static void what_can_be_read_is_there(void **state)
{
	char *const paths[] = { path, path, (char *)"/nonexistent", path, path, path, path };
	static struct capture capture;
	struct results results;
	int ret;

	(void)state;
	capture_begin(&capture, STDERR_FILENO);
	ret = results_read(&results, paths, 7);
	capture_end(&capture);
	assert_int_equal(ret, -EINVAL);
	assert_true(is_one_line(capture.text));
	assert_int_equal(results.count, 6);
	for (size_t i = 0; i < 6; i++) {
		assert_string_equal(results.paths[i], path);
		assert_int_equal(results.items[i].cell_count, 6);
	}
	results_free(&results);
	assert_int_equal(results.count, 0);
}

static void others_stay_in_their_order(void **state)
{
	char *const paths[] = { path, path, path, path };
	struct results results;

	(void)state;
	assert_int_equal(results_read(&results, paths, 4), 0);
	for (size_t i = 0; i < 4; i++)
		results.items[i].guest.cpus = i;
	results_drop(&results, 1);
	assert_int_equal(results.count, 3);
	assert_int_equal(results.items[0].guest.cpus, 0);
	assert_int_equal(results.items[1].guest.cpus, 2);
	assert_int_equal(results.items[2].guest.cpus, 3);
	results_drop(&results, 2);
	assert_int_equal(results.count, 2);
	assert_int_equal(results.items[1].guest.cpus, 2);
	results_free(&results);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_can_be_read_is_there),
		cmocka_unit_test(others_stay_in_their_order),
	};

	return cmocka_run_group_tests(tests, write_letter, remove_letter);
}
