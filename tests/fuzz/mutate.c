// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mutations of JSON as JSON: random bytes rarely get through its parser. Seven times in eight, a
 * result whose values were changed is then made to pass the checks of sums and copies (keys,
 * counts), so that what follows these checks is reached too.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cell/cell.h"
#include "fuzz.h"
#include "result/rows.h"

#define MOST_RECORDS 8

static uint64_t state;

static size_t below(size_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return limit ? (size_t)(state % limit) : 0;
}

/* A value and where it is: key of an object, or index of an array. */
struct place {
	json_t *parent, *value;
	const char *key;
	size_t index;
};

static size_t count_values(json_t *json)
{
	size_t n = 1, i;
	const char *key;
	json_t *value;

	json_array_foreach(json, i, value) n += count_values(value);
	json_object_foreach(json, key, value) n += count_values(value);
	return n;
}

/* The nth value below parent, in the document's order. */
static int find(json_t *parent, size_t *n, struct place *place)
{
	const char *key;
	json_t *value;
	size_t i;

	json_array_foreach(parent, i, value)
	{
		*place = (struct place){ parent, value, NULL, i };
		if ((*n)-- == 0 || find(value, n, place))
			return 1;
	}
	json_object_foreach(parent, key, value)
	{
		*place = (struct place){ parent, value, key, 0 };
		if ((*n)-- == 0 || find(value, n, place))
			return 1;
	}
	return 0;
}

static int pick(json_t *root, struct place *place)
{
	size_t n = below(count_values(root) - 1);

	return find(root, &n, place);
}

static void replace(const struct place *place, json_t *value)
{
	if (place->key)
		json_object_set_new(place->parent, place->key, value);
	else
		json_array_set_new(place->parent, place->index, value);
}

static json_t *nested(size_t depth)
{
	json_t *json = json_array();

	while (depth--) {
		json_t *outer = json_array();

		json_array_append_new(outer, json);
		json = outer;
	}
	return json;
}

static json_t *long_text(void)
{
	char text[10001];

	memset(text, 'a' + (int)below(26), sizeof(text));
	return json_stringn(text, 1 + below(sizeof(text) - 1));
}

static json_t *hostile_text(void)
{
	static const char *const texts[] = {
		"",
		" ",
		"-",
		"--help",
		"../../../x",
		"/dev/zero",
		"a b",
		"a\nb",
		"a\tb\r\n",
		"'; system('touch fuzz-canary'); x='",
		"\"; system(\"touch fuzz-canary\"); x=\"",
		"`touch fuzz-canary`",
		"$(touch fuzz-canary)",
		"; touch fuzz-canary",
		"\\\"",
		"\\",
		"{/=50 @a^{b}_c}",
		"</script><script>x</script>",
		"<img src=x onerror=x>",
		"-->]]>&lt;\"'",
		"EOD",
		"%s%n%100000d",
		"\033[2J\033]0;x\a",
		"\302\23331m",
		"\342\200\256\342\201\246",
		"\303\244\360\237\230\200",
		"\u2028=1\u2029\ufeff\u061c\u200b\U000e0041",
		"=cmd|' /C calc'!A0",
		" \uff1d1",
		"\"=1\"",
		"-2+3",
		"https://e.example @you #12 a@e.example",
		"www.e.example ``@d`e|f\\g`` GH-1 $x$",
		"![i](x) <b> `c` | *s* _t_ ~~u~~ &amp;",
		"NaN",
		"-inf",
		"| a | b |",
		"ok",
		"jbd2",
		"cil",
		"ram",
		"ns",
		"ext4",
		"2026-11-21T00:00:00Z",
		"9999-99-99T99:99:99+99:99",
		"6.1.0-47-amd64",
		"6.12.99999999999999999999-rc1+",
	};

	return below(24) ? json_string(texts[below(sizeof(texts) / sizeof(texts[0]))])
			 : long_text();
}

static json_t *hostile_number(void)
{
	static const json_int_t numbers[] = {
		0,    1,     2,	    -1,	   3,	      7,	 511,	    512,       4095,
		4096, 65535, 65536, 65537, 1LL << 21, 1LL << 31, 1LL << 32, 1LL << 53, INT64_MAX,
	};
	static const double reals[] = { 0.0, -0.0, 1e-320, 0.1, 1e19, 1e308, -1e308, 0.5 };

	if (below(4) == 0)
		return json_real(reals[below(sizeof(reals) / sizeof(reals[0]))]);
	return json_integer(numbers[below(sizeof(numbers) / sizeof(numbers[0]))]);
}

/* A number near the old one: sums and orders are broken by 1. */
static json_t *near(const json_t *value)
{
	if (json_is_integer(value))
		return json_integer(
			(json_int_t)((uint64_t)json_integer_value(value) + below(5) - 2));
	if (json_is_real(value))
		return json_real(json_real_value(value) * (double)below(5) / 2);
	return json_boolean(below(2));
}

static json_t *other_text(const json_t *value)
{
	char text[256] = "";
	size_t length = 0;
	json_t *json;

	if (json_is_string(value))
		length = json_string_length(value) < 200 ? json_string_length(value) : 200;
	memcpy(text, json_is_string(value) ? json_string_value(value) : "", length);
	length = LLVMFuzzerMutate((uint8_t *)text, length, sizeof(text));
	json = json_stringn(text, length);
	return json ? json : json_null();
}

