/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Faults that wait until a thread of ours serves them (userfaultfd): as long as is wanted. */
#ifndef SYNCFAULT_TEST_SERVED_H
#define SYNCFAULT_TEST_SERVED_H

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif
#define SERVED_PAGE 4096

struct served {
	char *base;
	size_t pages;
	uint64_t delay_ns; /* of each */
	size_t gathered;   /* how many must wait before the first one is served */
	int uffd, end;
	pthread_t thread;
	const void *zeros;
};

/* Gets the faults on [base, base + pages): -errno. */
static inline int served_register(struct served *served)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register area = {
		.range = { (uintptr_t)served->base, served->pages * SERVED_PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	served->uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);
	if (served->uffd < 0)
		served->uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (served->uffd < 0)
		return -errno;
	if (ioctl(served->uffd, UFFDIO_API, &api) || ioctl(served->uffd, UFFDIO_REGISTER, &area))
		return -errno;
	return 0;
}

static inline void served_copy(const struct served *served, uint64_t address)
{
	struct uffdio_copy copy = { .dst = address & ~(uint64_t)(SERVED_PAGE - 1),
				    .src = (uintptr_t)served->zeros,
				    .len = SERVED_PAGE };
	struct uffdio_range range = { copy.dst, SERVED_PAGE };

	/* Where the page is there already, a fault may have come to wait since. */
	if (ioctl(served->uffd, UFFDIO_COPY, &copy))
		ioctl(served->uffd, UFFDIO_WAKE, &range);
}

static inline void *served_loop(void *argument)
{
	const struct served *served = argument;
	const struct timespec delay = { (time_t)(served->delay_ns / 1000000000),
					(long)(served->delay_ns % 1000000000) };
	struct pollfd ready[] = { { served->uffd, POLLIN, 0 }, { served->end, POLLIN, 0 } };
	uint64_t *waiting = calloc(served->gathered + 1, sizeof(*waiting));
	size_t count = 0;

	while (poll(ready, 2, -1) > 0 && !ready[1].revents) {
		struct uffd_msg message;

		if (read(served->uffd, &message, sizeof(message)) != sizeof(message))
			continue;
		waiting[count++] = message.arg.pagefault.address;
		if (count < served->gathered)
			continue;
		clock_nanosleep(CLOCK_MONOTONIC, 0, &delay, NULL);
		while (count)
			served_copy(served, waiting[--count]);
	}
	free(waiting);
	return NULL;
}

/*
 * Memory of pages, none of them there, in a file or anonymous, each to be served delay_ns after it
 * is asked for. Signals go to other threads. -errno where there is no userfaultfd.
 */
static inline int served_begin(struct served *served, size_t pages, bool is_file, uint64_t delay_ns,
			       size_t gathered)
{
	int fd = is_file ? memfd_create("served", MFD_CLOEXEC) : -1, ret;
	sigset_t all, old;

	*served = (struct served){ .pages = pages, .delay_ns = delay_ns, .gathered = gathered };
	if (is_file && (fd < 0 || ftruncate(fd, (off_t)(pages * SERVED_PAGE))))
		return -errno;
	served->base = mmap(NULL, pages * SERVED_PAGE, PROT_READ | PROT_WRITE,
			    is_file ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS, fd, 0);
	if (fd >= 0)
		close(fd);
	if (served->base == MAP_FAILED)
		return -errno;
	madvise(served->base, pages * SERVED_PAGE, MADV_NOHUGEPAGE);
	served->zeros = aligned_alloc(SERVED_PAGE, SERVED_PAGE);
	memset((void *)(uintptr_t)served->zeros, 0, SERVED_PAGE);
	ret = served_register(served);
	if (ret)
		return ret;
	served->end = eventfd(0, EFD_CLOEXEC);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = -pthread_create(&served->thread, NULL, served_loop, served);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return ret;
}

static inline void served_end(struct served *served)
{
	eventfd_write(served->end, 1);
	pthread_join(served->thread, NULL);
	close(served->uffd);
	close(served->end);
	free((void *)(uintptr_t)served->zeros);
	munmap(served->base, served->pages * SERVED_PAGE);
}

#endif
