// SPDX-License-Identifier: GPL-2.0-or-later
#include "target/signatures.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "target/data.h"

/* More than any device holds; what bounds the loops where a signature cannot be wiped. */
#define MAX_SIGNATURES 64

#define SUPERBLOCK_FLAGS                                                                   \
	(BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID | BLKID_SUBLKS_USAGE | \
	 BLKID_SUBLKS_MAGIC | BLKID_SUBLKS_BADCSUM)

static void free_probe(blkid_probe *probe)
{
	if (*probe)
		blkid_free_probe(*probe);
}

#define auto_probe auto_release(free_probe)

static blkid_probe new_probe(int fd, uint64_t offset)
{
	auto_probe blkid_probe probe = blkid_new_probe();

	if (!probe || blkid_probe_set_device(probe, fd, (blkid_loff_t)offset, 0) ||
	    blkid_probe_enable_superblocks(probe, 1) ||
	    blkid_probe_set_superblocks_flags(probe, SUPERBLOCK_FLAGS) ||
	    blkid_probe_enable_partitions(probe, 1) ||
	    blkid_probe_set_partitions_flags(probe, BLKID_PARTS_MAGIC))
		return NULL;
	return no_free(probe);
}

/* libblkid reports failures as -1 and leaves errno where a call set it. */
static int probe_errno(void)
{
	return errno ? -errno : -EIO;
}

static const char *value_of(blkid_probe probe, const char *name)
{
	const char *value;

	return blkid_probe_lookup_value(probe, name, &value, NULL) ? NULL : value;
}

static void append(struct signatures *contents, const char *a, const char *b, const char *c)
{
	size_t used = strlen(contents->text);

	snprintf(contents->text + used, sizeof(contents->text) - used, "%s%s%s", a, b, c);
}

static void describe(blkid_probe probe, struct signatures *contents)
{
	const char *type = value_of(probe, "TYPE"), *table = value_of(probe, "PTTYPE");
	const char *label = value_of(probe, "LABEL"), *uuid = value_of(probe, "UUID");

	if (!type && !table)
		return;
	append(contents, contents->text[0] ? ", " : "", type ? type : table,
	       type ? "" : " partition table");
	if (type && label)
		append(contents, " (label \"", label, uuid ? "\", UUID " : "\"");
	else if (type && uuid)
		append(contents, " (UUID ", "", "");
	if (type && uuid)
		append(contents, uuid, "", "");
	if (type && (label || uuid))
		append(contents, ")", "", "");
	if (label && strcmp(label, SIGNATURES_OUR_LABEL) == 0)
		contents->is_ours = true;
}

static int find_signatures(int fd, uint64_t offset, struct signatures *contents)
{
	auto_probe blkid_probe probe = NULL;
	int found = 0;

	errno = 0;
	probe = new_probe(fd, offset);
	if (!probe)
		return probe_errno();
	for (int i = 0; i < MAX_SIGNATURES && (found = blkid_do_probe(probe)) == 0; i++)
		describe(probe, contents);
	return found < 0 ? probe_errno() : 0;
}

void signatures_tell_data(struct signatures *contents, uint64_t at)
{
	snprintf(contents->text, sizeof(contents->text), "data of an unknown kind at byte %llu",
		 (unsigned long long)at);
}

/* Where the first partition begins: of sfdisk and parted today, of old DOS tables, on SD cards. */
static void find_lost_partition(int fd, uint64_t size, struct signatures *contents)
{
	static const uint64_t starts[] = { 1 << 20, 63 * 512, 4 << 20 };

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		struct signatures found = { 0 };

		if (starts[i] + DATA_EDGE_BYTES > size || find_signatures(fd, starts[i], &found) ||
		    !found.text[0])
			continue;
		snprintf(contents->text, sizeof(contents->text), "%.440s at byte %llu", found.text,
			 (unsigned long long)starts[i]);
		return;
	}
}

static int find_data(int fd, uint64_t size, struct signatures *contents)
{
	uint64_t at;
	int found = data_find(fd, size, &at);

	if (found <= 0)
		return found;
	signatures_tell_data(contents, at);
	find_lost_partition(fd, size, contents);
	return 0;
}

int signatures_probe(int fd, uint64_t size, struct signatures *contents)
{
	int err;

	*contents = (struct signatures){ 0 };
	err = find_signatures(fd, 0, contents);
	if (err || contents->text[0])
		return err;
	return find_data(fd, size, contents);
}

static int wipe_signatures(int fd)
{
	auto_probe blkid_probe probe = NULL;
	int found = 0;

	errno = 0;
	probe = new_probe(fd, 0);
	if (!probe)
		return probe_errno();
	for (int i = 0; i < MAX_SIGNATURES && (found = blkid_do_probe(probe)) == 0; i++)
		if (blkid_do_wipe(probe, 0))
			return probe_errno();
	return found < 0 ? probe_errno() : 0;
}

/* Signatures last: of what lies between the blocks that are cleared. */
int signatures_wipe(int fd, uint64_t size)
{
	int err = data_clear(fd, size);

	if (!err)
		err = wipe_signatures(fd);
	return !err && fsync(fd) ? -errno : err;
}
