// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `history` through a damaged index. The index that the program makes of four fixed results is
 * changed as the input says, because bytes of a whole one would only hold for one folder and its
 * inodes. The first byte:
 *
 *	even	the answer is the one without an index, and at most one line says why
 *	odd	all seals count as whole, as if whoever changed the rows had sealed them again: what
 *		is left are the checks of values. No crash, and JSON.
 *
 * Then changes, of 6 bytes each: what, page, offset in it (2), value, length (see change()).
 */
#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/commands.h"
#include "fuzz.h"

#define RESULTS	  4
#define PAGE	  4096
#define SETTLE_US 2100000
#define MAX_BYTES (1 << 18)

static uint8_t whole[MAX_BYTES], changed[MAX_BYTES];
static size_t whole_size;
static char *answer, path[4096];
static int is_sealed;

void __wrap_SHA256Final(uint8_t *digest, SHA2_CTX *context);
void __real_SHA256Final(uint8_t *digest, SHA2_CTX *context);

void __wrap_SHA256Final(uint8_t *digest, SHA2_CTX *context)
{
	__real_SHA256Final(digest, context);
	if (is_sealed)
		memset(digest, 0x5a, SHA256_DIGEST_LENGTH);
}

static void must(int is_right, const char *what)
{
	if (is_right)
		return;
	dprintf(STDERR_FILENO, "fuzz: %s\n", what);
	_exit(1);
}

static void print_cell(FILE *file, const char *state, int ns)
{
	fprintf(file,
		"{\"key\":\"ext4/dax=always/state=%s/load=none/sync=none/commit=none/access=write"
		"/page=4k/pages=512/threads=1\",\"config\":{\"fs\":\"ext4\",\"mkfs_options\":\"\","
		"\"mount_options\":\"\",\"dax\":\"always\",\"state\":\"%s\",\"load\":\"none\","
		"\"sync\":\"none\",\"commit\":\"none\",\"access\":\"write\",\"page_size\":\"4k\","
		"\"pages\":512,\"threads\":1,\"files\":\"one\",\"pause_us\":0,"
		"\"scheduler\":\"other\"},\"status\":\"ok\",\"reason\":null,\"proof\":{},"
		"\"latency\":{\"count\":512,\"min\":%d,\"max\":%d,\"mean\":%d,\"p50\":%d,"
		"\"p90\":%d,\"p99\":%d,\"log2_us\":[{\"from\":0,\"to\":0,\"count\":512}]},"
		"\"warnings\":[]}",
		state, state, ns, ns, ns, ns, ns, ns);
}

static void write_results(void)
{
	for (int i = 0; i < RESULTS; i++) {
		FILE *file = fopen(fuzz_file((size_t)i), "w");

		must(file != NULL, "no result");
		fprintf(file,
			"{\"schema\":\"syncfault-result/1\",\"tool\":{\"version\":\"0\"},"
			"\"suite\":\"s\",\"host\":{\"kernel\":\"6.1.%d\",\"machine\":\"m\","
			"\"build_id\":\"b%d\"},\"clock\":{\"domain\":\"time\",\"unit\":\"ns\"},"
			"\"cells\":[",
			i, i);
		print_cell(file, "hole", 500 + i);
		fputc(',', file);
		print_cell(file, "written", i < 2 ? 900 : 1900);
		fprintf(file, "]}\n");
		fclose(file);
	}
}

static struct fuzz_output ask(const char *when)
{
	return fuzz_run(cmd_history,
			(const char *[]){ "history", "--json", "--index", when, fuzz_in, NULL });
}

/* As bench/history/index_open.c names it. */
static void find_index(const char *cache)
{
	char digest[SHA256_DIGEST_STRING_LENGTH], *real = realpath(fuzz_in, NULL);

	must(real != NULL, "no folder");
	SHA256Data((const uint8_t *)real, strlen(real), digest);
	snprintf(path, sizeof(path), "%s/syncfault/index-%.32s.sqlite", cache, digest);
	free(real);
}

static size_t make_index(uint8_t *bytes)
{
	ssize_t size;
	int fd;

	unlink(path);
	must(ask("always").code == 0, "no answer");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	size = fd < 0 ? -1 : read(fd, bytes, MAX_BYTES);
	must(size > PAGE && size < MAX_BYTES, "no index");
	close(fd);
	return (size_t)size;
}

static void begin(void)
{
	struct fuzz_output output;
	static char cache[4000];

	snprintf(cache, sizeof(cache), "%s/cache", getenv("FUZZ_DIR"));
	must((!mkdir(cache, 0700) || errno == EEXIST) && !setenv("XDG_CACHE_HOME", cache, 1),
	     "no cache");
	find_index(cache);
	write_results();
	usleep(SETTLE_US);
	output = ask("never");
	must(output.code == 0, "no answer");
	answer = strdup(output.out);
	whole_size = make_index(whole);
}

/* Seals of the other kind are in the index only while it is made. */
static size_t restore(int wants_sealed)
{
	static uint8_t sealed[MAX_BYTES];
	static size_t sealed_size;

	is_sealed = wants_sealed;
	if (wants_sealed && !sealed_size)
		sealed_size = make_index(sealed);
	memcpy(changed, wants_sealed ? sealed : whole, wants_sealed ? sealed_size : whole_size);
	return wants_sealed ? sealed_size : whole_size;
}

/* Makes one change of those that follow; returns the bytes of the input that it took. */
static size_t change(const uint8_t *data, size_t left, size_t *size)
{
	size_t at = (size_t)data[1] * PAGE + (((size_t)data[2] << 8 | data[3]) % PAGE);
	size_t length = data[5], taken = 6;

	at %= *size;
	if (length > *size - at)
		length = *size - at;
	switch (data[0] % 6) {
	case 0:
		changed[at] = data[4];
		break;
	case 1:
		changed[at] ^= (uint8_t)(1 << data[4] % 8);
		break;
	case 2:
		memset(changed + at, data[4], length);
		break;
	case 3: /* from the page that value names */
		memmove(changed + at, changed + (data[4] * PAGE + at % PAGE) % (*size - length + 1),
			length);
		break;
	case 4:
		*size = at > PAGE ? at : *size;
		break;
	case 5: /* what follows in the input */
		length = length < left - 6 ? length : left - 6;
		memcpy(changed + at, data + 6, length);
		taken += length;
		break;
	}
	return taken;
}

static void write_index(size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	must(fd >= 0 && write(fd, changed, size) == (ssize_t)size, "cannot write the index");
	close(fd);
}

static void check(const struct fuzz_output *output)
{
	const char *end = strchr(output->err, '\n');

	if (output->code)
		fuzz_fail("an index failed the command", output->err, output->err_length);
	oracle_json(output->out, output->out_length);
	if (is_sealed)
		return;
	if (strcmp(output->out, answer) != 0)
		fuzz_fail("another answer", output->out, output->out_length);
	if (end && (end[1] || strncmp(output->err, "syncfault: warning: index ", 26) != 0))
		fuzz_fail("more than one line", output->err, output->err_length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const ends[] = { "-journal", "-wal", "-shm" };
	struct fuzz_output output;
	size_t length, at = 1;

	if (!answer)
		begin();
	if (!size)
		return 0;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		char beside[sizeof(path) + 16];

		snprintf(beside, sizeof(beside), "%s%s", path, ends[i]);
		unlink(beside);
	}
	length = restore(data[0] & 1);
	while (at + 6 <= size)
		at += change(data + at, size - at, &length);
	write_index(length);
	output = ask("always");
	check(&output);
	return 0;
}
