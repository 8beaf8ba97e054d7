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

#include "../capture.h"
#include "../path.h"
#include "view/result_files.h"

#define RING 91

static char folder[] = "/tmp/syncfault-files-XXXXXX";
#define in_folder(name) path_in(folder, name)

static void make_file(const char *name)
{
	int fd = open(in_folder(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "{}", 2), 2);
	close(fd);
}

static void make_folder(const char *name)
{
	assert_int_equal(mkdir(in_folder(name), 0777), 0);
}

static void make_link(const char *to, const char *name)
{
	assert_int_equal(symlink(to, in_folder(name)), 0);
}

/* What is found below folder/name, without that prefix. */
static void assert_finds(const char *name, const char *const expected[], size_t count)
{
	auto_result_files struct result_files files;
	size_t prefix = strlen(in_folder(name)) + 1;

	assert_int_equal(result_files_find(in_folder(name), false, NULL, &files), 0);
	assert_true(files.is_folder);
	for (size_t i = 0; i < files.count && i < count; i++)
		assert_string_equal(files.items[i].path + prefix, expected[i]);
	assert_int_equal(files.count, count);
}

#define FINDS(name, ...)                                    \
	assert_finds(name, (const char *[]){ __VA_ARGS__ }, \
		     sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(const char *))

static int begin(void **state)
{
	(void)state;
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int end(void **state)
{
	char command[256];

	(void)state;
	snprintf(command, sizeof(command), "chmod -R u+rwx %s; rm -r %s", folder, folder);
	return system(command);
}

static void results_are_found_by_name_in_order(void **state)
{
	(void)state;
	make_folder("b");
	make_folder("b.json");
	make_folder(".git");
	make_file("z.json");
	make_file("a.json");
	make_file("b/c.json");
	make_file("b.json/c.json");
	make_file("b.txt");
	make_file("json");
	make_file(".json");
	make_file(".hidden.json");
	make_file(".git/d.json");
	make_file("b/.d.json");
	assert_int_equal(mkfifo(in_folder("pipe.json"), 0666), 0);
	FINDS(".", "a.json", "b.json/c.json", "b/c.json", "z.json");
}

static void a_file_has_its_size_and_time(void **state)
{
	const struct timespec times[] = { { 5, 0 }, { 1234567890, 987654321 } };
	auto_result_files struct result_files files;

	(void)state;
	make_file("a.json");
	assert_int_equal(utimensat(AT_FDCWD, in_folder("a.json"), times, 0), 0);
	assert_int_equal(result_files_find(folder, false, NULL, &files), 0);
	assert_int_equal(files.count, 1);
	assert_int_equal(files.items[0].state.size, 2);
	assert_int_equal(files.items[0].state.mtime_ns, 1234567890987654321);
}

/* What a file is called matters only where it is one of many. */
static void a_file_stands_for_itself(void **state)
{
	auto_result_files struct result_files files;

	(void)state;
	make_file("result");
	assert_int_equal(result_files_find(in_folder("result"), false, NULL, &files), 0);
	assert_false(files.is_folder);
	assert_int_equal(files.count, 1);
	assert_string_equal(files.items[0].path, in_folder("result"));
}

/* Without the rule there are more paths through this than could ever be walked. */
static void links_to_each_other_end(void **state)
{
	auto_result_files struct result_files files;
	char name[64], to[64];

	(void)state;
	for (int i = 0; i < RING; i++) {
		snprintf(name, sizeof(name), "%02d", i);
		make_folder(name);
		snprintf(name, sizeof(name), "%02d/r.json", i);
		make_file(name);
		for (int j = 0; j < RING; j++) {
			snprintf(to, sizeof(to), "../%02d", j);
			snprintf(name, sizeof(name), "%02d/to-%02d", i, j);
			make_link(to, name);
		}
	}
	alarm(60);
	assert_int_equal(result_files_find(folder, false, NULL, &files), 0);
	alarm(0);
	assert_int_equal(files.count, RING);
	for (int i = 0; i < RING; i++) {
		snprintf(name, sizeof(name), "%02d/r.json", i);
		assert_string_equal(files.items[i].path, in_folder(name));
	}
}

static void a_file_is_found_once(void **state)
{
	(void)state;
	make_folder("b");
	make_file("b/r.json");
	make_link("b/r.json", "link.json");
	assert_int_equal(link(in_folder("b/r.json"), in_folder("hard.json")), 0);
	make_link(".", "self");
	FINDS(".", "hard.json");
}

/* With one line, which counts them; not with those that nobody would read. */
static void links_out_of_the_folder_are_followed_when_asked(void **state)
{
	auto_result_files struct result_files files, all;
	struct capture capture;
	char inside[512];
	int ret;

	(void)state;
	make_folder("in");
	make_folder("in/below");
	make_file("in/below/s.json");
	make_folder("in-too");
	make_file("in-too/r.json");
	make_link("../in-too", "in/folder");
	make_link("../in-too/r.json", "in/file.json");
	make_link("/", "in/root");
	make_link("/proc", "in/proc");
	make_link("../in-too/r.json", "in/note.txt");
	make_link("/dev/null", "in/device");
	snprintf(inside, sizeof(inside), "%s/in/below/s.json", folder);
	make_link(inside, "in/absolute.json");
	make_link("in", "alias");
	capture_begin(&capture, STDERR_FILENO);
	ret = result_files_find(in_folder("alias"), false, NULL, &files);
	capture_end(&capture);
	assert_int_equal(ret, 0);
	assert_true(is_one_line(capture.text));
	assert_non_null(strstr(capture.text, "left out 4 links to what is outside"));
	assert_non_null(strstr(capture.text, "--follow-links"));
	assert_int_equal(files.count, 1);
	assert_string_equal(files.items[0].path, in_folder("alias/absolute.json"));
	unlink(in_folder("in/root"));
	unlink(in_folder("in/proc"));
	assert_int_equal(result_files_find(in_folder("in"), true, NULL, &all), 0);
	assert_int_equal(all.count, 2);
	assert_string_equal(all.items[1].path, in_folder("in/file.json"));
}

/* What a folder was when it was walked does not hold for what is opened later. */
static void what_is_read_is_below_the_folder(void **state)
{
	static const char *const targets[] = { "../out.json", "/dev/zero", "../pipe", "." };
	auto_result_files struct result_files files;
	struct result_text text;
	struct capture capture;

	(void)state;
	make_folder("in");
	make_file("in/a.json");
	make_file("out.json");
	assert_int_equal(mkfifo(in_folder("pipe"), 0666), 0);
	assert_int_equal(result_files_find(in_folder("in"), false, NULL, &files), 0);
	assert_int_equal(result_text_read(in_folder("in/a.json"), files.root, &text), 0);
	assert_int_equal(text.length, 2);
	assert_int_equal(text.state.size, 2);
	assert_true(text.state.inode);
	result_text_free(&text);
	alarm(60);
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		int ret;

		unlink(in_folder("in/a.json"));
		make_link(targets[i], "in/a.json");
		capture_begin(&capture, STDERR_FILENO);
		ret = result_text_read(in_folder("in/a.json"), files.root, &text);
		capture_end(&capture);
		assert_int_equal(ret, -ESTALE);
		assert_true(is_one_line(capture.text));
		assert_null(text.text);
	}
	alarm(0);
	assert_int_equal(result_text_read(in_folder("out.json"), NULL, &text), 0);
	result_text_free(&text);
}

