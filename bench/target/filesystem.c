// SPDX-License-Identifier: GPL-2.0-or-later
#include "target/filesystem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/spawn.h"

#define FIXED_UUID     "53796e63-4661-756c-7400-000000000001"
#define FIXED_LOG_UUID "53796e63-4661-756c-7400-000000000002"
#define LABEL	       "syncfault"
#define BLANKS	       " \t\n"

/* Appends a copy of length bytes of word to the command; false where it is full. */
static bool add_word(struct filesystem_command *command, const char *word, size_t length)
{
	size_t n = 0, used = 0;

	for (; command->argv[n]; n++)
		used += strlen(command->argv[n]) + 1;
	if (n + 2 > sizeof(command->argv) / sizeof(command->argv[0]) ||
	    used + length + 1 > sizeof(command->words))
		return false;
	memcpy(command->words + used, word, length);
	command->words[used + length] = '\0';
	command->argv[n] = command->words + used;
	command->argv[n + 1] = NULL;
	return true;
}

/* Words separated by blanks; there is no quoting, mkfs options need none. */
static bool add_words(struct filesystem_command *command, const char *text)
{
	for (text += strspn(text, BLANKS); *text; text += strspn(text, BLANKS)) {
		size_t length = strcspn(text, BLANKS);

		if (!add_word(command, text, length))
			return false;
		text += length;
	}
	return true;
}

static bool add_all(struct filesystem_command *command, const struct filesystem_command *words)
{
	for (size_t i = 0; words->argv[i]; i++)
		if (!add_word(command, words->argv[i], strlen(words->argv[i])))
			return false;
	return true;
}

/* Moves the value of each "-E" out of words, to the end of extended; false where it is full. */
static bool take_extended(struct filesystem_command *words, char *extended, size_t size)
{
	size_t kept = 0;

	for (size_t i = 0; words->argv[i]; i++) {
		const char *word = words->argv[i], *next = words->argv[i + 1];
		size_t used = strlen(extended);

		if (strncmp(word, "-E", 2) || (!word[2] && !next)) {
			words->argv[kept++] = word;
			continue;
		}
		i += !word[2];
		snprintf(extended + used, size - used, ",%s", word[2] ? word + 2 : next);
		if (strlen(extended) + 1 == size)
			return false;
	}
	words->argv[kept] = NULL;
	return true;
}

/* mke2fs takes the last -E alone: ours and the user's must be one word. */
static bool add_ext4(struct filesystem_command *command, const struct cell_config *config,
		     bool is_repeatable)
{
	struct filesystem_command user = { .argv = { NULL } };
	char extended[sizeof(user.words)];

	snprintf(extended, sizeof(extended), "lazy_itable_init=0,lazy_journal_init=0%s%s",
		 is_repeatable ? ",hash_seed=" FIXED_UUID : "",
		 config->page == PAGE_2M ? ",stride=512,stripe_width=512" : "");
	return add_words(&user, config->mkfs_options) &&
	       take_extended(&user, extended, sizeof(extended)) &&
	       add_words(command, "-q -F -b 4096 -L " LABEL " -E") &&
	       add_word(command, extended, strlen(extended)) &&
	       (!is_repeatable || add_words(command, "-U " FIXED_UUID)) && add_all(command, &user);
}

static bool add_xfs(struct filesystem_command *command, const struct cell_config *config,
		    bool is_repeatable)
{
	return add_words(command, "-q -f -L " LABEL) &&
	       (!is_repeatable || add_words(command, "-m uuid=" FIXED_UUID)) &&
	       (config->page != PAGE_2M || add_words(command, "-d su=2m,sw=1")) &&
	       add_words(command, config->mkfs_options);
}

