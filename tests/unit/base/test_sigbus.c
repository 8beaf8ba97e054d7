// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sigbus.h"

/* A mapping of a file that has no bytes: each access raises SIGBUS. */
static char *map_nothing(void)
{
	int fd = memfd_create("nothing", MFD_CLOEXEC);
	char *base = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	assert_true(fd >= 0 && base != MAP_FAILED);
	close(fd);
	return base;
}

static void access_it(void *byte)
{
	*(volatile char *)byte = 1;
}

static void an_access_that_is_guarded(void **state)
{
	char *base = map_nothing(), own;
	struct sigaction old;
	struct sigbus met = { 0 };

	(void)state;
	sigbus_enter(&old);
	assert_false(sigbus_guard(access_it, base + 100, &met));
	assert_int_equal(met.address, (uintptr_t)base + 100);
	assert_int_equal(met.code, BUS_ADRERR);
	assert_true(sigbus_guard(access_it, &own, &met));
	/* And once more: the signal is not blocked by having been left. */
	assert_false(sigbus_guard(access_it, base, &met));
	sigbus_leave(&old);
	munmap(base, 4096);
}

/* It would be met again and again: the program ends as it would without a handler. */
static void an_access_that_nobody_guards(void **state)
{
	const struct rlimit none = { 0 };
	char *base = map_nothing();
	struct sigaction old;
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &none);
		alarm(10);
		sigbus_enter(&old);
		access_it(base);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGBUS);
	munmap(base, 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_access_that_is_guarded),
		cmocka_unit_test(an_access_that_nobody_guards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
