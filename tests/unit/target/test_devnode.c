// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "target/devnode.h"

static char root[] = "/tmp/syncfault-devnode-XXXXXX";

static int make_root(void **state)
{
	(void)state;
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", root);
	return system(command);
}

static void shell(const char *words)
{
	char command[512];

	snprintf(command, sizeof(command), "cd %s && %s", root, words);
	assert_int_equal(system(command), 0);
}

static void assert_told(const char *folder, int expected, const char *where)
{
	char path[256], text[8] = "before";

	snprintf(path, sizeof(path), "%s/%s", root, folder);
	assert_int_equal(devnode_struct_pages(path, text, sizeof(text)), expected);
	assert_string_equal(text, where);
}

/* As e820's namespaces look under Linux 6.12, at first and after ndctl create-namespace. */
static void by_what_drives_the_namespace(void **state)
{
	(void)state;
	shell("mkdir -p r0/pfn0.0/block/pmem0/pmem0p1 r0/namespace0.0 r1/namespace1.0/block/pmem1 "
	      "r2/dax2.0/dax2.0 r3/namespace3.0/block/pmem3 r3/pfn3.0");
	shell("echo pmem >r0/pfn0.0/mode; echo memory >r0/namespace0.0/mode; "
	      "echo memory >r1/namespace1.0/mode; echo ram >r2/dax2.0/mode; "
	      "echo raw >r3/namespace3.0/mode; echo none >r3/pfn3.0/mode; "
	      "ln -s r0/pfn0.0/block/pmem0 259:0");
	assert_told("r0/pfn0.0/block/pmem0", 0, "pmem");
	assert_told("r0/pfn0.0/block/pmem0/pmem0p1", 0, "pmem");
	assert_told("259:0", 0, "pmem");
	assert_told("r1/namespace1.0/block/pmem1", 0, "ram");
	assert_told("r2/dax2.0/dax2.0", 0, "ram");
	assert_told("r3/namespace3.0/block/pmem3", 0, "none");
	shell("echo ram >r0/pfn0.0/mode; echo pmem >r2/dax2.0/mode");
	assert_told("259:0", 0, "ram");
	assert_told("r2/dax2.0/dax2.0", 0, "pmem");
}

static void devices_that_do_not_tell(void **state)
{
	(void)state;
	shell("mkdir -p r4/btt4.0/block/pmem4s r5/pfn5.0/block/pmem5 virtual/block/loop0 r6/pfn6.0; "
	      "echo none >r5/pfn5.0/mode; echo pmem >virtual/mode; : >r6/pfn6.0/mode");
	assert_told("r4/btt4.0/block/pmem4s", -ENODATA, "");
	assert_told("r5/pfn5.0/block/pmem5", -ENODATA, "");
	assert_told("virtual/block/loop0", -ENODATA, "");
	assert_told("r6/pfn6.0", -ENODATA, "");
	assert_told("nothing", -ENOENT, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_what_drives_the_namespace),
		cmocka_unit_test(devices_that_do_not_tell),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
