// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../file.h"
#include "base/sysfs.h"

static void lines(void **state)
{
	char text[8];

	(void)state;
	write_file("one\ntwo\n");
	assert_int_equal(sysfs_line(text, sizeof(text), "%s", path), 0);
	assert_string_equal(text, "one");
	write_file("longer than the buffer\n");
	assert_int_equal(sysfs_line(text, sizeof(text), "%s", path), 0);
	assert_string_equal(text, "longer ");
	write_file("");
	assert_int_equal(sysfs_line(text, sizeof(text), "%s", path), -ENODATA);
	assert_string_equal(text, "");
	assert_int_equal(sysfs_line(text, sizeof(text), "%s/none", path), -ENOTDIR);
}

static void numbers(void **state)
{
	static const char *const none[] = { "\n", "x\n", "12 kB\n", "18446744073709551616\n" };
	uint64_t value = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		write_file(none[i]);
		assert_int_equal(sysfs_u64(&value, "%s", path), -EINVAL);
	}
	write_file("");
	assert_int_equal(sysfs_u64(&value, "%s", path), -ENODATA);
	assert_int_equal(value, 7);
	write_file("0x1000\n");
	assert_int_equal(sysfs_u64(&value, "%s", path), 0);
	assert_int_equal(value, 4096);
	write_file("18446744073709551615");
	assert_int_equal(sysfs_u64(&value, "%s", path), 0);
	assert_true(value == UINT64_MAX);
}

static void links(void **state)
{
	char text[32], link[64];

	(void)state;
	snprintf(link, sizeof(link), "%s.link", path);
	assert_int_equal(symlink("../../bus/dax", link), 0);
	assert_int_equal(sysfs_link(text, sizeof(text), "%s", link), 0);
	assert_string_equal(text, "dax");
	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink("alone", link), 0);
	assert_int_equal(sysfs_link(text, sizeof(text), "%s", link), 0);
	assert_string_equal(text, "alone");
	assert_int_equal(unlink(link), 0);
	assert_int_equal(sysfs_link(text, sizeof(text), "%s", path), -EINVAL);
	assert_string_equal(text, "");
}

/* A key that begins another is not that one. */
static void fields(void **state)
{
	char text[32];

	(void)state;
	write_file("MemTotalHuge: 5 kB\nMemTotal:\t  8 kB\nmodel name\t: A CPU\nMemTotal: 9 kB\n");
	assert_int_equal(sysfs_field(text, sizeof(text), path, "MemTotal"), 0);
	assert_string_equal(text, "8 kB");
	assert_int_equal(sysfs_field(text, sizeof(text), path, "model name"), 0);
	assert_string_equal(text, "A CPU");
	assert_int_equal(sysfs_field(text, sizeof(text), path, "model"), -ENOENT);
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(numbers),
		cmocka_unit_test(links),
		cmocka_unit_test(fields),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
