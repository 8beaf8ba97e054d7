// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "base/sysfs.h"
#include "doctor/doctor.h"
#include "machine/kconfig.h"
#include "machine/memmap.h"
#include "target/devnode.h"

#define PMD_BYTES  (2ull << 20)
#define NAMESPACES "/sys/bus/nd/devices"

struct pmem_count {
	unsigned int dax, raw, devdax;
};

static dev_t read_block_device(const char *name)
{
	unsigned int major_number, minor_number;
	char text[32];

	if (sysfs_line(text, sizeof(text), "/sys/class/block/%s/dev", name) ||
	    sscanf(text, "%u:%u", &major_number, &minor_number) != 2)
		return 0;
	return makedev(major_number, minor_number);
}

static void add_dax_disk(struct doctor *doctor, const char *name)
{
	uint64_t sectors = 0, align = devnode_block_align(read_block_device(name));

	sysfs_u64(&sectors, "/sys/class/block/%s/size", name);
	if (align >= PMD_BYTES)
		doctor_add(doctor, DOCTOR_YES, "persistent memory",
			   "/dev/%s, %llu MiB, DAX, aligned for 2 MiB pages", name,
			   (unsigned long long)(sectors >> 11));
	else if (align)
		doctor_add(doctor, DOCTOR_PARTLY, "persistent memory",
			   "/dev/%s, %llu MiB, DAX, but aligned to %llu KiB: no 2 MiB pages", name,
			   (unsigned long long)(sectors >> 11), (unsigned long long)(align >> 10));
	else
		doctor_add(doctor, DOCTOR_YES, "persistent memory",
			   "/dev/%s, %llu MiB, DAX (its alignment is not told; as root it may be)",
			   name, (unsigned long long)(sectors >> 11));
}

static void check_disks(struct doctor *doctor, struct pmem_count *count)
{
	auto_closedir DIR *dir = opendir("/sys/block");
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		dev_t device = entry->d_name[0] == '.' ? 0 : read_block_device(entry->d_name);

		if (device && devnode_is_dax_capable(device)) {
			add_dax_disk(doctor, entry->d_name);
			count->dax++;
		}
	}
}

/* Raw, but with DAX: memmap= makes such regions, and their disk was counted above. */
static bool has_dax_disk(const char *namespace)
{
	auto_closedir DIR *dir = NULL;
	struct dirent *entry;
	char path[512];

	snprintf(path, sizeof(path), NAMESPACES "/%s/block", namespace);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' &&
		    devnode_is_dax_capable(read_block_device(entry->d_name)))
			return true;
	return false;
}

/* Namespaces that ndctl must convert before file systems on them can have DAX. */
static void check_namespace(struct doctor *doctor, const char *name, struct pmem_count *count)
{
	uint64_t size = 0;
	char mode[32];

	sysfs_u64(&size, NAMESPACES "/%s/size", name);
	if (!size || sysfs_line(mode, sizeof(mode), NAMESPACES "/%s/mode", name) ||
	    strcmp(mode, "raw") || has_dax_disk(name))
		return;
	doctor_add(doctor, DOCTOR_NO, "persistent memory",
		   "%s, %llu MiB, is raw: the device refuses DAX", name,
		   (unsigned long long)(size >> 20));
	doctor_advise(doctor,
		      "ndctl create-namespace -f -e %s --mode=fsdax --map=mem    (destroys what it "
		      "holds)",
		      name);
	count->raw++;
}

static void check_namespaces(struct doctor *doctor, struct pmem_count *count)
{
	auto_closedir DIR *dir = opendir(NAMESPACES);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (strncmp(entry->d_name, "namespace", 9) == 0)
			check_namespace(doctor, entry->d_name, count);
}

static void check_devdax(struct doctor *doctor, struct pmem_count *count)
{
	auto_closedir DIR *dir = opendir("/sys/bus/dax/devices");
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		uint64_t size = 0, align = 0;
		char driver[32];

		if (strncmp(entry->d_name, "dax", 3) ||
		    sysfs_u64(&size, "/sys/bus/dax/devices/%s/size", entry->d_name) || !size)
			continue;
		sysfs_u64(&align, "/sys/bus/dax/devices/%s/align", entry->d_name);
		if (sysfs_link(driver, sizeof(driver), "/sys/bus/dax/devices/%s/driver",
			       entry->d_name) ||
		    strcmp(driver, "device_dax"))
			continue;
		doctor_add(doctor, DOCTOR_YES, "device DAX", "/dev/%s, %llu MiB, pages of %llu KiB",
			   entry->d_name, (unsigned long long)(size >> 20),
			   (unsigned long long)(align >> 10));
		count->devdax++;
	}
}

