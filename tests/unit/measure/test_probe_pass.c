// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "measure/probe_pass.h"

/* A pass without a setup: whoever measured with it would crash. */
static struct probe_pass pass;

static void assert_left_alone(struct cell_result *cell)
{
	assert_int_equal(probe_pass_cell(&pass, NULL, cell), 0);
	assert_false(cell->has_probes);
	assert_int_equal(cell->warnings.count, 0);
	cell_result_free(cell);
}

static void a_cell_without_figures(void **state)
{
	struct cell_result cell;

	(void)state;
	cell_result_init(&cell);
	cell.proof.faults_expected = 512;
	assert_left_alone(&cell);
}

/* A pwrite takes no fault: that the probes see none is not worth a warning. */
static void a_cell_without_faults(void **state)
{
	struct cell_result cell;

	(void)state;
	cell_result_init(&cell);
	cell.config.commit = COMMIT_PWRITE_DSYNC;
	cell.has_latency = true;
	cell.proof.faults_expected = 0;
	assert_left_alone(&cell);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cell_without_figures),
		cmocka_unit_test(a_cell_without_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
