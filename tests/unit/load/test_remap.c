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
#include <sys/mman.h>
#include <unistd.h>

#include "base/sigbus.h"
#include "load/remap.h"

#define PAGE  4096
#define PAGES 8

struct world {
	struct cell_config config;
	struct workplace place;
	int fd;
	struct mapping mapping;
	struct remap remap;
	struct verdict verdict;
};

/* A file in the current folder, whatever its file system is, of PAGES pages. */
static void set_up(struct world *world, int kind)
{
	*world = (struct world){ .config = { .fs = (char *)(uintptr_t) "any",
					     .mkfs_options = (char *)(uintptr_t) "",
					     .mount_options = (char *)(uintptr_t) "",
					     .dax = DAX_NEVER,
					     .state = STATE_WRITTEN,
					     .remap = kind,
					     .pages = PAGES,
					     .threads = 1 } };
	world->place.dir_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	world->fd = datafile_create(&world->place, NULL);
	assert_true(world->fd >= 0);
	assert_int_equal(ftruncate(world->fd, PAGES * PAGE), 0);
	assert_int_equal(mapping_create(&world->config, world->fd, PAGES * PAGE, &world->mapping,
					&world->verdict),
			 0);
}

static int prepare(struct world *world)
{
	return remap_prepare(&world->remap, &world->config, &world->place, &world->fd,
			     &world->mapping, 1, PAGES * PAGE, PAGE, &world->verdict);
}

static int apply(struct world *world)
{
	cpu_set_t cpus;

	sched_getaffinity(0, sizeof(cpus), &cpus);
	return remap_apply(&world->remap, &cpus, &world->verdict);
}

static void store_all(struct world *world)
{
	for (size_t i = 0; i < PAGES; i++)
		*(volatile char *)(world->mapping.base + i * PAGE) = 1;
}

static void tear_down(struct world *world)
{
	remap_release(&world->remap);
	mapping_destroy(&world->mapping);
	strings_free(&world->verdict.warnings);
	close(world->fd);
	close(world->place.dir_fd);
}

/* Prepares, moves and stores; false if the file system here cannot, which was reported. */
static bool run(struct world *world, int kind)
{
	int ret;

	set_up(world, kind);
	assert_int_equal(prepare(world), 0);
	ret = apply(world);
	if (ret) {
		assert_int_equal(world->verdict.status, CELL_SKIPPED);
		assert_non_null(strstr(world->verdict.reason, remap_words[kind]));
		printf("# skip %s: %s\n", remap_words[kind], world->verdict.reason);
		tear_down(world);
		return false;
	}
	store_all(world);
	return true;
}

static void assert_right(struct world *world)
{
	uint64_t bytes = 0;

	if (remap_verify(&world->remap, &bytes, &world->verdict))
		fail_msg("%s", world->verdict.reason);
	assert_int_equal(bytes, PAGES * PAGE);
}

static void assert_wrong(struct world *world, const char *what)
{
	uint64_t bytes = 0;

	assert_int_not_equal(remap_verify(&world->remap, &bytes, &world->verdict), 0);
	assert_int_equal(world->verdict.status, CELL_FAILED);
	assert_non_null(strstr(world->verdict.reason, what));
}

static void damage(struct world *world, off_t at)
{
	assert_int_equal(pwrite(world->fd, "?", 1, at), 1);
}

/* Skipped where the file system of the current folder cannot move blocks so. */
static void check_kind(int kind)
{
	struct world world;

	if (!run(&world, kind))
		skip();
	assert_right(&world);
	damage(&world, 5 * PAGE + 777);
	assert_wrong(&world, "byte 777 of block 5");
	tear_down(&world);
}

static void test_punch(void **state)
{
	(void)state;
	check_kind(REMAP_PUNCH);
}

static void test_collapse(void **state)
{
	(void)state;
	check_kind(REMAP_COLLAPSE);
}

static void test_insert(void **state)
{
	(void)state;
	check_kind(REMAP_INSERT);
}

static void test_exchange(void **state)
{
	(void)state;
	check_kind(REMAP_EXCHANGE);
}

static void test_reflink(void **state)
{
	struct world world;

	(void)state;
	if (!run(&world, REMAP_REFLINK))
		skip();
	assert_right(&world);
	/* A store that reached the clone as well is what a broken copy-on-write would leave. */
	assert_int_equal(pwrite(world.remap.files[0].peer, "\1", 1, 3 * PAGE), 1);
	assert_wrong(&world, "in the other file: byte 0 of block 3");
	tear_down(&world);
}

static void test_a_lost_store_is_found(void **state)
{
	struct world world;

	(void)state;
	if (!run(&world, REMAP_PUNCH))
		skip();
	assert_int_equal(pwrite(world.fd, "", 1, 2 * PAGE), 1);
	assert_wrong(&world, "byte 0 of block 2 is 0, not 0x1");
	tear_down(&world);
}

static void test_blocks_that_did_not_move_are_found(void **state)
{
	struct world world;

	(void)state;
	set_up(&world, REMAP_COLLAPSE);
	assert_int_equal(prepare(&world), 0);
	store_all(&world);
	assert_wrong(&world, "remap collapse: wrong data, by read");
	tear_down(&world);
}