static void assert_too_large(const struct files_limits *limits, const char *what)
{
	struct result_files files;
	struct capture capture;
	int ret;

	capture_begin(&capture, STDERR_FILENO);
	ret = result_files_find(folder, false, limits, &files);
	capture_end(&capture);
	assert_int_equal(ret, -EFBIG);
	assert_true(is_one_line(capture.text));
	assert_non_null(strstr(capture.text, what));
	assert_int_equal(files.count, 0);
}

static void folders_are_bounded(void **state)
{
	auto_result_files struct result_files files;
	const struct files_limits enough = { 6, 1, 4, 1000 };

	(void)state;
	make_folder("a");
	make_file("a/1.json");
	make_file("a/2.json");
	make_file("3.json");
	make_file("4.json");
	make_file("note");
	assert_int_equal(result_files_find(folder, false, &enough, &files), 0);
	assert_int_equal(files.count, 4);
	assert_too_large(&(struct files_limits){ 5, 9, 9, 1000 }, "more than 5 names");
	assert_too_large(&(struct files_limits){ 9, 0, 9, 1000 }, "more than 0 folders");
	assert_too_large(&(struct files_limits){ 9, 9, 3, 1000 }, "more than 3 results");
	assert_too_large(&(struct files_limits){ 9, 9, 9, 60 }, "more than 60 bytes");
}

