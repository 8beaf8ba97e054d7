/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of kernel versions. Pure: no I/O.
 */
#ifndef SYNCFAULT_HISTORY_VERSION_ORDER_H
#define SYNCFAULT_HISTORY_VERSION_ORDER_H

#include <stddef.h>

#define VERSION_SIZE 256

/*
 * As dpkg orders versions (deb-version(7)): [EPOCH:]UPSTREAM[-REVISION]; runs of digits by value
 * and of any length, letters before everything else, "~" before everything, even the end. So
 * 6.1.170-3 < 6.1.192-2 < 6.12.117-1~deb12u1 < 6.12.117-1. One rule is the kernel's: "-rc" counts
 * as "~rc", so that 6.13.0-rc3 < 6.13.0. Negative, 0 or positive.
 */
int version_compare(const char *a, const char *b);

/*
 * What a kernel is ordered by: the version of its package ("linux-image-6.1.0-47-amd64_6.1.170-3"),
 * else what Debian puts into uname -v ("… Debian 6.1.170-3 (…)"), else its release: Debian's
 * releases of 6.1 do not show which 6.1 they are. package and uname_v may be NULL. Cut to size;
 * returns buffer.
 */
const char *version_of_kernel(const char *package, const char *uname_v, const char *release,
			      char *buffer, size_t size);

/*
 * The tag of the stable or mainline tree, "v6.1.170" or "v6.13-rc3", for a version of kernel.org,
 * followed by at most a Debian revision or a commit; NULL for others: a distribution's 5.14.0-427
 * is far from v5.14. Returns buffer.
 */
const char *version_tag(const char *version, char *buffer, size_t size);

/* The abbreviated commit of a release that ends in -gCOMMIT or -gCOMMIT-dirty, as the kernel's
 * setlocalversion writes it; NULL without one. Returns buffer.
 */
const char *version_commit(const char *release, char *buffer, size_t size);

#endif
