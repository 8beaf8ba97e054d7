/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel answers to the combinations of mmap flags that were discussed along with
 * MAP_SYNC, and what mmap(2) says it should answer.
 */
#ifndef SYNCFAULT_MEASURE_INTERFACE_H
#define SYNCFAULT_MEASURE_INTERFACE_H

#include "cell/cell.h"
#include "cell/verdict.h"
#include "result/result.h"

/* The file system's name for memory without a file. */
#define INTERFACE_ANONYMOUS "anonymous"

/* What a mapping is made of. */
struct interface_place {
	int fd;		     /* -1: anonymous memory */
	bool is_device;	     /* device DAX */
	bool is_dax;	     /* the file is on DAX */
	bool is_synchronous; /* its medium is persistent once the CPU's caches are flushed */
	size_t bytes;
};

/* error: 0 if a mapping is made; has_map_sync: whether it is then synchronous ("sf"). */
struct interface_answer {
	int error;
	bool has_map_sync;
};

/* The answer that is documented for word of interface_words, which is not none. Pure. */
struct interface_answer interface_expected(int word, const struct interface_place *place);

/* Why that is so, in a few words with its source; a static string. */
const char *interface_source(int word, const struct interface_place *place);

/* Fills *place for fd, a file or (is_device) a device DAX of which bytes are mapped. */
void interface_look(int fd, bool is_device, size_t bytes, struct interface_place *place);

/*
 * Asks the kernel and fills *answer, whose strings are freed with the result it goes into. Any
 * answer but the documented one fails the cell.
 */
int interface_ask(int word, const struct interface_place *place, struct answer *answer,
		  struct verdict *verdict);

#endif
