// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/sigbus.h"

#include <setjmp.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/prctl.h>

/* Where a thread goes on after SIGBUS, and what raised it. */
static __thread sigjmp_buf way_out;
static __thread volatile sig_atomic_t is_guarded;
static __thread struct sigbus raised;

/* A handler can leave a word to others only in a global. */
static _Atomic uintptr_t reported;

static void handle(int number, siginfo_t *info, void *context)
{
	(void)context;
	if (info->si_code == BUS_MCEERR_AO) {
		atomic_store(&reported, (uintptr_t)info->si_addr);
		return;
	}
	if (!is_guarded) {
		signal(number, SIG_DFL);
		raise(number);
		return;
	}
	raised = (struct sigbus){ .address = (uintptr_t)info->si_addr, .code = info->si_code };
	siglongjmp(way_out, 1);
}

static bool is_ours(const struct sigaction *action)
{
	return (action->sa_flags & SA_SIGINFO) && action->sa_sigaction == handle;
}

/*
 * Unless asked for early reports, the kernel silently takes the failed page out of page tables, and
 * on DAX the next fault maps the same memory again.
 */
void sigbus_enter(struct sigaction *old)
{
	const struct sigaction action = { .sa_sigaction = handle,
					  .sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART };

	sigaction(SIGBUS, &action, old);
	if (is_ours(old))
		return;
	atomic_store(&reported, 0);
	prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0);
}

void sigbus_leave(const struct sigaction *old)
{
	sigaction(SIGBUS, old, NULL);
	if (!is_ours(old))
		prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_DEFAULT, 0, 0);
}

bool sigbus_guard(void (*step)(void *context), void *context, struct sigbus *met)
{
	if (sigsetjmp(way_out, 1) == 0) {
		is_guarded = 1;
		step(context);
		is_guarded = 0;
		return true;
	}
	is_guarded = 0;
	*met = raised;
	return false;
}

bool sigbus_reported(uintptr_t from, uintptr_t to, uintptr_t *address)
{
	*address = atomic_load(&reported);
	return *address >= from && *address < to;
}
