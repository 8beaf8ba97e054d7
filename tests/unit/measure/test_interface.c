// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "measure/interface.h"
#include "target/mapping.h"

#define PAGE 4096

static const struct interface_place on_dax = { 3, false, true, true, PAGE };
static const struct interface_place on_page_cache = { 3, false, false, true, PAGE };
static const struct interface_place on_virtio = { 3, false, true, false, PAGE };
static const struct interface_place device = { 3, true, true, true, PAGE };
static const struct interface_place memory = { -1, false, false, true, PAGE };

static void assert_expected(int word, const struct interface_place *place, int error,
			    bool has_map_sync)
{
	struct interface_answer answer = interface_expected(word, place);

	assert_int_equal(answer.error, error);
	assert_int_equal(answer.has_map_sync, has_map_sync);
	assert_true(interface_source(word, place)[0]);
}

static void test_map_sync_wants_dax(void **state)
{
	(void)state;
	assert_expected(INTERFACE_VALIDATE_SYNC, &on_dax, 0, true);
	assert_expected(INTERFACE_VALIDATE_SYNC, &device, 0, true);
	assert_expected(INTERFACE_VALIDATE_SYNC, &on_page_cache, EOPNOTSUPP, false);
	assert_expected(INTERFACE_VALIDATE_SYNC, &on_virtio, EOPNOTSUPP, false);
	assert_expected(INTERFACE_VALIDATE_SYNC, &memory, EINVAL, false);
}

static void test_map_sync_is_ignored_without_validation(void **state)
{
	const struct interface_place *places[] = { &on_dax, &on_page_cache, &on_virtio, &memory };

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		assert_expected(INTERFACE_SHARED_SYNC, places[i], 0, false);
		assert_expected(INTERFACE_PRIVATE_SYNC, places[i], 0, false);
		assert_expected(INTERFACE_SHARED_UNKNOWN, places[i], 0, false);
	}
	assert_expected(INTERFACE_PRIVATE_SYNC, &device, EINVAL, false);
	assert_expected(INTERFACE_PRIVATE, &device, EINVAL, false);
}

static void test_validation_refuses_what_is_unknown(void **state)
{
	(void)state;
	assert_expected(INTERFACE_VALIDATE_UNKNOWN, &on_dax, EOPNOTSUPP, false);
	assert_expected(INTERFACE_VALIDATE_UNKNOWN, &on_page_cache, EOPNOTSUPP, false);
	assert_expected(INTERFACE_VALIDATE_UNKNOWN, &device, EOPNOTSUPP, false);
	assert_expected(INTERFACE_VALIDATE, &on_dax, 0, false);
	assert_expected(INTERFACE_SYNC_ALONE, &on_dax, EINVAL, false);
	assert_expected(INTERFACE_SYNC_ALONE, &memory, EINVAL, false);
}

static void test_every_word_has_flags(void **state)
{
	(void)state;
	for (int word = 1; interface_words[word]; word++) {
		assert_non_null(interface_flags(word));
		for (int other = 1; other < word; other++)
			assert_string_not_equal(interface_flags(word), interface_flags(other));
	}
}

static void free_answer(struct answer *answer)
{
	free(answer->said);
	free(answer->expected);
	*answer = (struct answer){ 0 };
}

/* What the kernel that runs here answers for a memfd, on the page cache. */
static void test_the_kernel_is_asked(void **state)
{
	int fd = memfd_create("asked", MFD_CLOEXEC);
	struct interface_place place;
	struct verdict verdict = { 0 };
	struct answer answer = { 0 };

	(void)state;
	assert_int_equal(ftruncate(fd, PAGE), 0);
	interface_look(fd, false, PAGE, &place);
	assert_false(place.is_dax);
	assert_int_equal(interface_ask(INTERFACE_SHARED, &place, &answer, &verdict), 0);
	assert_string_equal(answer.said, "mapped");
	assert_int_equal(answer.has_map_sync, 0);
	free_answer(&answer);
	assert_int_equal(interface_ask(INTERFACE_VALIDATE_UNKNOWN, &place, &answer, &verdict), 0);
	assert_string_equal(answer.said, "EOPNOTSUPP");
	assert_int_equal(answer.has_map_sync, BOOL_ABSENT);
	free_answer(&answer);
	assert_int_equal(verdict.status, CELL_OK);
	close(fd);
}

/* A place that claims to be on DAX and is not: the kernel's answer is not the documented one. */
static void test_another_answer_fails(void **state)
{
	struct interface_place place = on_dax;
	struct verdict verdict = { 0 };
	struct answer answer = { 0 };

	(void)state;
	place.fd = memfd_create("asked", MFD_CLOEXEC);
	assert_int_equal(ftruncate(place.fd, PAGE), 0);
	assert_int_not_equal(interface_ask(INTERFACE_VALIDATE_SYNC, &place, &answer, &verdict), 0);
	assert_int_equal(verdict.status, CELL_FAILED);
	assert_string_equal(answer.said, "EOPNOTSUPP");
	assert_string_equal(answer.expected, "mapped");
	assert_int_equal(answer.expected_map_sync, 1);
	assert_non_null(strstr(verdict.reason, "MAP_SHARED_VALIDATE | MAP_SYNC: EOPNOTSUPP"));
	free_answer(&answer);
	close(place.fd);
}

