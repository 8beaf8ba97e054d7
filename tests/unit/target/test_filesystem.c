// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "target/filesystem.h"

#define UUID "53796e63-4661-756c-7400-000000000001"

static void assert_command(const char *spec, int page, bool is_repeatable, const char *expected)
{
	struct cell_config config = { .page = page };
	struct filesystem_command command;
	char line[8192] = "";

	assert_int_equal(cell_set_fs(&config, spec), 0);
	assert_int_equal(filesystem_mkfs_command(&config, "/dev/pmem0", is_repeatable, &command),
			 0);
	for (size_t i = 0; command.argv[i]; i++)
		snprintf(line + strlen(line), sizeof(line) - strlen(line), "%s%s", i ? "|" : "",
			 command.argv[i]);
	assert_string_equal(line, expected);
	cell_free(&config);
}

static void ext4(void **state)
{
	(void)state;
	assert_command("ext4", PAGE_4K, false,
		       "mkfs.ext4|-q|-F|-b|4096|-L|syncfault|"
		       "-E|lazy_itable_init=0,lazy_journal_init=0|/dev/pmem0");
	assert_command("ext4", PAGE_4K, true,
		       "mkfs.ext4|-q|-F|-b|4096|-L|syncfault|"
		       "-E|lazy_itable_init=0,lazy_journal_init=0,hash_seed=" UUID "|-U|" UUID
		       "|/dev/pmem0");
	assert_command("ext4", PAGE_2M, false,
		       "mkfs.ext4|-q|-F|-b|4096|-L|syncfault|"
		       "-E|lazy_itable_init=0,lazy_journal_init=0,stride=512,stripe_width=512|"
		       "/dev/pmem0");
	assert_command("ext2", PAGE_4K, false,
		       "mkfs.ext2|-q|-F|-b|4096|-L|syncfault|"
		       "-E|lazy_itable_init=0,lazy_journal_init=0|/dev/pmem0");
}

static void ext4_with_options(void **state)
{
	(void)state;
	assert_command(
		"ext4:-O fast_commit -I 512:noatime", PAGE_4K, false,
		"mkfs.ext4|-q|-F|-b|4096|-L|syncfault|"
		"-E|lazy_itable_init=0,lazy_journal_init=0|-O|fast_commit|-I|512|/dev/pmem0");
	assert_command(
		"ext4:  -O   ^has_journal\t-b 1024 ", PAGE_4K, false,
		"mkfs.ext4|-q|-F|-b|4096|-L|syncfault|"
		"-E|lazy_itable_init=0,lazy_journal_init=0|-O|^has_journal|-b|1024|/dev/pmem0");
}

/* mke2fs takes the last -E alone. */
static void ext4_with_an_extended_option(void **state)
{
	(void)state;
	assert_command("ext4:-E nodiscard", PAGE_4K, false,
		       "mkfs.ext4|-q|-F|-b|4096|-L|syncfault|"
		       "-E|lazy_itable_init=0,lazy_journal_init=0,nodiscard|/dev/pmem0");
	assert_command("ext4:-O fast_commit -E nodiscard,discard -I 512", PAGE_2M, true,
		       "mkfs.ext4|-q|-F|-b|4096|-L|syncfault|"
		       "-E|lazy_itable_init=0,lazy_journal_init=0,hash_seed=" UUID
		       ",stride=512,stripe_width=512,nodiscard,discard|-U|" UUID
		       "|-O|fast_commit|-I|512|/dev/pmem0");
	assert_command(
		"ext4:-Enodiscard -O fast_commit", PAGE_4K, false,
		"mkfs.ext4|-q|-F|-b|4096|-L|syncfault|"
		"-E|lazy_itable_init=0,lazy_journal_init=0,nodiscard|-O|fast_commit|/dev/pmem0");
	assert_command(
		"ext4:-E nodiscard -E num_backup_sb=1", PAGE_4K, false,
		"mkfs.ext4|-q|-F|-b|4096|-L|syncfault|"
		"-E|lazy_itable_init=0,lazy_journal_init=0,nodiscard,num_backup_sb=1|/dev/pmem0");
	/* Without a value: mkfs is to complain. */
	assert_command("ext4:-I 512 -E", PAGE_4K, false,
		       "mkfs.ext4|-q|-F|-b|4096|-L|syncfault|"
		       "-E|lazy_itable_init=0,lazy_journal_init=0|-I|512|-E|/dev/pmem0");
	/* No option of that name: a value that holds it. */
	assert_command("ext4:-L a-E", PAGE_4K, false,
		       "mkfs.ext4|-q|-F|-b|4096|-L|syncfault|"
		       "-E|lazy_itable_init=0,lazy_journal_init=0|-L|a-E|/dev/pmem0");
	assert_command("ext4:-L a-E -E nodiscard", PAGE_4K, false,
		       "mkfs.ext4|-q|-F|-b|4096|-L|syncfault|"
		       "-E|lazy_itable_init=0,lazy_journal_init=0,nodiscard|-L|a-E|/dev/pmem0");
}

