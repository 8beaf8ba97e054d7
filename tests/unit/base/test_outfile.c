// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "../capture.h"
#include "../tmpfile.h"
#include "base/outfile.h"

static char dir[] = "/tmp/syncfault-outfile-XXXXXX";
static char path[PATH_MAX];

/* In place of libc's: numbers that can be known ahead, and a file system without O_TMPFILE. */
static unsigned int next_number;

ssize_t getrandom(void *buffer, size_t length, unsigned int flags)
{
	if (length != sizeof(next_number))
		return syscall(SYS_getrandom, buffer, length, flags);
	memcpy(buffer, &next_number, length);
	next_number++;
	return (ssize_t)length;
}

/* What a disk may answer, and a signal. */
static int sync_error, syncs, interruptions;

int fsync(int fd)
{
	(void)fd;
	syncs++;
	errno = sync_error;
	return sync_error ? -1 : 0;
}

ssize_t write(int fd, const void *from, size_t length)
{
	if (interruptions && length > 1) {
		errno = EINTR;
		return interruptions-- % 2 ? -1 : syscall(SYS_write, fd, from, (size_t)1);
	}
	return syscall(SYS_write, fd, from, length);
}

static int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/out", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

static const char *in_dir(const char *name)
{
	static char buffer[PATH_MAX];

	snprintf(buffer, sizeof(buffer), "%s/%s", dir, name);
	return buffer;
}

static int count_files(const char *where)
{
	DIR *open_dir = opendir(where);
	int count = -2; /* . and .. */

	assert_non_null(open_dir);
	while (readdir(open_dir))
		count++;
	closedir(open_dir);
	return count;
}

