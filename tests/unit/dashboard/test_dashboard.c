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

#include "base/cleanup.h"
#include "dashboard/files.h"
#include "dashboard/text.h"

typedef void print_fn(FILE *out, const char *text);

/* What a function prints of text; to be freed. */
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

static char folder[] = "/tmp/syncfault-dashboard-XXXXXX";

static void write_result(const char *name, const char *kernel, int seed, const char *suite)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file,
		"{\"schema\":\"syncfault-result/1\",\"tool\":{\"version\":\"0\"},\"suite\":\"%s\","
		"\"host\":{\"kernel\":\"%s\"},\"guest\":{\"command_line\":\"q\",\"qemu\":\"q\","
		"\"accelerator\":\"tcg\",\"image_digest\":\"i\",\"clock\":\"instructions\","
		"\"kernel_package\":\"p\",\"cpus\":1,\"seed\":%d,\"started\":\"s%d\"},"
		"\"clock\":{\"domain\":\"instructions\",\"unit\":\"ns\"},\"cells\":[{"
		"\"key\":\"ext4/dax=always/state=hole/load=none/sync=none/commit=none/access=write"
		"/page=4k/pages=1/threads=1\",\"config\":{\"fs\":\"ext4\",\"mkfs_options\":\"\","
		"\"mount_options\":\"\",\"dax\":\"always\",\"state\":\"hole\",\"load\":\"none\","
		"\"sync\":\"none\",\"commit\":\"none\",\"access\":\"write\",\"page_size\":\"4k\","
		"\"pages\":1,\"threads\":1,\"files\":\"one\",\"pause_us\":0,\"scheduler\":\"other\"},"
		"\"status\":\"ok\",\"reason\":null,\"proof\":{},\"latency\":{\"count\":1,\"min\":%d,"
		"\"max\":%d,\"mean\":%d,\"p50\":%d,\"log2_us\":[{\"from\":0,\"to\":0,\"count\":1}]},"
		"\"warnings\":[]}]}\n",
		suite, kernel, seed, seed, 500 + seed, 500 + seed, 500 + seed, 500 + seed);
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
	write_result("b.json", "6.12.1", 1, "s");
	write_result("below/a.json", "6.12.1", 2, "s");
	write_result("other.json", "6.12.10", 3, "s"); /* its release begins as that above */
	write_result("suite.json", "6.12.1", 4, "another");
	write_result("no-result.txt", "6.12.1", 5, "s");
	return 0;
}

static int remove_folder(void **state)
{
	char command[256];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

static void test_files_of_a_build(void **state)
{
	struct history_build build = { .release = (char *)"6.12.1" };
	struct history_track track = { .domain = DOMAIN_INSTRUCTIONS, .suite = (char *)"s" };
	auto_result_files struct result_files files;
	auto_result_set struct result_set set = { 0 };
	size_t aside = 99;

	(void)state;
	assert_int_equal(result_files_find(folder, &files), 0);
	assert_int_equal(files.count, 4);
	assert_int_equal(page_files_read_build(&files, &build, &track, &set, &aside), 0);
	assert_int_equal(set.result_count, 2);
	assert_int_equal(aside, 0);
	assert_int_equal(set.cell_count, 1);
	assert_int_equal(set.cells[0].run_count, 2);
}

static void test_build_that_has_gone(void **state)
{
	struct history_build build = { .release = (char *)"6.12.2" };
	struct history_track track = { .domain = DOMAIN_INSTRUCTIONS, .suite = (char *)"s" };
	auto_result_files struct result_files files;
	struct result_set set = { 0 };
	size_t aside;

	(void)state;
	assert_int_equal(result_files_find(folder, &files), 0);
	assert_int_equal(page_files_read_build(&files, &build, &track, &set, &aside), -ENODATA);
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
		cmocka_unit_test(test_build_that_has_gone),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
