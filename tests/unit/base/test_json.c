// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../capture.h"
#include "base/json.h"

struct point {
	uint64_t x;
};

struct thing {
	uint64_t number;
	double real;
	int flag;
	char *text;
	int word;
	struct strings strings;
	uint64_t *numbers;
	size_t number_count;
	bool has_maybe;
	struct point maybe;
	struct point always;
	struct point *points;
	size_t point_count;
};

static const char *const colours[] = { "red", "green", NULL };

static const struct json_row point_rows[] = {
	JSON_REQUIRED(struct point, "x", U64, x, .max = 9),
	JSON_END,
};

static const struct json_row rows[] = {
	JSON_REQUIRED(struct thing, "number", U64, number, .max = 1000),
	JSON_ROW(struct thing, "real", REAL, real, .max = 1000),
	JSON_ROW(struct thing, "flag", BOOL, flag),
	JSON_ROW(struct thing, "text", STRING, text, .max = 5),
	JSON_ROW(struct thing, "word", WORD, word, .words = colours),
	JSON_ROW(struct thing, "strings", STRINGS, strings, .max = 2),
	JSON_NUMBERS(struct thing, "numbers", numbers, number_count, .max = 3),
	JSON_MAYBE(struct thing, "maybe", maybe, has_maybe, point_rows),
	JSON_ROW(struct thing, "always", OBJECT, always, .rows = point_rows),
	JSON_LIST(struct thing, "points", points, point_count, point_rows, .max = 2),
	JSON_END,
};

static int read_text(const char *text, struct thing *thing)
{
	json_init(rows, thing);
	return json_read(text, strlen(text), "f.json", rows, thing);
}

static void all_kinds(void **state)
{
	struct thing thing;

	(void)state;
	assert_int_equal(
		read_text(
			"{\"number\": 1000, \"real\": 2.5, \"flag\": true, \"text\": \"a\\u00e4\","
			" \"word\": \"green\", \"strings\": [\"a\", \"\"], \"numbers\": [3, 1, 2],"
			" \"maybe\": {\"x\": 9}, \"always\": {\"x\": 8},"
			" \"points\": [{\"x\": 1}, {\"x\": 2}]}",
			&thing),
		0);
	assert_int_equal(thing.number, 1000);
	assert_true(thing.real == 2.5);
	assert_int_equal(thing.flag, 1);
	assert_string_equal(thing.text, "a\xc3\xa4");
	assert_int_equal(thing.word, 1);
	assert_int_equal(thing.strings.count, 2);
	assert_string_equal(thing.strings.items[1], "");
	assert_int_equal(thing.number_count, 3);
	assert_int_equal(thing.numbers[0], 3);
	assert_int_equal(thing.numbers[2], 2);
	assert_true(thing.has_maybe);
	assert_int_equal(thing.maybe.x, 9);
	assert_int_equal(thing.always.x, 8);
	assert_int_equal(thing.point_count, 2);
	assert_int_equal(thing.points[1].x, 2);
	json_clear(rows, &thing);
	assert_null(thing.text);
	assert_null(thing.points);
	assert_int_equal(thing.point_count, 0);
	assert_false(thing.has_maybe);
}

static void what_is_not_there_is_absent(void **state)
{
	static const char *const texts[] = {
		"{\"number\": 0}",
		"{\"number\": 0, \"real\": null, \"flag\": null, \"text\": null, \"strings\": null,"
		" \"numbers\": null, \"maybe\": null, \"always\": null, \"points\": null,"
		" \"word\": null}",
		" {\"number\":0,\"strings\":[],\"numbers\":[],\"points\":[]} \n",
	};
	struct thing thing;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(read_text(texts[i], &thing), 0);
		assert_int_equal(thing.number, 0);
		assert_true(isnan(thing.real));
		assert_int_equal(thing.flag, BOOL_ABSENT);
		assert_null(thing.text);
		assert_int_equal(thing.strings.count, 0);
		assert_null(thing.numbers);
		assert_int_equal(thing.number_count, 0);
		assert_false(thing.has_maybe);
		assert_true(thing.always.x == U64_ABSENT);
		assert_null(thing.points);
	}
}