static void test_a_short_file_is_found(void **state)
{
	struct world world;

	(void)state;
	if (!run(&world, REMAP_PUNCH))
		skip();
	assert_int_equal(ftruncate(world.fd, PAGE), 0);
	assert_wrong(&world, "shorter");
	tear_down(&world);
}

static void test_writes_beside(void **state)
{
	uint64_t writes = 0;
	struct world world;

	(void)state;
	assert_true(run(&world, REMAP_WRITE));
	while (atomic_load(&world.remap.files[0].writes) < 3)
		usleep(100);
	assert_int_equal(remap_stop(&world.remap, &writes, &world.verdict), 0);
	assert_true(writes >= 3);
	assert_right(&world);
	damage(&world, PAGE + 2048);
	assert_wrong(&world, "byte 2048 of block 1 is 0x3f, not 0x5a");
	tear_down(&world);
}

/* Nobody stored to the first page: the writer waits, and that is reported. */
static void test_no_writes_beside(void **state)
{
	uint64_t writes = 7;
	struct world world;

	(void)state;
	set_up(&world, REMAP_WRITE);
	assert_int_equal(prepare(&world), 0);
	assert_int_equal(apply(&world), 0);
	assert_int_not_equal(remap_stop(&world.remap, &writes, &world.verdict), 0);
	assert_int_equal(writes, 0);
	assert_non_null(strstr(world.verdict.reason, "nothing was written beside"));
	tear_down(&world);
}

static void test_reads_that_would_not_fault(void **state)
{
	struct world world;

	(void)state;
	set_up(&world, REMAP_REFLINK);
	world.config.access = ACCESS_READ;
	assert_int_not_equal(prepare(&world), 0);
	assert_int_equal(world.verdict.status, CELL_SKIPPED);
	tear_down(&world);
}

static void test_nothing_moves(void **state)
{
	uint64_t number = 0;
	struct world world;

	(void)state;
	set_up(&world, REMAP_NONE);
	assert_int_equal(prepare(&world), 0);
	assert_int_equal(apply(&world), 0);
	assert_int_equal(remap_stop(&world.remap, &number, &world.verdict), 0);
	assert_true(number == U64_ABSENT);
	assert_int_equal(remap_verify(&world.remap, &number, &world.verdict), 0);
	assert_true(number == U64_ABSENT);
	tear_down(&world);
}

/* A file that has shrunk below its mapping, as one whose blocks cannot be read. */
static void sigbus_is_a_reason(void **state)
{
	struct world world;
	struct sigaction old;

	(void)state;
	set_up(&world, REMAP_WRITE);
	assert_int_equal(ftruncate(world.fd, 3 * PAGE), 0);
	sigbus_enter(&old);
	assert_int_equal(prepare(&world), -EIO);
	sigbus_leave(&old);
	assert_string_equal(world.verdict.reason,
			    "SIGBUS at offset 12289 of the file while pages were touched");
	tear_down(&world);
}

/* As if the block there could not be read any more. */
static void fail_page(const struct world *world, size_t page)
{
	int fd = memfd_create("empty", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_true(mmap(world->mapping.base + page * PAGE, PAGE, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED, fd, 0) != MAP_FAILED);
	close(fd);
}

static void sigbus_while_read_back(void **state)
{
	struct world world;
	struct sigaction old;

	(void)state;
	if (!run(&world, REMAP_PUNCH))
		skip();
	fail_page(&world, 2);
	sigbus_enter(&old);
	assert_wrong(&world, "SIGBUS at offset 8192 of the file while pages were read back");
	sigbus_leave(&old);
	tear_down(&world);
}

static void sigbus_in_the_writer(void **state)
{
	uint64_t writes = 7;
	struct world world;
	struct sigaction old;

	(void)state;
	set_up(&world, REMAP_WRITE);
	assert_int_equal(prepare(&world), 0);
	fail_page(&world, 0);
	sigbus_enter(&old);
	assert_int_equal(apply(&world), 0);
	while (!*(volatile int *)&world.remap.files[0].writer_error)
		usleep(100);
	assert_int_not_equal(remap_stop(&world.remap, &writes, &world.verdict), 0);
	sigbus_leave(&old);
	assert_int_equal(writes, 0);
	assert_string_equal(world.verdict.reason, "write beside the faults: Bad address");
	tear_down(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_punch),
		cmocka_unit_test(test_collapse),
		cmocka_unit_test(test_insert),
		cmocka_unit_test(test_exchange),
		cmocka_unit_test(test_reflink),
		cmocka_unit_test(test_a_lost_store_is_found),
		cmocka_unit_test(test_blocks_that_did_not_move_are_found),
		cmocka_unit_test(test_a_short_file_is_found),
		cmocka_unit_test(test_writes_beside),
		cmocka_unit_test(test_no_writes_beside),
		cmocka_unit_test(test_reads_that_would_not_fault),
		cmocka_unit_test(test_nothing_moves),
		cmocka_unit_test(sigbus_is_a_reason),
		cmocka_unit_test(sigbus_while_read_back),
		cmocka_unit_test(sigbus_in_the_writer),
	};

	return cmocka_run_group_tests_name("remap", tests, NULL, NULL);
}
