// SPDX-License-Identifier: GPL-2.0-or-later
/* Which stages of a fault this kernel shows, and how: all probes are loaded and attached. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/sysfs.h"
#include "doctor/doctor.h"
#include "machine/kconfig.h"
#include "probes/probes.h"
#include "probes/rungs.h"
#include "result/stages.h"

#define NAMES_SIZE 256

/* What fentry needs from a kernel. */
static const char *const fentry_options[] = {
	"CONFIG_BPF_JIT",
	"CONFIG_FUNCTION_TRACER",
	"CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS",
	NULL,
};

/* "none [integrity] confidentiality"; "not told" where securityfs is not mounted or readable. */
static void read_lockdown(char *text, size_t size)
{
	char line[128], *mode;

	snprintf(text, size, "not told");
	if (sysfs_line(line, sizeof(line), "/sys/kernel/security/lockdown"))
		return;
	mode = strchr(line, '[');
	if (!mode)
		return;
	mode[strcspn(mode, "]")] = '\0';
	snprintf(text, size, "%s", mode + 1);
}

static bool is_off(const char *option)
{
	char value[16];

	return kconfig_get(option, value, sizeof(value)) == 0 && strcmp(value, "n") == 0;
}

static void advise_fentry(struct doctor *doctor, const char *lockdown)
{
	size_t off = 0;

	for (size_t i = 0; fentry_options[i]; i++) {
		if (!is_off(fentry_options[i]))
			continue;
		doctor_advise(doctor, "boot a kernel with %s", fentry_options[i]);
		off++;
	}
	if (off)
		return;
	if (strcmp(lockdown, "not told") == 0)
		doctor_advise(doctor,
			      "see whether the kernel is locked down: mount -t securityfs "
			      "none /sys/kernel/security; cat /sys/kernel/security/lockdown");
	else if (strcmp(lockdown, "none") != 0)
		doctor_advise(doctor,
			      "boot without lockdown: lockdown= on the kernel command line, "
			      "or Secure Boot, asks for it");
	doctor_advise(doctor, "a hardened kernel may refuse all the same: scripts/guest boots "
			      "Debian's, which does not");
}

/* Names of the stages on a rung; returns why the first of them that could do better does not. */
static const char *look_at_rung(const struct probes_stage *stages, int rung, char names[NAMES_SIZE])
{
	const char *reason = NULL;
	size_t used = 0;

	names[0] = '\0';
	for (int i = STAGE_OUTSIDE + 1; i < STAGE_COUNT; i++) {
		if (stages[i].rung != rung)
			continue;
		used += (size_t)snprintf(names + used, NAMES_SIZE - used, "%s%s", used ? ", " : "",
					 stage_words[i]);
		if (!reason && (rung != RUNG_TRACEPOINT || !stage_is_best_as_tracepoint(i)))
			reason = stages[i].reason;
	}
	return reason;
}

static void check_rung(struct doctor *doctor, const struct probes_stage *stages, int rung)
{
	char names[NAMES_SIZE];
	const char *reason = look_at_rung(stages, rung, names);

	if (names[0])
		doctor_add(doctor, reason ? DOCTOR_PARTLY : DOCTOR_YES, rung_words[rung], "%s%s%s",
			   names, reason ? ": " : "", reason ?: "");
}

static void check_fentry(struct doctor *doctor, const struct probes_stage *stages)
{
	char names[NAMES_SIZE], lockdown[96];
	const char *obstacle = look_at_rung(stages, RUNG_KPROBE, names);

	if (!obstacle)
		obstacle = look_at_rung(stages, RUNG_TRACEPOINT, names);
	look_at_rung(stages, RUNG_FENTRY, names);
	if (names[0]) {
		check_rung(doctor, stages, RUNG_FENTRY);
		return;
	}
	read_lockdown(lockdown, sizeof(lockdown));
	doctor_add(doctor, DOCTOR_NO, rung_words[RUNG_FENTRY], "%s; lockdown: %s",
		   obstacle ? obstacle : "no stage", lockdown);
	advise_fentry(doctor, lockdown);
}

static void advise_module(struct doctor *doctor, const char *module, const char *option)
{
	if (is_off(option))
		doctor_advise(doctor, "boot a kernel with %s, or do without its file system",
			      option);
	else
		doctor_advise(doctor, "modprobe %s, or mount such a file system, before tracing",
			      module);
}

static void advise_unseen(struct doctor *doctor, const char *reason)
{
	if (strstr(reason, "xfs is not loaded"))
		advise_module(doctor, "xfs", "CONFIG_XFS_FS");
	else if (strstr(reason, "is not loaded"))
		advise_module(doctor, "ext4", "CONFIG_EXT4_FS");
	else
		doctor_advise(doctor, "their time is told as that of the stage that they begin in");
}

static void check_unseen(struct doctor *doctor, const struct probes_stage *stages)
{
	char names[NAMES_SIZE];

	for (int i = STAGE_OUTSIDE + 1; i < STAGE_COUNT; i++) {
		if (stages[i].rung != RUNG_NONE ||
		    !trace_rungs_group(stages, i, names, sizeof(names)))
			continue;
		doctor_add(doctor, DOCTOR_NO, "not seen", "%s: %s", names, stages[i].reason);
		advise_unseen(doctor, stages[i].reason);
	}
}

static void explain_failure(struct doctor *doctor, int err)
{
	bool is_root = geteuid() == 0;

	doctor_add(doctor, DOCTOR_NO, "probes", "%s: %s",
		   is_root ? "no stage of a fault can be seen" : "not root, so none was tried",
		   strerror(-err));
	if (err == -ENOSYS)
		doctor_advise(doctor, "boot a kernel with CONFIG_DEBUG_INFO_BTF; scripts/trace-bcc "
				      "does without, with the kernel's headers");
	else if (err == -EPERM || !is_root)
		doctor_advise(doctor, "run as root outside of containers, or with CAP_BPF and "
				      "CAP_PERFMON");
	else
		doctor_advise(doctor, "scripts/guest boots a Debian kernel, where they can");
}

void doctor_check_probes(struct doctor *doctor)
{
	const struct probes_setup setup = { .is_quiet = true };
	struct probes_stage stages[STAGE_COUNT];
	struct probes *probes;
	int err = probes_open(&setup, &probes);

	if (err) {
		explain_failure(doctor, err);
		return;
	}
	for (int i = 0; i < STAGE_COUNT; i++)
		stages[i] = *probes_stage(probes, i);
	check_fentry(doctor, stages);
	check_rung(doctor, stages, RUNG_KPROBE);
	check_rung(doctor, stages, RUNG_TRACEPOINT);
	check_unseen(doctor, stages);
	probes_close(probes);
}
