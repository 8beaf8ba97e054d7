// SPDX-License-Identifier: GPL-2.0
/*
 * PID 1 of the guest that scripts/guest boots: make the machine ready, run one command, hand back
 * its status and the files it wrote, switch the machine off.
 *
 * Everything leaves the guest without raising an interrupt, so that nothing the host does can
 * affect the guest's clock: standard output, standard error and the status byte by byte through
 * three I/O ports (QEMU's isa-debugcon: written before the instruction ends), the files through
 * memory shared with the host (ivshmem-plain) after the command has ended.
 *
 * /job says what to do: NUL-terminated words "name=value", see job_take(). Empty words are padding.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORT_STDOUT = 0xe9, PORT_STDERR = 0xea, PORT_STATUS = 0xeb, PORT_EXIT = 0xf4 };

/* QEMU exits with twice this plus one: 33 distinguishes an orderly end from its own failures. */
enum { POWERED_OFF = 16 };

/* Where scripts/guest plugs the shared memory in: function 0 of slot 8. */
#define SHARED_MEMORY "/sys/bus/pci/devices/0000:00:08.0/"

/* A seed's delay is 0.618 (the golden ratio) of the 4,000,000 instructions between two ticks of
 * a 250 Hz kernel, so that the phases of seeds 0, 1, 2, ... spread evenly over a tick. */
#define SEED_INSTRUCTIONS 2472136L

enum { MAX_WORDS = 512 };

/* How long processes that shall end may do nothing, by the guest's clock. */
enum { PATIENCE_MS = 10000 };

struct job {
	long seed;
	const char *cwd;
	long n_pmem; /* devices to wait for: /dev/pmem0, ... */
	/* To run in the host's root: the modules of this kernel there. Else NULL. */
	const char *host_modules;
	char *env[MAX_WORDS];
	char *argv[MAX_WORDS];
	int n_env, n_args;
};

static void write_port(int port, const char *bytes, size_t n)
{
	asm volatile("rep outsb" : "+S"(bytes), "+c"(n) : "d"(port) : "memory");
}

static __attribute__((format(printf, 1, 2))) void report(const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	write_port(PORT_STATUS, line, strlen(line));
}

static _Noreturn void power_off(void)
{
	outb(POWERED_OFF, PORT_EXIT);
	for (;;)
		pause();
}

/* Ends the guest without an exit status: the host reports that it died, and why. */
#define die(format, ...)                                    \
	do {                                                \
		report("died " format "\n", ##__VA_ARGS__); \
		power_off();                                \
	} while (0)

static char *read_whole(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *text;

	if (fd < 0 || fstat(fd, &st))
		die("open %s: %s", path, strerror(errno));
	text = calloc(1, (size_t)st.st_size + 1);
	if (!text || read(fd, text, (size_t)st.st_size) != st.st_size)
		die("read %s: %s", path, strerror(errno));
	close(fd);
	*size = (size_t)st.st_size;
	return text;
}

static void job_take(struct job *job, char *word)
{
	char *value = strchr(word, '=');

	if (!value)
		die("no value in the job's word '%s'", word);
	*value++ = '\0';
	if (!strcmp(word, "seed"))
		job->seed = strtol(value, NULL, 10);
	else if (!strcmp(word, "cwd"))
		job->cwd = value;
	else if (!strcmp(word, "pmem"))
		job->n_pmem = strtol(value, NULL, 10);
	else if (!strcmp(word, "host-modules"))
		job->host_modules = value;
	else if (!strcmp(word, "env") && job->n_env < MAX_WORDS - 1)
		job->env[job->n_env++] = value;
	else if (!strcmp(word, "arg") && job->n_args < MAX_WORDS - 1)
		job->argv[job->n_args++] = value;
	else
		die("the job's word '%s' is unknown, or one too many", word);
}

static void job_read(struct job *job)
{
	size_t size, length;
	char *word, *end;

	word = read_whole("/job", &size);
	for (end = word + size; word < end; word += length + 1) {
		length = strlen(word);
		if (length)
			job_take(job, word);
	}
	if (!job->n_args)
		die("the job has no command");
}

static void make_dirs(const char *path)
{
	char part[4096];
	size_t i;

	for (i = 1; i < sizeof(part) && path[i - 1]; i++) {
		if (path[i] && path[i] != '/')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		mkdir(part, 0755);
	}
}

static void mount_or_die(const char *type, const char *source, const char *dir, unsigned long flags,
			 const char *options)
{
	make_dirs(dir);
	if (mount(source, dir, type, flags, options))
		die("mount %s on %s: %s", source, dir, strerror(errno));
}

static void mount_kernel_file_systems(void)
{
	mount_or_die("devtmpfs", "dev", "/dev", 0, NULL);
	mount_or_die("proc", "proc", "/proc", 0, NULL);
	mount_or_die("sysfs", "sys", "/sys", 0, NULL);
	mount_or_die("tmpfs", "shm", "/dev/shm", 0, "mode=1777");
	/* No file system of its own: the image is memory, and --with may have put files there. */
	chmod("/tmp", 01777);
	mount_or_die("tmpfs", "out", "/out", 0, "mode=755");
	mount_or_die("devpts", "pts", "/dev/pts", 0, NULL);
	/* Not every kernel has these, and only some commands need them. */
	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
	mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL);
}

