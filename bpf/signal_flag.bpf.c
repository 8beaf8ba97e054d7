// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which flag of a thread says that a signal is pending. TIF_SIGPENDING is a macro, so BTF does not
 * have its number, and kernels have renumbered these flags; so bench/probes/signal_flag.c sends
 * itself signals, some of them blocked, and compares the flags. The tracepoint comes at the end of
 * __send_signal_locked (kernel/signal.c), after complete_signal() has set the flag.
 */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "kernel.h"
#include "signal_flag.h"

char LICENSE[] SEC("license") = "GPL";

unsigned long long set_in_all = ~0ULL; /* after signals that were not blocked */
unsigned long long set_in_any;	       /* after those that were */
unsigned int pending_count, blocked_count;

SEC("tp_btf/signal_generate")
int BPF_PROG(tp_signal_generate, int number, struct kernel_siginfo *info)
{
	struct task_struct *task = bpf_get_current_task_btf();
	int sent = info ? BPF_CORE_READ(info, si_errno) : 0;

	if (sent == SIGNAL_PENDING) {
		set_in_all &= task->thread_info.flags;
		pending_count++;
	} else if (sent == SIGNAL_BLOCKED) {
		set_in_any |= task->thread_info.flags;
		blocked_count++;
	}
	return 0;
}