static int pretended_flag = -1;

int __real_mapping_has_sync_flag(const struct mapping *mapping);
int __wrap_mapping_has_sync_flag(const struct mapping *mapping);
int __wrap_mapping_has_sync_flag(const struct mapping *mapping)
{
	return pretended_flag < 0 ? __real_mapping_has_sync_flag(mapping) : pretended_flag;
}

/* Mapped as expected, and synchronous though nothing asked for that to be so. */
static void test_another_flag_fails(void **state)
{
	struct interface_place place;
	struct verdict verdict = { 0 };
	struct answer answer = { 0 };
	int fd = memfd_create("asked", MFD_CLOEXEC);

	(void)state;
	assert_int_equal(ftruncate(fd, PAGE), 0);
	interface_look(fd, false, PAGE, &place);
	pretended_flag = 1;
	assert_int_not_equal(interface_ask(INTERFACE_SHARED, &place, &answer, &verdict), 0);
	pretended_flag = -1;
	assert_int_equal(verdict.status, CELL_FAILED);
	assert_string_equal(answer.said, "mapped");
	assert_int_equal(answer.has_map_sync, 1);
	assert_int_equal(answer.expected_map_sync, 0);
	assert_non_null(strstr(verdict.reason, "synchronous (sf in smaps); expected: mapped, not"));
	free_answer(&answer);
	close(fd);
}

static size_t count_maps(const char *name)
{
	FILE *file = fopen("/proc/self/maps", "re");
	char line[4096];
	size_t count = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		count += strstr(line, name) != NULL;
	fclose(file);
	return count;
}

static void test_nothing_stays_mapped(void **state)
{
	struct interface_place place;
	struct verdict verdict = { 0 };
	struct answer answer = { 0 };
	int fd = memfd_create("asked-for-once", MFD_CLOEXEC);

	(void)state;
	assert_int_equal(ftruncate(fd, PAGE), 0);
	interface_look(fd, false, PAGE, &place);
	assert_int_equal(interface_ask(INTERFACE_SHARED, &place, &answer, &verdict), 0);
	assert_int_equal(count_maps("asked-for-once"), 0);
	free_answer(&answer);
	close(fd);
}

static const char cell_text[] =
	"{\"schema\":\"syncfault-result/1\",\"tool\":{},\"suite\":\"s\",\"host\":{},"
	"\"clock\":{\"domain\":\"time\",\"unit\":\"ns\"},\"cells\":[{\"key\":"
	"\"ext4/dax=never/state=hole/load=none/sync=none/commit=none/access=write/page=4k/pages=1/"
	"threads=1/interface=shared\",\"config\":{\"fs\":\"ext4\",\"mkfs_options\":\"\","
	"\"mount_options\":\"\",\"dax\":\"never\",\"state\":\"hole\",\"load\":\"none\","
	"\"sync\":\"none\",\"commit\":\"none\",\"access\":\"write\",\"page_size\":\"4k\","
	"\"pages\":1,\"threads\":1,\"files\":\"one\",\"scheduler\":\"other\","
	"\"interface\":\"shared\"},\"status\":\"ok\",\"reason\":null,\"proof\":{},\"latency\":null,"
	"\"answer\":%s,\"warnings\":[]}]}";

static int parse(const char *answer)
{
	struct result result;
	char text[2048];
	int ret;

	snprintf(text, sizeof(text), cell_text, answer);
	ret = result_parse(text, strlen(text), "test", &result);
	if (!ret)
		result_free(&result);
	return ret;
}

static void test_an_answer_stands_for_latencies(void **state)
{
	(void)state;
	assert_int_equal(
		parse("{\"said\":\"mapped\",\"has_map_sync\":false,\"expected\":\"mapped\","
		      "\"expected_map_sync\":false}"),
		0);
	assert_int_equal(parse("null"), -EINVAL);
	assert_int_equal(parse("{\"said\":\"EINVAL\",\"expected\":\"mapped\"}"), -EINVAL);
	assert_int_equal(parse("{\"said\":\"mapped\",\"has_map_sync\":true,\"expected\":\"mapped\","
			       "\"expected_map_sync\":false}"),
			 -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_map_sync_wants_dax),
		cmocka_unit_test(test_map_sync_is_ignored_without_validation),
		cmocka_unit_test(test_validation_refuses_what_is_unknown),
		cmocka_unit_test(test_every_word_has_flags),
		cmocka_unit_test(test_the_kernel_is_asked),
		cmocka_unit_test(test_another_answer_fails),
		cmocka_unit_test(test_another_flag_fails),
		cmocka_unit_test(test_nothing_stays_mapped),
		cmocka_unit_test(test_an_answer_stands_for_latencies),
	};

	return cmocka_run_group_tests_name("interface", tests, NULL, NULL);
}
