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
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

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

/* Done once, before the next open(2): what others do between a look at a path and its use. */
static void (*meanwhile)(void);

int open(const char *name, int flags, ...)
{
	void (*now)(void) = meanwhile;
	va_list arguments;
	mode_t mode;

	va_start(arguments, flags);
	mode = (flags & O_CREAT) ? va_arg(arguments, mode_t) : 0;
	va_end(arguments);
	meanwhile = NULL;
	if (now)
		now();
	return (int)syscall(SYS_openat, AT_FDCWD, name, flags, mode);
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

/* The check says so before anything is written. */
static void assert_check_fails(const char *where, int error)
{
	struct capture capture;
	int ret;

	capture_begin(&capture, STDERR_FILENO);
	ret = outfile_check(where);
	capture_end(&capture);
	assert_int_equal(ret, error);
	assert_true(is_one_line(capture.text));
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

static void a_path_that_is_too_long(void **state)
{
	char longest[PATH_MAX + 1];
	struct capture capture;
	int ret;

	(void)state;
	memset(longest, '/', sizeof(longest));
	memcpy(longest, dir, strlen(dir));
	strcpy(longest + PATH_MAX - 4, "out");
	assert_int_equal(strlen(longest), PATH_MAX - 1);
	assert_int_equal(outfile_write(longest, "text", 4), 0);
	strcpy(longest + PATH_MAX - 3, "out");
	capture_begin(&capture, STDERR_FILENO);
	ret = outfile_write(longest, "text", 4);
	capture_end(&capture);
	assert_int_equal(ret, -ENAMETOOLONG);
	assert_true(is_one_line(capture.text));
	assert_int_equal(count_files(dir), 1);
}

/* Opened as a shell does for "7>file": it stays open in a program that is started. */
static int given(const char *name, int flags)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, name, flags, 0600);

	assert_true(fd >= 0);
	return fd;
}

static void assert_goes_to(int fd, const char *format)
{
	char name[PATH_MAX];
	struct stat before, after;

	snprintf(name, sizeof(name), format, fd, fd);
	assert_int_equal(fstat(fd, &before), 0);
	assert_int_equal(outfile_check(name), 0);
	assert_true(outfile_is_stream(name));
	assert_int_equal(outfile_write(name, "+", 1), 0);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(after.st_ino, before.st_ino);
}

/* Whatever is there is neither cut off nor replaced, and what follows comes behind. */
static void descriptors_of_our_own_by_all_their_names(void **state)
{
	char link[PATH_MAX], of_process[64], of_thread[64];
	int fd;

	(void)state;
	unlink(path);
	fd = given(path, O_RDWR | O_CREAT | O_EXCL);
	assert_int_equal(write(fd, "a: ", 3), 3);
	snprintf(of_process, sizeof(of_process), "/proc/%d/fd/%%d", getpid());
	snprintf(of_thread, sizeof(of_thread), "/proc/self/task/%d/fd/%%d", gettid());
	assert_goes_to(fd, "/dev/fd/%d");
	assert_goes_to(fd, "/proc/self/fd/%d");
	assert_goes_to(fd, "/proc/thread-self/fd/%d");
	assert_goes_to(fd, "/proc/self/../self/fd/%d");
	assert_goes_to(fd, of_process);
	assert_goes_to(fd, of_thread);
	snprintf(link, sizeof(link), "%s", in_dir("link"));
	snprintf(of_process, sizeof(of_process), "/dev/fd/%d", fd);
	assert_int_equal(symlink(of_process, link), 0);
	assert_goes_to(fd, link);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(write(fd, " z", 2), 2);
	close(fd);
	assert_string_equal(content(path), "a: +++++++ z");
	fd = given(path, O_WRONLY | O_APPEND);
	assert_goes_to(fd, "/dev/fd/%d");
	close(fd);
	assert_string_equal(content(path), "a: +++++++ z+");
	assert_int_equal(count_files(dir), 1);
}

