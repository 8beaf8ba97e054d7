/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SYNCFAULT_BASE_VERSION_H
#define SYNCFAULT_BASE_VERSION_H

/*
 * Arrays of a fixed size: two builds that differ only in these words make guest images of the same
 * size, and so run in the same phase against the timer ticks.
 */
extern const char tool_version[32];
extern const char tool_commit[64];

#endif
