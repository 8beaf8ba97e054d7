// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "machine/host.h"
#include "machine/kconfig.h"
#include "machine/memmap.h"

#define NOTE_XEN "\4\0\0\0\2\0\0\0\6\0\0\0Xen\0xy\0\0"
#define NOTE_ID	 "\4\0\0\0\5\0\0\0\3\0\0\0GNU\0\x01\x23\xab\xcd\xef\0\0\0"

static void build_id_is_found(void **state)
{
	static const char notes[] = NOTE_XEN NOTE_ID;
	char id[16];

	(void)state;
	assert_int_equal(host_find_build_id(notes, sizeof(notes) - 1, id, sizeof(id)), 0);
	assert_string_equal(id, "0123abcdef");
	assert_int_equal(host_find_build_id(notes, sizeof(notes) - 1, id, 10), -ENAMETOOLONG);
}

static void broken_notes_end_the_search(void **state)
{
	static const char notes[] = NOTE_XEN NOTE_ID;
	static const char huge[] = "\xff\xff\xff\xff\xff\xff\xff\xff\3\0\0\0GNU\0";
	char id[16];

	(void)state;
	/* Down to where the descriptor is whole, its padding aside. */
	for (size_t length = 0; length < sizeof(notes) - 1 - 3; length++)
		assert_int_equal(host_find_build_id(notes, length, id, sizeof(id)), -ENOENT);
	assert_int_equal(host_find_build_id(huge, sizeof(huge) - 1, id, sizeof(id)), -ENOENT);
}

static void host_tells_the_kernel(void **state)
{
	struct utsname uts;
	struct host host;

	(void)state;
	uname(&uts);
	assert_int_equal(host_read(&host), 0);
	assert_string_equal(host.kernel, uts.release);
	assert_string_equal(host.machine, uts.machine);
	assert_true(host.cpus > 0 && host.cpus != U64_ABSENT);
	assert_true(host.memory_bytes > 1 << 20 && host.memory_bytes != U64_ABSENT);
	assert_int_equal(strncmp(host.libc, "glibc ", 6), 0);
	for (size_t i = 1; i < host.mitigations.count; i++)
		assert_true(strcmp(host.mitigations.items[i - 1], host.mitigations.items[i]) < 0);
	host_free(&host);
	assert_null(host.kernel);
}

static void digest_is_absent_or_whole(void **state)
{
	char digest[KCONFIG_DIGEST_SIZE], value[16];

	(void)state;
	if (kconfig_digest(digest)) {
		assert_int_equal(kconfig_get("CONFIG_MMU", value, sizeof(value)), -ENOENT);
		return;
	}
	assert_int_equal(strlen(digest), 7 + 64);
	assert_int_equal(kconfig_get("CONFIG_MMU", value, sizeof(value)), 0);
	assert_string_equal(value, "y");
	assert_int_equal(kconfig_get("CONFIG_MM", value, sizeof(value)), 0);
	assert_string_equal(value, "n");
}

static void check_memmap(const char *iomem, int expected, const char *parameter)
{
	struct memmap memmap;
	char text[64];

	assert_int_equal(memmap_choose(iomem, &memmap), expected);
	if (!expected)
		assert_string_equal(memmap_format(&memmap, text, sizeof(text)), parameter);
}

static void memmap_fits_the_machine(void **state)
{
	(void)state;
	check_memmap("00001000-0009fbff : System RAM\n"
		     "00100000-bfffffff : System RAM\n"
		     "  01000000-02208d87 : Kernel code\n"
		     "100000000-63fffffff : System RAM\n",
		     0, "memmap=4G!21G");
	check_memmap("00100000-7fffffff : System RAM\n", 0, "memmap=512M!1536M");
	/* Below what a crash kernel has taken of the top, and in no hole. */
	check_memmap("00100000-7fffffff : System RAM\n"
		     "  70000000-7effffff : Crash kernel\n"
		     "80000000-ffffffff : Reserved\n",
		     0, "memmap=512M!1G");
	/* A range that ends where the block begins is not in its way; one byte more is. */
	check_memmap("00100000-7fffffff : System RAM\n"
		     "  50000000-5fffffff : Crash kernel\n",
		     0, "memmap=512M!1536M");
	check_memmap("00100000-7fffffff : System RAM\n"
		     "  50000000-60000000 : Crash kernel\n",
		     0, "memmap=512M!512M");
}

static void memmap_needs_addresses_and_room(void **state)
{
	(void)state;
	check_memmap("00000000-00000000 : System RAM\n"
		     "  00000000-00000000 : Kernel code\n",
		     -EPERM, NULL);
	check_memmap("00100000-1fffffff : System RAM\n", -ERANGE, NULL);
	check_memmap("", -ERANGE, NULL);
	/* 1 GiB less what the firmware keeps will do. */
	check_memmap("00100000-3c0fffff : System RAM\n", 0, "memmap=256M!512M");
	check_memmap("00100000-3bffffff : System RAM\n", -ERANGE, NULL);
	check_memmap("00100000-7fffffff : System RAM\n"
		     "  00200000-7effffff : Crash kernel\n",
		     -ENOENT, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(build_id_is_found),
		cmocka_unit_test(broken_notes_end_the_search),
		cmocka_unit_test(host_tells_the_kernel),
		cmocka_unit_test(digest_is_absent_or_whole),
		cmocka_unit_test(memmap_fits_the_machine),
		cmocka_unit_test(memmap_needs_addresses_and_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
