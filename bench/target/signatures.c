// SPDX-License-Identifier: GPL-2.0-or-later
#include "target/signatures.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"

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

static blkid_probe new_probe(int fd)
{
	auto_probe blkid_probe probe = blkid_new_probe();

	if (!probe || blkid_probe_set_device(probe, fd, 0, 0) ||
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

static int find_signatures(int fd, struct signatures *contents)
{
	auto_probe blkid_probe probe = NULL;
	int found = 0;

	errno = 0;
	probe = new_probe(fd);
	if (!probe)
		return probe_errno();
	for (int i = 0; i < MAX_SIGNATURES && (found = blkid_do_probe(probe)) == 0; i++)
		describe(probe, contents);
	return found < 0 ? probe_errno() : 0;
}

bool signatures_are_zero(const void *data, size_t length)
{
	const unsigned char *bytes = data;

	return length == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0);
}

/* 1 where the edge at offset is all zero, 0 where it is not. */
static int is_edge_zero(int fd, uint64_t offset, unsigned char *buffer)
{
	size_t done = 0;

	while (done < SIGNATURES_EDGE_BYTES) {
		ssize_t length = pread(fd, buffer + done, SIGNATURES_EDGE_BYTES - done,
				       (off_t)(offset + done));

		if (length < 0 && errno == EINTR)
			continue;
		if (length <= 0)
			return length < 0 ? -errno : -EIO;
		done += (size_t)length;
	}
	return signatures_are_zero(buffer, SIGNATURES_EDGE_BYTES);
}

static int find_data(int fd, uint64_t size, struct signatures *contents)
{
	auto_free unsigned char *buffer = malloc(SIGNATURES_EDGE_BYTES);
	int first, last;

	if (!buffer)
		return -ENOMEM;
	first = is_edge_zero(fd, 0, buffer);
	last = first < 0 ? first : is_edge_zero(fd, size - SIGNATURES_EDGE_BYTES, buffer);
	if (last < 0)
		return last;
	if (!first || !last)
		append(contents, "data of an unknown kind in its ", first ? "last" : "first",
		       " MiB");
	return 0;
}

int signatures_probe(int fd, uint64_t size, struct signatures *contents)
{
	int err;

	*contents = (struct signatures){ 0 };
	err = find_signatures(fd, contents);
	if (err || contents->text[0])
		return err;
	return find_data(fd, size, contents);
}

static int wipe_signatures(int fd)
{
	auto_probe blkid_probe probe = NULL;
	int found = 0;

	errno = 0;
	probe = new_probe(fd);
	if (!probe)
		return probe_errno();
	for (int i = 0; i < MAX_SIGNATURES && (found = blkid_do_probe(probe)) == 0; i++)
		if (blkid_do_wipe(probe, 0))
			return probe_errno();
	return found < 0 ? probe_errno() : 0;
}

static int zero_edge(int fd, uint64_t offset, const unsigned char *zeros)
{
	size_t done = 0;

	while (done < SIGNATURES_EDGE_BYTES) {
		ssize_t length = pwrite(fd, zeros + done, SIGNATURES_EDGE_BYTES - done,
					(off_t)(offset + done));

		if (length < 0 && errno == EINTR)
			continue;
		if (length <= 0)
			return length < 0 ? -errno : -EIO;
		done += (size_t)length;
	}
	return 0;
}

int signatures_wipe(int fd, uint64_t size)
{
	auto_free unsigned char *zeros = calloc(1, SIGNATURES_EDGE_BYTES);
	int err;

	if (!zeros)
		return -ENOMEM;
	err = wipe_signatures(fd);
	if (!err)
		err = zero_edge(fd, 0, zeros);
	if (!err)
		err = zero_edge(fd, size - SIGNATURES_EDGE_BYTES, zeros);
	if (!err && fsync(fd))
		err = -errno;
	return err;
}