/* Root might replace it: so in a /dev of this test alone. */
static void make_own_dev(void)
{
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	assert_int_equal(mount("none", "/dev", "tmpfs", 0, NULL), 0);
	assert_int_equal(symlink("/proc/self/fd/1", "/dev/stdout"), 0);
}

static void standard_output_by_its_path(void **state)
{
	struct capture capture;
	struct stat before, after;
	int ret;

	(void)state;
	if (geteuid() == 0)
		make_own_dev();
	assert_int_equal(lstat("/dev/stdout", &before), 0);
	capture_begin(&capture, STDOUT_FILENO);
	printf("first ");
	ret = outfile_write("/dev/stdout", "text ", 5);
	printf("last");
	capture_end(&capture);
	assert_int_equal(ret, 0);
	assert_string_equal(capture.text, "first text last");
	assert_int_equal(lstat("/dev/stdout", &after), 0);
	assert_int_equal(after.st_ino, before.st_ino);
	if (geteuid() == 0)
		umount("/dev");
}

/* A free number may be one of ours by the time it is used: only what was given counts. */
static void descriptors_that_take_nothing(void **state)
{
	char name[64];
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	(void)state;
	snprintf(name, sizeof(name), "/dev/fd/%d", fd);
	assert_fails(name, "text", 4, -EBADF);
	close(fd);
	assert_fails(name, "text", 4, -EBADF);
	assert_fails("/dev/fd/99999", "text", 4, -EBADF);
	fd = given(path, O_RDONLY);
	snprintf(name, sizeof(name), "/dev/fd/%d", fd);
	assert_check_fails(name, -EBADF);
	assert_fails(name, "text", 4, -EBADF);
	close(fd);
	assert_string_equal(content(path), "");
}

static void *read_to_the_end(void *fd)
{
	char buffer[4096];
	size_t length = 0;
	ssize_t n;

	usleep(20000);
	while ((n = read(*(int *)fd, buffer, sizeof(buffer))) > 0)
		length += (size_t)n;
	return (void *)length;
}

/* One that holds less than is written, does not block, and has a slow reader. */
static void assert_takes_all(int ends[2], const char *name)
{
	static char big[1 << 20];
	pthread_t reader;
	void *length;

	assert_int_equal(outfile_check(name), 0);
	assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(pthread_create(&reader, NULL, read_to_the_end, &ends[0]), 0);
	assert_int_equal(outfile_write(name, big, sizeof(big)), 0);
	close(ends[1]);
	assert_int_equal(pthread_join(reader, &length), 0);
	assert_int_equal((size_t)length, sizeof(big));
	close(ends[0]);
}

static void pipes_and_sockets(void **state)
{
	char name[64];
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	snprintf(name, sizeof(name), "/dev/fd/%d", ends[1]);
	assert_takes_all(ends, name);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	snprintf(name, sizeof(name), "/dev/fd/%d", ends[1]);
	assert_takes_all(ends, name);
}

static void a_pipe_without_a_reader(void **state)
{
	void (*old)(int) = signal(SIGPIPE, SIG_IGN);
	char name[64];
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	snprintf(name, sizeof(name), "/dev/fd/%d", ends[1]);
	assert_fails(name, "text", 4, -EPIPE);
	close(ends[1]);
	signal(SIGPIPE, old);
}

static void swap_the_pipe_for_a_link(void)
{
	if (unlink(in_dir("pipe")) || symlink("out", in_dir("pipe")))
		abort();
}

/* What was a pipe when it was looked at is a link to somebody's file when it is opened. */
static void a_pipe_that_is_swapped_for_a_file(void **state)
{
	char name[PATH_MAX], text[8] = "";
	int reader;

	(void)state;
	snprintf(name, sizeof(name), "%s", in_dir("pipe"));
	assert_int_equal(outfile_write(path, "precious", 8), 0);
	assert_int_equal(mkfifo(name, 0600), 0);
	reader = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	meanwhile = swap_the_pipe_for_a_link;
	assert_int_equal(outfile_write(name, "text", 4), 0);
	assert_null(meanwhile);
	assert_string_equal(content(path), "precious");
	assert_int_equal(read(reader, text, sizeof(text)), 4);
	assert_string_equal(text, "text");
	close(reader);
	assert_int_equal(unlink(name), 0);
	assert_int_equal(unlink(path), 0);
}

