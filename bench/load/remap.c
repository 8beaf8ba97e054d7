// SPDX-License-Identifier: GPL-2.0-or-later
#include "load/remap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/privilege.h"
#include "base/sigbus.h"
#include "base/stop.h"
#include "load/block_moves.h"

#define BLOCK 4096
/* What the writing thread leaves in each page, clear of the byte that faults store. */
#define WRITE_AT    2048
#define WRITE_BYTES 1024
#define WRITE_BYTE  0x5a

#define OWN_TAG	 1
#define PEER_TAG 2

static bool has_tags(const struct remap *remap)
{
	return remap->config->remap != REMAP_WRITE;
}

static uint64_t step_bytes(const struct remap *remap)
{
	return cell_page_bytes(remap->config);
}

/* No byte of a tag is the one that faults store, and none is 0. */
static uint64_t make_tag(uint64_t owner, uint64_t block)
{
	uint64_t tag = owner << 56 | 0xa5;

	for (int i = 0; i < 6; i++)
		tag |= ((block >> (7 * i) & 0x7f) | 0x80) << (8 + 8 * i);
	return tag;
}

static void fill_block(char *block, uint64_t tag)
{
	for (size_t i = 0; i < BLOCK; i += sizeof(tag))
		memcpy(block + i, &tag, sizeof(tag));
}

static int write_tags(struct remap *remap, int fd, uint64_t owner, uint64_t bytes)
{
	for (uint64_t at = 0; at < bytes; at += BLOCK) {
		fill_block(remap->block, make_tag(owner, at / BLOCK));
		if (pwrite(fd, remap->block, BLOCK, (off_t)at) != BLOCK)
			return errno ? -errno : -ENOSPC;
		if (stop_requested)
			return -EINTR;
	}
	return 0;
}

/* What moves down at the front of a file comes up at its end: it must be there. */
static uint64_t tagged_bytes(const struct remap *remap)
{
	return remap->bytes + (remap->config->remap == REMAP_COLLAPSE ? step_bytes(remap) : 0);
}

static int tag_file(struct remap *remap, struct remap_file *file, struct verdict *verdict)
{
	uint64_t bytes = tagged_bytes(remap);
	int ret = 0;

	if (ftruncate(file->fd, (off_t)bytes))
		ret = -errno;
	if (!ret && bytes > remap->bytes &&
	    fallocate(file->fd, 0, (off_t)remap->bytes, (off_t)(bytes - remap->bytes)) &&
	    errno != EOPNOTSUPP)
		ret = -errno;
	if (!ret)
		ret = write_tags(remap, file->fd, OWN_TAG, bytes);
	if (!ret && file->peer >= 0 && remap->config->remap == REMAP_EXCHANGE)
		ret = write_tags(remap, file->peer, PEER_TAG, bytes);
	if (!ret && (fsync(file->fd) || syncfs(file->fd)))
		ret = -errno;
	return ret ? verdict_fail(verdict, "tag the file: %s", strerror(-ret)) : 0;
}

static int make_peer(struct remap *remap, struct remap_file *file, size_t i,
		     const struct workplace *place, struct verdict *verdict)
{
	bool has_peer =
		remap->config->remap == REMAP_REFLINK || remap->config->remap == REMAP_EXCHANGE;
	struct cell_config config = *remap->config;
	char name[32];
	int is_dax;

	if (!has_peer)
		return 0;
	config.state = config.remap == REMAP_EXCHANGE ? STATE_WRITTEN : STATE_HOLE;
	snprintf(name, sizeof(name), "peer-%zu", i);
	file->peer = datafile_prepare(place, &config, name, remap->bytes, &is_dax, verdict);
	return file->peer < 0 ? file->peer : 0;
}

/*
 * Each page is in the page tables when its block moves: for writing, so that the kernel must take
 * that away; only for reading if another thread will write, so that each store still faults.
 */
static void touch(void *argument)
{
	const struct remap_file *file = argument;
	const struct remap *remap = file->remap;

	for (uint64_t at = 0; at < remap->bytes; at += BLOCK) {
		volatile char *byte = file->base + at + 1;
		char value = *byte;

		if (has_tags(remap))
			*byte = value;
	}
}

