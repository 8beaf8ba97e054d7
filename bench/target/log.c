// SPDX-License-Identifier: GPL-2.0-or-later
/* The second device of a target: where cells have their log that ask for it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "target/filesystem.h"
#include "target/target.h"

int target_add_log(struct target *target, const char *device, bool is_forced)
{
	int ret;

	if (target->kind != TARGET_DEVICE) {
		diag_error("--log-device: device DAX has no file system, and no log");
		return -EINVAL;
	}
	if (guard_is_of(&target->guard, device)) {
		diag_error("--log-device %s: is the device of --device", device);
		return -EINVAL;
	}
	ret = guard_open(device, is_forced, &target->log);
	if (ret || target->log.kind != GUARD_DEVDAX)
		return ret;
	guard_release(&target->log);
	diag_error("--log-device %s: a device DAX holds no log", device);
	return -EINVAL;
}

static bool has_log_word(const struct cell_config *config)
{
	return strstr(config->mkfs_options, TARGET_LOG) ||
	       strstr(config->mount_options, TARGET_LOG);
}

const char *target_log_device(const struct target *target, const struct cell_config *config)
{
	return has_log_word(config) && target->log.fd >= 0 ? target->log.path : NULL;
}

/* Puts path in place of each TARGET_LOG of *text, which is reallocated. -ENOMEM. */
static int put_path(char **text, const char *path)
{
	char *at = *text;

	while ((at = strstr(at, TARGET_LOG))) {
		size_t behind = (size_t)(at - *text) + strlen(path);
		char *longer;

		if (asprintf(&longer, "%.*s%s%s", (int)(at - *text), *text, path,
			     at + strlen(TARGET_LOG)) < 0)
			return -ENOMEM;
		free(*text);
		*text = longer;
		at = longer + behind;
	}
	return 0;
}

static int prepare_device(struct target *target, const struct cell_config *config,
			  bool is_repeatable, struct verdict *verdict)
{
	if (target->log.fd < 0)
		return verdict_skip(verdict, "no second device for the log (--log-device)");
	target->is_log_formatted = true;
	if (strncmp(config->fs, "ext", 3))
		return 0;
	return filesystem_make_journal(target->log.path, is_repeatable, verdict);
}

int target_enter_log(struct target *target, const struct cell_config *config, bool is_repeatable,
		     struct cell_config *with_log, struct verdict *verdict)
{
	int ret = has_log_word(config) ? prepare_device(target, config, is_repeatable, verdict) : 0;

	if (ret)
		return ret;
	if (cell_copy(with_log, config))
		return verdict_fail(verdict, "no memory");
	if (!has_log_word(config) || (!put_path(&with_log->mkfs_options, target->log.path) &&
				      !put_path(&with_log->mount_options, target->log.path)))
		return 0;
	cell_free(with_log);
	return verdict_fail(verdict, "no memory");
}

int target_close_log(struct target *target)
{
	int ret = target->is_log_formatted ? guard_give_back(&target->log) : 0;

	guard_release(&target->log);
	return ret;
}
