/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TIF_SIGPENDING in the running kernel: BTF does not have it. */
#ifndef SYNCFAULT_PROBES_SIGNAL_FLAG_H
#define SYNCFAULT_PROBES_SIGNAL_FLAG_H

#include <stdint.h>

/*
 * *mask is the bit of thread_info.flags that is set while a signal is pending. It is found through
 * signals that a child of ours sends to itself; this process gets none. -ENOENT, and *mask 0, if
 * there is not exactly one such bit; else the errno of loading a BPF program, or of fork().
 */
int probes_find_signal_flag(uint64_t *mask);

#endif