static int refuse_sigbus(const struct remap_file *file, const struct sigbus *met, const char *what,
			 struct verdict *verdict)
{
	return verdict_fail(verdict, "SIGBUS at offset %llu of the file while pages were %s",
			    (unsigned long long)(met->address - (uintptr_t)file->base), what);
}

static int prepare_file(struct remap *remap, size_t i, const struct workplace *place,
			struct verdict *verdict)
{
	struct remap_file *file = &remap->files[i];
	struct sigbus met;
	struct stat st;
	int ret;

	if (file->fd < 0 || fstat(file->fd, &st) || !S_ISREG(st.st_mode))
		return verdict_skip(verdict, "there is no file whose blocks could move");
	ret = make_peer(remap, file, i, place, verdict);
	if (!ret && has_tags(remap))
		ret = tag_file(remap, file, verdict);
	if (ret)
		return ret;
	/* Read-ahead makes folios of several pages, which one fault may map whole. */
	if (remap->config->dax == DAX_NEVER)
		madvise(file->base, remap->bytes, MADV_RANDOM);
	if (sigbus_guard(touch, file, &met))
		return 0;
	return refuse_sigbus(file, &met, "touched", verdict);
}

static int check_access(const struct cell_config *config, struct verdict *verdict)
{
	if (config->access == ACCESS_READ &&
	    (config->remap == REMAP_REFLINK || config->remap == REMAP_WRITE))
		return verdict_skip(verdict,
				    "remap %s leaves pages mapped for reading: no fault is left",
				    remap_words[config->remap]);
	if (config->commit == COMMIT_PWRITE_DSYNC)
		return verdict_skip(verdict, "pwrite takes no fault on what was moved");
	return 0;
}

int remap_prepare(struct remap *remap, const struct cell_config *config,
		  const struct workplace *place, const int *fds, const struct mapping *mappings,
		  size_t count, uint64_t bytes, uint64_t stride, struct verdict *verdict)
{
	int ret;

	*remap = (struct remap){ .config = config, .bytes = bytes, .stride = stride };
	if (config->remap == REMAP_NONE)
		return 0;
	ret = check_access(config, verdict);
	if (ret)
		return ret;
	remap->files = calloc(count, sizeof(*remap->files));
	if (!remap->files)
		return verdict_fail(verdict, "no memory");
	for (; remap->count < count; remap->count++)
		remap->files[remap->count] =
			(struct remap_file){ .remap = remap,
					     .fd = fds[remap->count],
					     .peer = -1,
					     .base = mappings[remap->count].base };
	for (size_t i = 0; i < count && !ret; i++)
		ret = prepare_file(remap, i, place, verdict);
	return ret;
}

/* ext4 moves only blocks whose pages are clean, and refuses others with EBUSY. */
static int exchange(struct remap *remap, struct remap_file *file)
{
	if (remap->config->dax == DAX_NEVER && (fsync(file->fd) || fsync(file->peer)))
		return -errno;
	return remap_exchange(file->fd, file->peer, remap->bytes, &file->moved_by,
			      &file->has_swapped_tags);
}

static int move_blocks(struct remap *remap, struct remap_file *file)
{
	off_t step = (off_t)step_bytes(remap);

	switch (remap->config->remap) {
	case REMAP_REFLINK:
		return ioctl(file->peer, FICLONE, file->fd) ? -errno : 0;
	case REMAP_PUNCH:
		return remap_fallocate(file->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
				       (off_t)remap->bytes);
	case REMAP_COLLAPSE:
		return remap_fallocate(file->fd, FALLOC_FL_COLLAPSE_RANGE, 0, step);
	case REMAP_INSERT:
		return remap_fallocate(file->fd, FALLOC_FL_INSERT_RANGE, 0, step);
	case REMAP_EXCHANGE:
		return exchange(remap, file);
	}
	return -EINVAL;
}

/* Every errno by which file systems say that they do not support a call. */
static bool is_refusal(int error)
{
	return error == -EOPNOTSUPP || error == -ENOTTY || error == -EINVAL || error == -ENOSYS ||
	       error == -EXDEV || error == -ENODEV || error == -EBADF;
}

static void wait_us(uint64_t us)
{
	const struct timespec pause = { .tv_sec = (time_t)(us / 1000000),
					.tv_nsec = (long)(us % 1000000 * 1000) };

	if (us)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
}

