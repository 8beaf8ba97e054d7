/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a writer sends to the host: reports, through a port that nothing in the guest buffers, and
 * marks, at which scripts/lib/guest/crash.c ends the guest.
 */
#ifndef SYNCFAULT_WRITER_REPORT_H
#define SYNCFAULT_WRITER_REPORT_H

#include <stdbool.h>

/*
 * By port: through I/O port 0xe9 of scripts/guest (its stdout), for the calling thread and those it
 * starts; QEMU has written a byte out before the instruction that sent it ends. Else to stdout, by
 * write(2). 0 or -errno, reported; -EOPNOTSUPP without I/O ports.
 */
int report_open(bool by_port);

/* One line, whole: threads take turns. */
void report(bool by_port, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * A NOP with the operand that scripts/lib/guest/crash.c looks for; nothing on other machines than
 * x86.
 */
static inline void report_mark(void)
{
#if defined(__x86_64__)
	asm volatile(".byte 0x0f, 0x1f, 0x80, 0x6d, 0x61, 0x72, 0x6b" : : : "memory");
#endif
}

#endif
