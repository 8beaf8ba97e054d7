// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor/doctor.h"
#include "target/guard.h"

#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)

static char folder[64];
static bool is_disk_dax, is_file_dax;
static uint64_t align_bytes;
static const char *huge_pages;
static struct guard_report report;

DIR *__real_opendir(const char *path);
DIR *__wrap_opendir(const char *path);
int __real_statx(int fd, const char *path, int flags, unsigned int mask, struct statx *stx);
int __wrap_statx(int fd, const char *path, int flags, unsigned int mask, struct statx *stx);
int __wrap_sysfs_line(char *text, size_t size, const char *fmt, ...);
int __wrap_sysfs_u64(uint64_t *value, const char *fmt, ...);
bool __wrap_devnode_is_dax_capable(dev_t device);
uint64_t __wrap_devnode_block_align(dev_t device);
int __wrap_guard_inspect(const char *path, struct guard_report *found);

DIR *__wrap_opendir(const char *path)
{
	return strcmp(path, "/sys/block") ? NULL : __real_opendir(folder);
}

int __wrap_statx(int fd, const char *path, int flags, unsigned int mask, struct statx *stx)
{
	int ret = __real_statx(fd, path, flags, mask, stx);

	stx->stx_attributes &= ~(uint64_t)STATX_ATTR_DAX;
	if (is_file_dax)
		stx->stx_attributes |= STATX_ATTR_DAX;
	return ret;
}

int __wrap_sysfs_line(char *text, size_t size, const char *fmt, ...)
{
	const char *line = strstr(fmt, "/dev") ? "259:0" : NULL;

	if (strstr(fmt, "transparent_hugepage/enabled"))
		line = huge_pages;
	snprintf(text, size, "%s", line ? line : "");
	return line ? 0 : -ENOENT;
}

int __wrap_sysfs_u64(uint64_t *value, const char *fmt, ...)
{
	*value = strstr(fmt, "hpage_pmd_size") ? MIB(2) : MIB(512) / 512;
	return 0;
}

bool __wrap_devnode_is_dax_capable(dev_t device)
{
	return device && is_disk_dax;
}

uint64_t __wrap_devnode_block_align(dev_t device)
{
	assert_true(device != 0);
	return align_bytes;
}

int __wrap_guard_inspect(const char *path, struct guard_report *found)
{
	(void)path;
	*found = report;
	return 0;
}

static int make_machine(void **state)
{
	char path[128];

	(void)state;
	snprintf(folder, sizeof(folder), "/dev/shm/syncfault-doctor-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/pmem0", folder);
	is_disk_dax = true;
	is_file_dax = false;
	align_bytes = 0;
	huge_pages = "always [madvise] never";
	report = (struct guard_report){ .kind = GUARD_BLOCK, .size_bytes = MIB(512) };
	return mkdir(path, 0700);
}

static int remove_machine(void **state)
{
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/pmem0", folder);
	return rmdir(path) | rmdir(folder);
}

static const struct doctor_item *find(const struct doctor *doctor, const char *item)
{
	for (size_t i = 0; i < doctor->count; i++)
		if (!strcmp(doctor->items[i].item, item))
			return &doctor->items[i];
	return NULL;
}

static void assert_item(const struct doctor *doctor, const char *name, int verdict,
			const char *found)
{
	const struct doctor_item *item = find(doctor, name);

	assert_int_equal(doctor->err, 0);
	assert_non_null(item);
	assert_non_null(strstr(item->found, found));
	assert_int_equal(item->verdict, verdict);
	assert_true(verdict != DOCTOR_NO || item->advice.count > 0);
	assert_true(verdict != DOCTOR_YES || !strstr(item->found, "no 2 MiB pages"));
}

static void assert_memory_item(const char *name, int verdict, const char *found)
{
	struct doctor doctor = { 0 };

	doctor_check_memory(&doctor);
	assert_item(&doctor, name, verdict, found);
	doctor_free(&doctor);
}

static void assert_target_item(const char *path, const char *name, int verdict, const char *found)
{
	struct doctor doctor = { 0 };

	assert_int_equal(doctor_check_target(&doctor, path), 0);
	assert_item(&doctor, name, verdict, found);
	doctor_free(&doctor);
}