static void written_as_it_is_read(void **state)
{
	static const char text[] = "{\n"
				   "  \"number\": 7,\n"
				   "  \"real\": 2.5,\n"
				   "  \"flag\": false,\n"
				   "  \"text\": \"a\\\"b\",\n"
				   "  \"word\": \"green\",\n"
				   "  \"strings\": [\"x\", \"y\"],\n"
				   "  \"numbers\": [3, 1],\n"
				   "  \"maybe\": null,\n"
				   "  \"always\": {\"x\": 1},\n"
				   "  \"points\": [\n"
				   "    {\"x\": 1},\n"
				   "    {\"x\": 2}\n"
				   "  ]\n"
				   "}\n";
	struct thing thing;
	char *written;
	size_t length;

	(void)state;
	assert_int_equal(read_text(text, &thing), 0);
	assert_int_equal(json_write(rows, &thing, &written, &length), 0);
	assert_string_equal(written, text);
	assert_int_equal(length, strlen(text));
	free(written);
	json_clear(rows, &thing);
}

/* A word of a command line may hold any bytes: none is lost, and what is UTF-8 stays as it is. */
static void strings_that_are_not_utf_8(void **state)
{
	char *words[] = { "a\xff-", "\xc3\xa4", "\xc3", "\\" };
	struct thing thing, again;
	char *text;
	size_t length;

	(void)state;
	json_init(rows, &thing);
	thing.number = 1;
	thing.always.x = 1;
	thing.text = "\x9b";
	thing.strings = (struct strings){ words, 2 };
	assert_int_equal(json_write(rows, &thing, &text, &length), 0);
	assert_int_equal(read_text(text, &again), 0);
	free(text);
	assert_string_equal(again.text, "\\x9b");
	assert_int_equal(again.strings.count, 2);
	assert_string_equal(again.strings.items[0], "a\\xff-");
	assert_string_equal(again.strings.items[1], "\xc3\xa4");
	json_clear(rows, &again);
	thing.strings = (struct strings){ words + 2, 2 };
	assert_int_equal(json_write_line(rows, &thing, &text, &length), 0);
	assert_non_null(strstr(text, "[\"\\\\xc3\", \"\\\\\"]"));
	free(text);
}

/* jansson's allocation number refused_at (from 1) and all later ones fail. */
static long allocations, refused_at, in_use;

static void *allocate(size_t size)
{
	void *block = refused_at && ++allocations >= refused_at ? NULL : malloc(size);

	in_use += block != NULL;
	return block;
}

static void release(void *block)
{
	in_use -= block != NULL;
	free(block);
}

static int write_starved(const struct thing *thing, long at, char **text)
{
	struct capture capture;
	size_t length;
	int ret;

	allocations = 0;
	refused_at = at;
	capture_begin(&capture, STDERR_FILENO);
	ret = json_write(rows, thing, text, &length);
	capture_end(&capture);
	if (ret && !is_one_line(capture.text))
		fail_msg("refused at %ld: %s", at, capture.text);
	if (in_use)
		fail_msg("refused at %ld of %ld: %ld blocks leaked", at, allocations, in_use);
	return ret;
}

static void without_memory_nothing_is_written(void **state)
{
	char *words[] = { "a", "\xff" }, *whole, *text = NULL;
	uint64_t numbers[] = { 1, 2, 3 };
	struct point points[] = { { 1 }, { 2 } };
	struct thing thing;
	long failures = 0;

	(void)state;
	json_init(rows, &thing);
	thing = (struct thing){ .number = 1,
				.real = 2.5,
				.flag = 1,
				.text = "text",
				.strings = { words, 2 },
				.numbers = numbers,
				.number_count = 3,
				.has_maybe = true,
				.points = points,
				.point_count = 2 };
	json_set_alloc_funcs(allocate, release);
	assert_int_equal(write_starved(&thing, 0, &whole), 0);
	while (write_starved(&thing, failures + 1, &text)) {
		assert_null(text);
		failures++;
	}
	json_set_alloc_funcs(malloc, free);
	assert_string_equal(text, whole);
	assert_true(failures > 20);
	free(text);
	free(whole);
}

