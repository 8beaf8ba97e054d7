// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/sysfs.h"
#include "doctor/doctor.h"
#include "machine/clock.h"
#include "machine/host.h"

/* Two million samples of 8 bytes. */
#define LOCK_BYTES (16u << 20)
#define CPU_FOLDER "/sys/devices/system/cpu"

static const char *or_unknown(const char *text)
{
	return text ? text : "not told";
}

static void check_host(struct doctor *doctor, const struct host *host)
{
	doctor_add(doctor, DOCTOR_YES, "kernel", "%s %s, build ID %.12s, configuration %.19s",
		   or_unknown(host->kernel), or_unknown(host->machine), or_unknown(host->build_id),
		   or_unknown(host->config_digest));
	if (!host->config_digest)
		doctor_advise(doctor,
			      "the results will not tell how this kernel was configured: no "
			      "/proc/config.gz, no readable /boot/config-%s",
			      or_unknown(host->kernel));
	doctor_add(doctor, DOCTOR_YES, "processor", "%s, %llu online, memory %llu MiB",
		   or_unknown(host->cpu), (unsigned long long)host->cpus,
		   (unsigned long long)(host->memory_bytes >> 20));
}

static void check_virtualisation(struct doctor *doctor, const char *name, int domain)
{
	if (!name || strcmp(name, "none") == 0) {
		doctor_add(doctor, DOCTOR_YES, "bare metal", "%s",
			   name ? "the processor says that it is no virtual one"
				: "not told on this architecture");
		return;
	}
	doctor_add(doctor, DOCTOR_PARTLY, "bare metal", "a virtual machine (%s)", name);
	if (domain == DOMAIN_INSTRUCTIONS)
		doctor_advise(doctor,
			      "its clock counts instructions: exact, repeatable, and no time");
	else if (strcmp(name, "tcg") == 0)
		doctor_advise(doctor,
			      "emulation: times mean nothing here; scripts/guest boots with "
			      "the instruction clock");
	else
		doctor_advise(doctor,
			      "other guests and nested page tables are in every figure: compare "
			      "within this machine only, look at p50 first, repeat");
}

static void check_clock(struct doctor *doctor, const struct host *host, const struct clock *clock)
{
	const char *source = or_unknown(host->clocksource);
	bool is_tsc = strcmp(source, "tsc") == 0, is_invariant = host_has_invariant_tsc();

	doctor_add(doctor, is_tsc ? DOCTOR_YES : DOCTOR_PARTLY, "clock",
		   "%s, counts %s; a read costs %llu ns; TSC invariant: %s; the kernel's clock "
		   "source: %s",
		   clock_source_name(clock), domain_words[clock->domain],
		   (unsigned long long)clock->read_cost_ns, is_invariant ? "yes" : "no", source);
	if (!is_tsc && clock->domain == DOMAIN_INSTRUCTIONS)
		doctor_advise(doctor, "the faults are counted all the same, but the kernel should "
				      "keep time by tsc: its sleeps are coarser so");
	else if (!clock_kernel_has_tsc())
		doctor_advise(doctor,
			      "the kernel found the TSC unstable, or has none (dmesg | grep -i tsc "
			      "says why): faults of under a microsecond are not resolved well");
	else if (!is_tsc && is_invariant)
		doctor_advise(doctor,
			      "the kernel does not trust its TSC (dmesg | grep -i tsc says why) "
			      "or prefers the hypervisor's clock");
	else if (!is_tsc)
		doctor_advise(doctor,
			      "every read is a slower clock's: faults of under a microsecond "
			      "are not resolved well");
}

static void check_fifo(struct doctor *doctor)
{
	const struct sched_param fifo = { .sched_priority = 1 };
	struct sched_param old_param;
	int policy = sched_getscheduler(0), err;

	sched_getparam(0, &old_param);
	err = sched_setscheduler(0, SCHED_FIFO, &fifo) ? errno : 0;
	if (!err && sched_setscheduler(0, policy, &old_param))
		err = errno;
	if (!err) {
		doctor_add(doctor, DOCTOR_YES, "SCHED_FIFO", "allowed");
		return;
	}
	doctor_add(doctor, DOCTOR_NO, "SCHED_FIFO", "%s", strerror(err));
	doctor_advise(doctor, geteuid()
				      ? "run as root, or raise the limit: ulimit -r 1 (rtprio in "
					"/etc/security/limits.conf)"
				      : "this group has no real-time budget: see cpu.rt_runtime_us "
					"of its cgroup, kernel.sched_rt_runtime_us");
}

