// SPDX-License-Identifier: GPL-2.0-or-later
#include "probes/signal_flag.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bpf/signal_flag.h"
#include "signal_flag.skel.h"

#define OURS  SIGUSR1
#define TIMES 16 /* each: other flags come and go, and differ in one of them */
#define TRIES 3

static void take_signal(int number)
{
	(void)number;
}

static bool send_to_self(int which)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_code = SI_QUEUE;
	info.si_errno = which;
	return !syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), OURS, &info);
}

/* In the child, which shares nothing with the program but the BPF program's memory. */
static bool send_all(void)
{
	const struct sigaction action = { .sa_handler = take_signal };
	sigset_t all, others;
	bool is_sent = true;

	sigfillset(&all);
	sigfillset(&others);
	sigdelset(&others, OURS);
	sigaction(OURS, &action, NULL);
	for (int i = 0; i < TIMES && is_sent; i++) {
		sigprocmask(SIG_SETMASK, &all, NULL);
		is_sent = send_to_self(SIGNAL_BLOCKED);
		sigprocmask(SIG_SETMASK, &others, NULL);
		is_sent &= send_to_self(SIGNAL_PENDING);
	}
	return is_sent;
}

static int run_child(void)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid)
		_exit(send_all() ? 0 : 1);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status ? -ENOENT : 0;
}

/* The one bit that all pending signals set and no blocked one did, else 0. */
static uint64_t compare(const struct signal_flag_bpf *skeleton)
{
	uint64_t mask = skeleton->data->set_in_all & ~skeleton->bss->set_in_any;
	bool is_whole =
		skeleton->bss->pending_count >= TIMES && skeleton->bss->blocked_count >= TIMES;

	return is_whole && mask && !(mask & (mask - 1)) ? mask : 0;
}

static void forget(struct signal_flag_bpf *skeleton)
{
	skeleton->data->set_in_all = UINT64_MAX;
	memset(skeleton->bss, 0, sizeof(*skeleton->bss));
}

int probes_find_signal_flag(uint64_t *mask)
{
	struct signal_flag_bpf *skeleton = signal_flag_bpf__open_and_load();
	int ret;

	*mask = 0;
	if (!skeleton)
		return -errno;
	ret = signal_flag_bpf__attach(skeleton);
	for (int i = 0; i < TRIES && !ret && !*mask; i++) {
		forget(skeleton);
		ret = run_child();
		if (!ret)
			*mask = compare(skeleton);
	}
	signal_flag_bpf__destroy(skeleton);
	return ret ? ret : *mask ? 0 : -ENOENT;
}
