/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What 'syncfault run' may be asked for, and which of it goes together. */
#ifndef SYNCFAULT_CMD_RUN_OPTIONS_H
#define SYNCFAULT_CMD_RUN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/keywords.h"
#include "base/opt.h"
#include "cell/suite.h"

#define RUN_DEFAULT_SUITE "cover-letter"

struct run_options {
	const char *suite;
	const char *device;
	const char *dir;
	const char *log_device;
	bool is_forced;
	struct opt_strings fs;
	struct cell_axes axes;
	uint64_t repeat;
	const char *cpus;
	const char *output;
	bool has_probes;
	struct word_list rungs;
	bool has_progress;
};

extern const struct opt_command run_options_command; /* of struct run_options */

/*
 * After opt_parse(): adds --fs to the axes. The caller frees their list of file systems, whatever
 * this returns: 0, or -EINVAL or -EPERM after a line on stderr, or -ENOMEM.
 */
int run_options_check(struct run_options *options);

/* -EINVAL after a line on stderr. */
int run_options_refuse(const char *what);

#endif
