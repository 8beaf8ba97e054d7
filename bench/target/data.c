// SPDX-License-Identifier: GPL-2.0-or-later
#include "target/data.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/sigbus.h"
#include "target/pin.h"

#define HEAD_BYTES  (8u << 20)
#define BLOCK_BYTES (64u << 10)
#define MAX_BLOCKS  1024u
#define ALIGN_BYTES 4096u
#define MAX_EXTENTS 65536 /* of a file: all after them counts as one */

struct look {
	int fd;
	int direct_fd;	       /* past the page cache, -1 where there is no such way */
	unsigned char *memory; /* instead of fd */
	uint64_t size;
	unsigned char *buffer;
	const unsigned char *block; /* what was read: length bytes from offset */
	uint64_t offset;
	size_t length;
	bool is_edge, is_clearing;
	uint64_t found;
};

static size_t first_byte(const unsigned char *bytes, size_t length)
{
	size_t i = 0;

	if (length == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0))
		return length;
	while (!bytes[i])
		i++;
	return i;
}

static ssize_t read_at(int fd, unsigned char *buffer, size_t length, uint64_t offset)
{
	size_t done = 0;

	while (done < length) {
		ssize_t n = pread(fd, buffer + done, length - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

static int write_zeros(struct look *look)
{
	size_t done = 0;

	memset(look->buffer, 0, look->length);
	while (done < look->length) {
		ssize_t n = pwrite(look->fd, look->buffer + done, look->length - done,
				   (off_t)(look->offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		done += (size_t)n;
	}
	return 0;
}

/* 1: there is something, at look->found. */
static int judge_memory(struct look *look)
{
	const unsigned char *block = look->memory + look->offset;
	size_t first = first_byte(block, look->length);

	if (first == look->length)
		return 0;
	look->found = look->offset + first;
	if (look->is_clearing)
		memset(look->memory + look->offset, 0, look->length);
	return !look->is_clearing;
}

static int judge_read(struct look *look)
{
	ssize_t n = -EINVAL;
	size_t first;

	if (look->direct_fd >= 0)
		n = read_at(look->direct_fd, look->buffer, look->length, look->offset);
	if (n == -EINVAL)
		n = read_at(look->fd, look->buffer, look->length, look->offset);
	if (n < 0)
		return n == -EIO && !look->is_edge ? 0 : (int)n;
	if ((size_t)n < look->length && look->is_edge)
		return -EIO;
	first = first_byte(look->buffer, (size_t)n);
	if (first == (size_t)n)
		return 0;
	look->found = look->offset + first;
	return look->is_clearing ? write_zeros(look) : 1;
}

struct guarded {
	struct look *look;
	int ret;
};

static void judge_guarded(void *context)
{
	struct guarded *guarded = context;

	guarded->ret = judge_memory(guarded->look);
}

static int judge(struct look *look, uint64_t offset, uint64_t end)
{
	struct guarded guarded = { .look = look };
	struct sigbus met;

	look->offset = offset;
	look->length = end - offset < BLOCK_BYTES ? (size_t)(end - offset) : BLOCK_BYTES;
	if (!look->memory)
		return judge_read(look);
	return sigbus_guard(judge_guarded, &guarded, &met) ? guarded.ret : 0;
}

static int judge_range(struct look *look, uint64_t from, uint64_t end, uint64_t step)
{
	int ret = 0;

	for (uint64_t at = from; !ret && at < end; at += step)
		ret = judge(look, at, end);
	return ret;
}

static int judge_edges(struct look *look)
{
	uint64_t head = look->size < HEAD_BYTES ? look->size : HEAD_BYTES;
	uint64_t tail = (look->size - DATA_EDGE_BYTES) / ALIGN_BYTES * ALIGN_BYTES;
	int ret;

	look->is_edge = true;
	ret = judge_range(look, 0, head, BLOCK_BYTES);
	if (!ret)
		ret = judge_range(look, tail > head ? tail : head, look->size, BLOCK_BYTES);
	look->is_edge = false;
	return ret;
}

/* Sets the next extent with data, at *from or after it. False: there is none. */
static bool next_extent(const struct look *look, int count, uint64_t *from, uint64_t *end)
{
	off_t data = -1, hole = -1;

	if (*from >= look->size)
		return false;
	if (!look->memory && count < MAX_EXTENTS) {
		data = lseek(look->fd, (off_t)*from, SEEK_DATA);
		if (data < 0 && errno == ENXIO)
			return false;
		hole = data < 0 ? -1 : lseek(look->fd, data, SEEK_HOLE);
	}
	if (data > 0)
		*from = (uint64_t)data;
	*end = hole > data && (uint64_t)hole < look->size ? (uint64_t)hole : look->size;
	return *from < look->size;
}

static uint64_t sum_extents(const struct look *look)
{
	uint64_t total = 0, end = 0;

	for (uint64_t from = 0, count = 0; next_extent(look, (int)count, &from, &end);
	     from = end, count++)
		total += end - from;
	return total;
}

/* Blocks at even distances, as if all extents with data were one piece. */
static int judge_extents(struct look *look)
{
	uint64_t total = sum_extents(look), before = 0, step = BLOCK_BYTES, end = 0;
	int ret = 0, count = 0;

	if (total > (uint64_t)BLOCK_BYTES * MAX_BLOCKS)
		step = (total / MAX_BLOCKS + ALIGN_BYTES - 1) / ALIGN_BYTES * ALIGN_BYTES;
	for (uint64_t from = 0; !ret && next_extent(look, count, &from, &end); from = end) {
		uint64_t skipped = step > BLOCK_BYTES ? (step - before % step) % step : 0;

		ret = judge_range(look, from + skipped, end, step);
		before += end - from;
		count++;
	}
	return ret;
}

static int judge_all(struct look *look)
{
	int ret = judge_edges(look);

	return ret ? ret : judge_extents(look);
}

/*
 * Past the page cache: it shows what the medium holds, and leaves no memory in use that a
 * measurement would find different.
 */
static int open_direct(int fd)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISBLK(st.st_mode))
		return -1;
	return pin_reopen(fd, "", O_RDONLY | O_DIRECT | O_NONBLOCK);
}

static int look_at(int fd, uint64_t size, bool is_clearing, uint64_t *at)
{
	auto_close int direct_fd = open_direct(fd);
	auto_free unsigned char *buffer = NULL;
	struct look look = {
		.fd = fd, .direct_fd = direct_fd, .size = size, .is_clearing = is_clearing
	};
	int ret;

	if (posix_memalign((void **)&buffer, ALIGN_BYTES, BLOCK_BYTES))
		return -ENOMEM;
	look.buffer = buffer;
	ret = judge_all(&look);
	*at = look.found;
	return ret;
}

int data_find(int fd, uint64_t size, uint64_t *at)
{
	return look_at(fd, size, false, at);
}

/* At once, where the file system or the device can. It need not: what is left is written over. */
static void punch(int fd, uint64_t size)
{
	uint64_t range[2] = { 0, size };

	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)size))
		ioctl(fd, BLKDISCARD, range);
}

int data_clear(int fd, uint64_t size)
{
	uint64_t at;
	int ret;

	if (fsync(fd))
		return -errno;
	punch(fd, size);
	ret = look_at(fd, size, true, &at);
	return ret == 0 && fsync(fd) ? -errno : ret;
}

static int look_at_memory(struct look *look)
{
	struct sigaction old;
	int ret;

	sigbus_enter(&old);
	ret = judge_all(look);
	sigbus_leave(&old);
	return ret;
}

int data_find_mapped(void *memory, uint64_t size, uint64_t *at)
{
	struct look look = { .fd = -1, .direct_fd = -1, .memory = memory, .size = size };
	int ret = look_at_memory(&look);

	*at = look.found;
	return ret;
}

void data_clear_mapped(void *memory, uint64_t size)
{
	struct look look = {
		.fd = -1, .direct_fd = -1, .memory = memory, .size = size, .is_clearing = true
	};

	look_at_memory(&look);
}