static const char *content(const char *of)
{
	static char text[256];
	FILE *file = fopen(of, "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

/* Writes and expects a failure of one line that names the path. */
static void assert_fails(const char *where, const char *text, size_t length, int error)
{
	struct capture capture;
	int ret;

	capture_begin(&capture, STDERR_FILENO);
	ret = outfile_write(where, text, length);
	capture_end(&capture);
	assert_int_equal(ret, error);
	assert_true(is_one_line(capture.text));
	assert_non_null(strstr(capture.text, where));
}

static void a_new_file_and_an_old_one(void **state)
{
	mode_t mask = umask(022);
	struct stat st;

	(void)state;
	assert_int_equal(outfile_write(path, "one", 3), 0);
	assert_string_equal(content(path), "one");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0644);
	assert_int_equal(outfile_write(path, "another", 7), 0);
	assert_string_equal(content(path), "another");
	umask(077);
	assert_int_equal(outfile_write(path, "", 0), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(count_files(dir), 1);
	umask(mask);
}

/* Who has the old file open still reads the old one: it is replaced, not rewritten. */
static void an_open_old_file_stays_whole(void **state)
{
	char text[8] = "";
	int fd;

	(void)state;
	assert_int_equal(outfile_write(path, "old", 3), 0);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(outfile_write(path, "new", 3), 0);
	assert_int_equal(read(fd, text, sizeof(text)), 3);
	assert_string_equal(text, "old");
	close(fd);
}

static void standard_output(void **state)
{
	struct capture capture;
	int ret;

	(void)state;
	assert_int_equal(outfile_check("-"), 0);
	capture_begin(&capture, STDOUT_FILENO);
	ret = outfile_write("-", "text\n", 5);
	capture_end(&capture);
	assert_int_equal(ret, 0);
	assert_string_equal(capture.text, "text\n");
	assert_int_equal(count_files(dir), 1);
}

static void devices(void **state)
{
	(void)state;
	assert_int_equal(outfile_check("/dev/null"), 0);
	assert_int_equal(outfile_write("/dev/null", "text", 4), 0);
	assert_int_equal(outfile_check("/dev/full"), 0);
	assert_fails("/dev/full", "text", 4, -ENOSPC);
}

static void folders_that_take_no_file(void **state)
{
	struct capture capture;
	int missing, not_dir, is_dir;

	(void)state;
	capture_begin(&capture, STDERR_FILENO);
	missing = outfile_check("/nonexistent/out");
	not_dir = outfile_check("/dev/null/out");
	is_dir = outfile_check(dir);
	capture_end(&capture);
	assert_int_equal(missing, -ENOENT);
	assert_int_equal(not_dir, -ENOTDIR);
	assert_int_equal(is_dir, -EISDIR);
	assert_int_equal(outfile_check(path), 0);
	assert_fails("/nonexistent/out", "text", 4, -ENOENT);
	assert_fails(dir, "text", 4, -EISDIR);
	assert_int_equal(count_files(dir), 1);
}

static void a_folder_without_permission(void **state)
{
	struct capture capture;
	int ret;

	(void)state;
	assert_int_equal(outfile_write(path, "old", 3), 0);
	assert_int_equal(chmod(dir, 0555), 0);
	/* Root may write there all the same, so another user asks. */
	if (geteuid() == 0)
		assert_int_equal(seteuid(65534), 0);
	chmod(dir, 0555);
	capture_begin(&capture, STDERR_FILENO);
	ret = outfile_check(path);
	capture_end(&capture);
	assert_true(ret == -EACCES);
	assert_true(is_one_line(capture.text));
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod(dir, 0755), 0);
	assert_string_equal(content(path), "old");
}

static void a_full_disk_leaves_the_old_file(void **state)
{
	static char big[256 << 10];
	char full[PATH_MAX], file[PATH_MAX + 8];

	(void)state;
	snprintf(full, sizeof(full), "%s", in_dir("full"));
	snprintf(file, sizeof(file), "%s/out", full);
	if (geteuid() != 0 || unshare(CLONE_NEWNS)) {
		printf("# skip a_full_disk_leaves_the_old_file: needs root, for a small tmpfs\n");
		skip();
	}
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	assert_int_equal(mkdir(full, 0755), 0);
	assert_int_equal(mount("none", full, "tmpfs", 0, "size=64k"), 0);
	assert_int_equal(outfile_write(file, "old", 3), 0);
	assert_fails(file, big, sizeof(big), -ENOSPC);
	assert_string_equal(content(file), "old");
	assert_int_equal(count_files(full), 1);
	/* And there is room again for one that fits. */
	assert_int_equal(outfile_write(file, big, 32 << 10), 0);
	assert_int_equal(count_files(full), 1);
	assert_int_equal(umount(full), 0);
	assert_int_equal(rmdir(full), 0);
}

/* rename() replaces the link itself: what it pointed to is never half written. */
static void a_link_leaves_what_it_points_to(void **state)
{
	char link[PATH_MAX];
	struct stat st;

	(void)state;
	snprintf(link, sizeof(link), "%s", in_dir("link"));
	assert_int_equal(outfile_write(path, "old", 3), 0);
	assert_int_equal(symlink("out", link), 0);
	assert_int_equal(outfile_check(link), 0);
	assert_int_equal(outfile_write(link, "new", 3), 0);
	assert_string_equal(content(link), "new");
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISREG(st.st_mode) ? !strcmp(content(path), "old")
					: !strcmp(content(path), "new"));
	assert_int_equal(count_files(dir), 2);
	assert_int_equal(unlink(link), 0);
}

