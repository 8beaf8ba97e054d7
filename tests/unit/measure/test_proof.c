// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "measure/proof.h"

#define PAGES	10
#define THREADS 3

static const struct cell_config plain = { .pages = PAGES, .threads = THREADS };

/* What a load reports. */
static int error_of_load;
static bool keeps_cpus = true;

int __wrap_load_error(const struct load *load);
int __wrap_load_error(const struct load *load)
{
	(void)load;
	return error_of_load;
}

bool __wrap_load_keeps_cpus(const struct load *load);
bool __wrap_load_keeps_cpus(const struct load *load)
{
	(void)load;
	return keeps_cpus;
}

struct proved {
	struct fault_outcome outcomes[THREADS];
	struct proof proof;
	struct verdict verdict;
};

static void fill(struct proved *proved)
{
	*proved = (struct proved){ .proof.load_bytes = U64_ABSENT,
				   .proof.load_operations = U64_ABSENT };
	for (int i = 0; i < THREADS; i++)
		proved->outcomes[i] = (struct fault_outcome){ .faults = PAGES,
							      .is_locked = true,
							      .cpu = i,
							      .begin_load_bytes = 200 - 10 * i,
							      .end_load_bytes = 200 + 10 * i };
}

static int prove(struct proved *proved, const struct cell_config *config)
{
	return proof_of_faults(config, proved->outcomes, &proved->proof, &proved->verdict);
}

static void a_fault_for_each_access(void **state)
{
	struct proved proved;

	(void)state;
	fill(&proved);
	assert_int_equal(prove(&proved, &plain), 0);
	assert_int_equal(proved.proof.faults_expected, PAGES * THREADS);
	assert_int_equal(proved.proof.faults_observed, PAGES * THREADS);
	assert_int_equal(proved.verdict.warnings.count, 0);
	proved.outcomes[1].is_locked = false;
	assert_int_equal(prove(&proved, &plain), 0);
	assert_int_equal(proved.verdict.warnings.count, 1);
	assert_non_null(strstr(proved.verdict.warnings.items[0], "RLIMIT_MEMLOCK"));
	strings_free(&proved.verdict.warnings);
}

/* Also where the sum is right: each thread has its own pages. */
static void another_number_of_faults(void **state)
{
	struct proved proved;

	(void)state;
	fill(&proved);
	proved.outcomes[2].faults = PAGES - 1;
	assert_int_equal(prove(&proved, &plain), -EIO);
	assert_string_equal(proved.verdict.reason,
			    "30 accesses took 29 faults: one fault served several pages");
	fill(&proved);
	proved.outcomes[2].faults = PAGES + 1;
	assert_int_equal(prove(&proved, &plain), -EIO);
	assert_string_equal(
		proved.verdict.reason,
		"30 accesses took 31 faults: other memory of the thread took faults too");
	fill(&proved);
	proved.outcomes[1].faults = PAGES - 1;
	proved.outcomes[2].faults = PAGES + 1;
	assert_int_equal(prove(&proved, &plain), -EIO);
}

static void more_faults_beside_a_write(void **state)
{
	struct cell_config config = plain;
	struct proved proved;

	(void)state;
	config.remap = REMAP_WRITE;
	fill(&proved);
	proved.outcomes[1].faults = PAGES + 4;
	assert_int_equal(prove(&proved, &config), 0);
	assert_int_equal(proved.proof.faults_observed, PAGES * THREADS + 4);
	assert_int_equal(proved.verdict.warnings.count, 1);
	strings_free(&proved.verdict.warnings);
	proved.outcomes[1].faults = PAGES - 1;
	assert_int_equal(prove(&proved, &config), -EIO);
}