static void xfs(void **state)
{
	(void)state;
	assert_command("xfs", PAGE_4K, false, "mkfs.xfs|-q|-f|-L|syncfault|/dev/pmem0");
	assert_command("xfs:-m reflink=0", PAGE_4K, true,
		       "mkfs.xfs|-q|-f|-L|syncfault|-m|uuid=" UUID "|-m|reflink=0|/dev/pmem0");
	assert_command("xfs", PAGE_2M, false,
		       "mkfs.xfs|-q|-f|-L|syncfault|-d|su=2m,sw=1|/dev/pmem0");
}

static void btrfs(void **state)
{
	(void)state;
	assert_command("btrfs", PAGE_4K, false, "mkfs.btrfs|-q|-f|-L|syncfault|/dev/pmem0");
	assert_command("btrfs:-n 4096", PAGE_2M, true,
		       "mkfs.btrfs|-q|-f|-L|syncfault|-U|" UUID "|-n|4096|/dev/pmem0");
}

static void others_get_the_users_options_alone(void **state)
{
	(void)state;
	assert_command("f2fs", PAGE_4K, true, "mkfs.f2fs|/dev/pmem0");
	assert_command("f2fs:-f -l x", PAGE_2M, false, "mkfs.f2fs|-f|-l|x|/dev/pmem0");
}

static void assert_dax_option(char *fs, int dax, const char *expected)
{
	const struct cell_config config = { .fs = fs, .dax = dax };

	assert_string_equal(filesystem_dax_option(&config), expected);
}

static void dax_options(void **state)
{
	(void)state;
	assert_dax_option("ext4", DAX_ALWAYS, "dax=always");
	assert_dax_option("ext4", DAX_NEVER, "dax=never");
	assert_dax_option("xfs", DAX_INODE, "dax=inode");
	assert_dax_option("ext2", DAX_ALWAYS, "dax");
	assert_dax_option("ext2", DAX_INODE, "");
	assert_dax_option("ext2", DAX_NEVER, "");
	assert_dax_option("btrfs", DAX_ALWAYS, "");
}

static void no_shell_reads_the_options(void **state)
{
	(void)state;
	assert_command("f2fs:$(id); 'a b'", PAGE_4K, false, "mkfs.f2fs|$(id);|'a|b'|/dev/pmem0");
}

static void options_that_are_too_long(void **state)
{
	char spec[6000] = "ext4:";
	struct cell_config config = { 0 };
	struct filesystem_command command;

	(void)state;
	for (int i = 0; i < 100; i++)
		strcat(spec, "-a ");
	assert_int_equal(cell_set_fs(&config, spec), 0);
	assert_int_equal(filesystem_mkfs_command(&config, "/dev/pmem0", false, &command), -E2BIG);
	cell_free(&config);
	memset(spec, 'a', sizeof(spec) - 1);
	memcpy(spec, "ext4:", 5);
	assert_int_equal(cell_set_fs(&config, spec), 0);
	assert_int_equal(filesystem_mkfs_command(&config, "/dev/pmem0", false, &command), -E2BIG);
	cell_free(&config);
	memcpy(spec, "ext4:-E ", 8);
	assert_int_equal(cell_set_fs(&config, spec), 0);
	assert_int_equal(filesystem_mkfs_command(&config, "/dev/pmem0", false, &command), -E2BIG);
	cell_free(&config);
}

static void a_file_system_without_mkfs_is_skipped(void **state)
{
	struct cell_config config = { 0 };
	struct verdict verdict = { 0 };

	(void)state;
	assert_int_equal(cell_set_fs(&config, "nosuchfs"), 0);
	assert_int_equal(filesystem_make(&config, "/dev/null", false, &verdict), -EOPNOTSUPP);
	assert_int_equal(verdict.status, CELL_SKIPPED);
	assert_string_equal(verdict.reason, "no program mkfs.nosuchfs on this machine");
	cell_free(&config);
}

static void memory_is_not_made(void **state)
{
	static const char *const specs[] = { "tmpfs", "anonymous", "tmpfs::size=1m" };
	struct verdict verdict = { 0 };
	struct cell_config config;

	(void)state;
	for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
		assert_int_equal(cell_set_fs(&config, specs[i]), 0);
		assert_true(filesystem_is_memory(&config));
		assert_int_equal(filesystem_is_anonymous(&config), i == 1);
		assert_int_equal(filesystem_make(&config, "/nonexistent", false, &verdict), 0);
		cell_free(&config);
	}
	assert_int_equal(cell_set_fs(&config, "tmpfs:-q"), 0);
	assert_int_equal(filesystem_make(&config, "/nonexistent", false, &verdict), -EIO);
	assert_non_null(strstr(verdict.reason, "no options of mkfs"));
	cell_free(&config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ext4),
		cmocka_unit_test(ext4_with_options),
		cmocka_unit_test(ext4_with_an_extended_option),
		cmocka_unit_test(xfs),
		cmocka_unit_test(btrfs),
		cmocka_unit_test(others_get_the_users_options_alone),
		cmocka_unit_test(dax_options),
		cmocka_unit_test(no_shell_reads_the_options),
		cmocka_unit_test(options_that_are_too_long),
		cmocka_unit_test(a_file_system_without_mkfs_is_skipped),
		cmocka_unit_test(memory_is_not_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