/*
 * The guest has no source of entropy. A fixed seed makes its random numbers the same in every
 * boot, and spares the kernel a second of gathering them from jitter that is not there.
 */
static void seed_random_numbers(void)
{
	/* struct rand_pool_info: bits of entropy, bytes, and the bytes. */
	int seed[2 + 16] = { 512, 64, 0x5eed };
	int fd = open("/dev/urandom", O_RDWR | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, RNDADDENTROPY, seed))
		die("seed /dev/urandom: %s", strerror(errno));
	close(fd);
}

/* Each line of the file is the path of a module; what it depends on comes before it. */
static void load_modules(const char *list)
{
	size_t size;
	char *path, *rest = read_whole(list, &size);

	while ((path = strsep(&rest, "\n"))) {
		int fd;

		if (!*path)
			continue;
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST))
			die("load %s: %s", path, strerror(errno));
		close(fd);
	}
}

static void wait_for(const char *path)
{
	int tries;

	for (tries = 0; access(path, F_OK); tries++) {
		if (tries == 5000)
			die("%s did not appear within 5 s", path);
		usleep(1000);
	}
}

/*
 * Makes the host's root file system, read-only below and memory above, this machine's root. The
 * kernel's threads share PID 1's root, so that modules are loaded from there as well.
 */
static void enter_host_root(const struct job *job)
{
	static const char *const kept[] = { "/dev", "/proc", "/sys", "/run", "/out" };
	char path[4096];
	size_t i;

	load_modules("/modules.host-root");
	mount_or_die("tmpfs", "upper", "/upper", 0, NULL);
	mount_or_die("9p", "host", "/host", MS_RDONLY,
		     "trans=virtio,version=9p2000.L,msize=1048576,cache=loose");
	mount_or_die(NULL, "/run", "/run", MS_BIND, NULL);
	make_dirs("/upper/new");
	make_dirs("/upper/work");
	mount_or_die("overlay", "root", "/root", 0,
		     "lowerdir=/host,upperdir=/upper/new,workdir=/upper/work");
	for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		snprintf(path, sizeof(path), "/root%s", kept[i]);
		make_dirs(path);
		if (mount(kept[i], path, NULL, MS_MOVE, NULL))
			die("move %s to %s: %s", kept[i], path, strerror(errno));
	}
	if (chdir("/root") || mount(".", "/", NULL, MS_MOVE, NULL) || chroot("."))
		die("enter the host's root: %s", strerror(errno));
	snprintf(path, sizeof(path), "/lib/modules/%s", strrchr(job->host_modules, '/') + 1);
	if (strcmp(path, job->host_modules))
		mount_or_die(NULL, job->host_modules, path, MS_BIND, NULL);
}

/* Two instructions a round, and as many rounds as make n instructions. */
static void burn_instructions(long n)
{
	long rounds = n / 2;

	if (rounds > 0)
		asm volatile("1: dec %0\n\tjnz 1b" : "+r"(rounds) : : "cc");
}