/* Nothing there is a result, and there is no end of it. */
static void proc_ends(void **state)
{
	static const char *const places[] = { "/proc", "/sys", "/dev" };
	struct result_files files;
	struct capture capture;

	(void)state;
	alarm(60);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		capture_begin(&capture, STDERR_FILENO);
		if (!result_files_find(places[i], false, NULL, &files))
			result_files_free(&files);
		capture_end(&capture);
	}
	alarm(0);
}

/* Whoever reads the list says what is wrong; other names are not looked for. */
static void a_link_to_nowhere_is_kept_if_it_is_named_as_a_result(void **state)
{
	(void)state;
	make_link("nowhere", "a.json");
	make_link("b.json", "b.json");
	make_link("nowhere", "folder");
	make_link("self", "self");
	FINDS(".", "a.json", "b.json");
}

static void any_depth_is_read(void **state)
{
	char name[256] = "d";

	(void)state;
	for (int i = 0; i < 60; i++) {
		make_folder(name);
		strcat(name, "/d");
	}
	strcat(name, ".json");
	make_file(name);
	FINDS(".", name);
}

/* No folder has more than one below it, until the path is longer than the system takes. */
static void a_path_that_is_too_long_is_reported(void **state)
{
	struct result_files files;
	struct capture capture;
	int fd = open(folder, O_RDONLY | O_DIRECTORY), ret;
	char name[201];

	(void)state;
	memset(name, 'd', 200);
	name[200] = '\0';
	for (int i = 0; i < 30; i++) {
		int below;

		assert_int_equal(mkdirat(fd, name, 0777), 0);
		below = openat(fd, name, O_RDONLY | O_DIRECTORY);
		close(fd);
		fd = below;
	}
	close(fd);
	capture_begin(&capture, STDERR_FILENO);
	ret = result_files_find(folder, false, NULL, &files);
	capture_end(&capture);
	assert_int_equal(ret, -ENAMETOOLONG);
	assert_non_null(strstr(capture.text, "File name too long"));
	assert_int_equal(files.count, 0);
}

static void a_folder_that_cannot_be_read_is_reported(void **state)
{
	bool is_root = !geteuid();
	struct result_files files;
	struct capture capture;
	int ret;

	(void)state;
	make_file("a.json");
	make_folder("closed");
	make_file("closed/b.json");
	assert_int_equal(chmod(in_folder("closed"), 0), 0);
	/* Root reads everything. */
	assert_int_equal(chmod(folder, 0755), 0);
	if (is_root)
		assert_int_equal(seteuid(65534), 0);
	capture_begin(&capture, STDERR_FILENO);
	ret = result_files_find(folder, false, NULL, &files);
	capture_end(&capture);
	if (is_root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(ret, -EACCES);
	assert_true(is_one_line(capture.text));
	assert_non_null(strstr(capture.text, "closed: Permission denied"));
	assert_int_equal(files.count, 0);
}

static void what_is_not_there_is_reported(void **state)
{
	struct result_files files;
	struct capture capture;
	int ret;

	(void)state;
	capture_begin(&capture, STDERR_FILENO);
	ret = result_files_find(in_folder("none"), false, NULL, &files);
	capture_end(&capture);
	assert_int_equal(ret, -ENOENT);
	assert_true(is_one_line(capture.text));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(results_are_found_by_name_in_order),
		TEST(a_file_has_its_size_and_time),
		TEST(a_file_stands_for_itself),
		TEST(links_to_each_other_end),
		TEST(a_file_is_found_once),
		TEST(links_out_of_the_folder_are_followed_when_asked),
		TEST(what_is_read_is_below_the_folder),
		TEST(folders_are_bounded),
		TEST(proc_ends),
		TEST(a_link_to_nowhere_is_kept_if_it_is_named_as_a_result),
		TEST(any_depth_is_read),
		TEST(a_path_that_is_too_long_is_reported),
		TEST(a_folder_that_cannot_be_read_is_reported),
		TEST(what_is_not_there_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
