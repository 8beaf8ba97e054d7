// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../capture.h"
#include "probes/rungs.h"
#include "trace/names.h"
#include "trace/target.h"

static void lines_of_maps(void **state)
{
	const char *path = NULL;
	uint64_t inode = 0;
	uint32_t dev = 0;

	(void)state;
	assert_int_equal(trace_names_parse("7f5c8a000000-7f5c8a021000 rw-s 00001000 103:0a 131 "
					   "                       /srv/a file (deleted)",
					   &dev, &inode, &path),
			 0);
	assert_int_equal(dev, 0x103 << 20 | 0x0a);
	assert_int_equal(inode, 131);
	assert_string_equal(path, "/srv/a file (deleted)");
	assert_int_equal(trace_names_parse("7ffd1000-7ffd2000 rw-p 00000000 00:00 0   [stack]",
					   &dev, &inode, &path),
			 -ENOENT);
	assert_int_equal(trace_names_parse("7f00-7f10 rw-s 00000000 00:05 0   /no/inode", &dev,
					   &inode, &path),
			 -ENOENT);
	assert_int_equal(trace_names_parse("7f00-7f10 rw-p 00000000 00:00 0 ", &dev, &inode, &path),
			 -ENOENT);
	assert_int_equal(trace_names_parse("", &dev, &inode, &path), -EINVAL);
	assert_int_equal(trace_names_parse("no such line", &dev, &inode, &path), -EINVAL);
	assert_int_equal(inode, 131);
}

struct mapped {
	char path[64];
	uint32_t dev;
	uint64_t inode;
	void *memory;
};

/* Its device is the one that maps tell, which is not stat's on every file system. */
static void map_file(struct mapped *mapped)
{
	char line[512];
	const char *path;
	FILE *maps;
	int fd;

	strcpy(mapped->path, "/tmp/syncfault-test\nXXXXXX");
	fd = mkstemp(mapped->path);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 4096), 0);
	mapped->memory = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	assert_true(mapped->memory != MAP_FAILED);
	close(fd);
	maps = fopen("/proc/self/maps", "re");
	assert_non_null(maps);
	mapped->inode = 0;
	while (fgets(line, sizeof(line), maps))
		if (strstr(line, "/tmp/syncfault-test"))
			trace_names_parse(line, &mapped->dev, &mapped->inode, &path);
	fclose(maps);
	assert_true(mapped->inode != 0);
}

/* The name is kept when the file is no longer mapped, and a line feed in it is one. */
static void a_mapped_file_is_found_and_kept(void **state)
{
	struct trace_names names = { 0 };
	struct mapped mapped;
	uint32_t self = (uint32_t)getpid();
	const char *found;

	(void)state;
	map_file(&mapped);
	assert_null(trace_names_find(&names, mapped.dev, 0, self));
	assert_null(trace_names_find(&names, mapped.dev + 1, mapped.inode, self));
	found = trace_names_find(&names, mapped.dev, mapped.inode, self);
	munmap(mapped.memory, 4096);
	unlink(mapped.path);
	assert_non_null(found);
	if (geteuid() == 0)
		assert_string_equal(found, mapped.path);
	assert_ptr_equal(trace_names_find(&names, mapped.dev, mapped.inode, self), found);
	trace_names_free(&names);
}

static void no_process_no_name(void **state)
{
	struct trace_names names = { 0 };

	(void)state;
	assert_null(trace_names_find(&names, 1, 2, 0x7fffffff));
	trace_names_add(&names, 1, 2, "/a");
	trace_names_add(&names, 1, 3, "/b");
	trace_names_add(&names, 1, 2, "/c");
	assert_string_equal(trace_names_find(&names, 1, 2, 0x7fffffff), "/c");
	assert_string_equal(trace_names_find(&names, 1, 3, 0x7fffffff), "/b");
	assert_null(trace_names_find(&names, 2, 2, 0x7fffffff));
	trace_names_free(&names);
}

static void old_names_make_room(void **state)
{
	struct trace_names names = { 0 };

	(void)state;
	for (uint64_t i = 1; i <= 5000; i++)
		trace_names_add(&names, 1, i, "/x");
	assert_null(trace_names_find(&names, 1, 1, 0x7fffffff));
	for (uint64_t i = 4900; i <= 5000; i++)
		assert_string_equal(trace_names_find(&names, 1, i, 0x7fffffff), "/x");
	assert_in_range(names.count, 100, 4999);
	trace_names_free(&names);
}

static int open_target(struct trace_target *target, uint64_t pid, const char *path, bool *is_said)
{
	struct capture capture;
	int ret;

	capture_begin(&capture, STDERR_FILENO);
	ret = trace_target_open(target, pid, path);
	capture_end(&capture);
	*is_said = is_one_line(capture.text);
	return ret;
}