static _Noreturn void run_command(struct job *job, int out, int err)
{
	int in = open("/dev/null", O_RDONLY);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	environ = job->env;
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0 || chdir(job->cwd)) {
		dprintf(2, "guest: cannot enter %s: %s\n", job->cwd, strerror(errno));
		_exit(127);
	}
	burn_instructions(job->seed * SEED_INSTRUCTIONS);
	execvp(job->argv[0], job->argv);
	dprintf(2, "guest: cannot run %s: %s\n", job->argv[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

/* Reaps whoever has ended; -1 if nobody is left, else 1 if the command was among them. */
static int reap(pid_t command, int *status)
{
	int one, is_done = 0;
	pid_t pid;

	while ((pid = waitpid(-1, &one, WNOHANG)) > 0)
		if (pid == command) {
			*status = one;
			is_done = 1;
		}
	return pid < 0 && errno == ECHILD ? -1 : is_done;
}

/* Whether the host pressed Ctrl-Alt-Del: the time of this guest is over. */
static int is_asked_to_end(int signals)
{
	struct signalfd_siginfo info;
	int is_asked = 0;

	while (read(signals, &info, sizeof(info)) > 0)
		is_asked |= info.ssi_signo == SIGINT;
	return is_asked;
}

static void relay(int from, int port)
{
	static char bytes[65536];
	ssize_t n;

	while ((n = read(from, bytes, sizeof(bytes))) > 0)
		write_port(port, bytes, (size_t)n);
}

/*
 * Runs the command to its end and returns its wait status. The relay is above everything the
 * command may be, at SCHED_FIFO 99: what the command writes is out before its write() returns,
 * on the same CPU, and nothing of it is left over for a span that the command measures later.
 * When the host asks for the end, all processes get SIGTERM, and are waited for.
 */
static int supervise(struct job *job)
{
	struct sched_param highest = { .sched_priority = 99 };
	int out[2], err[2], signals, status = 0, reaped = 0, is_ending = 0;
	sigset_t mask;
	pid_t command;

	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigaddset(&mask, SIGINT);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	reboot(RB_DISABLE_CAD);
	signals = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
	if (signals < 0 || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		die("pipes to the command: %s", strerror(errno));
	command = fork();
	if (command < 0)
		die("fork: %s", strerror(errno));
	if (!command)
		run_command(job, out[1], err[1]);
	/* The read ends alone: a blocking write end is what the command expects. */
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	fcntl(err[0], F_SETFL, O_NONBLOCK);
	sched_setscheduler(0, SCHED_FIFO, &highest);
	while (is_ending ? reaped >= 0 : !reaped) {
		/* init keeps the write ends open, so that POLLHUP never makes poll() spin. */
		struct pollfd fds[] = { { .fd = signals, .events = POLLIN },
					{ .fd = out[0], .events = POLLIN },
					{ .fd = err[0], .events = POLLIN } };

		if (!poll(fds, 3, is_ending ? PATIENCE_MS : -1))
			kill(-1, SIGKILL);
		if (is_asked_to_end(signals)) {
			is_ending = 1;
			kill(-1, SIGTERM);
		}
		reaped = reap(command, &status);
		relay(out[0], PORT_STDOUT);
		relay(err[0], PORT_STDERR);
	}
	return status;
}

static char *map_shared_memory(size_t *size)
{
	int enable = open(SHARED_MEMORY "enable", O_WRONLY | O_CLOEXEC);
	int fd = open(SHARED_MEMORY "resource2", O_RDWR | O_CLOEXEC);
	struct stat st;
	char *memory;

	if (enable < 0 || write(enable, "1", 1) != 1 || fd < 0 || fstat(fd, &st))
		die("no shared memory in PCI slot 8: %s", strerror(errno));
	memory = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		die("map the shared memory: %s", strerror(errno));
	close(enable);
	close(fd);
	*size = (size_t)st.st_size;
	return memory;
}

/* Leaves a tar archive of /out in the shared memory; busybox is a descriptor of that program. */
static void hand_over_files(int busybox)
{
	static char *const tar[] = { "tar", "-C", "/out", "-cf", "-", ".", NULL };
	static char *const no_env[] = { NULL };
	size_t size, used = 0;
	char *memory = map_shared_memory(&size), more;
	int ends[2], status;
	ssize_t n = 0;
	pid_t pid;

	if (pipe(ends) || (pid = fork()) < 0)
		die("start tar: %s", strerror(errno));
	if (!pid) {
		dup2(ends[1], 1);
		close(ends[0]);
		close(ends[1]);
		fexecve(busybox, tar, no_env);
		_exit(127);
	}
	close(ends[1]);
	while (used < size && (n = read(ends[0], memory + used, size - used)) > 0)
		used += (size_t)n;
	if (used == size && read(ends[0], &more, 1) == 1)
		die("the files under /out are more than the %zu MiB that can be handed over",
		    size >> 20);
	close(ends[0]);
	if (waitpid(pid, &status, 0) != pid || status)
		die("tar of /out failed (wait status %#x)", status);
	report("files %zu\n", used);
}

int main(void)
{
	struct job job = { .cwd = "/" };
	int busybox, status, i;
	char device[32];

	if (getpid() != 1)
		return 2;
	if (ioperm(PORT_STDOUT, 3, 1) || ioperm(PORT_EXIT, 1, 1))
		return 1;
	umask(022);
	busybox = open("/bin/busybox", O_RDONLY | O_CLOEXEC);
	job_read(&job);
	mount_kernel_file_systems();
	seed_random_numbers();
	load_modules("/modules.boot");
	for (i = 0; i < job.n_pmem; i++) {
		snprintf(device, sizeof(device), "/dev/pmem%d", i);
		wait_for(device);
	}
	if (job.host_modules)
		enter_host_root(&job);
	report("ready\n");
	status = supervise(&job);
	hand_over_files(busybox);
	report("exit %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	power_off();
}
