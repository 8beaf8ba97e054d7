// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/kconfig.h"

#include <errno.h>
#include <limits.h>
#include <sha2.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <zlib.h>

#include "base/cleanup.h"

static void close_gz(gzFile *file)
{
	if (*file)
		gzclose(*file);
}

#define auto_gzclose auto_release(close_gz)

/* gzopen reads plain files as they are. */
static gzFile open_config(void)
{
	static const char *const places[] = { "/proc/config.gz", "/boot/config-%s",
					      "/lib/modules/%s/config" };
	struct utsname uts;
	gzFile file = NULL;

	if (uname(&uts))
		return NULL;
	for (size_t i = 0; !file && i < sizeof(places) / sizeof(places[0]); i++) {
		const char *gap = strstr(places[i], "%s");
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%.*s%s%s", gap ? (int)(gap - places[i]) : PATH_MAX,
			 places[i], gap ? uts.release : "", gap ? gap + 2 : "");
		file = gzopen(path, "re");
	}
	return file;
}

int kconfig_digest(char digest[KCONFIG_DIGEST_SIZE])
{
	auto_gzclose gzFile file = open_config();
	char text[16384];
	SHA2_CTX sha;
	int length;

	if (!file)
		return -ENOENT;
	SHA256Init(&sha);
	while ((length = gzread(file, text, sizeof(text))) > 0)
		SHA256Update(&sha, (const uint8_t *)text, (size_t)length);
	if (length < 0)
		return -EIO;
	memcpy(digest, "sha256:", 7);
	SHA256End(&sha, digest + 7);
	return 0;
}

int kconfig_get(const char *option, char *value, size_t size)
{
	auto_gzclose gzFile file = open_config();
	size_t length = strlen(option);
	char line[1024];

	if (!file)
		return -ENOENT;
	while (gzgets(file, line, sizeof(line))) {
		if (strncmp(line, option, length) || line[length] != '=')
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(value, size, "%s", line + length + 1);
		return 0;
	}
	snprintf(value, size, "n");
	return 0;
}