static void await_first_store(void *argument)
{
	const struct remap_file *file = argument;
	const struct remap *remap = file->remap;

	while (!atomic_load(&remap->is_over) && *(volatile char *)file->base != 1)
		wait_us(remap->config->pause_us ? 10 : 0);
}

/* From the first store on, in the order and at the pace of the faults: so the two meet. */
static void *write_meanwhile(void *argument)
{
	struct remap_file *file = argument;
	struct remap *remap = file->remap;
	char bytes[WRITE_BYTES];
	struct sigbus met;
	uint64_t at = 0;

	file->writer_error = privilege_drop(0);
	if (file->writer_error)
		return NULL;
	memset(bytes, WRITE_BYTE, sizeof(bytes));
	if (!sigbus_guard(await_first_store, file, &met))
		file->writer_error = -EFAULT;
	while (!file->writer_error && !atomic_load(&remap->is_over)) {
		ssize_t n = pwrite(file->fd, bytes, sizeof(bytes), (off_t)(at + WRITE_AT));

		if (n != sizeof(bytes)) {
			file->writer_error = n < 0 ? -errno : -ENOSPC;
			break;
		}
		atomic_fetch_add(&file->writes, 1);
		at += remap->stride;
		if (at >= remap->bytes)
			at = 0;
		wait_us(remap->config->pause_us);
	}
	return NULL;
}

static int start_writer(struct remap_file *file, const cpu_set_t *cpus)
{
	pthread_attr_t attributes;
	int ret;

	pthread_attr_init(&attributes);
	pthread_attr_setaffinity_np(&attributes, sizeof(*cpus), cpus);
	ret = -pthread_create(&file->writer, &attributes, write_meanwhile, file);
	pthread_attr_destroy(&attributes);
	file->has_writer = !ret;
	return ret;
}

int remap_apply(struct remap *remap, const cpu_set_t *cpus, struct verdict *verdict)
{
	const char *what = remap_words[remap->config->remap];
	int ret = 0;

	for (size_t i = 0; i < remap->count && !ret; i++)
		ret = has_tags(remap) ? move_blocks(remap, &remap->files[i])
				      : start_writer(&remap->files[i], cpus);
	if (is_refusal(ret) && has_tags(remap))
		return verdict_skip(verdict, "remap %s: %s", what, strerror(-ret));
	if (ret)
		return verdict_fail(verdict, "remap %s: %s", what, strerror(-ret));
	if (remap->config->remap == REMAP_EXCHANGE)
		verdict_warn(verdict, "blocks were exchanged by %s", remap->files[0].moved_by);
	return 0;
}

static int end_writers(struct remap *remap)
{
	int ret = 0;

	atomic_store(&remap->is_over, true);
	for (size_t i = 0; i < remap->count; i++) {
		if (!remap->files[i].has_writer)
			continue;
		pthread_join(remap->files[i].writer, NULL);
		remap->files[i].has_writer = false;
		if (remap->files[i].writer_error)
			ret = remap->files[i].writer_error;
	}
	return ret;
}

int remap_stop(struct remap *remap, uint64_t *writes, struct verdict *verdict)
{
	int ret;

	*writes = U64_ABSENT;
	if (!remap->count || has_tags(remap))
		return 0;
	ret = end_writers(remap);
	*writes = 0;
	for (size_t i = 0; i < remap->count; i++)
		*writes += atomic_load(&remap->files[i].writes);
	if (ret)
		return verdict_fail(verdict, "write beside the faults: %s", strerror(-ret));
	if (!*writes)
		return verdict_fail(verdict, "nothing was written beside the faults while they "
					     "were timed (--pause gives it CPU time)");
	return 0;
}

/* The tag that block must show now; 0: it was never written. */
static uint64_t expected_tag(const struct remap *remap, const struct remap_file *file,
			     uint64_t block)
{
	uint64_t step = step_bytes(remap) / BLOCK;

	switch (remap->config->remap) {
	case REMAP_PUNCH:
	case REMAP_WRITE:
		return 0;
	case REMAP_COLLAPSE:
		return make_tag(OWN_TAG, block + step);
	case REMAP_INSERT:
		return block < step ? 0 : make_tag(OWN_TAG, block - step);
	case REMAP_EXCHANGE:
		return make_tag(file->has_swapped_tags ? PEER_TAG : OWN_TAG, block);
	}
	return make_tag(OWN_TAG, block);
}

