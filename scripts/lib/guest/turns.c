// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Preloaded into QEMU on the instruction clock, so that runs repeat on a busy host as well.
 *
 * A vCPU that halts marks itself halted, and only then, without the big lock, accounts for the
 * instructions it has executed (rr_cpu_thread_fn and icount_process_data of accel/tcg, QEMU 7.2).
 * If the main thread gets the lock in between, it finds a machine that is idle and moves the clock
 * to the next timer from a count that is too low: the clock is then late by some hundred
 * instructions, for good. How often depends on how the host schedules the two threads.
 *
 * Here the main thread gets the big lock only while the vCPUs wait for it in a condition variable.
 * That is the only time when it has something to do: timers that expire while a vCPU runs are run
 * by the vCPU's thread. One vCPU thread is assumed, which is what -icount has.
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* How long the main thread lets a vCPU run that does not halt: QEMU must notice a signal. */
#define PATIENCE_S 1

static int (*next_lock)(pthread_mutex_t *);
static int (*next_unlock)(pthread_mutex_t *);
static int (*next_wait)(pthread_cond_t *, pthread_mutex_t *);
static int (*next_ppoll)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);

/* The mutex that the main thread takes after its first ppoll. */
static pthread_mutex_t *_Atomic big_lock;
static atomic_bool has_polled;
static atomic_bool has_vcpu;
static atomic_int vcpu_waits;

/* Not in a constructor: those of other libraries lock mutexes before ours would run. */
static void find_next(void)
{
	if (next_ppoll)
		return;
	next_lock = (int (*)(pthread_mutex_t *))dlsym(RTLD_NEXT, "pthread_mutex_lock");
	next_unlock = (int (*)(pthread_mutex_t *))dlsym(RTLD_NEXT, "pthread_mutex_unlock");
	/* On x86 the plain name may mean the condition variables from before glibc 2.3.2. */
	next_wait = (int (*)(pthread_cond_t *, pthread_mutex_t *))dlvsym(
		RTLD_NEXT, "pthread_cond_wait", "GLIBC_2.3.2");
	if (!next_wait)
		next_wait = (int (*)(pthread_cond_t *, pthread_mutex_t *))dlsym(
			RTLD_NEXT, "pthread_cond_wait");
	next_ppoll = (int (*)(struct pollfd *, nfds_t, const struct timespec *,
			      const sigset_t *))dlsym(RTLD_NEXT, "ppoll");
}

static bool is_main_thread(void)
{
	static _Thread_local int is_main = -1;

	if (is_main < 0)
		is_main = gettid() == getpid();
	return is_main;
}

int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
	int result;

	find_next();
	result = next_ppoll(fds, count, timeout, mask);
	if (is_main_thread())
		has_polled = true;
	return result;
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	const struct timespec patience = { .tv_sec = PATIENCE_S };
	int result;

	find_next();
	if (has_polled && !big_lock && is_main_thread())
		big_lock = mutex;
	result = next_lock(mutex);
	if (mutex != big_lock || !is_main_thread())
		return result;
	while (has_vcpu && !vcpu_waits) {
		bool is_late;

		next_unlock(mutex);
		is_late = syscall(SYS_futex, &vcpu_waits, FUTEX_WAIT_PRIVATE, 0, &patience, NULL,
				  0) &&
			  errno == ETIMEDOUT;
		result = next_lock(mutex);
		if (is_late)
			break;
	}
	return result;
}

/* vcpu_waits is changed with the mutex held, so it is true for whoever else holds it. */
int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
	int result;

	find_next();
	if (mutex != big_lock || is_main_thread())
		return next_wait(condition, mutex);
	has_vcpu = true;
	vcpu_waits = 1;
	syscall(SYS_futex, &vcpu_waits, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	result = next_wait(condition, mutex);
	vcpu_waits = 0;
	return result;
}
