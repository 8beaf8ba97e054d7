/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Functions that are a stage each, on every rung: the programs are named fentry_FUNCTION,
 * fexit_FUNCTION, kprobe_FUNCTION and kretprobe_FUNCTION.
 */
#ifndef SYNCFAULT_STAGE_OF_H
#define SYNCFAULT_STAGE_OF_H

#include "../flight.h"

#define STAGE_ENTRY(kind, name, what) \
	SEC(#kind "/" #name)          \
	int kind##_##name(void *ctx)  \
	{                             \
		what;                 \
		return 0;             \
	}
#define STAGE_OF(name, stage)                         \
	STAGE_ENTRY(fentry, name, stage_begin(stage)) \
	STAGE_ENTRY(fexit, name, stage_end(stage))    \
	STAGE_ENTRY(kprobe, name, stage_begin(stage)) \
	STAGE_ENTRY(kretprobe, name, stage_end(stage))

#endif