static bool add_options(struct filesystem_command *command, const struct cell_config *config,
			bool is_repeatable)
{
	if (!strncmp(config->fs, "ext", 3))
		return add_ext4(command, config, is_repeatable);
	if (!strcmp(config->fs, "xfs"))
		return add_xfs(command, config, is_repeatable);
	if (!strcmp(config->fs, "btrfs"))
		return add_words(command, "-q -f -L " LABEL) &&
		       (!is_repeatable || add_words(command, "-U " FIXED_UUID)) &&
		       add_words(command, config->mkfs_options);
	return add_words(command, config->mkfs_options);
}

int filesystem_mkfs_command(const struct cell_config *config, const char *device,
			    bool is_repeatable, struct filesystem_command *command)
{
	char program[128];

	command->argv[0] = NULL;
	snprintf(program, sizeof(program), "mkfs.%s", config->fs);
	if (!add_word(command, program, strlen(program)) ||
	    !add_options(command, config, is_repeatable) ||
	    !add_word(command, device, strlen(device)))
		return -E2BIG;
	return 0;
}

/*
 * The line of mkfs that says what is wrong: the first one after its banner, because usage texts of
 * any length follow it. Changes output, and points into it.
 */
static const char *find_complaint(struct spawn_output *output)
{
	static const char *const banners[] = { "mke2fs 1", "btrfs-progs v", "See http" };
	char *next = output->text, *line;

	while ((line = strsep(&next, "\n"))) {
		bool is_banner = !line[strspn(line, BLANKS)];

		for (size_t i = 0; i < sizeof(banners) / sizeof(banners[0]); i++)
			is_banner |= !strncmp(line, banners[i], strlen(banners[i]));
		if (!is_banner)
			return line;
	}
	return "it said nothing";
}

bool filesystem_is_anonymous(const struct cell_config *config)
{
	return strcmp(config->fs, "anonymous") == 0;
}

bool filesystem_is_memory(const struct cell_config *config)
{
	return strcmp(config->fs, "tmpfs") == 0 || filesystem_is_anonymous(config);
}

static int run_mkfs(const struct filesystem_command *command, const char *options,
		    struct verdict *verdict)
{
	struct spawn_output output;
	char path[PATH_MAX];
	int ret;

	if (spawn_find(command->argv[0], path))
		return verdict_skip(verdict, "no program %s on this machine", command->argv[0]);
	ret = spawn_wait(command->argv, &output);
	if (ret < 0)
		return verdict_fail(verdict, "run %s: %s", command->argv[0], strerror(-ret));
	if (ret > 0)
		return verdict_fail(verdict, "%s %s: status %d: %s", command->argv[0], options, ret,
				    find_complaint(&output));
	return 0;
}

int filesystem_make(const struct cell_config *config, const char *device, bool is_repeatable,
		    struct verdict *verdict)
{
	struct filesystem_command command;

	if (filesystem_is_memory(config) && config->mkfs_options[0])
		return verdict_fail(verdict, "%s is memory: it takes no options of mkfs",
				    config->fs);
	if (filesystem_is_memory(config))
		return 0;
	if (filesystem_mkfs_command(config, device, is_repeatable, &command))
		return verdict_fail(verdict, "the options of mkfs are too long");
	return run_mkfs(&command, config->mkfs_options, verdict);
}

int filesystem_make_journal(const char *device, bool is_repeatable, struct verdict *verdict)
{
	struct filesystem_command command = { .argv = { NULL } };

	if (!add_words(&command, "mkfs.ext4 -q -F -b 4096 -O journal_dev -L " LABEL) ||
	    (is_repeatable && !add_words(&command, "-U " FIXED_LOG_UUID)) ||
	    !add_word(&command, device, strlen(device)))
		return verdict_fail(verdict, "the options of mkfs are too long");
	return run_mkfs(&command, "-O journal_dev", verdict);
}

