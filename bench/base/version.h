/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SYNCFAULT_BASE_VERSION_H
#define SYNCFAULT_BASE_VERSION_H

/*
 * Arrays of one size whatever they hold: two builds that differ in these words alone make guest
 * images of one size, and so run at one phase against the timer ticks.
 */
extern const char tool_version[32];
extern const char tool_commit[64];

#endif
