// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "probes/kallsyms.h"
#include "probes/probes.h"

/* In place of the kernel's: out of order, and with symbols that are not functions. */
static const char *modules = "ext4 1130496 1 - Live 0x0000000000000000\n";
static const char *symbols = "ffffffff81000100 t second\n"
			     "ffffffff81000000 T first\n"
			     "ffffffff81000080 D data\n"
			     "ffffffff81000200 W weak\n"
			     "ffffffff90000000 B bss\n"
			     "ffffffffc0000000 t ext4_first\t[ext4]\n"
			     "ffffffffc0000040 w ext4_second\t[ext4]\n";
static int loads;

int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
	bool is_symbols = !strcmp(path, "/proc/kallsyms");
	const char *text = is_symbols ? symbols : modules;
	int fd = memfd_create("text", 0);

	(void)flags;
	assert_true(is_symbols || !strcmp(path, "/proc/modules"));
	loads += is_symbols;
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static void assert_at(uint64_t address, const char *name, uint64_t wanted_end)
{
	uint64_t end = 0;
	const struct kallsym *symbol = kallsyms_at(address, &end);

	if (!name) {
		assert_null(symbol);
		return;
	}
	assert_non_null(symbol);
	assert_string_equal(symbol->name, name);
	assert_true(end == wanted_end);
}

static void functions_by_name(void **state)
{
	(void)state;
	assert_int_equal(kallsyms_load(), 0);
	assert_true(kallsyms_find("first")->address == 0xffffffff81000000);
	assert_string_equal(kallsyms_find("first")->module, "");
	assert_non_null(kallsyms_find("weak"));
	assert_non_null(kallsyms_find("ext4_second"));
	assert_true(kallsyms_find("weak")->address == 0xffffffff81000200);
	assert_string_equal(kallsyms_find("ext4_first")->module, "ext4");
	assert_string_equal(kallsyms_find("ext4_second")->module, "ext4");
	assert_null(kallsyms_find("data"));
	assert_null(kallsyms_find("ext4"));
}

static void functions_by_address(void **state)
{
	(void)state;
	assert_int_equal(kallsyms_load(), 0);
	assert_at(0xffffffff80ffffff, NULL, 0);
	assert_at(0xffffffff81000000, "first", 0xffffffff81000100);
	assert_at(0xffffffff810000ff, "first", 0xffffffff81000100);
	assert_at(0xffffffff81000100, "second", 0xffffffff81000200);
	assert_at(0xffffffffbfffffff, "weak", 0xffffffffc0000000);
	assert_at(0xffffffffc0000040, "ext4_second", UINT64_MAX);
	assert_at(UINT64_MAX, "ext4_second", UINT64_MAX);
}

static void assert_symbol(uint64_t address, const char *expected)
{
	char text[64];

	probes_symbol(address, text, sizeof(text));
	assert_string_equal(text, expected);
}

/* Far behind a function is something else, such as a BPF program. */
static void names_of_frames(void **state)
{
	(void)state;
	assert_int_equal(kallsyms_load(), 0);
	assert_symbol(0xffffffff81000110, "second+0x10");
	assert_symbol(0xffffffffc0000044, "ext4_second+0x4 [ext4]");
	assert_symbol(0xffffffff810fffff + 0x200, "weak+0xfffff");
	assert_symbol(0xffffffff81100000 + 0x200, "0xffffffff81100200");
	assert_symbol(0x1000, "0x1000");
}

/* Counts of users come and go; a module that does takes its functions with it. */
static void modules_that_come_and_go(void **state)
{
	(void)state;
	assert_int_equal(kallsyms_load(), 0);
	loads = 0;
	modules = "ext4 1130496 7 - Live 0x0000000000000000\n";
	assert_int_equal(kallsyms_load(), 0);
	assert_int_equal(loads, 0);
	modules = "";
	symbols = "ffffffff81000000 T first\n";
	assert_int_equal(kallsyms_load(), 0);
	assert_int_equal(loads, 1);
	assert_null(kallsyms_find("ext4_first"));
	assert_at(0xffffffff81000100, "first", UINT64_MAX);
}

/* As users without CAP_SYSLOG see them: names are known, and nothing by address. */
static void addresses_that_are_hidden(void **state)
{
	(void)state;
	modules = "xfs 1 1 - Live 0x0000000000000000\n";
	symbols = "0000000000000000 T first\n0000000000000000 t second\n";
	assert_int_equal(kallsyms_load(), 0);
	assert_true(kallsyms_find("second")->address == 0);
	assert_at(0xffffffff81000100, NULL, 0);
	assert_symbol(0xffff, "0xffff");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_by_name),
		cmocka_unit_test(functions_by_address),
		cmocka_unit_test(names_of_frames),
		cmocka_unit_test(modules_that_come_and_go),
		cmocka_unit_test(addresses_that_are_hidden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