/* Options that mount(8) turns into flags of the mount, and that no file system knows. */
static const struct {
	const char *name;
	unsigned int attribute;
} attribute_options[] = {
	{ "noatime", MOUNT_ATTR_NOATIME },   { "strictatime", MOUNT_ATTR_STRICTATIME },
	{ "relatime", MOUNT_ATTR_RELATIME }, { "nodiratime", MOUNT_ATTR_NODIRATIME },
	{ "nosuid", MOUNT_ATTR_NOSUID },     { "nodev", MOUNT_ATTR_NODEV },
	{ "noexec", MOUNT_ATTR_NOEXEC },
};

/* The kernel's own words on a mount that it refused, or strerror's. */
static void read_mount_message(int context, int error, char *message, size_t size)
{
	ssize_t n = read(context, message, size - 1);

	if (n <= 2) {
		snprintf(message, size, "%s", strerror(error));
		return;
	}
	message[n] = '\0';
	message[strcspn(message, "\n")] = '\0';
	/* "e " for errors, "w " for warnings, "i " for information. */
	memmove(message, message + 2, strlen(message + 2) + 1);
}

static int refuse_mount(int context, const char *what, const struct cell_config *config,
			struct verdict *verdict)
{
	int error = errno;
	char message[256];

	read_mount_message(context, error, message, sizeof(message));
	if (config->dax != DAX_NEVER)
		return verdict_skip(verdict, "mount %s with DAX: %s: %s", config->fs, what,
				    message);
	return verdict_fail(verdict, "mount %s: %s: %s", config->fs, what, message);
}

static int set_option(int context, char *option, unsigned int *attributes)
{
	char *value = strchr(option, '=');

	for (size_t i = 0; i < sizeof(attribute_options) / sizeof(attribute_options[0]); i++)
		if (!strcmp(option, attribute_options[i].name)) {
			*attributes |= attribute_options[i].attribute;
			return 0;
		}
	if (!value)
		return fsconfig(context, FSCONFIG_SET_FLAG, option, NULL, 0);
	*value++ = '\0';
	return fsconfig(context, FSCONFIG_SET_STRING, option, value, 0);
}

const char *filesystem_dax_option(const struct cell_config *config)
{
	static const char *const options[] = {
		[DAX_ALWAYS] = "dax=always", [DAX_INODE] = "dax=inode", [DAX_NEVER] = "dax=never"
	};

	if (!strcmp(config->fs, "ext4") || !strcmp(config->fs, "xfs"))
		return options[config->dax];
	/* fs/ext2/super.c knows a flag, as ext4 did before 5.8: always with it, else never. */
	if (!strcmp(config->fs, "ext2") && config->dax == DAX_ALWAYS)
		return "dax";
	return "";
}

static int set_options(int context, const struct cell_config *config, unsigned int *attributes,
		       struct verdict *verdict)
{
	auto_free char *options = NULL;
	char *next, *option;

	if (asprintf(&options, "%s,%s", filesystem_dax_option(config), config->mount_options) < 0)
		return verdict_fail(verdict, "no memory");
	next = options;
	while ((option = strsep(&next, ",")))
		if (*option && set_option(context, option, attributes))
			return refuse_mount(context, option, config, verdict);
	return 0;
}

int filesystem_mount(const struct cell_config *config, const char *device, struct verdict *verdict)
{
	auto_close int context = fsopen(config->fs, FSOPEN_CLOEXEC);
	unsigned int attributes = 0;
	int fd, ret;

	if (context < 0 && errno == ENODEV)
		return verdict_skip(verdict, "the kernel has no file system %s", config->fs);
	if (context < 0)
		return verdict_fail(verdict, "fsopen %s: %s", config->fs, strerror(errno));
	if (filesystem_is_memory(config))
		device = LABEL;
	if (fsconfig(context, FSCONFIG_SET_STRING, "source", device, 0))
		return refuse_mount(context, "source", config, verdict);
	ret = set_options(context, config, &attributes, verdict);
	if (ret)
		return ret;
	if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return refuse_mount(context, device, config, verdict);
	fd = fsmount(context, FSMOUNT_CLOEXEC, attributes);
	return fd < 0 ? refuse_mount(context, "fsmount", config, verdict) : fd;
}
