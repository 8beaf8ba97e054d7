// SPDX-License-Identifier: GPL-2.0-or-later
#include "measure/proof.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

static int judge_sigbus(const struct fault_outcome *outcome, uint64_t pages,
			struct verdict *verdict)
{
	const char *cause = outcome->error_cause ?: "there is no block, or it cannot be read";

	if (outcome->error_code == BUS_MCEERR_AR)
		cause = "the memory there has failed (BUS_MCEERR_AR)";
	return verdict_fail(verdict, "SIGBUS at page %llu of %llu, offset %llu of the file: %s",
			    (unsigned long long)outcome->error_page, (unsigned long long)pages,
			    (unsigned long long)outcome->error_offset, cause);
}

static int judge_error(const struct fault_outcome *outcome, uint64_t pages, struct verdict *verdict)
{
	switch (outcome->error) {
	case -EINTR:
		return verdict_fail(verdict, "interrupted");
	case -EFAULT:
		return judge_sigbus(outcome, pages, verdict);
	case -ERANGE:
		return verdict_fail(verdict, "the clock ran backwards at page %llu of %llu",
				    (unsigned long long)outcome->error_page,
				    (unsigned long long)pages);
	case -EXDEV:
		return verdict_fail(verdict,
				    "CPU %d was taken away: the thread that was pinned to it "
				    "ran elsewhere (is it offline?)",
				    outcome->cpu);
	}
	return verdict_fail(verdict, "put a thread on CPU %d, without capabilities: %s%s",
			    outcome->cpu, strerror(-outcome->error),
			    outcome->error == -EINVAL ? " (is it offline?)" : "");
}

static int refuse_count(const struct proof *proof, struct verdict *verdict)
{
	const char *why = "other memory of the thread took faults too";

	if (proof->faults_observed < proof->faults_expected)
		why = "one fault served several pages";
	return verdict_fail(verdict, "%llu accesses took %llu faults: %s",
			    (unsigned long long)proof->faults_expected,
			    (unsigned long long)proof->faults_observed, why);
}

/*
 * A write() that allocates a block takes its page out of page tables, also from below a synchronous
 * fault that is waiting for the log: the access then faults once more.
 */
static bool is_right_count(const struct cell_config *config, uint64_t faults)
{
	return config->remap == REMAP_WRITE ? faults >= config->pages : faults == config->pages;
}

int proof_of_faults(const struct cell_config *config, const struct fault_outcome *outcomes,
		    struct proof *proof, struct verdict *verdict)
{
	bool is_each_right = true, is_locked = true;

	proof->faults_expected = config->pages * config->threads;
	proof->faults_observed = 0;
	for (size_t i = 0; i < config->threads; i++) {
		if (outcomes[i].error) {
			proof->faults_observed = U64_ABSENT;
			return judge_error(&outcomes[i], config->pages, verdict);
		}
		proof->faults_observed += outcomes[i].faults;
		is_each_right &= is_right_count(config, outcomes[i].faults);
		is_locked &= outcomes[i].is_locked;
	}
	if (config->access == ACCESS_READ_THEN_WRITE && !proof->faults_observed)
		return verdict_skip(verdict,
				    "the read made the pages writable too (this file system "
				    "does not track dirty pages): no fault is left");
	if (!is_each_right)
		return refuse_count(proof, verdict);
	if (proof->faults_observed > proof->faults_expected)
		verdict_warn(verdict,
			     "%llu accesses took %llu faults: write() took pages away again",
			     (unsigned long long)proof->faults_expected,
			     (unsigned long long)proof->faults_observed);
	if (!is_locked)
		verdict_warn(verdict, "memory could not be locked (RLIMIT_MEMLOCK), only touched");
	return 0;
}

int proof_of_load(const struct load *load, const struct fault_outcome *outcomes, size_t threads,
		  struct proof *proof, struct verdict *verdict)
{
	uint64_t first = UINT64_MAX, last = 0;
	int error = load_error(load);

	if (error)
		return verdict_fail(verdict, "the load ended: %s", strerror(-error));
	if (!load_keeps_cpus(load))
		return verdict_fail(verdict, "the load ran on other CPUs than its own: one of "
					     "them was taken away (is it offline?)");
	for (size_t i = 0; i < threads; i++) {
		if (outcomes[i].begin_load_bytes < first)
			first = outcomes[i].begin_load_bytes;
		if (outcomes[i].end_load_bytes > last)
			last = outcomes[i].end_load_bytes;
	}
	if (load_counts_bytes(load->kind))
		proof->load_bytes = last - first;
	else
		proof->load_operations = last - first;
	if (last > first)
		return 0;
	return verdict_fail(verdict, "the load moved nothing while the faults were timed "
				     "(--pause gives it CPU time)");
}
