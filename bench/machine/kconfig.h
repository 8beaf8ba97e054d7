/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration that the running kernel was built with, from /proc/config.gz, else
 * /boot/config-RELEASE, else /lib/modules/RELEASE/config. Nothing here prints.
 */
#ifndef SYNCFAULT_MACHINE_KCONFIG_H
#define SYNCFAULT_MACHINE_KCONFIG_H

#include <stddef.h>

#define KCONFIG_DIGEST_SIZE 72

/* "sha256:" and the hex digest of the text, uncompressed. -ENOENT where no file may be read. */
int kconfig_digest(char digest[KCONFIG_DIGEST_SIZE]);

/*
 * Writes what option ("CONFIG_FS_DAX") is set to: "y", "m" or a value; "n" where the file does not
 * set it. -ENOENT where no file may be read.
 */
int kconfig_get(const char *option, char *value, size_t size);

#endif