static void what_is_no_target(void **state)
{
	struct trace_target target;
	char fifo[] = "/tmp/syncfault-test-XXXXXX";
	bool is_said;

	(void)state;
	assert_int_equal(open_target(&target, 4194304, NULL, &is_said), -EINVAL);
	assert_true(is_said);
	assert_int_equal(open_target(&target, 0, "/nonexistent\n/x", &is_said), -EINVAL);
	assert_true(is_said);
	assert_non_null(mkdtemp(fifo));
	rmdir(fifo);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(open_target(&target, 0, fifo, &is_said), -EINVAL);
	unlink(fifo);
	assert_true(is_said);
}

static void targets(void **state)
{
	struct trace_target target;
	bool is_said;

	(void)state;
	assert_int_equal(open_target(&target, 0, NULL, &is_said), 0);
	assert_false(target.has_dev);
	assert_false(trace_target_has_ended(&target));
	assert_int_equal(open_target(&target, 0, "/proc/self/exe", &is_said), 0);
	assert_true(target.has_dev);
	assert_true(target.inode != 0);
	assert_int_equal(open_target(&target, 0, "/proc", &is_said), 0);
	assert_true(target.has_dev);
	assert_int_equal(target.inode, 0);
	trace_target_close(&target);
}

static void a_process_that_ends(void **state)
{
	struct trace_target target;
	bool is_said;
	int pipe_fds[2];
	pid_t child;

	(void)state;
	assert_int_equal(pipe(pipe_fds), 0);
	child = fork();
	if (child == 0) {
		char byte;

		close(pipe_fds[1]);
		_exit(read(pipe_fds[0], &byte, 1) != 0);
	}
	if (open_target(&target, (uint64_t)child, NULL, &is_said)) {
		/* The one refusal of a process that is there: numbers of a container. */
		assert_true(is_said);
		close(pipe_fds[1]);
		skip();
	}
	assert_false(trace_target_has_ended(&target));
	close(pipe_fds[1]);
	for (int i = 0; i < 1000 && !trace_target_has_ended(&target); i++)
		usleep(10000);
	assert_true(trace_target_has_ended(&target));
	trace_target_close(&target);
}

static void stages_of_one_reason_are_one_line(void **state)
{
	struct probes_stage stages[STAGE_COUNT] = { 0 };
	struct capture capture;
	char names[64];

	(void)state;
	stages[STAGE_RETRY] = (struct probes_stage){ RUNG_FENTRY, "w", "no flag" };
	stages[STAGE_MM] = (struct probes_stage){ RUNG_KPROBE, "x", "no fentry" };
	stages[STAGE_FSYNC] = (struct probes_stage){ RUNG_KPROBE, "y", "no fentry" };
	stages[STAGE_FLUSH] = (struct probes_stage){ RUNG_NONE, NULL, "no fentry" };
	stages[STAGE_MAP] = (struct probes_stage){ RUNG_TRACEPOINT, "z", "as good" };
	assert_int_equal(trace_rungs_group(stages, STAGE_MM, names, sizeof(names)), 2);
	assert_string_equal(names, "mm, fsync");
	assert_int_equal(trace_rungs_group(stages, STAGE_FSYNC, names, sizeof(names)), 0);
	assert_int_equal(trace_rungs_group(stages, STAGE_FLUSH, names, sizeof(names)), 1);
	assert_int_equal(trace_rungs_group(stages, STAGE_MAP, names, sizeof(names)), 0);
	assert_int_equal(trace_rungs_group(stages, STAGE_LOCK, names, sizeof(names)), 0);
	assert_int_equal(trace_rungs_group(stages, STAGE_MM, names, 6), 2);
	assert_string_equal(names, "mm, f");
	capture_begin(&capture, STDERR_FILENO);
	trace_rungs_warn(stages);
	capture_end(&capture);
	assert_string_equal(capture.text,
			    "syncfault: warning: seen by fentry: retry: no flag\n"
			    "syncfault: warning: seen by kprobe: mm, fsync: no fentry\n"
			    "syncfault: warning: not seen: flush: no fentry\n");
}

static void many_reasons_are_few_lines(void **state)
{
	struct probes_stage stages[STAGE_COUNT] = { 0 };
	char reasons[STAGE_COUNT][8];
	struct capture capture;
	size_t lines = 0;

	(void)state;
	for (int i = STAGE_OUTSIDE + 1; i < STAGE_COUNT; i++) {
		snprintf(reasons[i], sizeof(reasons[i]), "r%d", i);
		stages[i] = (struct probes_stage){ RUNG_NONE, NULL, reasons[i] };
	}
	capture_begin(&capture, STDERR_FILENO);
	trace_rungs_warn(stages);
	capture_end(&capture);
	for (const char *c = capture.text; *c; c++)
		lines += *c == '\n';
	assert_int_equal(lines, TRACE_RUNG_LINES);
	assert_non_null(strstr(capture.text, ": 15 more stages "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_maps),
		cmocka_unit_test(a_mapped_file_is_found_and_kept),
		cmocka_unit_test(no_process_no_name),
		cmocka_unit_test(old_names_make_room),
		cmocka_unit_test(what_is_no_target),
		cmocka_unit_test(targets),
		cmocka_unit_test(a_process_that_ends),
		cmocka_unit_test(stages_of_one_reason_are_one_line),
		cmocka_unit_test(many_reasons_are_few_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
