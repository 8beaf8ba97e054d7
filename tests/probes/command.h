/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A command that is run while something is attached. */
#ifndef SYNCFAULT_TEST_COMMAND_H
#define SYNCFAULT_TEST_COMMAND_H

/*
 * Runs argv with our standard streams, and waits; it dies with us. SIGINT and SIGQUIT of the
 * terminal are left to it. Returns its exit status, 128 + the signal that ended it, or 127 where it
 * cannot be run: that is reported on stderr.
 */
int command_run(char *const argv[]);

/* The NULL-terminated command after "--" at argv[index], or NULL if there is none. */
char **command_behind(int argc, char **argv, int index);

/* libbpf says only what goes wrong, and only with V=1 in the environment. */
void command_quiet_libbpf(void);

#endif
