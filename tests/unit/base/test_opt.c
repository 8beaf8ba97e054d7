// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "../capture.h"
#include "base/opt.h"
#include "cell/cell.h"

struct params {
	bool flag;
	const char *string;
	uint64_t number;
	struct number_list numbers;
	int word;
	struct word_list words;
	struct opt_strings strings;
};

static const struct opt_row rows[] = {
	OPT_FLAG('f', "flag", struct params, flag, "is set"),
	OPT_STRING('s', "string", "TEXT", struct params, string, "some text"),
	OPT_U64('n', "number", "N", struct params, number, 2, 1000, "a number"),
	OPT_U64S(0, "numbers", "LIST", struct params, numbers, 1, UINT64_MAX, "numbers"),
	OPT_WORD(0, "word", "WORD", struct params, word, state_words, "a word:"),
	OPT_WORDS(0, "words", "LIST", struct params, words, state_words, "words:"),
	OPT_APPEND(0, "append", "ITEM", struct params, strings, "items"),
	OPT_END,
};

static struct opt_command command = {
	.name = "test",
	.synopsis = "[OPTION…] FILE…",
	.summary = "Tests.",
	.rows = rows,
	.max_operands = -1,
};

#define MAX_WORDS 40

/* Parses words separated by blanks. */
static int parse(const char *line, struct params *params, struct capture *err, struct capture *out,
		 char **argv)
{
	static char copy[4096];
	char *next = copy, *word;
	int argc = 0, ret;

	snprintf(copy, sizeof(copy), "test%s%s", *line ? " " : "", line);
	while ((word = strsep(&next, " ")) && argc < MAX_WORDS)
		argv[argc++] = word;
	argv[argc] = NULL;
	memset(params, 0, sizeof(*params));
	capture_begin(err, STDERR_FILENO);
	capture_begin(out, STDOUT_FILENO);
	ret = opt_parse(&command, argc, argv, params);
	capture_end(out);
	capture_end(err);
	return ret;
}

static struct params parsed(const char *line, int expected)
{
	struct capture err, out;
	struct params params;
	char *argv[MAX_WORDS + 1];
	int ret = parse(line, &params, &err, &out, argv);

	if (ret != expected || *err.text || *out.text)
		fail_msg("'%s' gives %d, not %d: %s%s", line, ret, expected, err.text, out.text);
	return params;
}

/* The longest line that is taken; one more is among the refusals. */
static void lists_hold_sixteen(void **state)
{
	struct params params;

	(void)state;
	params = parsed("--numbers 1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,7", 3);
	assert_int_equal(params.numbers.count, LIST_MAX);
	assert_int_equal(params.numbers.numbers[LIST_MAX - 1], 7);
	params = parsed("--append 1 --append 1 --append 1 --append 1 --append 1 --append 1 "
			"--append 1 --append 1 --append 1 --append 1 --append 1 --append 1 "
			"--append 1 --append 1 --append 1 --append 7",
			33);
	assert_int_equal(params.strings.count, LIST_MAX);
	assert_string_equal(params.strings.items[LIST_MAX - 1], "7");
}

static void all_types(void **state)
{
	struct params params;

	(void)state;
	params = parsed("", 1);
	assert_false(params.flag);
	params = parsed("--flag --string=a=b --number 1000 --numbers 3,1,18446744073709551615 "
			"--word written --words hole,written --append x --append y,z",
			15);
	assert_true(params.flag);
	assert_string_equal(params.string, "a=b");
	assert_int_equal(params.number, 1000);
	assert_int_equal(params.numbers.count, 3);
	assert_int_equal(params.numbers.numbers[0], 3);
	assert_true(params.numbers.numbers[2] == UINT64_MAX);
	assert_int_equal(params.word, STATE_WRITTEN);
	assert_int_equal(params.words.count, 2);
	assert_int_equal(params.words.words[1], STATE_WRITTEN);
	assert_int_equal(params.strings.count, 2);
	assert_string_equal(params.strings.items[1], "y,z");
}

static void short_options(void **state)
{
	struct params params = parsed("-f -n7 -s text", 5);

	(void)state;
	assert_true(params.flag);
	assert_int_equal(params.number, 7);
	assert_string_equal(params.string, "text");
	params = parsed("-fn 8", 3);
	assert_int_equal(params.number, 8);
}

static void lists_replace_and_hold_each_word_once(void **state)
{
	struct params params =
		parsed("--words hole,hole --words written,hole,written --numbers 1,2 "
		       "--numbers 9",
		       9);

	(void)state;
	assert_int_equal(params.words.count, 2);
	assert_int_equal(params.words.words[0], STATE_WRITTEN);
	assert_int_equal(params.numbers.count, 1);
	assert_int_equal(params.numbers.numbers[0], 9);
}

static void operands(void **state)
{
	struct capture err, out;
	struct params params;
	char *argv[MAX_WORDS + 1];
	int first;

	(void)state;
	first = parse("a --flag b -- --number", &params, &err, &out, argv);
	assert_int_equal(first, 3);
	assert_true(params.flag);
	assert_string_equal(argv[first], "a");
	assert_string_equal(argv[first + 1], "b");
	assert_string_equal(argv[first + 2], "--number");
	first = parse("-", &params, &err, &out, argv);
	assert_string_equal(argv[first], "-");
}

