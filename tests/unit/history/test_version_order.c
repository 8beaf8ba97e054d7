// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "history/version_order.h"

/* Ascending. All but the candidate are also what dpkg says. */
static const char *const ascending[] = {
	"5.10",
	"5.14.0-427.13.1.el9_4.x86_64",
	"5.14.0-427.20.1.el9_4.x86_64",
	"6.1~",
	"6.1",
	"6.1.0-9-amd64",
	"6.1.0-47-amd64",
	"6.1.170-3",
	"6.1.192-2",
	"6.1.192-10",
	"6.12.9+bpo-amd64",
	"6.12.10+deb12-amd64",
	"6.12.117-1~deb12u1",
	"6.12.117-1",
	"6.12.117-1a",
	"6.12.117-1+b1",
	"6.100.1",
	"6.99999999999999999999999.1",
	"10.0",
	"1:0.1",
};

#define COUNT (sizeof(ascending) / sizeof(ascending[0]))

static int sign(int order)
{
	return (order > 0) - (order < 0);
}

static void all_pairs_are_in_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT; i++)
		for (size_t j = 0; j < COUNT; j++)
			assert_int_equal(sign(version_compare(ascending[i], ascending[j])),
					 (i > j) - (i < j));
	assert_int_equal(version_compare("6.01", "6.1"), 0);
}

static void dpkg_says_the_same(void **state)
{
	(void)state;
	if (system("command -v dpkg >/dev/null")) {
		print_message("# skip dpkg_says_the_same: no dpkg here\n");
		return;
	}
	for (size_t i = 0; i + 1 < COUNT; i++) {
		char command[256];

		snprintf(command, sizeof(command),
			 "dpkg --compare-versions '%s' lt '%s' >/dev/null 2>&1", ascending[i],
			 ascending[i + 1]);
		assert_int_equal(system(command), 0);
	}
}

static void candidates_come_before_their_release(void **state)
{
	(void)state;
	assert_true(version_compare("6.13.0-rc3", "6.13.0") < 0);
	assert_true(version_compare("6.13.0-rc3", "6.13.0-rc10") < 0);
	assert_true(version_compare("6.13.0-rc3", "6.13.0-rc3-00123-gabcdef012") < 0);
	assert_true(version_compare("6.12.9", "6.13.0-rc1") < 0);
}

static const char *kernel(const char *package, const char *uname_v)
{
	static char buffer[VERSION_SIZE];

	return version_of_kernel(package, uname_v, "6.1.0-47-amd64", buffer, sizeof(buffer));
}

static void a_kernel_is_ordered_by_its_package(void **state)
{
	(void)state;
	assert_string_equal(kernel("linux-image-6.1.0-47-amd64_6.1.170-3", "#1 Debian 1.2-3 (x)"),
			    "6.1.170-3");
	assert_string_equal(kernel(NULL, "#1 SMP Debian 6.1.170-3 (2026-05-08)"), "6.1.170-3");
	assert_string_equal(kernel("none_of_these", "#40-Ubuntu SMP"), "6.1.0-47-amd64");
	assert_string_equal(kernel(NULL, NULL), "6.1.0-47-amd64");
}

static void check_tag(const char *version, const char *wanted)
{
	char buffer[VERSION_SIZE];
	const char *tag = version_tag(version, buffer, sizeof(buffer));

	if (!wanted)
		assert_null(tag);
	else if (!tag)
		fail_msg("%s: no tag", version);
	else
		assert_string_equal(tag, wanted);
}

static void tags_are_those_of_the_stable_tree(void **state)
{
	(void)state;
	check_tag("6.1.170-3", "v6.1.170");
	check_tag("6.12.117-1~deb12u1", "v6.12.117");
	check_tag("6.13.0-rc3", "v6.13-rc3");
	check_tag("6.13.0", "v6.13");
	check_tag("6.13.2", "v6.13.2");
	check_tag("6.13.0-rc3-00123-gabcdef012", "v6.13-rc3");
	check_tag("6.1.0-47-amd64", NULL);
	check_tag("5.14.0-427", NULL);
	check_tag("5.14.0-427.13.1.el9_4.x86_64", NULL);
	check_tag("5.15.0-91-generic", NULL);
	check_tag("next-20240101", NULL);
	check_tag("", NULL);
}

static void check_commit(const char *release, const char *wanted)
{
	char buffer[VERSION_SIZE];
	const char *commit = version_commit(release, buffer, sizeof(buffer));

	if (!wanted)
		assert_null(commit);
	else if (!commit)
		fail_msg("%s: no commit", release);
	else
		assert_string_equal(commit, wanted);
}

static void commits_are_found_in_releases(void **state)
{
	(void)state;
	check_commit("6.13.0-rc3-00123-gabcdef012", "abcdef012");
	check_commit("6.13.0-gabcdef012345-dirty", "abcdef012345");
	check_commit("6.13.0-gabc", NULL);
	check_commit("6.13.0-gabcdef", NULL);
	check_commit("6.13.0-gabcdef0", "abcdef0");
	check_commit("6.13.0-generic", NULL);
	check_commit("g", NULL);
	check_commit("", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_pairs_are_in_order),
		cmocka_unit_test(dpkg_says_the_same),
		cmocka_unit_test(candidates_come_before_their_release),
		cmocka_unit_test(a_kernel_is_ordered_by_its_package),
		cmocka_unit_test(tags_are_those_of_the_stable_tree),
		cmocka_unit_test(commits_are_found_in_releases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
