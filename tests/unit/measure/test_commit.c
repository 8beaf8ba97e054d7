// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "measure/commit.h"

#define PAGE 4096

static char ext4[] = "ext4", tmpfs[] = "tmpfs", anonymous[] = "anonymous", none[] = "";

static struct cell_config config_of(int commit)
{
	return (struct cell_config){
		.fs = ext4,
		.mkfs_options = none,
		.mount_options = none,
		.state = STATE_WRITTEN,
		.commit = commit,
		.pages = 10,
		.threads = 2,
	};
}

static void assert_skipped(const struct cell_config *config, const char *reason)
{
	struct verdict verdict = { 0 };

	assert_int_equal(commit_check(config, &verdict), -EOPNOTSUPP);
	assert_int_equal(verdict.status, CELL_SKIPPED);
	assert_non_null(strstr(verdict.reason, reason));
}

static void what_can_be_durable(void **state)
{
	struct verdict verdict = { 0 };

	(void)state;
	for (int commit = COMMIT_NONE; commit <= COMMIT_PWRITE_DSYNC; commit++) {
		struct cell_config config = config_of(commit);

		assert_int_equal(commit_check(&config, &verdict), 0);
	}
	assert_int_equal(verdict.status, CELL_OK);
}

static void a_flush_needs_dax_and_blocks(void **state)
{
	struct cell_config config = config_of(COMMIT_FLUSH);
	struct verdict verdict = { 0 };

	(void)state;
	config.state = STATE_HOLE;
	assert_skipped(&config, "that takes MAP_SYNC");
	config.state = STATE_UNWRITTEN;
	assert_skipped(&config, "that takes MAP_SYNC");
	config.sync = SYNC_MAP_SYNC;
	assert_int_equal(commit_check(&config, &verdict), 0);
	config.dax = DAX_NEVER;
	assert_skipped(&config, "on the page cache");
}

static void what_nothing_makes_durable(void **state)
{
	(void)state;
	for (int commit = COMMIT_FLUSH; commit <= COMMIT_PWRITE_DSYNC; commit++) {
		struct cell_config config = config_of(commit);

		config.access = ACCESS_READ;
		assert_skipped(&config, "a read stores nothing");
		config.access = ACCESS_WRITE;
		config.fs = tmpfs;
		assert_skipped(&config, "nothing makes tmpfs memory durable");
		config.fs = anonymous;
		assert_skipped(&config, "nothing makes anonymous memory durable");
	}
}

static void a_pwrite_has_no_mapping(void **state)
{
	struct cell_config config = config_of(COMMIT_PWRITE_DSYNC);

	(void)state;
	config.sync = SYNC_MAP_SYNC;
	assert_skipped(&config, "no MAP_SYNC");
	config.sync = SYNC_NONE;
	config.page = PAGE_2M;
	assert_skipped(&config, "no page size");
	config.page = PAGE_4K;
	config.access = ACCESS_READ_THEN_WRITE;
	assert_skipped(&config, "no read before it");
}

static void pwrites_are_synchronous(void **state)
{
	struct cell_config config = config_of(COMMIT_PWRITE_DSYNC);
	char path[] = "/tmp/syncfault-commit-XXXXXX";
	struct mapping mapping = { 0 };
	struct verdict verdict = { 0 };
	struct commit commit;
	int fd = mkstemp(path), own;

	(void)state;
	assert_true(fd >= 0);
	unlink(path);
	assert_int_equal(commit_open(&commit, &config, fd, &mapping, &verdict), 0);
	assert_int_not_equal(commit.fd, fd);
	assert_true(fcntl(commit.fd, F_GETFL) & O_DSYNC);
	assert_int_equal(pwrite(commit.fd, "1", 1, 7), 1);
	assert_int_equal(lseek(fd, 0, SEEK_END), 8);
	own = commit.fd;
	commit_close(&commit);
	assert_int_equal(commit.fd, -1);
	assert_int_equal(fcntl(own, F_GETFD), -1);
	close(fd);
}

static void a_borrowed_descriptor_stays_open(void **state)
{
	struct cell_config config = config_of(COMMIT_FDATASYNC);
	int fd = memfd_create("pages", MFD_CLOEXEC);
	struct mapping mapping = { 0 };
	struct verdict verdict = { 0 };
	struct commit commit;

	(void)state;
	assert_int_equal(commit_open(&commit, &config, fd, &mapping, &verdict), 0);
	assert_int_equal(commit.fd, fd);
	commit_close(&commit);
	assert_int_equal(close(fd), 0);
}

/* Either libpmem2 flushes a mapping that is not its own, or the build has none and says so. */
static void flushing(void **state)
{
	struct cell_config config = config_of(COMMIT_FLUSH);
	int fd = memfd_create("pages", MFD_CLOEXEC);
	struct mapping mapping = { .bytes = PAGE };
	struct verdict verdict = { 0 };
	struct commit commit;
	int ret;

	(void)state;
	assert_int_equal(ftruncate(fd, PAGE), 0);
	mapping.base = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ret = commit_open(&commit, &config, fd, &mapping, &verdict);
	if (ret) {
		assert_int_equal(ret, -EOPNOTSUPP);
		assert_non_null(strstr(verdict.reason, "built without libpmem2"));
	} else {
		mapping.base[5] = 1;
		commit.flush.persist(mapping.base + 5, 1);
	}
	commit_close(&commit);
	mapping.base[5] = 2; /* still mapped */
	munmap(mapping.base, PAGE);
	close(fd);
}

