// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../path.h"
#include "base/cache.h"
#include "base/cleanup.h"

static char folder[] = "/tmp/syncfault-cache-XXXXXX";
#define in_folder(name) path_in(folder, name)
static char why[512];

static int begin(void **state)
{
	(void)state;
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	unsetenv("XDG_CACHE_HOME");
	return mkdtemp(folder) ? setenv("HOME", folder, 1) : -1;
}

static int end(void **state)
{
	char command[256];

	(void)state;
	snprintf(command, sizeof(command), "chmod -R u+rwx %s; rm -r %s", folder, folder);
	return system(command);
}

static void make_folder(const char *name, mode_t mode)
{
	assert_int_equal(mkdir(in_folder(name), 0700), 0);
	assert_int_equal(chmod(in_folder(name), mode), 0);
}

static void assert_opens(const char *expected)
{
	auto_free char *path = NULL;
	auto_close int fd = cache_open(&path, why, sizeof(why));
	struct stat st, opened;

	assert_true(fd >= 0);
	assert_string_equal(path, in_folder(expected));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(fstat(fd, &opened), 0);
	assert_int_equal(st.st_ino, opened.st_ino);
}

static void assert_refuses(int error, const char *reason)
{
	char *path = folder;

	assert_int_equal(cache_open(&path, why, sizeof(why)), error);
	assert_null(path);
	if (!strstr(why, reason))
		fail_msg("%s, not %s", why, reason);
}

static void it_is_made_for_the_user_alone(void **state)
{
	static const char *const made[] = { "a", "a/b", "a/b/syncfault" };
	struct stat st;

	(void)state;
	umask(0);
	assert_opens(".cache/syncfault");
	assert_opens(".cache/syncfault");
	setenv("XDG_CACHE_HOME", in_folder("a/b"), 1);
	assert_opens("a/b/syncfault");
	umask(022);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(stat(in_folder(made[i]), &st), 0);
		assert_int_equal(st.st_mode & 07777, 0700);
	}
}

static void what_others_can_write_is_refused(void **state)
{
	(void)state;
	make_folder("group", 0775);
	setenv("XDG_CACHE_HOME", in_folder("group"), 1);
	assert_refuses(-EPERM, "others can write to it");
	assert_int_equal(access(in_folder("group/syncfault"), F_OK), -1);
	make_folder("above", 0777);
	make_folder("above/below", 0700);
	setenv("XDG_CACHE_HOME", in_folder("above/below"), 1);
	assert_refuses(-EPERM, "above: others can write to it");
	/* Nobody else can rename what is in there. */
	assert_int_equal(chmod(in_folder("above"), 01777), 0);
	assert_opens("above/below/syncfault");
	assert_int_equal(chmod(in_folder("above/below/syncfault"), 01777), 0);
	assert_refuses(-EPERM, "syncfault: others can write to it");
}

static void links_are_resolved_before(void **state)
{
	(void)state;
	make_folder("real", 0700);
	assert_int_equal(symlink("real", in_folder("alias")), 0);
	setenv("XDG_CACHE_HOME", in_folder("alias"), 1);
	assert_opens("real/syncfault");
	assert_int_equal(rmdir(in_folder("real/syncfault")), 0);
	make_folder("other", 0700);
	assert_int_equal(symlink("../other", in_folder("real/syncfault")), 0);
	assert_refuses(-ENOTDIR, "syncfault");
	assert_int_equal(symlink("nowhere", in_folder("dangling")), 0);
	setenv("XDG_CACHE_HOME", in_folder("dangling"), 1);
	assert_refuses(-ENOTDIR, "dangling");
	assert_int_equal(access(in_folder("nowhere"), F_OK), -1);
}

static void what_belongs_to_another_is_refused(void **state)
{
	(void)state;
	if (geteuid()) {
		print_message("# skip what_belongs_to_another_is_refused: not root\n");
		skip();
	}
	make_folder(".cache", 0755);
	assert_int_equal(chown(in_folder(".cache"), 65534, 65534), 0);
	assert_refuses(-EPERM, ".cache: it belongs to another user");
	assert_int_equal(access(in_folder(".cache/syncfault"), F_OK), -1);
	make_folder(".cache/syncfault", 0755);
	assert_refuses(-EPERM, ".cache: it belongs to another user");
	assert_int_equal(chown(in_folder(".cache"), 0, 0), 0);
	assert_int_equal(chown(in_folder(".cache/syncfault"), 65534, 65534), 0);
	assert_refuses(-EPERM, "syncfault: it belongs to another user");
	/* The effective user counts; root may own what is above, but not our own folder. */
	assert_int_equal(chmod(folder, 0755), 0);
	assert_int_equal(seteuid(65534), 0);
	assert_opens(".cache/syncfault");
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(chown(in_folder(".cache/syncfault"), 0, 0), 0);
	assert_int_equal(seteuid(65534), 0);
	assert_refuses(-EPERM, "syncfault: it belongs to another user");
	assert_int_equal(seteuid(0), 0);
}

static void without_a_place_there_is_a_reason(void **state)
{
	(void)state;
	setenv("HOME", "relative", 1);
	assert_refuses(-ENOENT, "absolute");
	unsetenv("HOME");
	assert_refuses(-ENOENT, "absolute");
	setenv("HOME", "/dev/null", 1);
	assert_refuses(-ENOTDIR, "/dev/null");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_is_made_for_the_user_alone),	 TEST(what_others_can_write_is_refused),
		TEST(links_are_resolved_before),	 TEST(what_belongs_to_another_is_refused),
		TEST(without_a_place_there_is_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
