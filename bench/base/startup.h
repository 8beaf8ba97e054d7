/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What whoever started the program left it with. */
#ifndef SYNCFAULT_BASE_STARTUP_H
#define SYNCFAULT_BASE_STARTUP_H

/* The deepest input and a run on a device took less than 192 KiB, gnuplot less than 80. */
#define STARTUP_STACK_BYTES (512UL << 10)

/*
 * First of all in main(). Standard descriptors that are closed become ones that every access to
 * fails, so that no file of ours takes their numbers. A file that grows beyond RLIMIT_FSIZE is an
 * error of its write (EFBIG) and no signal; children get the signal back (base/spawn.h). A soft
 * limit of the stack below STARTUP_STACK_BYTES is raised; where the hard one forbids it, one line
 * on stderr and -ENOMEM.
 */
int startup_settle(void);

#endif