static void remove_value(const struct place *place)
{
	if (place->key)
		json_object_del(place->parent, place->key);
	else
		json_array_remove(place->parent, place->index);
}

static void repeat(const struct place *place)
{
	json_t *copy = json_deep_copy(place->value);

	if (place->key)
		json_object_set_new(place->parent, below(2) ? "unknown" : "key", copy);
	else
		json_array_insert_new(place->parent, below(place->index + 2), copy);
}

static void mutate_value(json_t *root)
{
	struct place place, other;

	if (!json_is_array(root) && !json_is_object(root))
		return;
	if (!pick(root, &place) || !pick(root, &other))
		return;
	switch (below(10)) {
	case 0:
		remove_value(&place);
		break;
	case 1:
		repeat(&place);
		break;
	case 2:
		replace(&place, json_deep_copy(other.value));
		break;
	case 3:
		replace(&place, below(4) ? json_null() : nested(below(2500)));
		break;
	case 4:
		replace(&place, hostile_number());
		break;
	case 5:
	case 6:
		replace(&place, json_is_string(place.value) ? hostile_text() : near(place.value));
		break;
	case 7:
		replace(&place,
			json_is_string(place.value) ? other_text(place.value) : near(place.value));
		break;
	case 8:
		replace(&place, hostile_text());
		break;
	default:
		if (json_is_array(place.value) && below(2))
			json_array_clear(place.value);
		else
			replace(&place, near(place.value));
	}
}

static void repair_latency(struct cell_result *cell)
{
	struct latency *latency = &cell->latency;
	uint64_t count = 0, threads = cell->config.threads;

	for (size_t i = 0; i < latency->hist_ns_count; i++)
		count += latency->hist_ns[i].count;
	if (count)
		latency->count = count;
	if (!threads || latency->count % threads)
		cell->config.threads = threads = 1;
	cell->config.pages = latency->count / threads;
	if (latency->sample_count > latency->count)
		latency->sample_count = latency->count;
	if (latency->log2_us_count)
		latency->log2_us[0].count = latency->count;
	for (size_t i = 1; i < latency->log2_us_count; i++)
		latency->log2_us[0].count -= latency->log2_us[i].count;
	cell->proof.faults_expected = cell->proof.faults_observed;
	cell->status = CELL_OK;
}

static void repair_cell(struct cell_result *cell)
{
	char key[CELL_KEY_SIZE];

	if (cell->has_latency)
		repair_latency(cell);
	if (cell_key(&cell->config, key, sizeof(key)) == 0) {
		free(cell->key);
		cell->key = strdup(key);
	}
	if (cell->has_latency || (cell->has_answer && cell->config.interface)) {
		free(cell->reason);
		cell->reason = NULL;
	} else if (!cell->reason) {
		cell->reason = strdup("x");
	}
}

/* NULL where text would not be a result even with its sums repaired. */
static char *repaired(const char *text)
{
	struct result result;
	char *fixed = NULL;
	size_t length;

	json_init(result_rows, &result);
	if (json_read(text, strlen(text), "", result_rows, &result))
		return NULL;
	for (size_t i = 0; i < result.cell_count; i++)
		repair_cell(&result.cells[i]);
	if (json_write_line(result_rows, &result, &fixed, &length))
		fixed = NULL;
	json_clear(result_rows, &result);
	return fixed;
}

/* The record as JSON, changed; NULL where it is not JSON. */
static char *mutate_record(const uint8_t *data, size_t size)
{
	json_t *root = json_loadb((const char *)data, size, 0, NULL);
	char *text, *fixed;

	if (!root)
		return NULL;
	for (size_t n = 1 + below(3); n; n--)
		mutate_value(root);
	text = json_dumps(root, JSON_COMPACT | JSON_ENCODE_ANY);
	json_decref(root);
	fixed = text && below(8) ? repaired(text) : NULL;
	if (!fixed)
		return text;
	free(text);
	return fixed;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
	const uint8_t *begins[MOST_RECORDS + 1];
	size_t count = 0, chosen, length, tail;
	char *text;

	state = seed * 0x9e3779b97f4a7c15u + 1;
	for (const uint8_t *c = data; c && count < MOST_RECORDS;) {
		begins[count++] = c;
		c = memchr(c, FUZZ_SEPARATOR, size - (size_t)(c - data));
		c = c ? c + 1 : NULL;
	}
	begins[count] = data + size + 1;
	chosen = below(count);
	length = (size_t)(begins[chosen + 1] - begins[chosen]) - 1;
	text = below(12) ? mutate_record(begins[chosen], length) : NULL;
	tail = size - (size_t)(begins[chosen] - data) - length;
	if (!text || size - length + strlen(text) > max) {
		free(text);
		return LLVMFuzzerMutate(data, size, max);
	}
	memmove(data + (begins[chosen] - data) + strlen(text), begins[chosen] + length, tail);
	memcpy(data + (begins[chosen] - data), text, strlen(text));
	size += strlen(text) - length;
	free(text);
	return size;
}
