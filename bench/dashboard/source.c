// SPDX-License-Identifier: GPL-2.0-or-later
/* How to do it again, and the results of both sides: packed into links, so that none is lost. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <zlib.h>

#include "base/printable.h"
#include "dashboard/page.h"
#include "dashboard/text.h"

/* Browsers take no link of 2 MiB; base64 is 4/3 of its bytes. */
#define LINK_MAX_BYTES 1400000
/* Of all links together: a page of more is slow to open. */
#define LINKS_MAX_BYTES 8000000

/* A word of a command, quoted for a shell; one that a person would not read is cut, as names are.
 */
static void print_word(FILE *out, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_-./,:=+@%";
	char text[PAGE_NAME_SIZE], *at = text;

	printable(word, PAGE_NAME_COLUMNS, text, sizeof(text));
	if (*at && strspn(at, plain) == strlen(at)) {
		page_escape(out, at);
		return;
	}
	fputs("&#39;", out);
	for (char *end; (end = strchr(at, '\'')); at = end + 1) {
		*end = '\0';
		page_escape(out, at);
		fputs("&#39;\\&#39;&#39;", out);
	}
	page_escape(out, at);
	fputs("&#39;", out);
}

/* As scripts/guest takes a kernel of Debian: "6.1.0-47", "6.12.107"; 0 if it is not one. */
static int debian_kernel(const struct result *result)
{
	const char *release = result->host.kernel;
	const char *package = result->guest.kernel_package;
	size_t version = release ? strspn(release, "0123456789.-") : 0;

	if (!package || strncmp(package, "linux-image-", 12) != 0)
		return 0;
	while (version && release[version - 1] == '-')
		version--;
	return (int)version;
}

static void print_guest(const struct result *result, FILE *out)
{
	int version = debian_kernel(result);

	fprintf(out, "scripts/guest --kernel ");
	if (version)
		fprintf(out, "debian:%.*s", version, result->host.kernel);
	else
		fprintf(out, "BZIMAGE --modules DIR");
	fprintf(out, " --clock %s", domain_words[result->clock.domain]);
	if (result->guest.cpus != U64_ABSENT && result->guest.cpus != 1)
		fprintf(out, " --cpus %llu", (unsigned long long)result->guest.cpus);
	if (result->guest.seed != U64_ABSENT && result->guest.seed)
		fprintf(out, " --seed %llu", (unsigned long long)result->guest.seed);
	fprintf(out, " --out DIR -- ");
}

/* The command that a result says it is from. */
static void print_measure(const struct result *result, FILE *out)
{
	fprintf(out, "<p><code class=\"command\">");
	if (result->has_guest)
		print_guest(result, out);
	for (size_t i = 0; i < result->command.count; i++) {
		if (i)
			fputc(' ', out);
		else if (result->has_guest && !strcmp(result->command.items[i], "syncfault"))
			fputs("build/", out);
		print_word(out, result->command.items[i]);
	}
	fprintf(out, "</code></p>\n");
}

static bool is_same_command(const struct result *a, const struct result *b)
{
	if (a->guest.seed != b->guest.seed || a->command.count != b->command.count)
		return false;
	for (size_t i = 0; i < a->command.count; i++)
		if (strcmp(a->command.items[i], b->command.items[i]) != 0)
			return false;
	return true;
}

static void print_side(const struct result_set *set, FILE *out)
{
	for (size_t i = 0; i < set->result_count; i++) {
		bool is_told = false;

		for (size_t j = 0; j < i && !is_told; j++)
			is_told = is_same_command(&set->results[i], &set->results[j]);
		if (!is_told)
			print_measure(&set->results[i], out);
	}
}

