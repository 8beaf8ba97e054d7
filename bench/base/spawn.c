// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/stop.h"

#define SYSTEM_FOLDERS "/usr/local/sbin:/usr/sbin:/sbin"
/* A signal may be taken by another thread: so check the flag at least this often. */
#define STOP_LATENCY_MS 100

struct child {
	pid_t pid;
	int pidfd;
	int output; /* what it writes, not blocking */
	int error;  /* the errno of a failed exec; end of file once exec succeeded */
};

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

static bool find_in(const char *folders, const char *name, char path[PATH_MAX])
{
	for (const char *p = folders; p; p = strchr(p, ':') ? strchr(p, ':') + 1 : NULL) {
		int length = (int)strcspn(p, ":");

		if (length && snprintf(path, PATH_MAX, "%.*s/%s", length, p, name) < PATH_MAX &&
		    is_program(path))
			return true;
	}
	return false;
}

int spawn_find(const char *name, char path[PATH_MAX])
{
	const char *folders = getenv("PATH");

	if (strchr(name, '/')) {
		snprintf(path, PATH_MAX, "%s", name);
		return is_program(path) ? 0 : -ENOENT;
	}
	if (folders && find_in(folders, name, path))
		return 0;
	return find_in(SYSTEM_FOLDERS, name, path) ? 0 : -ENOENT;
}

/* Between fork and exec: async-signal-safe calls only. */
static void reset_signals(void)
{
	const struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		sigaction(number, &action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void exec_child(const char *path, char *const argv[], pid_t parent, int output, int error)
{
	int null = open("/dev/null", O_RDONLY);
	int err;

	/* The parent may have died before the prctl: nobody would kill us then. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(127);
	reset_signals();
	if (null >= 0 && dup2(null, 0) == 0 && dup2(output, 1) == 1 && dup2(output, 2) == 2 &&
	    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		execv(path, argv);
	err = errno;
	if (write(error, &err, sizeof(err)) < 0)
		_exit(126);
	_exit(127);
}

/* A pipe end that became 0, 1 or 2 would be overwritten by the child's own: move it up. */
static int make_pipe(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC))
		return diag_errno(errno, "pipe2");
	for (int i = 0; i < 2; i++) {
		int high = ends[i] > 2 ? ends[i] : fcntl(ends[i], F_DUPFD_CLOEXEC, 3);

		if (high < 0)
			return diag_errno(errno, "fcntl F_DUPFD_CLOEXEC");
		if (high != ends[i])
			close(ends[i]);
		ends[i] = high;
	}
	return 0;
}

static void close_pair(int (*ends)[2])
{
	cleanup_close(&(*ends)[0]);
	cleanup_close(&(*ends)[1]);
}

static void close_child(struct child *child)
{
	cleanup_close(&child->pidfd);
	cleanup_close(&child->output);
	cleanup_close(&child->error);
}

static void reap(const struct child *child, int *status)
{
	while (waitpid(child->pid, status, 0) < 0 && errno == EINTR)
		;
}

static int start_child(const char *path, const char *const argv[], struct child *child)
{
	auto_release(close_pair) int output[2] = { -1, -1 };
	auto_release(close_pair) int error[2] = { -1, -1 };
	pid_t parent = getpid();
	int err, status;

	err = make_pipe(output);
	if (!err)
		err = make_pipe(error);
	if (err)
		return err;
	child->pid = fork();
	if (child->pid < 0)
		return diag_errno(errno, "fork for %s", path);
	if (child->pid == 0)
		exec_child(path, (char *const *)argv, parent, output[1], error[1]);
	child->pidfd = pidfd_open(child->pid, 0);
	if (child->pidfd < 0) {
		err = diag_errno(errno, "pidfd_open");
		kill(child->pid, SIGKILL);
		reap(child, &status);
		return err;
	}
	fcntl(output[0], F_SETFL, O_NONBLOCK);
	child->output = no_close(output[0]);
	child->error = no_close(error[0]);
	return 0;
}

static void keep_output(struct spawn_output *out, const char *text, size_t length)
{
	size_t room = sizeof(out->text) - 1;

	if (length > room) {
		text += length - room;
		length = room;
	}
	if (out->length + length > room) {
		size_t excess = out->length + length - room;

		memmove(out->text, out->text + excess, out->length - excess);
		out->length -= excess;
	}
	memcpy(out->text + out->length, text, length);
	out->length += length;
	out->text[out->length] = '\0';
}

/* Takes what is there; false at the end. */
static bool drain(int fd, struct spawn_output *out)
{
	char text[4096];
	ssize_t length;

	while ((length = read(fd, text, sizeof(text))) > 0)
		if (out)
			keep_output(out, text, (size_t)length);
	return length < 0 && (errno == EAGAIN || errno == EINTR);
}

/* Until the child ends, not until its output does: a grandchild may hold the pipe open. */
static int watch_child(struct child *child, struct spawn_output *out)
{
	struct pollfd fds[] = { { child->pidfd, POLLIN, 0 }, { child->output, POLLIN, 0 } };

	for (;;) {
		if (stop_check())
			return -EINTR;
		if (poll(fds, 2, STOP_LATENCY_MS) < 0 && errno != EINTR)
			return diag_errno(errno, "poll");
		if (!drain(child->output, out))
			fds[1].fd = -1;
		if (fds[0].revents) {
			drain(child->output, out);
			return 0;
		}
		fds[0].revents = 0;
	}
}

static int judge_child(const struct child *child, const char *path, int status)
{
	int err;

	if (read(child->error, &err, sizeof(err)) == sizeof(err))
		return diag_errno(err, "exec %s", path);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int spawn_wait(const char *const argv[], struct spawn_output *out)
{
	auto_release(close_child) struct child child = { -1, -1, -1, -1 };
	char path[PATH_MAX];
	int err, status = 0;

	if (out) {
		out->length = 0;
		out->text[0] = '\0';
	}
	if (spawn_find(argv[0], path))
		return diag_errno(ENOENT, "%s", argv[0]);
	err = start_child(path, argv, &child);
	if (err)
		return err;
	err = watch_child(&child, out);
	if (err)
		kill(child.pid, SIGKILL);
	reap(&child, &status);
	return err ? err : judge_child(&child, path, status);
}

const char *spawn_last_line(struct spawn_output *out)
{
	char *line;

	while (out->length && strchr(" \t\r\n", out->text[out->length - 1]))
		out->text[--out->length] = '\0';
	line = strrchr(out->text, '\n');
	return line ? line + 1 : out->text;
}
