// SPDX-License-Identifier: GPL-2.0-or-later
#include "measure/interface.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "target/datafile.h"
#include "target/mapping.h"

/* A bit that no flag has had up to Linux 6.18, on x86 and where asm-generic/mman.h is taken. */
#define FLAG_UNKNOWN 0x1000000

#define TYPE_BITS 0x0f

static const int asked[] = {
	[INTERFACE_SHARED] = MAP_SHARED,
	[INTERFACE_SHARED_SYNC] = MAP_SHARED | MAP_SYNC,
	[INTERFACE_SHARED_UNKNOWN] = MAP_SHARED | FLAG_UNKNOWN,
	[INTERFACE_VALIDATE] = MAP_SHARED_VALIDATE,
	[INTERFACE_VALIDATE_SYNC] = MAP_SHARED_VALIDATE | MAP_SYNC,
	[INTERFACE_VALIDATE_UNKNOWN] = MAP_SHARED_VALIDATE | FLAG_UNKNOWN,
	[INTERFACE_PRIVATE] = MAP_PRIVATE,
	[INTERFACE_PRIVATE_SYNC] = MAP_PRIVATE | MAP_SYNC,
	[INTERFACE_SYNC_ALONE] = MAP_SYNC,
};

/* One rule of the documentation: the first that fits is the answer. */
struct rule {
	bool (*fits)(int flags, const struct interface_place *place);
	struct interface_answer answer;
	const char *source;
};

static int type_of(int flags)
{
	return flags & TYPE_BITS;
}

static bool has_no_type(int flags, const struct interface_place *place)
{
	(void)place;
	return !type_of(flags);
}

static bool is_private_device(int flags, const struct interface_place *place)
{
	return place->is_device && type_of(flags) == MAP_PRIVATE;
}

static bool is_validated_memory(int flags, const struct interface_place *place)
{
	return place->fd < 0 && type_of(flags) == MAP_SHARED_VALIDATE;
}

static bool is_validated_unknown(int flags, const struct interface_place *place)
{
	(void)place;
	return type_of(flags) == MAP_SHARED_VALIDATE && (flags & FLAG_UNKNOWN);
}

static bool is_validated_sync(int flags)
{
	return type_of(flags) == MAP_SHARED_VALIDATE && (flags & MAP_SYNC);
}

static bool is_sync_off_dax(int flags, const struct interface_place *place)
{
	return is_validated_sync(flags) && !place->is_dax;
}

static bool is_sync_on_asynchronous(int flags, const struct interface_place *place)
{
	return is_validated_sync(flags) && place->is_dax && !place->is_synchronous;
}

static bool is_sync_on_dax(int flags, const struct interface_place *place)
{
	return is_validated_sync(flags) && place->is_dax;
}

static bool is_ignored_sync(int flags, const struct interface_place *place)
{
	(void)place;
	return flags & MAP_SYNC;
}

static bool is_ignored_unknown(int flags, const struct interface_place *place)
{
	(void)place;
	return flags & FLAG_UNKNOWN;
}

static bool is_plain(int flags, const struct interface_place *place)
{
	(void)flags;
	(void)place;
	return true;
}

static const struct rule rules[] = {
	{ has_no_type, { EINVAL, false }, "mmap(2), EINVAL: flags contained no mapping type" },
	/* drivers/dax/device.c, check_vma: "attempted private mapping", since Linux 4.7. */
	{ is_private_device, { EINVAL, false }, "device DAX refuses private mappings" },
	/* 1c9725974074 (mm: introduce MAP_SHARED_VALIDATE) has the type for files alone. */
	{ is_validated_memory,
	  { EINVAL, false },
	  "MAP_SHARED_VALIDATE is there for files alone (Linux 1c9725974074)" },
	{ is_validated_unknown,
	  { EOPNOTSUPP, false },
	  "mmap(2): MAP_SHARED_VALIDATE fails with EOPNOTSUPP for unknown flags" },
	{ is_sync_off_dax,
	  { EOPNOTSUPP, false },
	  "mmap(2): MAP_SYNC of a file that is not on DAX results in EOPNOTSUPP" },
	/* fefc1d97fa4b (libnvdimm: add dax_dev sync flag): what needs more than CPU cache flushes
	 * cannot keep the promise. */
	{ is_sync_on_asynchronous,
	  { EOPNOTSUPP, false },
	  "virtio-pmem needs a flush by the host: no MAP_SYNC (Linux fefc1d97fa4b)" },
	{ is_sync_on_dax, { 0, true }, "mmap(2): MAP_SYNC with MAP_SHARED_VALIDATE on DAX" },
	{ is_ignored_sync,
	  { 0, false },
	  "mmap(2): MAP_SYNC is available only with MAP_SHARED_VALIDATE, and silently ignored "
	  "with MAP_SHARED" },
	{ is_ignored_unknown, { 0, false }, "mmap(2): MAP_SHARED mappings ignore unknown flags" },
	{ is_plain, { 0, false }, "mmap(2)" },
};

