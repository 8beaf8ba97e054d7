/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The si_errno that marks our signals; the kernel ignores it. */
#ifndef SYNCFAULT_SIGNAL_FLAG_H
#define SYNCFAULT_SIGNAL_FLAG_H

#define SIGNAL_PENDING 0x73796e63
#define SIGNAL_BLOCKED 0x73796e62

#endif
