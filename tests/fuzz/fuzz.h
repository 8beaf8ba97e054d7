/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What fuzz targets share. A target (fuzz_NAME.c) is one LLVMFuzzerTestOneInput() that puts its
 * input into files, runs a command of the program on them, and asks the oracles whether what came
 * out is harmless. scripts/fuzz runs them.
 *
 * The environment says where files may be: FUZZ_DIR/in for those that are read, FUZZ_DIR/out for
 * what a command writes. The working directory is empty and has to stay so.
 */
#ifndef SYNCFAULT_FUZZ_H
#define SYNCFAULT_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Between two files of one input: the record separator of RFC 7464, which no JSON text holds. */
#define FUZZ_SEPARATOR 0x1e
#define FUZZ_MAX_FILES 8
#define FUZZ_MAX_WORDS 48

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed);

/* What a command printed; both are '\0'-terminated, and good until the next command. */
struct fuzz_output {
	int code;
	const char *out, *err;
	size_t out_length, err_length;
};

extern const char *fuzz_in, *fuzz_out;

/* Puts the files of an input into fuzz_in as 0.json, 1.json, …; returns how many. */
size_t fuzz_write_files(const uint8_t *data, size_t size);

/* "FUZZ_DIR/in/2.json"; good until the program ends. */
const char *fuzz_file(size_t index);

/*
 * Runs a command with these words, which NULL ends, and asks oracle_diagnostics() of what it said.
 * Every file it leaves has to be in fuzz_out, where it is deleted.
 */
typedef int fuzz_command_fn(int argc, char **argv);
struct fuzz_output fuzz_run(fuzz_command_fn *command, const char *const *words);

/* The same for a function other than a command; end() returns what was printed since begin(). */
void fuzz_begin(void);
struct fuzz_output fuzz_end(int code);

/* Each ends the program, which is a finding, where text is not what it should be. */

/* One line for each thing that is wrong, of ours; there is one where code says there has to be. */
void oracle_diagnostics(const struct fuzz_output *output);
/* UTF-8, and nothing that steers a terminal, turns the writing, or is seen by nobody. */
void oracle_text(const char *text, size_t length);
/* The same, in rows of as many fields, none of which a spreadsheet takes for a formula. */
void oracle_tsv(const char *text, size_t length);
/* The report of `compare --markdown`: no markup but its own, no link and no reference. */
void oracle_markdown(const char *text, size_t length);
void oracle_json(const char *text, size_t length);
/* As many elements that could run something as the page without any results has. */
void oracle_html(const char *text, size_t length);
/* Nothing but assignments of quoted text and numbers, and data, in front of our own script. */
void oracle_gnuplot(const char *script, size_t length);
void oracle_openmetrics(const char *text, size_t length);

void fuzz_fail(const char *what, const char *text, size_t length) __attribute__((noreturn));

#endif
