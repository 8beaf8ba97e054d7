// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/host.h"

#include <elf.h>
#include <errno.h>
#include <gnu/libc-version.h>
#include <math.h>
#include <string.h>
#include <sys/utsname.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#define HAS_CPUID 1
#endif

#include "base/cleanup.h"
#include "base/spawn.h"
#include "base/sysfs.h"
#include "machine/kconfig.h"

#define CPU_FOLDER "/sys/devices/system/cpu"

#ifdef HAS_CPUID
static const char *name_vendor(const char *vendor)
{
	static const char *const names[][2] = {
		{ "KVMKVMKVM", "kvm" },		 { "Linux KVM Hv", "kvm" },
		{ "TCGTCGTCGTCG", "tcg" },	 { "VMwareVMware", "vmware" },
		{ "Microsoft Hv", "hyperv" },	 { "XenVMMXenVMM", "xen" },
		{ "VBoxVBoxVBox", "vbox" },	 { "bhyve bhyve ", "bhyve" },
		{ "ACRNACRNACRN", "acrn" },	 { " lrpepyh  vr", "parallels" },
		{ "prl hyperv  ", "parallels" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(vendor, names[i][0]) == 0)
			return names[i][1];
	return vendor[0] ? vendor : "unknown";
}

int host_read_virtualisation(char *name, size_t size)
{
	unsigned int eax, ebx, ecx, edx, words[3];
	char vendor[sizeof(words) + 1] = "";

	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx))
		return -ENOTSUP;
	if (!(ecx & 1u << 31)) {
		snprintf(name, size, "none");
		return 0;
	}
	__cpuid(0x40000000, eax, words[0], words[1], words[2]);
	memcpy(vendor, words, sizeof(words));
	snprintf(name, size, "%s", name_vendor(vendor));
	return 0;
}

bool host_has_invariant_tsc(void)
{
	unsigned int eax, ebx, ecx, edx;

	return __get_cpuid(0x80000007, &eax, &ebx, &ecx, &edx) && (edx & 1u << 8);
}
#else
int host_read_virtualisation(char *name, size_t size)
{
	(void)name;
	(void)size;
	return -ENOTSUP;
}

bool host_has_invariant_tsc(void)
{
	return false;
}
#endif

static size_t align_note(size_t length)
{
	return (length + 3) & ~(size_t)3;
}

static int format_hex(const unsigned char *bytes, size_t count, char *text, size_t size)
{
	if (2 * count >= size)
		return -ENAMETOOLONG;
	for (size_t i = 0; i < count; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

int host_find_build_id(const void *notes, size_t length, char *id, size_t size)
{
	const unsigned char *at = notes;
	Elf64_Nhdr header;

	while (length >= sizeof(header)) {
		size_t name, descriptor;

		memcpy(&header, at, sizeof(header));
		name = align_note(header.n_namesz);
		descriptor = align_note(header.n_descsz);
		at += sizeof(header);
		length -= sizeof(header);
		if (name > length || header.n_descsz > length - name)
			break;
		if (header.n_type == NT_GNU_BUILD_ID && header.n_namesz == 4 &&
		    memcmp(at, "GNU", 4) == 0)
			return format_hex(at + name, header.n_descsz, id, size);
		if (descriptor > length - name)
			break;
		at += name + descriptor;
		length -= name + descriptor;
	}
	return -ENOENT;
}

/* Stores a copy of text; a fact that could not be read (err) stays absent. */
static int keep(char **field, int err, const char *text)
{
	if (err || !*text)
		return 0;
	*field = strdup(text);
	return *field ? 0 : -ENOMEM;
}

static int read_build_id(struct host *host)
{
	auto_fclose FILE *file = fopen("/sys/kernel/notes", "re");
	char notes[16384], id[129];
	size_t length = file ? fread(notes, 1, sizeof(notes), file) : 0;

	return keep(&host->build_id, host_find_build_id(notes, length, id, sizeof(id)), id);
}

static int read_kernel(struct host *host)
{
	char text[4096], digest[KCONFIG_DIGEST_SIZE];
	struct utsname uts;
	int err = 0;

	if (uname(&uts) == 0) {
		err = err ?: keep(&host->kernel, 0, uts.release);
		err = err ?: keep(&host->version, 0, uts.version);
		err = err ?: keep(&host->machine, 0, uts.machine);
	}
	err = err ?: read_build_id(host);
	err = err ?: keep(&host->config_digest, kconfig_digest(digest), digest);
	return err
		       ?: keep(&host->kernel_command_line,
			       sysfs_line(text, sizeof(text), "/proc/cmdline"), text);
}

static double read_mhz(void)
{
	uint64_t khz;
	char text[64];

	if (sysfs_u64(&khz, CPU_FOLDER "/cpu0/cpufreq/cpuinfo_max_freq") == 0)
		return (double)khz / 1000;
	if (sysfs_field(text, sizeof(text), "/proc/cpuinfo", "cpu MHz"))
		return NAN;
	return strtod(text, NULL) > 0 ? strtod(text, NULL) : NAN;
}

static int read_cpu(struct host *host)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	char text[256];
	int err;

	host->mhz = read_mhz();
	if (online > 0)
		host->cpus = (uint64_t)online;
	err = keep(&host->cpu, sysfs_field(text, sizeof(text), "/proc/cpuinfo", "model name"),
		   text);
	err = err
		      ?: keep(&host->microcode,
			      sysfs_field(text, sizeof(text), "/proc/cpuinfo", "microcode"), text);
	return err
		       ?: keep(&host->governor,
			       sysfs_line(text, sizeof(text),
					  CPU_FOLDER "/cpu0/cpufreq/scaling_governor"),
			       text);
}

/* Each mkfs says its version in a line of its own: "mke2fs 1.47.0 (5-Feb-2023)". */
static int read_mkfs(struct host *host)
{
	static const char *const commands[][3] = {
		{ "mkfs.ext4", "-V" },
		{ "mkfs.xfs", "-V" },
		{ "mkfs.btrfs", "-V" },
	};
	int err = 0;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]) && !err; i++) {
		char path[PATH_MAX];
		struct spawn_output output;

		if (spawn_find(commands[i][0], path) || spawn_wait(commands[i], &output))
			continue;
		output.text[strcspn(output.text, "\n")] = '\0';
		if (output.text[0])
			err = strings_add(&host->mkfs, output.text);
	}
	return err;
}

