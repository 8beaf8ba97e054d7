// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/opt.h"
#include "base/stop.h"
#include "cmd/commands.h"
#include "doctor/doctor.h"

struct doctor_params {
	bool is_json;
};

static const struct opt_row rows[] = {
	OPT_FLAG(0, "json", struct doctor_params, is_json, "the items as a JSON document"),
	OPT_END,
};

static const struct opt_command command = {
	.name = "doctor",
	.synopsis = "[--json] [DIR|DEV|FILE]",
	.summary =
		"What this machine can measure, and what to do about what it cannot; with an operand,\n"
		"also what run --dir DIR or run --device DEV would find there. Changes nothing.",
	.details =
		"Exit: 0 page faults can be measured (even where much else is 'no'), 1 the operand\n"
		"cannot be looked at, 2 wrong usage.\n",
	.rows = rows,
	.max_operands = 1,
};

/* The target first: a wrong path is reported at once, and its answers are what was asked for. */
static int examine(struct doctor *doctor, const char *target)
{
	int err = target ? doctor_check_target(doctor, target) : 0;

	if (err)
		return err;
	doctor_check_machine(doctor);
	doctor_check_memory(doctor);
	doctor_check_trace(doctor);
	doctor_check_probes(doctor);
	doctor_check_tools(doctor);
	if (doctor->err)
		return diag_errno(doctor->err, "doctor");
	return stop_check();
}

static int print_json(const struct doctor *doctor)
{
	auto_free char *text = NULL;
	size_t length;
	int err = json_write(doctor_rows, doctor, &text, &length);

	if (err)
		return diag_errno(err, "doctor --json");
	fwrite(text, 1, length, stdout);
	return 0;
}

int cmd_doctor(int argc, char **argv)
{
	auto_release(doctor_free) struct doctor doctor = { 0 };
	struct doctor_params params = { 0 };
	int first = opt_parse(&command, argc, argv, &params);

	if (first == -ECANCELED)
		return EXIT_DONE;
	if (first < 0)
		return EXIT_USAGE;
	if (stop_install() || examine(&doctor, first < argc ? argv[first] : NULL))
		return EXIT_FAILED;
	if (params.is_json)
		return print_json(&doctor) ? EXIT_FAILED : EXIT_DONE;
	doctor_print(&doctor, stdout, diag_has_colour(STDOUT_FILENO));
	return EXIT_DONE;
}
