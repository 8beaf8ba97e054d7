// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <errno.h>
#include <stdio.h>
#include <sys/sysmacros.h>

#include "target/devnode.h"

/* Files of /sys: a disk 259:0 and its partition 259:1. */
struct fact {
	const char *path;
	uint64_t value;
};
static struct fact facts[3];

int __wrap_sysfs_u64(uint64_t *value, const char *fmt, ...);
int __wrap_sysfs_u64(uint64_t *value, const char *fmt, ...)
{
	char path[256];
	va_list arguments;

	va_start(arguments, fmt);
	vsnprintf(path, sizeof(path), fmt, arguments);
	va_end(arguments);
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		if (facts[i].path && !strcmp(path, facts[i].path)) {
			*value = facts[i].value;
			return 0;
		}
	return -ENOENT;
}

static void alignment_of_the_first_byte(void **state)
{
	(void)state;
	facts[0] = (struct fact){ "/sys/dev/block/259:0/device/resource", 0x140000000 };
	assert_true(devnode_block_align(makedev(259, 0)) == 1 << 30);
	facts[0].value = 0x140200000;
	assert_true(devnode_block_align(makedev(259, 0)) == 2 << 20);
	facts[0].value = 0;
	assert_true(devnode_block_align(makedev(259, 0)) == 0);
	/* A partition begins at a sector of its disk. */
	facts[0] = (struct fact){ "/sys/dev/block/259:1/../device/resource", 0x140000000 };
	facts[1] = (struct fact){ "/sys/dev/block/259:1/start", 2048 };
	assert_true(devnode_block_align(makedev(259, 1)) == 1 << 20);
	facts[1].value = 4096;
	assert_true(devnode_block_align(makedev(259, 1)) == 2 << 20);
	assert_true(devnode_block_align(makedev(8, 0)) == 0);
}

static void dax_of_the_disk(void **state)
{
	(void)state;
	facts[0] = (struct fact){ "/sys/dev/block/259:0/queue/dax", 1 };
	facts[1] = (struct fact){ "/sys/dev/block/259:1/../queue/dax", 1 };
	facts[2] = (struct fact){ "/sys/dev/block/8:0/queue/dax", 0 };
	assert_true(devnode_is_dax_capable(makedev(259, 0)));
	assert_true(devnode_is_dax_capable(makedev(259, 1)));
	assert_false(devnode_is_dax_capable(makedev(8, 0)));
	assert_false(devnode_is_dax_capable(makedev(8, 1)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alignment_of_the_first_byte),
		cmocka_unit_test(dax_of_the_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
