// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cell/log_size.h"
#include "load/load.h"
#include "load/load_work.h"
#include "measure/proof.h"

static char folder[64];
static struct workplace place;
static cpu_set_t cpus;
static struct verdict verdict;

/* What the file system says is free, in blocks of 4 KiB. */
static uint64_t free_blocks;

int __wrap_fstatvfs(int fd, struct statvfs *vfs);

int __wrap_fstatvfs(int fd, struct statvfs *vfs)
{
	(void)fd;
	*vfs = (struct statvfs){ .f_bavail = free_blocks,
				 .f_bfree = 2 * free_blocks + 1000000,
				 .f_bsize = 1 << 20,
				 .f_frsize = 4096 };
	return 0;
}

static int open_folder(void **state)
{
	(void)state;
	free_blocks = 1 << 20;
	snprintf(folder, sizeof(folder), "/dev/shm/syncfault-load-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	place = (struct workplace){ .dir_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
				    .is_named = true };
	sched_getaffinity(0, sizeof(cpus), &cpus);
	verdict = (struct verdict){ 0 };
	return place.dir_fd < 0;
}

static int remove_folder(void **state)
{
	char command[128];

	(void)state;
	close(place.dir_fd);
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

static size_t count_names(const char *below)
{
	char path[128];
	struct dirent *entry;
	size_t count = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s", folder, below);
	dir = opendir(path);
	if (!dir)
		return 0;
	while ((entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

static int start(struct load *load, int kind)
{
	const struct cell_config config = { .load = kind, .mkfs_options = "" };

	return load_start(load, &config, &place, &cpus, &verdict);
}

static bool moves(const struct load *load)
{
	uint64_t first = atomic_load(load_counter(load));

	for (int i = 0; i < 2000; i++) {
		if (atomic_load(load_counter(load)) > first)
			return true;
		usleep(1000);
	}
	return false;
}

static void check_kind(int kind, uint64_t processes)
{
	struct load load;
	pid_t pids[LOAD_MAX_PROCESSES];

	assert_int_equal(start(&load, kind), 0);
	assert_int_equal(load.processes, processes);
	assert_int_equal(count_names("."), processes);
	memcpy(pids, load.pids, sizeof(pids));
	for (uint64_t i = 0; i < processes; i++)
		assert_int_equal(kill(pids[i], 0), 0);
	assert_true(moves(&load));
	assert_int_equal(load_error(&load), 0);
	load_stop(&load);
	for (uint64_t i = 0; i < processes; i++)
		assert_int_equal(kill(pids[i], 0), -1);
	assert_int_equal(atomic_load(load_counter(&load)), 0);
}

static void test_each_process_has_a_folder_and_works(void **state)
{
	(void)state;
	check_kind(LOAD_CREATE, 4);
}

static void test_copy_is_one_process(void **state)
{
	(void)state;
	check_kind(LOAD_COPY, 1);
}

static void test_fsync_moves(void **state)
{
	(void)state;
	check_kind(LOAD_FSYNC, 4);
}

static void test_truncate_moves(void **state)
{
	(void)state;
	check_kind(LOAD_TRUNCATE, 4);
}

/* A worker run here, for what it leaves behind. */
static _Atomic uint64_t done;

static struct load_worker make_worker(uint64_t files)
{
	done = 0;
	return (struct load_worker){ .place = place, .done = &done, .files = files, .index = 3 };
}

static void test_create_leaves_nothing(void **state)
{
	struct load_worker worker = make_worker(0);

	(void)state;
	assert_int_equal(load_kinds[LOAD_CREATE].round(&worker), 0);
	assert_int_equal(count_names("."), 0);
	assert_int_equal(done, 512);
}

static void test_truncate_leaves_an_empty_file(void **state)
{
	struct load_worker worker = make_worker(0);

	(void)state;
	assert_int_equal(load_kinds[LOAD_TRUNCATE].prepare(&worker), 0);
	assert_int_equal(load_kinds[LOAD_TRUNCATE].round(&worker), 0);
	assert_int_equal(lseek(worker.fds[0], 0, SEEK_END), 0);
	assert_int_equal(done, 257);
	close(worker.fds[0]);
}

static void read_value(uint64_t file, unsigned char *value, size_t size)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/log-%llu", folder, (unsigned long long)file);
	assert_int_equal(getxattr(path, "user.load", value, size), 3000);
}

/* Equal values would share a block on ext4: each has to be another, and another in each round. */
static void test_log_writes_no_value_twice(void **state)
{
	struct load_worker worker = make_worker(3);
	unsigned char first[3000], second[3000], again[3000];
	int ret = load_kinds[LOAD_LOG].prepare(&worker);

	(void)state;
	if (ret == -EOPNOTSUPP)
		skip(); /* tmpfs before Linux 6.6 has no such attributes */
	assert_int_equal(ret, 0);
	assert_int_equal(count_names("."), 3);
	assert_int_equal(done, 3);
	read_value(0, first, sizeof(first));
	read_value(1, second, sizeof(second));
	assert_memory_not_equal(first, second, sizeof(first));
	assert_int_equal(load_kinds[LOAD_LOG].round(&worker), 0);
	assert_int_equal(count_names("."), 3);
	assert_int_equal(done, 6);
	read_value(0, again, sizeof(again));
	assert_memory_not_equal(first, again, sizeof(first));
}

static void test_log_wants_names(void **state)
{
	struct load load;

	(void)state;
	place.is_named = false;
	assert_int_equal(start(&load, LOAD_LOG), -EOPNOTSUPP);
	assert_int_equal(verdict.status, CELL_SKIPPED);
	assert_non_null(strstr(verdict.reason, "names"));
	load_stop(&load);
}

static void test_an_error_ends_it(void **state)
{
	struct load load;

	(void)state;
	assert_int_equal(mkdirat(place.dir_fd, "load-2", 0700), 0);
	assert_int_equal(start(&load, LOAD_CREATE), -EIO);
	assert_non_null(strstr(verdict.reason, "File exists"));
}

static uint64_t files_with(int kind, const char *mkfs_options, uint64_t blocks)
{
	const struct cell_config config = { .load = kind, .mkfs_options = (char *)mkfs_options };
	struct load load;
	uint64_t files = 0;

	verdict = (struct verdict){ 0 };
	place.is_named = kind == LOAD_LOG;
	free_blocks = blocks;
	if (!load_start(&load, &config, &place, &cpus, &verdict))
		files = load.files;
	load_stop(&load);
	return files;
}

/* Of copy, each file and its copy take 128 blocks: four times as many have to be free. */
static void test_files_take_a_quarter_of_what_is_free(void **state)
{
	(void)state;
	assert_int_equal(files_with(LOAD_COPY, "", 1 << 20), LOAD_COPY_FILES);
	assert_int_equal(files_with(LOAD_COPY, "", LOAD_COPY_FILES * 128 * 4), LOAD_COPY_FILES);
	assert_int_equal(files_with(LOAD_COPY, "", LOAD_COPY_FILES * 128 * 4 - 1),
			 LOAD_COPY_FILES - 1);
	assert_int_equal(files_with(LOAD_COPY, "", 2 * 128 * 4), 2);
}

static void test_no_room_for_two_files_is_a_failure(void **state)
{
	(void)state;
	assert_int_equal(files_with(LOAD_COPY, "", 2 * 128 * 4 - 1), 0);
	assert_int_equal(verdict.status, CELL_FAILED);
	assert_string_equal(verdict.reason, "no room for the load's files");
	assert_int_equal(count_names("."), 0);
	assert_int_equal(files_with(LOAD_LOG, "", 0), 0);
	assert_string_equal(verdict.reason, "no room for the load's files");
}

static void test_files_of_log_are_as_many_as_fill_it(void **state)
{
	uint64_t files = files_with(LOAD_LOG, "-J size=1", 1 << 20);

	(void)state;
	if (!files && strstr(verdict.reason, strerror(EOPNOTSUPP)))
		skip(); /* tmpfs before Linux 6.6 has no such attributes */
	assert_int_equal(files, (1 << 20) / 4096);
}

static void test_what_is_counted(void **state)
{
	const struct fault_outcome outcome = { .begin_load_bytes = 5, .end_load_bytes = 12 };
	const struct fault_outcome idle = { .begin_load_bytes = 5, .end_load_bytes = 5 };
	struct proof proof = { .load_bytes = U64_ABSENT, .load_operations = U64_ABSENT };
	struct load load = { .kind = LOAD_COPY };

	(void)state;
	assert_int_equal(proof_of_load(&load, &outcome, 1, &proof, &verdict), 0);
	assert_int_equal(proof.load_bytes, 7);
	assert_true(proof.load_operations == U64_ABSENT);
	proof.load_bytes = U64_ABSENT;
	load.kind = LOAD_CREATE;
	assert_int_equal(proof_of_load(&load, &outcome, 1, &proof, &verdict), 0);
	assert_int_equal(proof.load_operations, 7);
	assert_true(proof.load_bytes == U64_ABSENT);
	assert_int_equal(proof_of_load(&load, &idle, 1, &proof, &verdict), -EIO);
	assert_int_equal(verdict.status, CELL_FAILED);
}

static void check_size(const char *options, uint64_t bytes, bool is_all)
{
	bool all = !is_all;

	assert_int_equal(log_size_bytes(options, &all), bytes);
	assert_int_equal(all, is_all);
}

static void test_log_sizes(void **state)
{
	char name[LOG_SIZE_NAME];

	(void)state;
	check_size("", 0, true);
	check_size("-O fast_commit", 0, false);
	check_size("-J size=64", 64 << 20, true);
	check_size("-J size=64 -O fast_commit", 64 << 20, false);
	check_size("-O fast_commit -J size=64", 64 << 20, false);
	check_size("-l size=64m", 64 << 20, true);
	check_size("-l size=65536k", 64 << 20, true);
	check_size("-l size=67108864", 64 << 20, true);
	check_size("-l size=1g,sunit=8", 1 << 30, false);
	check_size("-J size=", 0, false);
	assert_string_equal(log_size_name(64 << 20, name), "64 MiB");
	assert_string_equal(log_size_name(3 << 19, name), "1536 KiB");
	assert_string_equal(log_size_name(0, name), "default");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define in_folder(test) cmocka_unit_test_setup_teardown(test, open_folder, remove_folder)
		in_folder(test_each_process_has_a_folder_and_works),
		in_folder(test_copy_is_one_process),
		in_folder(test_fsync_moves),
		in_folder(test_truncate_moves),
		in_folder(test_create_leaves_nothing),
		in_folder(test_truncate_leaves_an_empty_file),
		in_folder(test_log_writes_no_value_twice),
		in_folder(test_log_wants_names),
		in_folder(test_an_error_ends_it),
		in_folder(test_files_take_a_quarter_of_what_is_free),
		in_folder(test_no_room_for_two_files_is_a_failure),
		in_folder(test_files_of_log_are_as_many_as_fill_it),
		in_folder(test_what_is_counted),
		cmocka_unit_test(test_log_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