static char *read_iomem(void)
{
	auto_fclose FILE *file = fopen("/proc/iomem", "re");
	char *text = NULL;
	size_t size = 0;

	/* No zero byte in it: the "line" is the whole file. */
	if (!file || getdelim(&text, &size, '\0', file) < 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* What is true of the running kernel; another kernel may do better. */
static bool has_memmap_support(void)
{
	char value[16];

	return kconfig_get("CONFIG_X86_PMEM_LEGACY", value, sizeof(value)) || value[0] != 'n';
}

static void advise_memmap(struct doctor *doctor)
{
	auto_free char *iomem = read_iomem();
	struct memmap memmap;
	char text[64];
	int err = iomem ? memmap_choose(iomem, &memmap) : -EPERM;

	if (err == -EPERM) {
		doctor_advise(doctor,
			      "memmap=SIZE!START on the kernel command line makes some of "
			      "its RAM persistent memory: run doctor as root for the values");
		return;
	}
	if (err) {
		doctor_advise(doctor, "its RAM is too small or too scattered for memmap=");
		return;
	}
	doctor_advise(doctor,
		      "%s on the kernel command line makes RAM from %llu MiB on /dev/pmem0:",
		      memmap_format(&memmap, text, sizeof(text)),
		      (unsigned long long)(memmap.start >> 20));
	doctor_advise(doctor, "add it to GRUB_CMDLINE_LINUX in /etc/default/grub, update-grub, "
			      "reboot; what it holds dies with the power");
	if (!has_memmap_support())
		doctor_advise(doctor, "but this kernel was built without CONFIG_X86_PMEM_LEGACY: "
				      "boot another, such as Debian's");
}

static void check_pmem(struct doctor *doctor)
{
	struct pmem_count count = { 0 };

	check_disks(doctor, &count);
	check_namespaces(doctor, &count);
	check_devdax(doctor, &count);
	if (count.dax || count.raw || count.devdax)
		return;
	doctor_add(doctor, DOCTOR_NO, "persistent memory", "no device with DAX, no namespace");
	doctor_advise(doctor, "scripts/guest -- COMMAND runs any command in a guest that has some, "
			      "without touching this machine; or:");
#if defined(__x86_64__) || defined(__i386__)
	advise_memmap(doctor);
#else
	doctor_advise(doctor, "memmap=SIZE!START exists on x86 only");
#endif
}

/* "/fs/ext4/ext4.ko" in the list of all modules, compressed or not. */
static bool has_module(const char *name)
{
	auto_fclose FILE *file = NULL;
	char path[512], line[4096], wanted[64];
	struct utsname uts;

	if (uname(&uts))
		return false;
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", uts.release);
	snprintf(wanted, sizeof(wanted), "/%s.ko", name);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, ":")] = '\0';
		if (strstr(line, wanted))
			return true;
	}
	return false;
}

static bool is_registered(const char *name)
{
	auto_fclose FILE *file = fopen("/proc/filesystems", "re");
	char line[256];

	while (file && fgets(line, sizeof(line), file)) {
		const char *tab = strchr(line, '\t');

		line[strcspn(line, "\n")] = '\0';
		if (tab && strcmp(tab + 1, name) == 0)
			return true;
	}
	return false;
}

static void check_filesystem(struct doctor *doctor, const char *name)
{
	bool is_present = is_registered(name);
	char item[64], dax[16];
	bool has_config = kconfig_get("CONFIG_FS_DAX", dax, sizeof(dax)) == 0;

	snprintf(item, sizeof(item), "DAX on %s", name);
	if (!is_present && !has_module(name)) {
		doctor_add(doctor, DOCTOR_NO, item, "this kernel has no %s", name);
		doctor_advise(doctor, "boot a kernel with it, or use scripts/guest");
	} else if (has_config && strcmp(dax, "y")) {
		doctor_add(doctor, DOCTOR_NO, item, "the kernel was built without CONFIG_FS_DAX");
		doctor_advise(doctor, "boot a kernel with it, or use scripts/guest");
	} else {
		doctor_add(doctor, has_config ? DOCTOR_YES : DOCTOR_PARTLY, item, "%s is %s, %s",
			   name, is_present ? "there" : "a module that is not loaded",
			   has_config ? "the kernel has CONFIG_FS_DAX"
				      : "whether the kernel has CONFIG_FS_DAX is not told");
	}
}

static void check_huge_pages(struct doctor *doctor)
{
	char enabled[64], shmem[64];
	uint64_t size = 0;

	if (sysfs_line(enabled, sizeof(enabled), "/sys/kernel/mm/transparent_hugepage/enabled")) {
		doctor_add(doctor, DOCTOR_NO, "2 MiB pages",
			   "the kernel has no transparent huge pages");
		doctor_advise(doctor, "boot a kernel with CONFIG_TRANSPARENT_HUGEPAGE");
		return;
	}
	sysfs_u64(&size, "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size");
	if (sysfs_line(shmem, sizeof(shmem), "/sys/kernel/mm/transparent_hugepage/shmem_enabled"))
		snprintf(shmem, sizeof(shmem), "not told");
	if (strstr(enabled, "[never]")) {
		doctor_add(doctor, DOCTOR_NO, "2 MiB pages", "transparent_hugepage: %s", enabled);
		doctor_advise(doctor, "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled");
		return;
	}
	doctor_add(doctor, DOCTOR_YES, "2 MiB pages",
		   "transparent_hugepage %s, tmpfs %s, of %llu KiB", enabled, shmem,
		   (unsigned long long)(size >> 10));
}

void doctor_check_memory(struct doctor *doctor)
{
	doctor_add(doctor, DOCTOR_YES, "page cache", "faults on any file system: run --dir DIR");
	check_pmem(doctor);
	check_filesystem(doctor, "ext4");
	check_filesystem(doctor, "xfs");
	check_huge_pages(doctor);
}