static void the_instruction_follows_libpmem2s_rule(void **state)
{
	(void)state;
#if defined(__x86_64__)
	setenv("PMEM_NO_CLWB", "1", 1);
	assert_string_not_equal(flush_instruction(), "clwb");
	setenv("PMEM_NO_CLFLUSHOPT", "1", 1);
	assert_string_equal(flush_instruction(), "clflush");
	unsetenv("PMEM_NO_CLWB");
	unsetenv("PMEM_NO_CLFLUSHOPT");
	assert_non_null(flush_instruction());
#else
	assert_null(flush_instruction());
#endif
}

static struct fault_outcome outcome_of(uint64_t faults, uint64_t commits)
{
	return (struct fault_outcome){ .faults = faults, .commits = commits, .is_locked = true };
}

static void commits_are_counted(void **state)
{
	struct cell_config config = config_of(COMMIT_MSYNC);
	struct fault_outcome outcomes[] = { outcome_of(10, 10), outcome_of(10, 10) };
	struct verdict verdict = { 0 };
	struct proof proof = { 0 };

	(void)state;
	assert_int_equal(commit_prove_stores(&config, outcomes, &proof, &verdict), 0);
	assert_int_equal(proof.commits, 20);
	outcomes[1].commits = 9;
	assert_int_equal(commit_prove_stores(&config, outcomes, &proof, &verdict), -EIO);
	assert_string_equal(verdict.reason, "20 stores had 19 commits (msync)");
}

static void the_kernels_answer_is_kept(void **state)
{
	struct cell_config config = config_of(COMMIT_MSYNC);
	struct fault_outcome outcomes[] = { outcome_of(1, 0), outcome_of(1, 0) };
	struct verdict refused = { 0 }, broken = { 0 }, later = { 0 };
	struct proof proof = { 0 };

	(void)state;
	outcomes[0].error = outcomes[0].commit_error = -EINVAL;
	assert_int_equal(commit_prove_stores(&config, outcomes, &proof, &refused), -EOPNOTSUPP);
	assert_string_equal(refused.reason, "msync: Invalid argument");
	outcomes[0].error = outcomes[0].commit_error = -EIO;
	outcomes[0].commits = 3;
	assert_int_equal(commit_prove_stores(&config, outcomes, &proof, &broken), -EIO);
	assert_string_equal(broken.reason, "msync after 3 stores: Input/output error");
	/* What it did three times it can do: this does not count as a refusal. */
	outcomes[0].error = outcomes[0].commit_error = -EINVAL;
	assert_int_equal(commit_prove_stores(&config, outcomes, &proof, &later), -EIO);
	assert_string_equal(later.reason, "msync after 3 stores: Invalid argument");
}

static void pwrites_prove_that_nothing_faulted(void **state)
{
	struct cell_config config = config_of(COMMIT_PWRITE_DSYNC);
	struct fault_outcome outcomes[] = { outcome_of(0, 10), outcome_of(0, 10) };
	struct verdict verdict = { 0 };
	struct proof proof = { .faults_expected = U64_ABSENT };

	(void)state;
	assert_int_equal(commit_prove_stores(&config, outcomes, &proof, &verdict), 0);
	assert_int_equal(proof.faults_expected, 0);
	assert_int_equal(proof.faults_observed, 0);
	outcomes[0].faults = 1;
	assert_int_equal(commit_prove_stores(&config, outcomes, &proof, &verdict), -EIO);
}

static void stores_are_read_back(void **state)
{
	struct cell_config config = config_of(COMMIT_MSYNC);
	int fds[] = { memfd_create("one", MFD_CLOEXEC), memfd_create("two", MFD_CLOEXEC) };
	struct proof proof = { .stores_read_back = U64_ABSENT };
	struct verdict verdict = { 0 };
	const char byte = 1;

	(void)state;
	for (off_t i = 0; i < 20; i++)
		assert_int_equal(pwrite(fds[i / 10], &byte, 1, i % 10 * PAGE), 1);
	assert_int_equal(commit_prove_contents(&config, fds, 2, PAGE, &proof, &verdict), 0);
	assert_int_equal(proof.stores_read_back, 20);
	assert_int_equal(pwrite(fds[1], "", 1, 9 * PAGE), 1);
	assert_int_equal(commit_prove_contents(&config, fds, 2, PAGE, &proof, &verdict), -EIO);
	assert_string_equal(verdict.reason, "19 of 20 stores are in the file");
	config.commit = COMMIT_NONE;
	proof.stores_read_back = U64_ABSENT;
	assert_int_equal(commit_prove_contents(&config, fds, 2, PAGE, &proof, &verdict), 0);
	assert_true(proof.stores_read_back == U64_ABSENT);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_can_be_durable),
		cmocka_unit_test(a_flush_needs_dax_and_blocks),
		cmocka_unit_test(what_nothing_makes_durable),
		cmocka_unit_test(a_pwrite_has_no_mapping),
		cmocka_unit_test(pwrites_are_synchronous),
		cmocka_unit_test(a_borrowed_descriptor_stays_open),
		cmocka_unit_test(flushing),
		cmocka_unit_test(the_instruction_follows_libpmem2s_rule),
		cmocka_unit_test(commits_are_counted),
		cmocka_unit_test(the_kernels_answer_is_kept),
		cmocka_unit_test(pwrites_prove_that_nothing_faulted),
		cmocka_unit_test(stores_are_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
