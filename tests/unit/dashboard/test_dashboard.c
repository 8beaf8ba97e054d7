// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../capture.h"
#include "base/cleanup.h"
#include "dashboard/files.h"
#include "dashboard/text.h"

typedef void print_fn(FILE *out, const char *text);

/* What a function prints for text; the caller frees it. */
static char *printed(print_fn *print, const char *text)
{
	char *result = NULL;
	size_t length;
	FILE *out = open_memstream(&result, &length);

	assert_non_null(out);
	print(out, text);
	fclose(out);
	return result;
}

static void assert_prints(print_fn *print, const char *text, const char *expected)
{
	auto_free char *result = printed(print, text);

	assert_string_equal(result, expected);
}

static void test_escape(void **state)
{
	(void)state;
	assert_prints(page_escape, NULL, "");
	assert_prints(page_escape, "<a href=\"x\">'&amp;'</a>",
		      "&lt;a href=&quot;x&quot;&gt;&#39;&amp;amp;&#39;&lt;/a&gt;");
	assert_prints(page_escape, "µs 🚀", "µs 🚀");
}

static void test_text_is_printable(void **state)
{
	char name[10001];
	auto_free char *result = NULL;

	(void)state;
	assert_prints(page_text, "a\x1b[31m<b>\xe2\x80\xae\xff", "a?[31m&lt;b&gt;??");
	memset(name, '<', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	result = printed(page_text, name);
	assert_int_equal(strlen(result), (PAGE_NAME_COLUMNS - 1) * strlen("&lt;") + strlen("…"));
}

static void test_json_string(void **state)
{
	(void)state;
	assert_prints(page_json_string, "</script><!--&\"\\",
		      "\"\\u003c/script\\u003e\\u003c!--\\u0026\\u0022\\u005c\"");
	assert_prints(page_json_string, "a\nb\x7f\xe2\x80\xa8", "\"a?b??\"");
	assert_prints(page_json_string, NULL, "\"\"");
}

static void print_number(FILE *out, const char *text)
{
	page_json_number(out, strtod(text, NULL));
}

static void test_json_number(void **state)
{
	(void)state;
	assert_prints(print_number, "5234", "5234");
	assert_prints(print_number, "5234.5", "5234.500");
	assert_prints(print_number, "1099511627776", "1099511627776");
	assert_prints(print_number, "nan", "null");
	assert_prints(print_number, "inf", "null");
}

static void test_value(void **state)
{
	static const struct {
		double ns;
		const char *text;
	} values[] = {
		{ 0, "0.00" },	   { 5234, "5.23" },	{ 9994, "9.99" },    { 9995, "10.0" },
		{ 92549, "92.5" }, { 999499, "999.5" }, { 999500, "1,000" }, { 3263300, "3,263" },
		{ NAN, "–" },	   { INFINITY, "–" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		char buffer[PAGE_VALUE_SIZE];

		assert_string_equal(page_value(values[i].ns, buffer), values[i].text);
	}
}

static void print_base64(FILE *out, const char *text)
{
	page_base64(out, (const unsigned char *)text, strlen(text));
}

/* RFC 4648, section 10. */
static void test_base64(void **state)
{
	(void)state;
	assert_prints(print_base64, "", "");
	assert_prints(print_base64, "f", "Zg==");
	assert_prints(print_base64, "fo", "Zm8=");
	assert_prints(print_base64, "foo", "Zm9v");
	assert_prints(print_base64, "foobar", "Zm9vYmFy");
	assert_prints(print_base64, "\xff\xfe\xfd", "//79");
}

static void print_digest(FILE *out, const char *text)
{
	page_digest(out, text, strlen(text));
}

/* The example of the policy's specification: CSP3, section 2.3.1's "alert('Hello, world.');". */
static void test_digest(void **state)
{
	(void)state;
	assert_prints(print_digest, "alert('Hello, world.');",
		      "sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=");
}

int __real_result_text_read(const char *path, const char *root, struct result_text *text);
int __wrap_result_text_read(const char *path, const char *root, struct result_text *text);

static unsigned reads;

int __wrap_result_text_read(const char *path, const char *root, struct result_text *text)
{
	reads++;
	return __real_result_text_read(path, root, text);
}

static char folder[] = "/tmp/syncfault-dashboard-XXXXXX";

#define CELL                                                                                   \
	"{\"key\":\"ext4/dax=always/state=%s/load=none/sync=none/commit=none/access=write"     \
	"/page=4k/pages=1/threads=1\",\"config\":{\"fs\":\"ext4\",\"mkfs_options\":\"\","      \
	"\"mount_options\":\"\",\"dax\":\"always\",\"state\":\"%s\",\"load\":\"none\","        \
	"\"sync\":\"none\",\"commit\":\"none\",\"access\":\"write\",\"page_size\":\"4k\","     \
	"\"pages\":1,\"threads\":1,\"files\":\"one\",\"pause_us\":0,\"scheduler\":\"other\"}," \
	"\"status\":\"ok\",\"reason\":null,\"proof\":{},\"latency\":{\"count\":1,\"min\":%d,"  \
	"\"max\":%d,\"mean\":%d,\"p50\":%d,\"log2_us\":[{\"from\":0,\"to\":0,\"count\":1}]},"  \
	"\"warnings\":[]}"

/* Those of "OTHER" have two cells. */
static void write_result(const char *name, const char *kernel, int seed, const char *suite,
			 const char *machine)
{
	int ns = 500 + seed;
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file,
		"{\"schema\":\"syncfault-result/1\",\"tool\":{\"version\":\"0\"},\"suite\":\"%s\","
		"\"host\":{\"kernel\":\"%s\",\"machine\":\"%s\"},\"guest\":{\"command_line\":\"q\","
		"\"qemu\":\"q\",\"accelerator\":\"tcg\",\"image_digest\":\"i\","
		"\"clock\":\"instructions\",\"kernel_package\":\"p\",\"cpus\":1,\"seed\":%d,"
		"\"started\":\"s%d\"},"
		"\"clock\":{\"domain\":\"instructions\",\"unit\":\"ns\"},\"cells\":[",
		suite, kernel, machine, seed, seed);
	fprintf(file, CELL, "hole", "hole", ns, ns, ns, ns);
	if (!strcmp(machine, "OTHER"))
		fprintf(file, "," CELL, "written", "written", ns, ns, ns, ns);
	fprintf(file, "]}\n");
	fclose(file);
}

static int make_folder(void **state)
{
	char below[256];

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(below, sizeof(below), "%s/below", folder);
	if (mkdir(below, 0777))
		return -1;
	write_result("b.json", "6.12.1", 1, "s", "m");
	write_result("below/a.json", "6.12.1", 2, "s", "m");
	write_result("other.json", "6.12.10", 3, "s", "m"); /* its release begins as that above */
	write_result("suite.json", "6.12.1", 4, "another", "m");
	write_result("machine.json", "6.12.1", 6, "s", "OTHER");
	write_result("no-result.txt", "6.12.1", 5, "s", "m");
	return 0;
}

static int remove_folder(void **state)
{
	char command[256];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

/* The build and the track of the result in b.json. */
static struct history_result read_history(struct history *history)
{
	const struct history_options options = { .index = HISTORY_INDEX_NEVER };

	assert_int_equal(history_read(folder, &options, history), 0);
	assert_int_equal(history->files, 5);
	return history->results[0];
}

static void test_files_of_a_build(void **state)
{
	auto_history struct history history = { 0 };
	auto_result_set struct result_set set = { 0 };
	struct history_result place = read_history(&history);
	size_t aside = 99;

	(void)state;
	reads = 0;
	assert_int_equal(page_read_build(&history, place.build, place.track, &set, &aside), 0);
	assert_int_equal(set.result_count, 2);
	assert_int_equal(aside, 0);
	assert_int_equal(set.cell_count, 1);
	assert_int_equal(set.cells[0].run_count, 2);
	for (size_t i = 0; i < 2; i++)
		assert_string_equal(set.results[i].host.machine, "m");
	assert_int_equal(reads, 2); /* each once, and no other file */
}

/* Since the history was read: its numbers in the page would be of two states of the file. */
static void test_file_that_changed(void **state)
{
	auto_history struct history history = { 0 };
	auto_result_set struct result_set set = { 0 };
	struct history_result place = read_history(&history);
	struct capture capture;
	size_t aside;
	int ret;

	(void)state;
	write_result("b.json", "6.12.1", 7, "s", "m");
	capture_begin(&capture, STDERR_FILENO);
	ret = page_read_build(&history, place.build, place.track, &set, &aside);
	capture_end(&capture);
	write_result("b.json", "6.12.1", 1, "s", "m");
	assert_int_equal(ret, 1);
	assert_int_equal(set.result_count, 1);
	assert_true(is_one_line(capture.text));
	assert_non_null(strstr(capture.text, "b.json: left out, it changed"));
}

/* Since the history was read: one is of another kernel, the other is gone. */
static void test_build_that_has_gone(void **state)
{
	auto_history struct history history = { 0 };
	struct result_set set = { 0 };
	struct history_result place = read_history(&history);
	char path[256];
	size_t aside;

	(void)state;
	write_result("b.json", "6.12.3", 1, "s", "m");
	snprintf(path, sizeof(path), "%s/below/a.json", folder);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(page_read_build(&history, place.build, place.track, &set, &aside),
			 -ENODATA);
	assert_int_equal(set.result_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_text_is_printable),
		cmocka_unit_test(test_json_string),
		cmocka_unit_test(test_json_number),
		cmocka_unit_test(test_value),
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_files_of_a_build),
		cmocka_unit_test(test_file_that_changed),
		cmocka_unit_test(test_build_that_has_gone),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
