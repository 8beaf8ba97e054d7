// SPDX-License-Identifier: GPL-2.0
/*
 * What test-guest.sh compares from boot to boot: the clock at the start, then the clock ticks that
 * each of 512 synchronous page faults took, on a new ext4 on /dev/pmem0. Standard output is data.
 *
 * usage: fault-samples [progress]	progress: says something on stderr between faults
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <x86intrin.h>

enum { PAGES = 512, PAGE_BYTES = 4096 };

static void need(int is_done, const char *what)
{
	if (is_done)
		return;
	perror(what);
	exit(1);
}

static char *new_file(void)
{
	char *memory;
	int fd;

	need(!system("mkfs.ext4 -q -b 4096 -U 11111111-2222-3333-4444-555555555555"
		     " -E hash_seed=11111111-2222-3333-4444-555555555555 /dev/pmem0"),
	     "mkfs.ext4");
	need(!mkdir("/tmp/mnt", 0755), "mkdir /tmp/mnt");
	need(!mount("/dev/pmem0", "/tmp/mnt", "ext4", 0, "dax"), "mount -o dax");
	fd = open("/tmp/mnt/file", O_CREAT | O_RDWR, 0644);
	need(fd >= 0, "open");
	need(!ftruncate(fd, PAGES * PAGE_BYTES), "ftruncate");
	memory = mmap(NULL, PAGES * PAGE_BYTES, PROT_READ | PROT_WRITE,
		      MAP_SHARED_VALIDATE | MAP_SYNC, fd, 0);
	need(memory != MAP_FAILED, "mmap with MAP_SYNC");
	need(!madvise(memory, PAGES * PAGE_BYTES, MADV_NOHUGEPAGE), "madvise");
	return memory;
}

int main(int argc, char **argv)
{
	static uint64_t ticks[PAGES];
	uint64_t start = __rdtsc();
	char *memory = new_file();
	int i;

	(void)argv;
	for (i = 0; i < PAGES; i++) {
		uint64_t before = __rdtsc();

		*(volatile char *)(memory + i * PAGE_BYTES) = 1;
		ticks[i] = __rdtsc() - before;
		if (argc > 1 && i % 64 == 0)
			fprintf(stderr, "fault %d of %d\n", i, PAGES);
	}
	printf("start %llu\n", (unsigned long long)start);
	for (i = 0; i < PAGES; i++)
		printf("%llu\n", (unsigned long long)ticks[i]);
	return 0;
}
