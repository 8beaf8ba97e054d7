// SPDX-License-Identifier: GPL-2.0-or-later
/* Where data is looked for, and that the same places are cleared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "target/data.h"

#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)

/* A file system that knows no holes and cannot punch any, as a device does. */
static bool is_dense;
static uint64_t bytes_read, failing_from, failing_to;

off_t __real_lseek(int fd, off_t offset, int whence);
off_t __wrap_lseek(int fd, off_t offset, int whence);
off_t __wrap_lseek(int fd, off_t offset, int whence)
{
	if (!is_dense)
		return __real_lseek(fd, offset, whence);
	errno = EINVAL;
	return -1;
}

int __real_fallocate(int fd, int mode, off_t offset, off_t length);
int __wrap_fallocate(int fd, int mode, off_t offset, off_t length);
int __wrap_fallocate(int fd, int mode, off_t offset, off_t length)
{
	if (!is_dense)
		return __real_fallocate(fd, mode, offset, length);
	errno = EOPNOTSUPP;
	return -1;
}

ssize_t __real_pread(int fd, void *buffer, size_t length, off_t offset);
ssize_t __wrap_pread(int fd, void *buffer, size_t length, off_t offset);
ssize_t __wrap_pread(int fd, void *buffer, size_t length, off_t offset)
{
	if ((uint64_t)offset >= failing_from && (uint64_t)offset < failing_to) {
		errno = EIO;
		return -1;
	}
	bytes_read += length;
	return __real_pread(fd, buffer, length, offset);
}

static int make_file(void **state)
{
	char path[] = "/tmp/syncfault-data-XXXXXX";
	int *fd = malloc(sizeof(*fd));

	*fd = mkstemp(path);
	unlink(path);
	*state = fd;
	is_dense = false;
	bytes_read = failing_from = failing_to = 0;
	return *fd < 0;
}

static int close_file(void **state)
{
	close(**(int **)state);
	free(*state);
	return 0;
}

static void put(int fd, uint64_t offset, uint64_t length)
{
	auto_free char *data = malloc(length);

	memset(data, 'x', length);
	assert_int_equal(pwrite(fd, data, length, (off_t)offset), length);
}

static void of_a_sparse_file_all_is_read(void **state)
{
	static const uint64_t places[] = { 0, MIB(8), GIB(3) + 1, GIB(7) + 12345, GIB(64) - 1 };
	int fd = **(int **)state;
	uint64_t at;

	assert_int_equal(ftruncate(fd, (off_t)GIB(64)), 0);
	assert_int_equal(data_find(fd, GIB(64), &at), 0);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		put(fd, places[i], 1);
		assert_int_equal(data_find(fd, GIB(64), &at), 1);
		assert_int_equal(at, places[i]);
		assert_int_equal(data_clear(fd, GIB(64)), 0);
		assert_int_equal(data_find(fd, GIB(64), &at), 0);
	}
}

/* An image with a lot in its middle and nothing at its ends. */
static void data_in_the_middle_counts(void **state)
{
	int fd = **(int **)state;
	struct stat st;
	uint64_t at;

	assert_int_equal(ftruncate(fd, (off_t)GIB(1)), 0);
	put(fd, MIB(481), MIB(62));
	assert_int_equal(data_find(fd, GIB(1), &at), 1);
	assert_int_equal(at, MIB(481));
	assert_int_equal(data_clear(fd, GIB(1)), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_blocks, 0);
	assert_int_equal(st.st_size, GIB(1));
}

/* 4 GiB are read every 4 MiB: what is that long cannot hide. */
static void what_spans_the_distance_of_two_blocks_is_found(void **state)
{
	int fd = **(int **)state;
	uint64_t at, place = MIB(9);

	is_dense = true;
	assert_int_equal(ftruncate(fd, (off_t)GIB(4)), 0);
	for (int i = 0; i < 20; i++) {
		place = (place * 6364136223846793005 + 1442695040888963407) % (GIB(4) - MIB(5));
		put(fd, place, MIB(4));
		assert_int_equal(data_find(fd, GIB(4), &at), 1);
		assert_in_range(at, place, place + MIB(4));
		assert_int_equal(data_clear(fd, GIB(4)), 0);
		assert_int_equal(data_find(fd, GIB(4), &at), 0);
		is_dense = false;
		assert_int_equal(data_clear(fd, GIB(4)), 0);
		is_dense = true;
	}
}