static void no_fault_after_the_read(void **state)
{
	struct cell_config config = plain;
	struct proved proved;

	(void)state;
	config.access = ACCESS_READ_THEN_WRITE;
	fill(&proved);
	for (int i = 0; i < THREADS; i++)
		proved.outcomes[i].faults = 0;
	assert_int_equal(prove(&proved, &config), -EOPNOTSUPP);
	assert_int_equal(proved.verdict.status, CELL_SKIPPED);
	proved.outcomes[0].faults = 1;
	assert_int_equal(prove(&proved, &config), -EIO);
}

static void errors_of_a_thread(void **state)
{
	static const struct {
		int error, code;
		const char *says;
	} rows[] = {
		{ -EINTR, 0, "interrupted" },
		{ -EFAULT, BUS_ADRERR,
		  "SIGBUS at page 7 of 10, offset 28672 of the file: there is" },
		{ -EFAULT, BUS_MCEERR_AR, "the memory there has failed (BUS_MCEERR_AR)" },
		{ -ERANGE, 0, "the clock ran backwards at page 7 of 10" },
		{ -EXDEV, 0, "CPU 1 was taken away" },
		{ -EINVAL, 0, "put a thread on CPU 1, without capabilities: Invalid argument (is" },
		{ -EPERM, 0, "put a thread on CPU 1, without capabilities: Operation not" },
	};
	struct proved proved;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fill(&proved);
		proved.outcomes[1].error = rows[i].error;
		proved.outcomes[1].error_code = rows[i].code;
		proved.outcomes[1].error_page = 7;
		proved.outcomes[1].error_offset = 7 * 4096;
		assert_int_equal(prove(&proved, &plain), -EIO);
		if (!strstr(proved.verdict.reason, rows[i].says))
			fail_msg("%d says '%s'", rows[i].error, proved.verdict.reason);
		assert_true(proved.proof.faults_observed == U64_ABSENT);
	}
}

static int prove_load(struct proved *proved, int kind)
{
	const struct load load = { .kind = kind };

	return proof_of_load(&load, proved->outcomes, THREADS, &proved->proof, &proved->verdict);
}

/* From before the first fault of any thread until after the last. */
static void what_the_load_did(void **state)
{
	struct proved proved;

	(void)state;
	fill(&proved);
	assert_int_equal(prove_load(&proved, LOAD_COPY), 0);
	assert_int_equal(proved.proof.load_bytes, 40);
	assert_true(proved.proof.load_operations == U64_ABSENT);
	fill(&proved);
	assert_int_equal(prove_load(&proved, LOAD_CREATE), 0);
	assert_int_equal(proved.proof.load_operations, 40);
	assert_true(proved.proof.load_bytes == U64_ABSENT);
}

static void a_load_that_was_none(void **state)
{
	struct proved proved;

	(void)state;
	fill(&proved);
	for (int i = 0; i < THREADS; i++)
		proved.outcomes[i].begin_load_bytes = proved.outcomes[i].end_load_bytes = 77;
	assert_int_equal(prove_load(&proved, LOAD_COPY), -EIO);
	assert_int_equal(proved.proof.load_bytes, 0);
	assert_non_null(strstr(proved.verdict.reason, "the load moved nothing"));
	fill(&proved);
	error_of_load = -ENOSPC;
	assert_int_equal(prove_load(&proved, LOAD_COPY), -EIO);
	error_of_load = 0;
	assert_string_equal(proved.verdict.reason, "the load ended: No space left on device");
	fill(&proved);
	keeps_cpus = false;
	assert_int_equal(prove_load(&proved, LOAD_COPY), -EIO);
	keeps_cpus = true;
	assert_non_null(strstr(proved.verdict.reason, "the load ran on other CPUs"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fault_for_each_access),
		cmocka_unit_test(another_number_of_faults),
		cmocka_unit_test(more_faults_beside_a_write),
		cmocka_unit_test(no_fault_after_the_read),
		cmocka_unit_test(errors_of_a_thread),
		cmocka_unit_test(what_the_load_did),
		cmocka_unit_test(a_load_that_was_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
