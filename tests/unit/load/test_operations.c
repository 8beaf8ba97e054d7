// SPDX-License-Identifier: GPL-2.0-or-later
/* What unsynced metadata is made of. How much of it is in a log: test_unsynced.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "load/unsynced.h"

#define COUNT 5

static char none[] = "", tmpfs[] = "tmpfs", folder[64];
static struct site site;

static int begin(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/dev/shm/syncfault-dirt-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	site.place = (struct workplace){ .dir_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
					 .is_named = true };
	return site.place.dir_fd < 0;
}

static int end(void **state)
{
	char command[128];

	(void)state;
	close(site.place.dir_fd);
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

static int make(int kind, struct verdict *verdict)
{
	const struct cell_config config = { .fs = tmpfs,
					    .mkfs_options = none,
					    .mount_options = none,
					    .dirty = COUNT,
					    .dirty_kind = kind };
	const struct target target = { .guard = GUARD_NONE, .log = GUARD_NONE };
	struct unsynced unsynced = UNSYNCED_NONE;
	int ret = unsynced_prepare(&unsynced, &target, &site, &config, verdict);

	if (!ret)
		ret = unsynced_make(&unsynced, verdict);
	unsynced_close(&unsynced);
	return ret;
}

static bool look(const char *name, struct stat *st)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/dirt/%s", folder, name);
	return stat(path, st) == 0;
}

static void assert_made(int kind, const char *there, const char *gone)
{
	struct verdict verdict = { 0 };
	struct stat st;

	assert_int_equal(make(kind, &verdict), 0);
	assert_true(!there || look(there, &st));
	assert_true(!gone || !look(gone, &st));
}

static void created(void **state)
{
	(void)state;
	assert_made(DIRTY_CREATE, "file-4", "file-5");
}

static void unlinked(void **state)
{
	(void)state;
	assert_made(DIRTY_UNLINK, NULL, "file-4");
}

static void renamed(void **state)
{
	(void)state;
	assert_made(DIRTY_RENAME, "other-4", "file-4");
}

/* To another mode than they are made with: else nothing would be dirty. */
static void with_another_mode(void **state)
{
	struct stat st;

	(void)state;
	assert_made(DIRTY_CHMOD, "file-4", NULL);
	assert_true(look("file-4", &st));
	assert_int_equal(st.st_mode & 0777, 0640);
}

/* Every other block: extents that touch would be one. */
static void allocated(void **state)
{
	struct stat st;

	(void)state;
	assert_made(DIRTY_ALLOCATE, "allocated", "file-0");
	assert_true(look("allocated", &st));
	assert_int_equal(st.st_size, (2 * COUNT - 1) * 4096);
	assert_int_equal(st.st_blocks, COUNT * 8);
}

static void not_in_somebodys_folder(void **state)
{
	struct verdict verdict = { 0 };
	struct stat st;

	(void)state;
	site.place.is_named = false;
	assert_int_equal(make(DIRTY_CREATE, &verdict), -EOPNOTSUPP);
	assert_int_equal(verdict.status, CELL_SKIPPED);
	assert_false(look("", &st));
}

/* What could not be read before the first fault is not what was left of another cell. */
static void a_log_that_could_not_be_read(void **state)
{
	struct logspace space = { .kind = LOGSPACE_XFS,
				  .log_bytes = 1 << 20,
				  .committed_bytes = 4096,
				  .dirty_bytes = 8192,
				  .error = -ENOENT };
	struct dirt_result dirt = { .committed_bytes = U64_ABSENT,
				    .dirty_bytes = U64_ABSENT,
				    .dirty_percent = NAN };

	(void)state;
	assert_int_equal(logspace_after(&space, 1, &dirt), 0);
	assert_int_equal(dirt.log_bytes, 1 << 20);
	assert_true(dirt.committed_bytes == U64_ABSENT && dirt.dirty_bytes == U64_ABSENT);
	assert_string_equal(dirt.reason, "the log could not be read before the first fault");
	free(dirt.reason);
	dirt.reason = NULL;
	space.error = 0;
	assert_int_equal(logspace_after(&space, 1, &dirt), 0);
	assert_int_equal(dirt.committed_bytes, 4096);
	assert_int_equal(dirt.dirty_bytes, 8192);
	assert_true(dirt.dirty_percent == 0.78125);
	free(dirt.source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(created, begin, end),
		cmocka_unit_test_setup_teardown(unlinked, begin, end),
		cmocka_unit_test_setup_teardown(renamed, begin, end),
		cmocka_unit_test_setup_teardown(with_another_mode, begin, end),
		cmocka_unit_test_setup_teardown(allocated, begin, end),
		cmocka_unit_test_setup_teardown(not_in_somebodys_folder, begin, end),
		cmocka_unit_test(a_log_that_could_not_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
