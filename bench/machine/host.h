/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is needed of a machine to trust and repeat its figures. */
#ifndef SYNCFAULT_MACHINE_HOST_H
#define SYNCFAULT_MACHINE_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "result/result.h"

/*
 * Fills *host, whose old contents are overwritten. What the machine does not tell, or not this
 * user, is absent; that is no failure. mhz is the greatest frequency where cpufreq knows it, else
 * the first CPU's at this moment. Runs mkfs programs for their versions, where there are any. Only
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
 * The hypervisor by CPUID: "kvm", "tcg", "vmware", … or the vendor's own word where it is unknown;
 * "none" where the CPU says that there is none. -ENOTSUP on other architectures than x86.
 */
int host_read_virtualisation(char *name, size_t size);

/* Whether the TSC runs at one rate in all power states (CPUID 0x80000007). False but on x86. */
bool host_has_invariant_tsc(void);

#endif
