// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * poison FILE OFFSET: maps that page of FILE and declares its memory as failed, as a machine check
 * would (madvise(2), MADV_HWPOISON).
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void told(int number)
{
	(void)number;
	_exit(0);
}

int main(int argc, char **argv)
{
	int fd = argc == 3 ? open(argv[1], O_RDWR) : -1;
	volatile char *page;

	if (fd < 0) {
		perror("open");
		return 2;
	}
	signal(SIGBUS, told); /* which may come to us too: it is done then */
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, atol(argv[2]));
	if (page == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	(void)*page;
	if (madvise((void *)page, 4096, MADV_HWPOISON)) {
		perror("madvise");
		return 1;
	}
	return 0;
}
