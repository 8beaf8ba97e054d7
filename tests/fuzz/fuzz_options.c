// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The command lines of all commands: words that end in NUL, the first one chooses the command. What
 * a command would do once its options are right is cut off where it begins: nothing is opened,
 * measured or attached.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/stop.h"
#include "cell/suite.h"
#include "cmd/commands.h"
#include "compare/compare.h"
#include "dashboard/dashboard.h"
#include "fuzz.h"
#include "history/history.h"
#include "machine/cpus.h"
#include "target/target.h"
#include "trace/trace.h"
#include "view/result_table.h"

int __wrap_target_open(struct target *target, const char *device, const char *dir, bool is_forced);
int __wrap_outfile_check(const char *path);
int __wrap_outfile_write(const char *path, const char *text, size_t length);
int __wrap_stop_install(void);
int __wrap_suite_read(const char *name_or_path, struct suite *suite);
int __real_suite_read(const char *name_or_path, struct suite *suite);
int __wrap_result_table_read(struct result_table *sorted, char *const *paths, size_t count);
int __wrap_result_set_read(const char *path, bool follows_links, struct result_set *set);
int __wrap_history_read(const char *folder, const struct history_options *options,
			struct history *history);
int __wrap_dashboard_make(const struct dashboard_options *options, char **html, size_t *length);
int __wrap_trace_run(const struct trace_options *options);

/* Its checks begin once signals are caught. */
static bool is_doctor;

/* Cut off here: as if it could not be opened. */
static int refuse(const char *what)
{
	return diag_errno(EACCES, "open %s", what);
}

int __wrap_target_open(struct target *target, const char *device, const char *dir, bool is_forced)
{
	(void)target;
	(void)is_forced;
	return refuse(device ? device : dir);
}

int __wrap_outfile_check(const char *path)
{
	(void)path;
	return 0;
}

int __wrap_outfile_write(const char *path, const char *text, size_t length)
{
	(void)text;
	fuzz_fail("was written", path, length ? strlen(path) : 0);
}

int __wrap_stop_install(void)
{
	return is_doctor ? refuse("the machine") : 0;
}

/* A path may be a device, where to open it is to do something. */
int __wrap_suite_read(const char *name_or_path, struct suite *suite)
{
	return strchr(name_or_path, '/') ? refuse(name_or_path)
					 : __real_suite_read(name_or_path, suite);
}

int __wrap_result_table_read(struct result_table *sorted, char *const *paths, size_t count)
{
	*sorted = (struct result_table){ 0 };
	for (size_t i = 0; i < count; i++)
		refuse(paths[i]);
	return -EINVAL;
}

int __wrap_result_set_read(const char *path, bool follows_links, struct result_set *set)
{
	(void)follows_links;
	(void)set;
	return refuse(path);
}

int __wrap_history_read(const char *folder, const struct history_options *options,
			struct history *history)
{
	(void)options;
	*history = (struct history){ 0 };
	return refuse(folder);
}

int __wrap_dashboard_make(const struct dashboard_options *options, char **html, size_t *length)
{
	*html = NULL;
	*length = 0;
	return refuse(options->folder);
}

int __wrap_trace_run(const struct trace_options *options)
{
	refuse(options->path ? options->path : "the probes");
	return EXIT_FAILED;
}

static const struct {
	const char *name;
	fuzz_command_fn *run;
} commands[] = {
	{ "run", cmd_run },	    { "show", cmd_show },	    { "plot", cmd_plot },
	{ "compare", cmd_compare }, { "dashboard", cmd_dashboard }, { "history", cmd_history },
	{ "export", cmd_export },   { "trace", cmd_trace },	    { "doctor", cmd_doctor },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *words[FUZZ_MAX_WORDS + 1] = { NULL };
	char *text = calloc(1, size + 1);
	size_t count = 0;

	if (!text)
		return 0;
	memcpy(text, data, size);
	for (size_t at = 0; at < size && count < FUZZ_MAX_WORDS; at += strlen(text + at) + 1)
		words[count++] = text + at;
	is_doctor = count && !strcmp(words[0], "doctor");
	for (size_t i = 0; count && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(words[0], commands[i].name))
			fuzz_run(commands[i].run, words);
	free(text);
	return 0;
}