static void print_own(const struct page *page, FILE *out)
{
	const struct dashboard_options *options = page->options;

	fprintf(out, "<p><code class=\"command\">syncfault dashboard ");
	print_word(out, options->folder);
	fprintf(out, " --base ");
	print_word(out, page->history.builds[page->build[SIDE_BASE]].release);
	fprintf(out, " --new ");
	print_word(out, page->history.builds[page->build[SIDE_NEW]].release);
	if (options->order) {
		fprintf(out, " --order ");
		print_word(out, options->order);
	}
	if (options->follows_links)
		fprintf(out, " --follow-links");
	fprintf(out, " -o ");
	print_word(out, options->output);
	fprintf(out, "</code></p>\n");
}

void page_print_commands(const struct page *page, FILE *out)
{
	for (int side = SIDE_NEW; side >= SIDE_BASE; side--) {
		if (side == SIDE_BASE && page->build[SIDE_BASE] == page->build[SIDE_NEW])
			continue;
		fprintf(out, "<h3>%s: ", side == SIDE_NEW ? "B" : "A");
		page_text(out, page_build_name(page, page->build[side]));
		fprintf(out, "</h3>\n");
		print_side(&page->sets[side], out);
	}
	fprintf(out, "<h3>This page</h3>\n");
	print_own(page, out);
}

struct packed {
	unsigned char *bytes;
	size_t length;
	size_t whole; /* before it was packed */
};

static void free_packed(struct packed *packed)
{
	free(packed->bytes);
}

/* gzip without a name or a time in it: the same file is the same link. */
static int deflate_all(const void *text, size_t length, struct packed *packed)
{
	z_stream stream = { .next_in = (Bytef *)(uintptr_t)text, .avail_in = (uInt)length };
	int ret;

	if (deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	packed->length = deflateBound(&stream, length);
	packed->bytes = malloc(packed->length);
	stream.next_out = packed->bytes;
	stream.avail_out = (uInt)packed->length;
	ret = packed->bytes ? deflate(&stream, Z_FINISH) : Z_MEM_ERROR;
	packed->length = stream.total_out;
	deflateEnd(&stream);
	return ret == Z_STREAM_END ? 0 : -ENOMEM;
}

static int pack(const char *path, struct packed *packed)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *text;
	int ret;

	if (fd < 0 || fstat(fd, &st) || !st.st_size || st.st_size > RESULT_MAX_BYTES)
		return -EIO;
	text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (text == MAP_FAILED)
		return -EIO;
	packed->whole = (size_t)st.st_size;
	ret = deflate_all(text, packed->whole, packed);
	munmap(text, (size_t)st.st_size);
	return ret;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* What does not fit is named, so that one can ask for it. */
static void print_file(char side, const char *path, size_t *room, FILE *out)
{
	auto_release(free_packed) struct packed packed = { 0 };
	bool fits =
		!pack(path, &packed) && packed.length <= LINK_MAX_BYTES && packed.length <= *room;

	fprintf(out, "<li>%c ", side);
	if (fits) {
		fprintf(out, "<a class=\"raw\" download=\"");
		page_text(out, base_name(path));
		fprintf(out, ".gz\" href=\"data:application/gzip;base64,");
		page_base64(out, packed.bytes, packed.length);
		fprintf(out, "\">");
		*room -= packed.length;
	}
	page_text(out, path);
	if (packed.whole)
		fprintf(out, "%s <span class=\"size\">%zu bytes</span></li>\n", fits ? "</a>" : "",
			packed.whole);
	else
		fprintf(out, " <span class=\"size\">gone</span></li>\n");
}

void page_print_files(const struct page *page, FILE *out)
{
	size_t room = LINKS_MAX_BYTES;

	fprintf(out, "<ul class=\"files\">\n");
	for (int side = SIDE_NEW; side >= SIDE_BASE; side--)
		for (size_t i = 0; i < page->sets[side].result_count; i++) {
			if (side == SIDE_BASE && page->build[SIDE_BASE] == page->build[SIDE_NEW])
				break;
			print_file(side == SIDE_NEW ? 'B' : 'A', page->sets[side].files[i], &room,
				   out);
		}
	fprintf(out, "</ul>\n");
}