static int is_name(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_mitigations(struct host *host)
{
	struct dirent **entries = NULL;
	int count = scandir(CPU_FOLDER "/vulnerabilities", &entries, is_name, compare_names);
	int err = 0;

	for (int i = 0; i < count; i++) {
		char state[512], text[800];

		if (!err && sysfs_line(state, sizeof(state), CPU_FOLDER "/vulnerabilities/%s",
				       entries[i]->d_name) == 0) {
			snprintf(text, sizeof(text), "%s: %s", entries[i]->d_name, state);
			err = strings_add(&host->mitigations, text);
		}
		free(entries[i]);
	}
	free(entries);
	return err;
}

static int read_surroundings(struct host *host)
{
	char text[256];
	uint64_t kib;
	int err;

	if (sysfs_field(text, sizeof(text), "/proc/meminfo", "MemTotal") == 0 &&
	    (kib = strtoull(text, NULL, 10)) > 0)
		host->memory_bytes = kib << 10;
	err = keep(&host->clocksource,
		   sysfs_line(text, sizeof(text),
			      "/sys/devices/system/clocksource/clocksource0/current_clocksource"),
		   text);
	err = err
		      ?: keep(&host->virtualisation, host_read_virtualisation(text, sizeof(text)),
			      text);
	snprintf(text, sizeof(text), "glibc %s", gnu_get_libc_version());
	return err ?: keep(&host->libc, 0, text);
}

int host_read(struct host *host)
{
	int err;

	*host = (struct host){ .mhz = NAN, .cpus = U64_ABSENT, .memory_bytes = U64_ABSENT };
	err = read_kernel(host);
	err = err ?: read_cpu(host);
	err = err ?: read_mitigations(host);
	err = err ?: read_mkfs(host);
	err = err ?: read_surroundings(host);
	if (err)
		host_free(host);
	return err;
}

void host_free(struct host *host)
{
	char **const strings[] = { &host->kernel,	  &host->version,
				   &host->machine,	  &host->build_id,
				   &host->config_digest,  &host->cpu,
				   &host->microcode,	  &host->governor,
				   &host->clocksource,	  &host->libc,
				   &host->virtualisation, &host->kernel_command_line };

	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		free(*strings[i]);
		*strings[i] = NULL;
	}
	strings_free(&host->mitigations);
	strings_free(&host->mkfs);
}