/* Each is refused in one line that names the place. */
static void refusals(void **state)
{
	static const struct {
		const char *text, *message;
	} refused[] = {
		{ "{}", "f.json: number: is missing" },
		{ "{\"number\": null}", "f.json: number: must not be null" },
		{ "[]", "f.json: wants an object" },
		{ "{\"number\": 1001}", "f.json: number: beyond 1000 in number" },
		{ "{\"number\": -1}", "f.json: number: is negative" },
		{ "{\"number\": 1.0}", "f.json: number: wants a whole number" },
		{ "{\"number\": \"1\"}", "f.json: number: wants a whole number" },
		{ "{\"number\": true}", "f.json: number: wants a whole number" },
		{ "{\"number\": 1, \"real\": -0.5}", "f.json: real: is negative" },
		{ "{\"number\": 1, \"real\": 1000.5}", "f.json: real: beyond 1000 in number" },
		{ "{\"number\": 1, \"real\": \"2\"}", "f.json: real: wants a number" },
		{ "{\"number\": 1, \"flag\": 1}", "f.json: flag: wants true or false" },
		{ "{\"number\": 1, \"text\": 1}", "f.json: text: wants a string" },
		{ "{\"number\": 1, \"text\": \"123456\"}", "f.json: text: beyond 5 bytes of text" },
		{ "{\"number\": 1, \"word\": \"blue\"}", "f.json: word: wants red or green" },
		{ "{\"number\": 1, \"word\": 0}", "f.json: word: wants red or green" },
		{ "{\"number\": 1, \"strings\": \"a\"}", "f.json: strings: wants a list" },
		{ "{\"number\": 1, \"strings\": {}}", "f.json: strings: wants a list" },
		{ "{\"number\": 1, \"strings\": [\"a\", 1]}",
		  "f.json: strings[1]: wants a string" },
		{ "{\"number\": 1, \"strings\": [\"\", \"\", \"\"]}",
		  "f.json: strings: beyond 2 items" },
		{ "{\"number\": 1, \"numbers\": [1, 2, -3]}", "f.json: numbers[2]: is negative" },
		{ "{\"number\": 1, \"numbers\": [null]}",
		  "f.json: numbers[0]: wants a whole number" },
		{ "{\"number\": 1, \"numbers\": [1,2,3,4]}", "f.json: numbers: beyond 3 items" },
		{ "{\"number\": 1, \"maybe\": []}", "f.json: maybe: wants an object" },
		{ "{\"number\": 1, \"maybe\": {}}", "f.json: maybe.x: is missing" },
		{ "{\"number\": 1, \"always\": {\"x\": 10}}",
		  "f.json: always.x: beyond 9 in number" },
		{ "{\"number\": 1, \"points\": [{\"x\": 1}, {}]}",
		  "f.json: points[1].x: is missing" },
		{ "{\"number\": 1, \"points\": [null]}", "f.json: points[0]: wants an object" },
		{ "{\"number\": 1, \"points\": [{\"x\": 1, \"y\": 1}]}",
		  "f.json: points[0].y: no such key in this schema" },
		{ "{\"number\": 1, \"colour\": 1}", "f.json: colour: no such key in this schema" },
		{ "{\"number\": 1, \"\": 1}", "no such key in this schema" },
		{ "{\"number\": 1, \"\\u001b[2J\\n\": 1}", "no such key in this schema" },
		{ "{\"number\": 1, \"number\": 1}", "f.json: not JSON: line 1" },
		{ "{\"number\": 1e400}", "not JSON" },
		{ "{\"number\": 1, \"real\": 1e400}", "not JSON" },
		{ "{\"number\": 1, \"real\": NaN}", "not JSON" },
		{ "{\"number\": 1, \"real\": Infinity}", "not JSON" },
		{ "{\"number\": 9223372036854775807}", "beyond 1000" },
		{ "{\"number\": 9223372036854775808}", "not JSON" },
		{ "{\"number\": 99999999999999999999999999}", "not JSON" },
		{ "{\"number\": 1, \"text\": \"\xff\"}", "not JSON" },
		{ "{\"number\": 1, \"text\": \"\xc3\"}", "not JSON" },
		{ "{\"number\": 1, \"text\": \"\xed\xa0\x80\"}", "not JSON" },
		{ "{\"number\": 1, \"text\": \"\\u0000\"}", "not JSON" },
		{ "{\"number\": 1, \"text\": \"\033\"}", "not JSON" },
		{ "{\"number\": 1} {}", "not JSON" },
		{ "{\"number\": 1", "not JSON" },
		{ "", "not JSON" },
		{ " ", "not JSON" },
		{ "1", "not JSON" },
		{ "\xef\xbb\xbf{\"number\": 1}", "not JSON" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct capture capture;
		struct thing thing;
		int ret;

		capture_begin(&capture, STDERR_FILENO);
		ret = read_text(refused[i].text, &thing);
		capture_end(&capture);
		if (ret != -EINVAL || !is_one_line(capture.text) ||
		    !strstr(capture.text, refused[i].message))
			fail_msg("%s gives %d: %s", refused[i].text, ret, capture.text);
		assert_null(thing.points);
		assert_null(thing.text);
		assert_null(thing.strings.items);
	}
}

static void refuse_long(char *text, size_t length)
{
	struct capture capture;
	struct thing thing;
	int ret;

	json_init(rows, &thing);
	capture_begin(&capture, STDERR_FILENO);
	ret = json_read(text, length, "f.json", rows, &thing);
	capture_end(&capture);
	assert_int_equal(ret, -EINVAL);
	assert_true(is_one_line(capture.text));
	assert_true(strlen(capture.text) < 400);
}

static void deep_nesting(void **state)
{
	size_t length = 1 << 20;
	char *text = malloc(length);

	(void)state;
	memset(text, '[', length);
	refuse_long(text, length);
	for (size_t i = 0; i + 5 <= length; i += 5)
		memcpy(text + i, "{\"a\":", 5);
	refuse_long(text, length / 5 * 5);
	free(text);
}

static void more_values_than_any_result_has(void **state)
{
	size_t length = 40 << 20;
	char *text = malloc(length);

	(void)state;
	for (size_t i = 0; i < length; i += 2)
		memcpy(text + i, i ? ",0" : "[0", 2);
	refuse_long(text, length);
	free(text);
}

/* A zero byte ends a C string, not a document. */
static void bytes_behind_a_zero_byte(void **state)
{
	char text[] = "{\"number\": 1}\0garbage";

	(void)state;
	refuse_long(text, sizeof(text) - 1);
}

static int peek(const char *text, char *value, size_t size)
{
	return json_peek_string(text, strlen(text), "f.json", "schema", value, size);
}

static void peeking(void **state)
{
	struct capture capture;
	char value[8];
	int ret;

	(void)state;
	assert_int_equal(peek("{\"a\": [], \"schema\": \"one/1\"}", value, 8), 0);
	assert_string_equal(value, "one/1");
	capture_begin(&capture, STDERR_FILENO);
	ret = peek("{\"schema\": 1}", value, 8) == -ENOENT && peek("{}", value, 8) == -ENOENT &&
	      peek("[\"schema\"]", value, 8) == -ENOENT &&
	      peek("{\"schema\": \"longer than it may be\"}", value, 8) == -ENOENT;
	capture_end(&capture);
	assert_true(ret);
	assert_string_equal(capture.text, "");
	capture_begin(&capture, STDERR_FILENO);
	ret = peek("{", value, 8);
	capture_end(&capture);
	assert_int_equal(ret, -EINVAL);
	assert_true(is_one_line(capture.text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_kinds),
		cmocka_unit_test(what_is_not_there_is_absent),
		cmocka_unit_test(written_as_it_is_read),
		cmocka_unit_test(strings_that_are_not_utf_8),
		cmocka_unit_test(without_memory_nothing_is_written),
		cmocka_unit_test(refusals),
		cmocka_unit_test(deep_nesting),
		cmocka_unit_test(more_values_than_any_result_has),
		cmocka_unit_test(bytes_behind_a_zero_byte),
		cmocka_unit_test(peeking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
