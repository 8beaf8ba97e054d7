/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands. Each takes argv from its own name on and returns the exit code of the program. */
#ifndef SYNCFAULT_CMD_COMMANDS_H
#define SYNCFAULT_CMD_COMMANDS_H

int cmd_run(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_plot(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_dashboard(int argc, char **argv);
int cmd_history(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_trace(int argc, char **argv);
int cmd_doctor(int argc, char **argv);

#endif
