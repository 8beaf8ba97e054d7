// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../tmpfile.h"
#include "target/datafile.h"

#ifndef STATX_ATTR_DAX
#define STATX_ATTR_DAX 0x00200000
#endif

static char none[] = "", dir[] = "/tmp/syncfault-datafile-XXXXXX";
static struct workplace place = { .dir_fd = -1 };

/* In place of libc's: what a file system may lack, and what is done to the file. */
static bool is_dax;
static int allocate_error, sync_error, syncs;
static size_t largest_write;

int __wrap_statx(int fd, const char *name, int flags, unsigned int mask, struct statx *stx);
int __wrap_statx(int fd, const char *name, int flags, unsigned int mask, struct statx *stx)
{
	(void)fd, (void)name, (void)flags, (void)mask;
	stx->stx_attributes_mask = STATX_ATTR_DAX;
	stx->stx_attributes = is_dax ? STATX_ATTR_DAX : 0;
	return 0;
}

int __wrap_fallocate(int fd, int mode, off_t offset, off_t length);
int __wrap_fallocate(int fd, int mode, off_t offset, off_t length)
{
	errno = allocate_error;
	return allocate_error ? -1 : (int)syscall(SYS_fallocate, fd, mode, offset, length);
}

ssize_t __wrap_pwrite(int fd, const void *from, size_t bytes, off_t at);
ssize_t __wrap_pwrite(int fd, const void *from, size_t bytes, off_t at)
{
	largest_write = bytes > largest_write ? bytes : largest_write;
	return syscall(SYS_pwrite64, fd, from, bytes, at);
}

int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
	(void)fd;
	syncs++;
	errno = sync_error;
	return sync_error ? -1 : 0;
}

int __wrap_syncfs(int fd);
int __wrap_syncfs(int fd)
{
	(void)fd;
	syncs++;
	return 0;
}

static int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	place.dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return place.dir_fd < 0;
}

static int remove_dir(void **state)
{
	(void)state;
	close(place.dir_fd);
	return rmdir(dir);
}

static int reset(void **state)
{
	(void)state;
	has_tmpfile = true;
	is_dax = false;
	allocate_error = sync_error = syncs = 0;
	largest_write = 0;
	return 0;
}

static size_t count_files(void)
{
	DIR *open_dir = opendir(dir);
	size_t count = 0;

	while (readdir(open_dir))
		count++;
	closedir(open_dir);
	return count - 2; /* . and .. */
}

static struct cell_config config_of(int state)
{
	return (struct cell_config){ .fs = none,
				     .mkfs_options = none,
				     .mount_options = none,
				     .dax = DAX_NEVER,
				     .state = state };
}

static int prepare(const struct cell_config *config, uint64_t bytes, struct verdict *verdict)
{
	int dax;

	*verdict = (struct verdict){ 0 };
	return datafile_prepare(&place, config, "name", bytes, &dax, verdict);
}

/* In somebody's folder: nothing is left there, however the process ends. */
static void files_have_no_names(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		int fd;

		has_tmpfile = i;
		fd = datafile_create(&place, "name");
		assert_true(fd >= 0);
		assert_int_equal(write(fd, "x", 1), 1);
		assert_int_equal(count_files(), 0);
		close(fd);
	}
}

static void files_with_names(void **state)
{
	const struct workplace named = { .dir_fd = place.dir_fd, .is_named = true };
	int fd = datafile_create(&named, "name");

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(count_files(), 1);
	assert_int_equal(unlinkat(place.dir_fd, "name", 0), 0);
	close(fd);
}

static void dax_that_is_not_as_asked(void **state)
{
	struct cell_config config = config_of(STATE_HOLE);
	struct verdict verdict;

	(void)state;
	is_dax = true;
	assert_int_equal(prepare(&config, 4096, &verdict), -EOPNOTSUPP);
	assert_non_null(strstr(verdict.reason, "is on DAX, not on the page cache"));
	config.dax = DAX_ALWAYS;
	close(prepare(&config, 4096, &verdict));
	assert_int_equal(verdict.status, CELL_OK);
	is_dax = false;
	assert_int_equal(prepare(&config, 4096, &verdict), -EOPNOTSUPP);
	assert_non_null(strstr(verdict.reason, "no DAX"));
}

/* Only a file of unwritten extents needs them; a written one has its blocks in the end too. */
static void a_file_system_without_fallocate(void **state)
{
	struct cell_config unwritten = config_of(STATE_UNWRITTEN);
	struct cell_config written = config_of(STATE_WRITTEN);
	struct verdict verdict;
	int fd;

	(void)state;
	allocate_error = EOPNOTSUPP;
	assert_int_equal(prepare(&unwritten, 4096, &verdict), -EOPNOTSUPP);
	assert_int_equal(verdict.status, CELL_SKIPPED);
	fd = prepare(&written, 4096, &verdict);
	assert_true(fd >= 0);
	close(fd);
	allocate_error = ENOSPC;
	assert_int_equal(prepare(&written, 4096, &verdict), -EIO);
}

/* The page cache makes folios as long as the writes, and one fault maps a whole folio. */
static void written_by_pages_of_the_cell(void **state)
{
	struct cell_config config = config_of(STATE_WRITTEN);
	struct verdict verdict;
	int fd = prepare(&config, 3 << 20, &verdict);

	(void)state;
	assert_int_equal(lseek(fd, 0, SEEK_END), 3 << 20);
	close(fd);
	assert_int_equal(largest_write, 4096);
	config.page = PAGE_2M;
	close(prepare(&config, 3 << 20, &verdict));
	assert_int_equal(largest_write, 1 << 20);
}

/* What making a file leaves dirty would be part of the first fault. */
static void files_are_synced(void **state)
{
	struct cell_config config = config_of(STATE_HOLE);
	struct verdict verdict;

	(void)state;
	close(prepare(&config, 4096, &verdict));
	assert_int_equal(syncs, 2);
	sync_error = EIO;
	assert_int_equal(prepare(&config, 4096, &verdict), -EIO);
	assert_string_equal(verdict.reason, "sync the file: Input/output error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(files_have_no_names, reset),
		cmocka_unit_test_setup(files_with_names, reset),
		cmocka_unit_test_setup(dax_that_is_not_as_asked, reset),
		cmocka_unit_test_setup(a_file_system_without_fallocate, reset),
		cmocka_unit_test_setup(written_by_pages_of_the_cell, reset),
		cmocka_unit_test_setup(files_are_synced, reset),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
