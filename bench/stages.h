/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is printed of stages. Pure. */
#ifndef SYNCFAULT_STAGES_H
#define SYNCFAULT_STAGES_H

#include "../bpf/probes.h"

/* "the file system's fault handler": a phrase for tables' legends and the manual page. */
const char *stage_meaning(int stage);

#endif
