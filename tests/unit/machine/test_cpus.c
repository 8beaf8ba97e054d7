// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../capture.h"
#include "machine/cpus.h"

/* A machine of its own: CPUs 0 to 3, 8 and 9. */
static struct cpus six(void)
{
	return (struct cpus){ .allowed = { 0, 1, 2, 3, 8, 9 }, .allowed_count = 6 };
}

static void what_is_allowed_here(void **state)
{
	struct cpus cpus;
	cpu_set_t set;

	(void)state;
	assert_int_equal(cpus_read(&cpus), 0);
	assert_int_equal(sched_getaffinity(0, sizeof(set), &set), 0);
	assert_int_equal(cpus.allowed_count, CPU_COUNT(&set));
	assert_int_equal(cpus.chosen_count, 0);
	for (size_t i = 0; i < cpus.allowed_count; i++) {
		assert_true(CPU_ISSET(cpus.allowed[i], &set));
		assert_true(i == 0 || cpus.allowed[i] > cpus.allowed[i - 1]);
	}
}

static void threads_go_from_the_last_to_the_first(void **state)
{
	static const int expected[] = { 9, 8, 3, 2, 1, 0, 9, 8 };
	struct cpus cpus = six();

	(void)state;
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(cpus_of_thread(&cpus, i), expected[i]);
}

static void lists(void **state)
{
	static const struct {
		const char *list;
		size_t count;
		int first, last;
	} rows[] = {
		{ "2", 1, 2, 2 },     { "2,3", 2, 2, 3 }, { "0-3", 4, 0, 3 }, { "9,0-1", 3, 9, 1 },
		{ "8-9,0", 3, 8, 0 }, { "3-3", 1, 3, 3 }, { "1,1", 2, 1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cpus cpus = six();

		assert_int_equal(cpus_choose(&cpus, rows[i].list), 0);
		assert_int_equal(cpus.chosen_count, rows[i].count);
		assert_int_equal(cpus_of_thread(&cpus, 0), rows[i].first);
		assert_int_equal(cpus_of_thread(&cpus, rows[i].count - 1), rows[i].last);
		assert_int_equal(cpus_of_thread(&cpus, rows[i].count), rows[i].first);
	}
}

static void no_lists(void **state)
{
	static const char *const lists[] = { "",
					     ",",
					     "1,",
					     ",1",
					     "a",
					     "1a",
					     "-1",
					     "1-",
					     "3-1",
					     "1--2",
					     "1-2-3",
					     " 1",
					     "1 ",
					     "+1",
					     "0x1",
					     "4",
					     "2-8",
					     "99999999999999999999",
					     "0-99999999999999999999",
					     "4294967296",
					     "\033[2J" };

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct capture capture;
		struct cpus cpus = six();
		int ret;

		capture_begin(&capture, STDERR_FILENO);
		ret = cpus_choose(&cpus, lists[i]);
		capture_end(&capture);
		if (ret != -EINVAL || !is_one_line(capture.text))
			fail_msg("'%s' gives %d: %s", lists[i], ret, capture.text);
	}
}

static void the_load_gets_what_is_left(void **state)
{
	struct cpus cpus = six();
	cpu_set_t set;

	(void)state;
	assert_true(cpus_for_load(&cpus, 2, &set));
	assert_int_equal(CPU_COUNT(&set), 4);
	assert_false(CPU_ISSET(9, &set));
	assert_false(CPU_ISSET(8, &set));
	assert_true(CPU_ISSET(0, &set));
	assert_int_equal(cpus_choose(&cpus, "0"), 0);
	assert_true(cpus_for_load(&cpus, 1, &set));
	assert_int_equal(CPU_COUNT(&set), 5);
	assert_false(CPU_ISSET(0, &set));
	/* Three threads on one chosen CPU leave the others. */
	assert_true(cpus_for_load(&cpus, 3, &set));
	assert_int_equal(CPU_COUNT(&set), 5);
}

static void nothing_is_left_for_the_load(void **state)
{
	struct cpus cpus = six(), one = { .allowed = { 5 }, .allowed_count = 1 };
	cpu_set_t set;

	(void)state;
	assert_false(cpus_for_load(&cpus, 6, &set));
	assert_int_equal(CPU_COUNT(&set), 6);
	assert_false(cpus_for_load(&cpus, 1000, &set));
	assert_false(cpus_for_load(&one, 1, &set));
	assert_int_equal(CPU_COUNT(&set), 1);
	assert_true(CPU_ISSET(5, &set));
}

/* A thread may have fewer CPUs than it was given, and not one more. */
static void a_thread_keeps_to_its_cpus(void **state)
{
	cpu_set_t set, first;
	int cpu = 0;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(set), &set), 0);
	assert_true(cpus_keep_to(0, &set));
	while (!CPU_ISSET(cpu, &set))
		cpu++;
	CPU_ZERO(&first);
	CPU_SET(cpu, &first);
	if (CPU_COUNT(&set) > 1)
		assert_false(cpus_keep_to(0, &first));
	assert_int_equal(sched_setaffinity(0, sizeof(first), &first), 0);
	assert_true(cpus_keep_to(0, &set));
	assert_true(cpus_keep_to(0, &first));
	CPU_ZERO(&first);
	assert_false(cpus_keep_to(0, &first));
	assert_int_equal(sched_setaffinity(0, sizeof(set), &set), 0);
}

/* That it ended is for others to notice. */
static void a_thread_that_is_gone_left_no_cpu(void **state)
{
	pid_t child = fork();
	cpu_set_t none;

	(void)state;
	if (child == 0)
		_exit(0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	CPU_ZERO(&none);
	assert_true(cpus_keep_to(child, &none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_allowed_here),
		cmocka_unit_test(threads_go_from_the_last_to_the_first),
		cmocka_unit_test(lists),
		cmocka_unit_test(no_lists),
		cmocka_unit_test(the_load_gets_what_is_left),
		cmocka_unit_test(nothing_is_left_for_the_load),
		cmocka_unit_test(a_thread_keeps_to_its_cpus),
		cmocka_unit_test(a_thread_that_is_gone_left_no_cpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