static void time_is_bounded(void **state)
{
	int fd = **(int **)state;
	uint64_t at;

	is_dense = true;
	assert_int_equal(ftruncate(fd, (off_t)GIB(4000)), 0);
	assert_int_equal(data_find(fd, GIB(4000), &at), 0);
	assert_in_range(bytes_read, MIB(9 + 63), MIB(9 + 65));
}

static void up_to_64_mib_all_is_read(void **state)
{
	int fd = **(int **)state;
	uint64_t at;

	is_dense = true;
	assert_int_equal(ftruncate(fd, (off_t)MIB(64)), 0);
	for (uint64_t place = KIB(3); place < MIB(64); place += KIB(999)) {
		put(fd, place, 1);
		assert_int_equal(data_find(fd, MIB(64), &at), 1);
		assert_int_equal(at, place);
		assert_int_equal(data_clear(fd, MIB(64)), 0);
		assert_int_equal(data_find(fd, MIB(64), &at), 0);
	}
}

static void odd_sizes_are_read_to_their_end(void **state)
{
	static const uint64_t sizes[] = { MIB(1), MIB(1) + 1, MIB(8) + 5, MIB(9) + 4095,
					  MIB(77) + 513 };
	int fd = **(int **)state;
	uint64_t at;

	is_dense = true;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(ftruncate(fd, (off_t)sizes[i]), 0);
		assert_int_equal(data_find(fd, sizes[i], &at), 0);
		put(fd, sizes[i] - 1, 1);
		assert_int_equal(data_find(fd, sizes[i], &at), 1);
		assert_int_equal(at, sizes[i] - 1);
		assert_int_equal(data_clear(fd, sizes[i]), 0);
		is_dense = false;
		assert_int_equal(lseek(fd, 0, SEEK_END), sizes[i]);
		is_dense = true;
	}
}

static void a_bad_block_is_left_out_but_not_at_the_edges(void **state)
{
	int fd = **(int **)state;
	uint64_t at;

	is_dense = true;
	assert_int_equal(ftruncate(fd, (off_t)MIB(64)), 0);
	failing_from = MIB(30);
	failing_to = MIB(31);
	assert_int_equal(data_find(fd, MIB(64), &at), 0);
	put(fd, MIB(40), 1);
	assert_int_equal(data_find(fd, MIB(64), &at), 1);
	failing_from = 0;
	assert_int_equal(data_find(fd, MIB(64), &at), -EIO);
}

static void memory_is_looked_at_in_the_same_places(void **state)
{
	unsigned char *memory = mmap(NULL, GIB(2), PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uint64_t at;

	(void)state;
	assert_ptr_not_equal(memory, MAP_FAILED);
	assert_int_equal(data_find_mapped(memory, GIB(2), &at), 0);
	memset(memory + MIB(1500) + 7, 'x', MIB(2));
	assert_int_equal(data_find_mapped(memory, GIB(2), &at), 1);
	assert_in_range(at, MIB(1500) + 7, MIB(1502) + 7);
	data_clear_mapped(memory, GIB(2));
	assert_int_equal(data_find_mapped(memory, GIB(2), &at), 0);
	munmap(memory, GIB(2));
}

int main(void)
{
#define ON_FILE(test) cmocka_unit_test_setup_teardown(test, make_file, close_file)
	const struct CMUnitTest tests[] = {
		ON_FILE(of_a_sparse_file_all_is_read),
		ON_FILE(data_in_the_middle_counts),
		ON_FILE(what_spans_the_distance_of_two_blocks_is_found),
		ON_FILE(time_is_bounded),
		ON_FILE(up_to_64_mib_all_is_read),
		ON_FILE(odd_sizes_are_read_to_their_end),
		ON_FILE(a_bad_block_is_left_out_but_not_at_the_edges),
		cmocka_unit_test(memory_is_looked_at_in_the_same_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
