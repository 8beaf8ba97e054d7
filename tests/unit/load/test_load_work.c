// SPDX-License-Identifier: GPL-2.0-or-later
/* One round of each load, in this process: what it counts, leaves and syncs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "load/load_work.h"

#define FILES 3

static char folder[] = "/dev/shm/syncfault-load-work-XXXXXX";
static struct load_worker worker;
static _Atomic uint64_t done;

static uint64_t syncs;
static off_t emptied_from;

int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
	(void)fd;
	syncs++;
	return 0;
}

int __wrap_ftruncate(int fd, off_t length);
int __wrap_ftruncate(int fd, off_t length)
{
	struct stat st;

	fstat(fd, &st);
	emptied_from = st.st_size;
	return (int)syscall(SYS_ftruncate, fd, length);
}

static int begin(void **state)
{
	(void)state;
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	worker = (struct load_worker){ .done = &done, .files = FILES };
	worker.place.is_named = true;
	worker.place.dir_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	memset(worker.buffer, 0x5a, sizeof(worker.buffer));
	done = syncs = 0;
	return worker.place.dir_fd < 0;
}

static int end(void **state)
{
	char command[128];

	(void)state;
	close(worker.place.dir_fd);
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

static size_t count_names(const char *prefix)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	size_t count = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		count += !strncmp(entry->d_name, prefix, strlen(prefix));
	closedir(dir);
	return count;
}

static void run_round(int kind)
{
	assert_int_equal(load_kinds[kind].prepare(&worker), 0);
	assert_int_equal(load_kinds[kind].round(&worker), 0);
}

/* A copy that never came to the end of its source would fill the file system. */
static void copies_are_whole_and_removed(void **state)
{
	const struct rlimit most = { 2 * LOAD_COPY_BYTES, RLIM_INFINITY };
	struct rlimit old;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	setrlimit(RLIMIT_FSIZE, &most);
	run_round(LOAD_COPY);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(done, FILES * LOAD_COPY_BYTES);
	assert_int_equal(count_names("source-"), FILES);
	assert_int_equal(count_names("copy-"), 0);
	for (size_t i = 0; i < FILES; i++)
		close(worker.fds[i]);
}

/* A block and its fsync() are two. */
static void each_block_is_synced(void **state)
{
	(void)state;
	run_round(LOAD_FSYNC);
	assert_int_equal(syncs, emptied_from / 4096);
	assert_true(syncs > 0);
	assert_int_equal(done, 2 * syncs);
	assert_int_equal(lseek(worker.fds[0], 0, SEEK_END), 0);
	close(worker.fds[0]);
}

/* Every other block, so that each is an extent of its own; what empties the file counts too. */
static void blocks_with_holes_between_them(void **state)
{
	(void)state;
	run_round(LOAD_TRUNCATE);
	assert_int_equal(emptied_from, (2 * (off_t)(done - 1) - 1) * 4096);
	assert_int_equal(lseek(worker.fds[0], 0, SEEK_END), 0);
	assert_int_equal(syncs, 0);
	close(worker.fds[0]);
}

static void files_that_come_and_go(void **state)
{
	(void)state;
	run_round(LOAD_CREATE);
	assert_int_equal(count_names("new-"), 0);
	assert_true(done > 0 && done % 2 == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(copies_are_whole_and_removed, begin, end),
		cmocka_unit_test_setup_teardown(each_block_is_synced, begin, end),
		cmocka_unit_test_setup_teardown(blocks_with_holes_between_them, begin, end),
		cmocka_unit_test_setup_teardown(files_that_come_and_go, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