static void expect_block(struct remap *remap, const struct remap_file *file, uint64_t block)
{
	uint64_t at = block * BLOCK;

	fill_block(remap->block, expected_tag(remap, file, block));
	if (at % remap->stride)
		return;
	if (remap->config->access != ACCESS_READ)
		remap->block[0] = 1;
	if (at / remap->stride < atomic_load(&file->writes))
		memset(remap->block + WRITE_AT, WRITE_BYTE, WRITE_BYTES);
}

static int compare(struct remap *remap, const char *found, const char *how, uint64_t block,
		   struct verdict *verdict)
{
	size_t i = 0;

	if (!memcmp(remap->block, found, BLOCK))
		return 0;
	while (i + 1 < BLOCK && remap->block[i] == found[i])
		i++;
	return verdict_fail(verdict,
			    "remap %s: wrong data, %s: byte %zu of block %llu is %#x, not %#x",
			    remap_words[remap->config->remap], how, i, (unsigned long long)block,
			    (unsigned char)found[i], (unsigned char)remap->block[i]);
}

/* The file's block, by read(2), against remap->block. */
static int compare_read(struct remap *remap, int fd, const char *how, uint64_t block,
			struct verdict *verdict)
{
	ssize_t n = pread(fd, remap->found, BLOCK, (off_t)(block * BLOCK));

	if (n == BLOCK)
		return compare(remap, remap->found, how, block, verdict);
	return verdict_fail(verdict, "read block %llu back: %s", (unsigned long long)block,
			    n < 0 ? strerror(errno) : "the file is shorter");
}

struct mapped_block {
	char *to;
	const char *from;
};

static void copy_mapped(void *argument)
{
	struct mapped_block *block = argument;

	memcpy(block->to, block->from, BLOCK);
}

/* The file's block, by the mapping, against remap->block. */
static int compare_mapped(struct remap *remap, const struct remap_file *file, uint64_t block,
			  struct verdict *verdict)
{
	struct mapped_block copy = { remap->found, file->base + block * BLOCK };
	struct sigbus met;

	if (!sigbus_guard(copy_mapped, &copy, &met))
		return refuse_sigbus(file, &met, "read back", verdict);
	return compare(remap, remap->found, "by the mapping", block, verdict);
}

/* The clone keeps what was there before the stores; the partner of an exchange has what we had. */
static int verify_peer(struct remap *remap, const struct remap_file *file, uint64_t block,
		       struct verdict *verdict)
{
	bool has_own_tags = remap->config->remap == REMAP_REFLINK || file->has_swapped_tags;

	if (file->peer < 0 || !has_own_tags)
		return 0;
	fill_block(remap->block, make_tag(OWN_TAG, block));
	return compare_read(remap, file->peer, "in the other file", block, verdict);
}

static int verify_file(struct remap *remap, const struct remap_file *file, uint64_t *bytes,
		       struct verdict *verdict)
{
	struct stat st;
	int ret = 0;

	/* Beyond the end of the file, the mapping would raise SIGBUS. */
	if (fstat(file->fd, &st) || (uint64_t)st.st_size < remap->bytes)
		return verdict_fail(verdict, "the file is shorter than it was");
	for (uint64_t block = 0; block < remap->bytes / BLOCK && !ret; block++) {
		expect_block(remap, file, block);
		ret = compare_read(remap, file->fd, "by read", block, verdict);
		if (!ret)
			ret = compare_mapped(remap, file, block, verdict);
		if (!ret)
			ret = verify_peer(remap, file, block, verdict);
		if (!ret)
			*bytes += BLOCK;
	}
	return ret;
}

int remap_verify(struct remap *remap, uint64_t *bytes, struct verdict *verdict)
{
	int ret = 0;

	*bytes = remap->count ? 0 : U64_ABSENT;
	for (size_t i = 0; i < remap->count && !ret; i++)
		ret = verify_file(remap, &remap->files[i], bytes, verdict);
	return ret;
}

void remap_release(struct remap *remap)
{
	if (remap->files)
		end_writers(remap);
	for (size_t i = 0; i < remap->count; i++)
		if (remap->files[i].peer >= 0)
			close(remap->files[i].peer);
	free(remap->files);
	remap->files = NULL;
	remap->count = 0;
}