static void a_disk_wants_2_mib_for_its_pages(void **state)
{
	(void)state;
	align_bytes = MIB(1024);
	assert_memory_item("persistent memory", DOCTOR_YES,
			   "/dev/pmem0, 512 MiB, DAX, aligned for 2 MiB pages");
	align_bytes = MIB(2);
	assert_memory_item("persistent memory", DOCTOR_YES,
			   "/dev/pmem0, 512 MiB, DAX, aligned for 2 MiB pages");
	align_bytes = MIB(1);
	assert_memory_item("persistent memory", DOCTOR_PARTLY,
			   "but aligned to 1024 KiB: no 2 MiB pages");
	align_bytes = KIB(4);
	assert_memory_item("persistent memory", DOCTOR_PARTLY,
			   "but aligned to 4 KiB: no 2 MiB pages");
}

static void an_alignment_that_is_not_known_is_not_made_up(void **state)
{
	struct doctor doctor = { 0 };

	(void)state;
	doctor_check_memory(&doctor);
	assert_int_equal(find(&doctor, "persistent memory")->verdict, DOCTOR_YES);
	assert_null(strstr(find(&doctor, "persistent memory")->found, "aligned"));
	doctor_free(&doctor);
}

static void a_disk_without_dax_is_not_persistent_memory(void **state)
{
	(void)state;
	is_disk_dax = false;
	align_bytes = MIB(2);
	assert_memory_item("persistent memory", DOCTOR_NO, "no device with DAX");
}

static void huge_pages_may_be_off(void **state)
{
	(void)state;
	assert_memory_item("2 MiB pages", DOCTOR_YES, "of 2048 KiB");
	huge_pages = "always madvise [never]";
	assert_memory_item("2 MiB pages", DOCTOR_NO, "[never]");
	huge_pages = NULL;
	assert_memory_item("2 MiB pages", DOCTOR_NO, "no transparent huge pages");
}

static void a_target_wants_2_mib_for_its_pages(void **state)
{
	(void)state;
	report.is_dax_capable = true;
	report.align_bytes = MIB(2);
	assert_target_item("/dev/null", "DAX", DOCTOR_YES,
			   "the device has it, aligned to 2048 KiB");
	report.align_bytes = MIB(1);
	assert_target_item("/dev/null", "DAX", DOCTOR_PARTLY,
			   "the device has it, aligned to 1024 KiB: no 2 MiB pages");
	report.is_dax_capable = false;
	assert_target_item("/dev/null", "DAX", DOCTOR_NO, "the device has none (queue/dax)");
	report.kind = GUARD_FILE;
	assert_target_item("/dev/null", "DAX", DOCTOR_NO,
			   "an image file goes through a loop device");
}

static void what_a_target_holds_is_said(void **state)
{
	(void)state;
	assert_target_item("/dev/null", "target", DOCTOR_YES,
			   "/dev/null: a block device of 512 MiB");
	assert_target_item("/dev/null", "run", DOCTOR_YES,
			   "would take /dev/null: it is free and empty");
	strcpy(report.contents.text, "ext4");
	assert_target_item("/dev/null", "run", DOCTOR_PARTLY,
			   "would refuse /dev/null, because it holds ext4");
	strcpy(report.obstacle, "is mounted on /home");
	assert_target_item("/dev/null", "run", DOCTOR_NO,
			   "would refuse /dev/null, because it is mounted on /home; it holds ext4");
}

/* As the kernel says it, and not what one would like to hear. */
static void a_new_file_has_dax_or_has_not(void **state)
{
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	(void)state;
	if (fd < 0) {
		printf("# skip a_new_file_has_dax_or_has_not: no O_TMPFILE in /dev/shm\n");
		skip();
	}
	close(fd);
	assert_target_item(folder, "DAX", DOCTOR_NO,
			   "a new file here does not have STATX_ATTR_DAX");
	is_file_dax = true;
	assert_target_item(folder, "DAX", DOCTOR_YES, "a new file here has STATX_ATTR_DAX");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_machine, remove_machine)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_disk_wants_2_mib_for_its_pages),
		TEST(an_alignment_that_is_not_known_is_not_made_up),
		TEST(a_disk_without_dax_is_not_persistent_memory),
		TEST(huge_pages_may_be_off),
		TEST(a_target_wants_2_mib_for_its_pages),
		TEST(what_a_target_holds_is_said),
		TEST(a_new_file_has_dax_or_has_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