static const struct rule *find_rule(int word, const struct interface_place *place)
{
	const struct rule *rule = rules;

	while (!rule->fits(asked[word], place))
		rule++;
	return rule;
}

struct interface_answer interface_expected(int word, const struct interface_place *place)
{
	return find_rule(word, place)->answer;
}

const char *interface_source(int word, const struct interface_place *place)
{
	return find_rule(word, place)->source;
}

/*
 * A disk of virtio-pmem hangs below its virtio device in sysfs. Its partitions are below it, too;
 * what device mapper puts above it is not seen.
 */
static bool is_on_virtio(int fd)
{
	char link[64], path[PATH_MAX];
	struct stat st;

	if (fstat(fd, &st))
		return false;
	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", major(st.st_dev), minor(st.st_dev));
	return realpath(link, path) && strstr(path, "/virtio") && strstr(path, "/ndbus");
}

void interface_look(int fd, bool is_device, size_t bytes, struct interface_place *place)
{
	*place = (struct interface_place){
		.fd = fd,
		.is_device = is_device,
		.is_dax = is_device || (fd >= 0 && datafile_is_dax(fd) == 1),
		.is_synchronous = is_device || fd < 0 || !is_on_virtio(fd),
		.bytes = bytes,
	};
}

static const char *name_answer(const struct interface_answer *answer)
{
	const char *name = strerrorname_np(answer->error);

	return !answer->error ? "mapped" : name ? name : "another error";
}

static const char *name_sync(const struct interface_answer *answer)
{
	if (answer->error)
		return "";
	return answer->has_map_sync ? ", synchronous (sf in smaps)" : ", not synchronous";
}

static int map(int word, const struct interface_place *place, struct interface_answer *answer)
{
	int flags = asked[word] | (place->fd < 0 ? MAP_ANONYMOUS : 0), ret;
	struct mapping mapping = { .base = mmap(NULL, place->bytes, PROT_READ | PROT_WRITE, flags,
						place->fd, 0) };

	*answer = (struct interface_answer){ 0 };
	if (mapping.base == MAP_FAILED) {
		answer->error = errno;
		return 0;
	}
	ret = mapping_has_sync_flag(&mapping);
	answer->has_map_sync = ret == 1;
	munmap(mapping.base, place->bytes);
	return ret < 0 ? ret : 0;
}

static int record(const struct interface_answer *said, const struct interface_answer *expected,
		  struct answer *answer)
{
	answer->said = strdup(name_answer(said));
	answer->has_map_sync = said->error ? BOOL_ABSENT : said->has_map_sync;
	answer->expected = strdup(name_answer(expected));
	answer->expected_map_sync = expected->error ? BOOL_ABSENT : expected->has_map_sync;
	return answer->said && answer->expected ? 0 : -ENOMEM;
}

int interface_ask(int word, const struct interface_place *place, struct answer *answer,
		  struct verdict *verdict)
{
	struct interface_answer expected = interface_expected(word, place), said;
	int ret = map(word, place, &said);

	if (ret)
		return verdict_fail(verdict, "read VmFlags in smaps: %s", strerror(-ret));
	if (record(&said, &expected, answer))
		return verdict_fail(verdict, "no memory");
	if (said.error == expected.error && said.has_map_sync == expected.has_map_sync)
		return 0;
	return verdict_fail(verdict, "%s: %s%s; expected: %s%s (%s)", interface_flags(word),
			    name_answer(&said), name_sync(&said), name_answer(&expected),
			    name_sync(&expected), interface_source(word, place));
}