/* What lies at the names that are tried first is neither followed nor replaced. */
static void links_planted_at_temporary_names(void **state)
{
	static const char *const names[] = { ".syncfault-00000007-out", ".syncfault-00000008-out" };
	char victim[PATH_MAX], link[64];

	(void)state;
	snprintf(victim, sizeof(victim), "%s", in_dir("victim"));
	assert_int_equal(outfile_write(victim, "precious", 8), 0);
	assert_int_equal(symlink(victim, in_dir(names[0])), 0);
	assert_int_equal(symlink("/nowhere", in_dir(names[1])), 0);
	for (int i = 0; i < 2; i++) {
		has_tmpfile = i;
		next_number = 7;
		assert_int_equal(outfile_write(path, "text", 4), 0);
		assert_int_equal(next_number, 10);
		assert_string_equal(content(path), "text");
		assert_string_equal(content(victim), "precious");
		assert_true(readlink(in_dir(names[0]), link, sizeof(link)) > 0);
		assert_true(readlink(in_dir(names[1]), link, sizeof(link)) > 0);
		assert_int_equal(unlink(path), 0);
	}
	assert_int_equal(unlink(in_dir(names[0])), 0);
	assert_int_equal(unlink(in_dir(names[1])), 0);
	assert_int_equal(unlink(victim), 0);
	assert_int_equal(count_files(dir), 0);
}

/* Without O_TMPFILE the modes are the same, and nothing is left beside the file. */
static void a_file_system_without_nameless_files(void **state)
{
	mode_t mask = umask(027);
	struct stat st;

	(void)state;
	has_tmpfile = false;
	assert_int_equal(outfile_write(path, "named", 5), 0);
	has_tmpfile = true;
	umask(mask);
	assert_string_equal(content(path), "named");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0640);
	assert_int_equal(count_files(dir), 1);
}

/* A name for contents that a crash could take away again would be worse than none. */
static void contents_are_synced_before_they_have_the_name(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		has_tmpfile = i;
		syncs = 0;
		assert_int_equal(outfile_write(path, "old", 3), 0);
		assert_int_equal(syncs, 1);
		sync_error = EIO;
		assert_fails(path, "new", 3, -EIO);
		sync_error = 0;
		assert_string_equal(content(path), "old");
		assert_int_equal(count_files(dir), 1);
	}
}

/* Each byte once, whether write(2) takes a part or none. */
static void writes_that_are_interrupted(void **state)
{
	(void)state;
	interruptions = 4;
	assert_int_equal(outfile_write(path, "interrupted", 11), 0);
	assert_int_equal(interruptions, 0);
	assert_string_equal(content(path), "interrupted");
}

static void a_name_of_greatest_length(void **state)
{
	char name[NAME_MAX + 2], longest[PATH_MAX];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[NAME_MAX] = '\0';
	snprintf(longest, sizeof(longest), "%s", in_dir(name));
	assert_int_equal(outfile_write(longest, "text", 4), 0);
	assert_string_equal(content(longest), "text");
	assert_int_equal(unlink(longest), 0);
	name[NAME_MAX] = 'n';
	name[NAME_MAX + 1] = '\0';
	snprintf(longest, sizeof(longest), "%s", in_dir(name));
	assert_fails(longest, "text", 4, -ENAMETOOLONG);
	assert_int_equal(count_files(dir), 1);
}

/* Without a slash the folder is the current one. */
static void a_bare_name(void **state)
{
	char *old = getcwd(NULL, 0);

	(void)state;
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(outfile_check("out"), 0);
	assert_int_equal(outfile_write("out", "bare", 4), 0);
	assert_int_equal(chdir(old), 0);
	assert_string_equal(content(path), "bare");
	free(old);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_file_and_an_old_one),
		cmocka_unit_test(an_open_old_file_stays_whole),
		cmocka_unit_test(standard_output),
		cmocka_unit_test(devices),
		cmocka_unit_test(folders_that_take_no_file),
		cmocka_unit_test(a_folder_without_permission),
		cmocka_unit_test(a_full_disk_leaves_the_old_file),
		cmocka_unit_test(a_link_leaves_what_it_points_to),
		cmocka_unit_test(links_planted_at_temporary_names),
		cmocka_unit_test(a_file_system_without_nameless_files),
		cmocka_unit_test(contents_are_synced_before_they_have_the_name),
		cmocka_unit_test(writes_that_are_interrupted),
		cmocka_unit_test(a_name_of_greatest_length),
		cmocka_unit_test(a_bare_name),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