static void check_locked_memory(struct doctor *doctor)
{
	struct rlimit limit = { 0 };
	void *memory =
		mmap(NULL, LOCK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char text[32] = "unlimited";
	int err = memory == MAP_FAILED || mlock(memory, LOCK_BYTES) ? errno : 0;

	getrlimit(RLIMIT_MEMLOCK, &limit);
	if (limit.rlim_cur != RLIM_INFINITY)
		snprintf(text, sizeof(text), "%llu KiB", (unsigned long long)limit.rlim_cur >> 10);
	if (!err) {
		doctor_add(doctor, DOCTOR_YES, "locked memory", "16 MiB could be locked (limit %s)",
			   text);
	} else {
		doctor_add(doctor, DOCTOR_PARTLY, "locked memory",
			   "16 MiB could not be locked: %s (limit %s)", strerror(err), text);
		doctor_advise(doctor,
			      "run as root, or raise the limit: ulimit -l unlimited (memlock in "
			      "/etc/security/limits.conf)");
	}
	if (memory != MAP_FAILED)
		munmap(memory, LOCK_BYTES);
}

static void check_smt(char *text, size_t size)
{
	uint64_t is_active;

	if (sysfs_u64(&is_active, CPU_FOLDER "/smt/active"))
		snprintf(text, size, "not told");
	else
		snprintf(text, size, "%s", is_active ? "on" : "off");
}

static void check_cpus(struct doctor *doctor, const struct host *host)
{
	char isolated[128], smt[16];
	cpu_set_t allowed;
	int count;

	CPU_ZERO(&allowed);
	sched_getaffinity(0, sizeof(allowed), &allowed);
	count = CPU_COUNT(&allowed);
	sysfs_line(isolated, sizeof(isolated), CPU_FOLDER "/isolated");
	check_smt(smt, sizeof(smt));
	doctor_add(doctor, count > 1 && isolated[0] ? DOCTOR_YES : DOCTOR_PARTLY, "quiet CPUs",
		   "%d of %llu allowed, isolated: %s, SMT %s", count,
		   (unsigned long long)host->cpus, isolated[0] ? isolated : "none", smt);
	if (count < 2)
		doctor_advise(doctor,
			      "the load shares the measuring CPU: give this process two or more "
			      "(taskset, cpuset)");
	if (!isolated[0] && host->cpus > 1)
		doctor_advise(doctor, "for the quietest tails boot with isolcpus=N nohz_full=N "
				      "rcu_nocbs=N for one CPU");
	if (strcmp(smt, "on") == 0)
		doctor_advise(doctor,
			      "echo off > " CPU_FOLDER "/smt/control keeps sibling threads out");
}

static void check_governor(struct doctor *doctor, const char *governor)
{
	if (!governor) {
		doctor_add(doctor, DOCTOR_PARTLY, "steady frequency",
			   "no cpufreq: the firmware or the hypervisor decides");
	} else if (strcmp(governor, "performance") == 0) {
		doctor_add(doctor, DOCTOR_YES, "steady frequency", "governor performance");
	} else {
		doctor_add(doctor, DOCTOR_NO, "steady frequency", "governor %s", governor);
		doctor_advise(doctor,
			      "for g in " CPU_FOLDER "/cpu*/cpufreq/scaling_governor; do echo "
			      "performance > $g; done");
	}
}

void doctor_check_machine(struct doctor *doctor)
{
	struct clock clock;
	struct host host;

	doctor->err = doctor->err ?: clock_init(&clock);
	doctor->err = doctor->err ?: host_read(&host);
	if (doctor->err)
		return;
	check_host(doctor, &host);
	check_virtualisation(doctor, host.virtualisation, clock.domain);
	check_clock(doctor, &host, &clock);
	check_fifo(doctor);
	check_locked_memory(doctor);
	check_cpus(doctor, &host);
	check_governor(doctor, host.governor);
	host_free(&host);
}
