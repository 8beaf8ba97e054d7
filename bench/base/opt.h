/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Command lines from tables: one row describes an option, and from it the option is parsed, checked
 * and printed in the help.
 */
#ifndef SYNCFAULT_BASE_OPT_H
#define SYNCFAULT_BASE_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/field.h"
#include "base/keywords.h"

/* A list of strings; they point into argv. */
struct opt_strings {
	size_t count;
	const char *items[LIST_MAX];
};

struct opt_row {
	const char *name;     /* long option without dashes; a row without name ends the table */
	char letter;	      /* short option, 0: none */
	const char *argument; /* its name in the help; NULL: a flag */
	const char *help;
	/* Stores text at field; 0, or -EINVAL after one line on stderr. */
	int (*parse)(const struct opt_row *row, const char *text, void *field);
	size_t offset;		  /* of the field in the command's struct */
	const char *const *words; /* for opt_word and opt_words */
	uint64_t min, max;	  /* for opt_u64 */
};

struct opt_command {
	const char *name;     /* "run" */
	const char *synopsis; /* what follows the name on the usage line */
	const char *summary;  /* one line */
	const char *details;  /* printed below the options, or NULL */
	const struct opt_row *rows;
	int min_operands, max_operands; /* max < 0: any number */
};

/* For rows. A parser that belongs to one command reports and returns as these do. */
int opt_flag(const struct opt_row *row, const char *text, void *field);
int opt_string(const struct opt_row *row, const char *text, void *field);
int opt_u64(const struct opt_row *row, const char *text, void *field);
int opt_u64s(const struct opt_row *row, const char *text, void *field); /* comma-separated */
int opt_word(const struct opt_row *row, const char *text, void *field);
int opt_words(const struct opt_row *row, const char *text, void *field);  /* comma-separated */
int opt_append(const struct opt_row *row, const char *text, void *field); /* repeatable */

/*
 * Rows, in the order of a line of the help: letter (0: none), name, argument, field, what may be
 * given, help. The field's type is checked at compile time. Lists replace what the field held;
 * OPT_APPEND adds to it.
 */
#define OPT_ROW(letter_, name_, argument_, offset_, parse_, help_, ...)              \
	{                                                                            \
		.letter = (letter_), .name = (name_), .argument = (argument_),       \
		.offset = (offset_), .parse = (parse_), .help = (help_), __VA_ARGS__ \
	}
#define OPT_FLAG(letter_, name_, struct_, field_, help_) \
	OPT_ROW(letter_, name_, NULL, field_offset(struct_, field_, bool), opt_flag, help_)
#define OPT_STRING(letter_, name_, argument_, struct_, field_, help_)                   \
	OPT_ROW(letter_, name_, argument_, field_offset(struct_, field_, const char *), \
		opt_string, help_)
#define OPT_U64(letter_, name_, argument_, struct_, field_, min_, max_, help_)               \
	OPT_ROW(letter_, name_, argument_, field_offset(struct_, field_, uint64_t), opt_u64, \
		help_, .min = (min_), .max = (max_))
#define OPT_U64S(letter_, name_, argument_, struct_, field_, min_, max_, help_)               \
	OPT_ROW(letter_, name_, argument_, field_offset(struct_, field_, struct number_list), \
		opt_u64s, help_, .min = (min_), .max = (max_))
/* The index of one of words, and of several. */
#define OPT_WORD(letter_, name_, argument_, struct_, field_, words_, help_)                     \
	OPT_ROW(letter_, name_, argument_, field_offset(struct_, field_, int), opt_word, help_, \
		.words = (words_))
#define OPT_WORDS(letter_, name_, argument_, struct_, field_, words_, help_)                \
	OPT_ROW(letter_, name_, argument_, field_offset(struct_, field_, struct word_list), \
		opt_words, help_, .words = (words_))
#define OPT_APPEND(letter_, name_, argument_, struct_, field_, help_)                         \
	OPT_ROW(letter_, name_, argument_, field_offset(struct_, field_, struct opt_strings), \
		opt_append, help_)
#define OPT_END              \
	{                    \
		.name = NULL \
	}

/*
 * Parses argv[1..] into params. Options and operands may be mixed; "--" ends options. On success
 * returns the index in argv of the first operand (argv is reordered). -ECANCELED: help was asked
 * for and printed on stdout. -EINVAL: a usage error, reported in one line on stderr.
 */
int opt_parse(const struct opt_command *command, int argc, char **argv, void *params);

/* A decimal number, whole text, min..max; -EINVAL otherwise. */
int opt_parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *value);

#endif