static void refusals(void **state)
{
	static const char *const refused[][2] = {
		{ "--nothing", "no such option: --nothing" },
		{ "-x", "no such option" },
		{ "-fx", "no such option" },
		{ "--flag=1", "no such option: --flag=1" },
		{ "--string", "--string wants a value" },
		{ "-s", "-s wants a value" },
		{ "--string=", "--string wants a TEXT" },
		{ "--number 1", "--number '1': wants a whole number from 2 to 1000" },
		{ "--number 1001", "--number '1001'" },
		{ "--number=", "--number ''" },
		{ "--number -5", "--number '-5'" },
		{ "--number +5", "--number '+5'" },
		{ "--number=0x10", "--number '0x10'" },
		{ "--number 5k", "--number '5k'" },
		{ "--number 1e2", "--number '1e2'" },
		{ "--number 99999999999999999999", "--number '99999999999999999999'" },
		{ "--number \t5", "--number '?5'" },
		{ "--numbers 1,,2", "--numbers ''" },
		{ "--numbers 1,", "--numbers ''" },
		{ "--numbers ,", "--numbers ''" },
		{ "--numbers 0", "--numbers '0'" },
		{ "--numbers 18446744073709551616", "--numbers '18446744073709551616'" },
		{ "--numbers 1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1", "--numbers: more than 16 items" },
		{ "--word full", "--word 'full': wants hole, unwritten or written" },
		{ "--word=", "--word ''" },
		{ "--words hole,full", "--words 'full'" },
		{ "--words hole,", "--words ''" },
		{ "--word \033[2J", "--word '?[2J'" },
		{ "--append 1 --append 1 --append 1 --append 1 --append 1 --append 1 --append 1 --append 1 "
		  "--append 1 --append 1 --append 1 --append 1 --append 1 --append 1 --append 1 --append 1 "
		  "--append 1",
		  "--append: more than 16 times" },
	};
	struct capture err, out;
	struct params params;
	char *argv[MAX_WORDS + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		int ret = parse(refused[i][0], &params, &err, &out, argv);

		if (ret != -EINVAL || !is_one_line(err.text) || *out.text ||
		    !strstr(err.text, refused[i][1]))
			fail_msg("'%s' gives %d: %s", refused[i][0], ret, err.text);
	}
}

static void numbers_of_operands(void **state)
{
	struct capture err, out;
	struct params params;
	char *argv[MAX_WORDS + 1];

	(void)state;
	command.min_operands = 1;
	command.max_operands = 2;
	parsed("a", 1);
	parsed("a b", 1);
	assert_int_equal(parse("", &params, &err, &out, argv), -EINVAL);
	assert_true(is_one_line(err.text));
	assert_int_equal(parse("a b c", &params, &err, &out, argv), -EINVAL);
	assert_non_null(strstr(err.text, "unexpected word 'c'"));
	assert_true(is_one_line(err.text));
	command.min_operands = 0;
	command.max_operands = -1;
}

static void help_names_every_row(void **state)
{
	static const char *const lines[] = { "--help", "-h", "a --help --nothing" };
	struct capture err, out;
	struct params params;
	char *argv[MAX_WORDS + 1];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(parse(lines[i], &params, &err, &out, argv), -ECANCELED);
		assert_string_equal(err.text, "");
		assert_non_null(strstr(out.text, "usage: syncfault test [OPTION…] FILE…\n"));
		assert_non_null(strstr(out.text, "-f, --flag "));
		assert_non_null(strstr(out.text, "--words LIST"));
		assert_non_null(strstr(out.text, "words: (hole, unwritten or written)"));
	}
}

static void whole_numbers(void **state)
{
	uint64_t value = 77;

	(void)state;
	assert_int_equal(opt_parse_u64("0", 0, 9, &value), 0);
	assert_int_equal(value, 0);
	assert_int_equal(opt_parse_u64("18446744073709551615", 0, UINT64_MAX, &value), 0);
	assert_true(value == UINT64_MAX);
	value = 77;
	assert_int_equal(opt_parse_u64("18446744073709551616", 0, UINT64_MAX, &value), -EINVAL);
	assert_int_equal(opt_parse_u64("10", 0, 9, &value), -EINVAL);
	assert_int_equal(opt_parse_u64("", 0, 9, &value), -EINVAL);
	assert_int_equal(opt_parse_u64(" 1", 0, 9, &value), -EINVAL);
	assert_int_equal(opt_parse_u64("1 ", 0, 9, &value), -EINVAL);
	assert_int_equal(value, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_types),
		cmocka_unit_test(lists_hold_sixteen),
		cmocka_unit_test(short_options),
		cmocka_unit_test(lists_replace_and_hold_each_word_once),
		cmocka_unit_test(operands),
		cmocka_unit_test(refusals),
		cmocka_unit_test(numbers_of_operands),
		cmocka_unit_test(help_names_every_row),
		cmocka_unit_test(whole_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
