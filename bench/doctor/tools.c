// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"
#include "base/spawn.h"
#include "doctor/doctor.h"

static void check_kvm(struct doctor *doctor)
{
	auto_close int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int err = errno, version;

	if (fd < 0) {
		doctor_add(doctor, DOCTOR_NO, "KVM", "/dev/kvm: %s", strerror(err));
		doctor_advise(doctor, err == EACCES ? "adduser USER kvm, or run as root"
						    : "modprobe kvm_intel or kvm_amd; in a virtual "
						      "machine its host must allow nesting");
		doctor_advise(doctor, "scripts/guest works without, on the instruction clock");
		return;
	}
	version = ioctl(fd, KVM_GET_API_VERSION, 0);
	doctor_add(doctor, DOCTOR_PARTLY, "KVM",
		   "/dev/kvm opens (API %d), which does not prove that a kernel boots on it",
		   version);
	doctor_advise(doctor,
		      "scripts/guest --clock time boots a kernel first, and refuses without");
}

#if defined(__x86_64__)
#define QEMU	     "qemu-system-x86_64"
#define QEMU_PACKAGE "qemu-system-x86"
#elif defined(__aarch64__)
#define QEMU	     "qemu-system-aarch64"
#define QEMU_PACKAGE "qemu-system-arm"
#else
#define QEMU	     "qemu-system-x86_64"
#define QEMU_PACKAGE "qemu-system-x86"
#endif

static void check_qemu(struct doctor *doctor)
{
	const char *const argv[] = { QEMU, "--version", NULL };
	struct spawn_output output;
	char path[PATH_MAX];
	int status;

	if (spawn_find(argv[0], path)) {
		doctor_add(doctor, DOCTOR_NO, "QEMU", "no %s", argv[0]);
		doctor_advise(doctor, "apt-get install %s", QEMU_PACKAGE);
		return;
	}
	status = spawn_wait(argv, &output);
	if (status < 0)
		return;
	output.text[strcspn(output.text, "\n")] = '\0';
	doctor_add(doctor, status ? DOCTOR_NO : DOCTOR_YES, "QEMU", "%s: %s", path,
		   status ? spawn_last_line(&output) : output.text);
	if (status)
		doctor_advise(doctor, "apt-get install --reinstall %s", QEMU_PACKAGE);
}

static const struct helper {
	const char *program;
	const char *package;
	const char *purpose;
} helpers[] = {
	{ "mkfs.ext4", "e2fsprogs", "ext4 on a device" },
	{ "mkfs.xfs", "xfsprogs", "XFS on a device" },
	{ "mkfs.btrfs", "btrfs-progs", "btrfs on a device" },
	{ "ndctl", "ndctl", "setting up persistent memory" },
	{ "gnuplot", "gnuplot-nox", "syncfault plot" },
};

static void check_helper(struct doctor *doctor, const struct helper *helper)
{
	char path[PATH_MAX];

	if (spawn_find(helper->program, path) == 0) {
		doctor_add(doctor, DOCTOR_YES, helper->program, "%s", path);
		return;
	}
	doctor_add(doctor, DOCTOR_NO, helper->program, "not in PATH; it is for %s",
		   helper->purpose);
	doctor_advise(doctor, "apt-get install %s", helper->package);
}

void doctor_check_tools(struct doctor *doctor)
{
	check_kvm(doctor);
	check_qemu(doctor);
	for (size_t i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++)
		check_helper(doctor, &helpers[i]);
}
