// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/sysfs.h"
#include "doctor/doctor.h"
#include "machine/kconfig.h"

static int open_event(uint32_t type, uint64_t config, bool is_user_only)
{
	struct perf_event_attr attr = { .type = type,
					.size = sizeof(attr),
					.config = config,
					.disabled = 1,
					.exclude_kernel = is_user_only,
					.exclude_hv = 1 };
	long fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

/* 0 or -errno of opening the event for this thread. */
static int try_event(uint32_t type, uint64_t config, bool is_user_only)
{
	auto_close int fd = open_event(type, config, is_user_only);

	return fd < 0 ? fd : 0;
}

static void advise_perf(struct doctor *doctor, int err)
{
	if (err == -EACCES || err == -EPERM)
		doctor_advise(doctor, "run as root, or: sysctl kernel.perf_event_paranoid=1");
	else if (err == -ENOSYS)
		doctor_advise(doctor, "boot a kernel with CONFIG_PERF_EVENTS");
	else
		doctor_advise(doctor,
			      "no counters are passed to this machine: in a virtual machine ask "
			      "for a PMU (QEMU: -cpu host,pmu=on)");
}

static void check_perf(struct doctor *doctor)
{
	int cycles = try_event(PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, false);
	int user = try_event(PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, true);
	int faults = try_event(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, true);
	char paranoid[16];

	if (sysfs_line(paranoid, sizeof(paranoid), "/proc/sys/kernel/perf_event_paranoid"))
		snprintf(paranoid, sizeof(paranoid), "not told");
	doctor_add(doctor,
		   !cycles	      ? DOCTOR_YES
		   : !user || !faults ? DOCTOR_PARTLY
				      : DOCTOR_NO,
		   "perf events",
		   "cycles of kernel and user: %s, of user: %s; page-fault count: %s; "
		   "perf_event_paranoid %s",
		   cycles ? strerror(-cycles) : "yes", user ? strerror(-user) : "yes",
		   faults ? strerror(-faults) : "yes", paranoid);
	if (cycles)
		advise_perf(doctor, cycles);
}

static int call_bpf(enum bpf_cmd command, union bpf_attr *attr)
{
	long fd = syscall(SYS_bpf, command, attr, sizeof(*attr));

	return fd < 0 ? -errno : (int)fd;
}

static int create_map(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1
	};

	return call_bpf(BPF_MAP_CREATE, &attr);
}

/* "return 0". */
static int load_program(enum bpf_prog_type type)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = { .prog_type = type,
				.insns = (uintptr_t)insns,
				.insn_cnt = 2,
				.license = (uintptr_t) "GPL" };

	return call_bpf(BPF_PROG_LOAD, &attr);
}

static const char *outcome(int fd)
{
	return fd < 0 ? strerror(-fd) : "yes";
}

static void check_bpf(struct doctor *doctor)
{
	auto_close int map = create_map();
	auto_close int raw = load_program(BPF_PROG_TYPE_RAW_TRACEPOINT);
	auto_close int kprobe = load_program(BPF_PROG_TYPE_KPROBE);
	bool has_btf = access("/sys/kernel/btf/vmlinux", R_OK) == 0;
	uint64_t unprivileged = 0;

	doctor_add(doctor,
		   map < 0		 ? DOCTOR_NO
		   : raw < 0 || !has_btf ? DOCTOR_PARTLY
					 : DOCTOR_YES,
		   "BPF",
		   "maps: %s; raw tracepoint programs load: %s; kprobe programs load: %s; BTF: %s",
		   outcome(map), outcome(raw), outcome(kprobe), has_btf ? "yes" : "no");
	if (map == -EPERM &&
	    !sysfs_u64(&unprivileged, "/proc/sys/kernel/unprivileged_bpf_disabled"))
		doctor_advise(doctor,
			      "run as root or with CAP_BPF and CAP_PERFMON "
			      "(unprivileged_bpf_disabled is %llu)",
			      (unsigned long long)unprivileged);
	else if (map >= 0 && raw < 0)
		doctor_advise(doctor, "run as root or with CAP_PERFMON");
	if (map == -ENOSYS)
		doctor_advise(doctor, "boot a kernel with CONFIG_BPF_SYSCALL");
	if (!has_btf)
		doctor_advise(doctor, "boot a kernel with CONFIG_DEBUG_INFO_BTF");
}

/* "y", "n" or "not told". */
static bool is_set(const char *option, char *value, size_t size)
{
	if (kconfig_get(option, value, size))
		snprintf(value, size, "not told");
	return strcmp(value, "n") != 0;
}

static void check_kprobes(struct doctor *doctor)
{
	bool has_pmu = access("/sys/bus/event_source/devices/kprobe/type", R_OK) == 0;
	char kprobes[16];
	bool has_kprobes = is_set("CONFIG_KPROBES", kprobes, sizeof(kprobes)) && has_pmu;

	doctor_add(doctor, has_kprobes ? DOCTOR_YES : DOCTOR_NO, "kprobes",
		   "CONFIG_KPROBES: %s; perf's kprobe source: %s", kprobes, has_pmu ? "yes" : "no");
	if (!has_kprobes)
		doctor_advise(doctor,
			      "boot a kernel with CONFIG_KPROBES and CONFIG_KPROBE_EVENTS; or "
			      "scripts/guest with a Debian kernel");
}

void doctor_check_trace(struct doctor *doctor)
{
	check_perf(doctor);
	check_bpf(doctor);
	check_kprobes(doctor);
}
