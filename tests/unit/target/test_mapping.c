// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "target/mapping.h"

static char *smaps; /* in place of the kernel's; NULL: none */

FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode)
{
	assert_string_equal(path, "/proc/self/smaps");
	return fmemopen(smaps, strlen(smaps), mode);
}

/* Large pages need addresses that are multiples of their size, within what was reserved. */
static void addresses_are_aligned(void **state)
{
	static const int pages[] = { PAGE_4K, PAGE_2M };

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		const struct cell_config config = { .page = pages[i % 2] };
		uint64_t page = cell_page_bytes(&config);
		size_t bytes = (i + 1) * 4096;
		int fd = memfd_create("pages", MFD_CLOEXEC);
		struct mapping mapping;
		struct verdict verdict = { 0 };
		char *reserved;

		assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
		assert_int_equal(mapping_create(&config, fd, bytes, &mapping, &verdict), 0);
		reserved = mapping.reserved;
		assert_int_equal((uintptr_t)mapping.base % page, 0);
		assert_true(mapping.base >= reserved);
		assert_true(mapping.base + bytes <= reserved + mapping.reserved_bytes);
		mapping.base[bytes - 1] = 1;
		mapping_destroy(&mapping);
		assert_null(mapping.base);
		/* All of it is gone: where it began, nothing is. */
		assert_int_equal(msync(reserved, 4096, MS_ASYNC), -1);
		assert_int_equal(errno, ENOMEM);
		close(fd);
	}
}

/* Flags of the mapping itself, not of its neighbours on either side. */
static void flags_of_the_mapping_itself(void **state)
{
	static char synchronous[] = "1000-3000 rw-s 0 00:01 7 /a\nVmFlags: rd wr sh mr mw\n"
				    "3000-5000 rw-s 0 00:01 7 /b\nSize: 8 kB\n"
				    "VmFlags: rd wr sh mr mw sf nh\n"
				    "5000-7000 rw-s 0 00:01 7 /c\nVmFlags: rd wr sh mr mw\n";
	static char plain[] = "1000-3000 rw-s 0 00:01 7 /a\nVmFlags: rd wr sh mr mw sf\n"
			      "3000-5000 rw-s 0 00:01 7 /b\nVmFlags: rd wr sh mr mw\n"
			      "5000-7000 rw-s 0 00:01 7 /c\nVmFlags: rd wr sh mr mw sf\n";
	static char missing[] = "1000-3000 rw-s 0 00:01 7 /a\nVmFlags: rd wr sf\n";
	const struct mapping mapping = { .base = (char *)0x3000, .bytes = 0x2000 };

	(void)state;
	smaps = synchronous;
	assert_int_equal(mapping_has_sync_flag(&mapping), 1);
	smaps = plain;
	assert_int_equal(mapping_has_sync_flag(&mapping), 0);
	smaps = missing;
	assert_int_equal(mapping_has_sync_flag(&mapping), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_aligned),
		cmocka_unit_test(flags_of_the_mapping_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
