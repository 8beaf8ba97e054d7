/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must be known about a machine to trust and repeat its figures. */
#ifndef SYNCFAULT_MACHINE_HOST_H
#define SYNCFAULT_MACHINE_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "result/result.h"

/*
 * Fills *host, whose old contents are overwritten. What the machine does not show, or not to this
 * user, is absent; that is not a failure. mhz is the highest frequency if cpufreq knows it, else
 * the first CPU's current one. Runs the mkfs programs that exist for their versions. Only
 * -ENOMEM, with *host freed.
 */
int host_read(struct host *host);

void host_free(struct host *host);

/*
 * Finds the build ID among ELF notes as in /sys/kernel/notes: lower-case hex in id. -ENOENT,
 * -ENAMETOOLONG. Pure.
 */
int host_find_build_id(const void *notes, size_t length, char *id, size_t size);

/*
 * The hypervisor by CPUID: "kvm", "tcg", "vmware", … or the vendor's own word if it is unknown;
 * "none" if the CPU reports none. -ENOTSUP on architectures other than x86.
 */
int host_read_virtualisation(char *name, size_t size);

/* Whether the TSC runs at one rate in all power states (CPUID 0x80000007). False except on x86. */
bool host_has_invariant_tsc(void);

#endif