static void assert_is_refused(const char *name)
{
	assert_check_fails(name, -EPERM);
	assert_fails(name, "text", 4, -EPERM);
}

/* Names in there stand for devices and facts: nothing is made, by whatever way it is reached. */
static void nothing_is_made_in_folders_of_the_system(void **state)
{
	static const char *const names[] = {
		"/dev/syncfault-test",		"/dev/pts/syncfault-test",
		"/proc/syncfault-test",		"/proc/self/syncfault-test",
		"/proc/self/fd/syncfault-test", "/sys/syncfault-test",
		"/sys/kernel/syncfault-test",	"/proc/self/comm",
		"/dev/shm/../syncfault-test"
	};
	char link[PATH_MAX], below[PATH_MAX + 32];
	struct capture capture;
	struct stat st;
	int ret;

	(void)state;
	snprintf(link, sizeof(link), "%s", in_dir("link"));
	snprintf(below, sizeof(below), "%s/syncfault-test", link);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_is_refused(names[i]);
		assert_int_equal(symlink(names[i], link), 0);
		assert_is_refused(link);
		assert_int_equal(lstat(link, &st), 0);
		assert_true(S_ISLNK(st.st_mode));
		assert_int_equal(unlink(link), 0);
	}
	assert_int_equal(symlink("/dev", link), 0);
	assert_is_refused(below);
	capture_begin(&capture, STDERR_FILENO);
	ret = outfile_make_folder(below);
	capture_end(&capture);
	assert_int_equal(ret, -EPERM);
	assert_int_equal(access("/dev/syncfault-test", F_OK), -1);
	assert_int_equal(unlink(link), 0);
}

/* But people keep files in /dev/shm. */
static void shared_memory_takes_files(void **state)
{
	char folder[] = "/dev/shm/syncfault-outfile-XXXXXX", name[64];

	(void)state;
	if (!mkdtemp(folder))
		skip();
	snprintf(name, sizeof(name), "%s/out", folder);
	assert_int_equal(outfile_check(name), 0);
	assert_int_equal(outfile_write(name, "text", 4), 0);
	assert_false(outfile_is_stream(name));
	assert_string_equal(content(name), "text");
	assert_int_equal(unlink(name), 0);
	assert_int_equal(rmdir(folder), 0);
}

/* Another mount of the same: no path says that it is /dev. */
static void devices_mounted_elsewhere(void **state)
{
	char there[PATH_MAX], name[PATH_MAX + 32];

	(void)state;
	snprintf(there, sizeof(there), "%s", in_dir("there"));
	snprintf(name, sizeof(name), "%s/syncfault-test", there);
	if (geteuid() != 0 || unshare(CLONE_NEWNS)) {
		printf("# skip devices_mounted_elsewhere: needs root, to mount\n");
		skip();
	}
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	assert_int_equal(mkdir(there, 0755), 0);
	assert_int_equal(mount("/dev", there, NULL, MS_BIND, NULL), 0);
	assert_is_refused(name);
	assert_int_equal(umount(there), 0);
	assert_int_equal(mount("none", there, "proc", 0, NULL), 0);
	assert_is_refused(name);
	assert_int_equal(umount(there), 0);
	if (mount("none", there, "devtmpfs", 0, NULL) == 0) {
		/* Where /dev is of another kind, as in a container. */
		assert_int_equal(mount("none", "/dev", "tmpfs", 0, NULL), 0);
		assert_is_refused(name);
		assert_int_equal(umount("/dev"), 0);
		assert_int_equal(umount(there), 0);
	}
	assert_int_equal(rmdir(there), 0);
}

static void block_devices_are_refused(void **state)
{
	char node[PATH_MAX], link[PATH_MAX];
	struct stat st;

	(void)state;
	snprintf(node, sizeof(node), "%s", in_dir("node"));
	snprintf(link, sizeof(link), "%s", in_dir("link"));
	if (mknod(node, S_IFBLK | 0600, makedev(7, 255))) {
		printf("# skip block_devices_are_refused: no device may be made here\n");
		skip();
	}
	assert_int_equal(symlink("node", link), 0);
	assert_is_refused(node);
	assert_is_refused(link);
	assert_int_equal(lstat(node, &st), 0);
	assert_true(S_ISBLK(st.st_mode));
	assert_int_equal(unlink(node), 0);
	assert_int_equal(unlink(link), 0);
}

/* What rename(2) would refuse after hours of measuring. */
static void files_that_cannot_be_replaced(void **state)
{
	struct capture capture;
	int ret;

	(void)state;
	assert_int_equal(outfile_write(path, "old", 3), 0);
	if (geteuid() != 0 || unshare(CLONE_NEWNS)) {
		printf("# skip files_that_cannot_be_replaced: needs root, to mount\n");
		skip();
	}
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	assert_int_equal(mount(path, path, NULL, MS_BIND, NULL), 0);
	assert_check_fails(path, -EBUSY);
	assert_fails(path, "new", 3, -EBUSY);
	assert_int_equal(umount(path), 0);
	assert_int_equal(chmod(dir, 01777), 0);
	assert_int_equal(seteuid(65534), 0);
	capture_begin(&capture, STDERR_FILENO);
	ret = outfile_check(path);
	capture_end(&capture);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod(dir, 0755), 0);
	assert_int_equal(ret, -EPERM);
	assert_true(is_one_line(capture.text));
}

static void a_folder_for_outputs(void **state)
{
	struct capture capture;
	int below, over;

	(void)state;
	assert_int_equal(outfile_make_folder(in_dir("made/")), 1);
	assert_int_equal(outfile_make_folder(in_dir("made")), 0);
	assert_int_equal(outfile_make_folder("/"), 0);
	assert_int_equal(rmdir(in_dir("made")), 0);
	assert_int_equal(outfile_write(path, "old", 3), 0);
	capture_begin(&capture, STDERR_FILENO);
	over = outfile_make_folder(path);
	below = outfile_make_folder(in_dir("none/made"));
	capture_end(&capture);
	assert_int_equal(over, -EEXIST);
	assert_int_equal(below, -ENOENT);
}

static void the_same_file_by_other_names(void **state)
{
	char link[PATH_MAX];

	(void)state;
	snprintf(link, sizeof(link), "%s", in_dir("link"));
	assert_int_equal(outfile_write(path, "old", 3), 0);
	assert_true(outfile_is_same(path, path));
	assert_int_equal(symlink("out", link), 0);
	assert_true(outfile_is_same(link, path));
	assert_int_equal(unlink(link), 0);
	assert_false(outfile_is_same(link, path));
	assert_int_equal(linkat(AT_FDCWD, path, AT_FDCWD, link, 0), 0);
	assert_true(outfile_is_same(link, path));
	assert_int_equal(unlink(link), 0);
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
		cmocka_unit_test(a_path_that_is_too_long),
		cmocka_unit_test(descriptors_of_our_own_by_all_their_names),
		cmocka_unit_test(standard_output_by_its_path),
		cmocka_unit_test(descriptors_that_take_nothing),
		cmocka_unit_test(pipes_and_sockets),
		cmocka_unit_test(a_pipe_without_a_reader),
		cmocka_unit_test(a_pipe_that_is_swapped_for_a_file),
		cmocka_unit_test(nothing_is_made_in_folders_of_the_system),
		cmocka_unit_test(shared_memory_takes_files),
		cmocka_unit_test(devices_mounted_elsewhere),
		cmocka_unit_test(block_devices_are_refused),
		cmocka_unit_test(files_that_cannot_be_replaced),
		cmocka_unit_test(a_folder_for_outputs),
		cmocka_unit_test(the_same_file_by_other_names),
		cmocka_unit_test(a_bare_name),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
