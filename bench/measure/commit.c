// SPDX-License-Identifier: GPL-2.0-or-later
#include "measure/commit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "measure/proof.h"
#include "target/filesystem.h"

static int check_flush(const struct cell_config *config, struct verdict *verdict)
{
	if (config->dax == DAX_NEVER)
		return verdict_skip(verdict, "a flush makes nothing durable on the page cache");
	if (config->sync == SYNC_MAP_SYNC || config->state == STATE_WRITTEN)
		return 0;
	return verdict_skip(verdict, "a flush makes no block durable that the fault allocates or "
				     "converts: that takes MAP_SYNC");
}

static int check_pwrite(const struct cell_config *config, struct verdict *verdict)
{
	if (config->access == ACCESS_WRITE && config->sync == SYNC_NONE && config->page == PAGE_4K)
		return 0;
	return verdict_skip(verdict, "a pwrite goes through no mapping: it has no %s",
			    config->sync == SYNC_MAP_SYNC ? "MAP_SYNC"
			    : config->page == PAGE_2M	  ? "page size"
							  : "read before it");
}

int commit_check(const struct cell_config *config, struct verdict *verdict)
{
	if (config->commit == COMMIT_NONE)
		return 0;
	if (config->access == ACCESS_READ)
		return verdict_skip(verdict, "%s: a read stores nothing that could be made durable",
				    commit_words[config->commit]);
	if (filesystem_is_memory(config))
		return verdict_skip(verdict, "%s: nothing makes %s memory durable",
				    commit_words[config->commit], config->fs);
	if (config->commit == COMMIT_FLUSH)
		return check_flush(config, verdict);
	if (config->commit == COMMIT_PWRITE_DSYNC)
		return check_pwrite(config, verdict);
	return 0;
}

/* The same file once more: by its name in /proc, since it may have no other. */
static int open_dsync(struct commit *commit, int fd, struct verdict *verdict)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	commit->fd = open(path, O_WRONLY | O_DSYNC | O_CLOEXEC);
	if (commit->fd < 0)
		return verdict_fail(verdict, "open the file with O_DSYNC: %s", strerror(errno));
	commit->is_own_fd = true;
	return 0;
}

int commit_open(struct commit *commit, const struct cell_config *config, int fd,
		const struct mapping *mapping, struct verdict *verdict)
{
	*commit = (struct commit){ .fd = -1 };
	if (config->commit == COMMIT_FLUSH)
		return flush_open(&commit->flush, fd, mapping->base, mapping->bytes, verdict);
	if (config->commit == COMMIT_PWRITE_DSYNC)
		return open_dsync(commit, fd, verdict);
	if (config->commit == COMMIT_FDATASYNC)
		commit->fd = fd;
	return 0;
}

void commit_close(struct commit *commit)
{
	flush_close(&commit->flush);
	if (commit->is_own_fd)
		close(commit->fd);
	*commit = (struct commit){ .fd = -1 };
}

void commit_plan(const struct commit *commit, const struct cell_config *config,
		 uint64_t file_offset, struct fault_plan *plan)
{
	plan->commit = config->commit;
	plan->commit_fd = commit->fd;
	plan->flush = commit->flush.persist;
	plan->file_offset = file_offset;
}

static int judge_commit_error(const struct cell_config *config, const struct fault_outcome *outcome,
			      struct verdict *verdict)
{
	const char *what = commit_words[config->commit], *why = strerror(-outcome->commit_error);

	if (!outcome->commits &&
	    (outcome->commit_error == -EINVAL || outcome->commit_error == -EOPNOTSUPP))
		return verdict_skip(verdict, "%s: %s", what, why);
	return verdict_fail(verdict, "%s after %llu stores: %s", what,
			    (unsigned long long)outcome->commits, why);
}

static int expect_no_faults(const struct cell_config *config, const struct fault_outcome *outcomes,
			    struct proof *proof, struct verdict *verdict)
{
	proof->faults_expected = 0;
	proof->faults_observed = 0;
	for (size_t i = 0; i < config->threads; i++)
		proof->faults_observed += outcomes[i].faults;
	if (!proof->faults_observed)
		return 0;
	return verdict_fail(verdict, "%llu pwrites took %llu faults: they should take none",
			    (unsigned long long)(config->pages * config->threads),
			    (unsigned long long)proof->faults_observed);
}

static int count_commits(const struct cell_config *config, const struct fault_outcome *outcomes,
			 struct proof *proof, struct verdict *verdict)
{
	uint64_t stores = config->pages * config->threads;

	proof->commits = 0;
	for (size_t i = 0; i < config->threads; i++)
		proof->commits += outcomes[i].commits;
	if (proof->commits == stores)
		return 0;
	return verdict_fail(verdict, "%llu stores had %llu commits (%s)",
			    (unsigned long long)stores, (unsigned long long)proof->commits,
			    commit_words[config->commit]);
}

int commit_prove_stores(const struct cell_config *config, const struct fault_outcome *outcomes,
			struct proof *proof, struct verdict *verdict)
{
	bool has_error = false;
	int ret;

	for (size_t i = 0; i < config->threads; i++) {
		if (outcomes[i].commit_error && outcomes[i].error == outcomes[i].commit_error)
			return judge_commit_error(config, &outcomes[i], verdict);
		has_error |= outcomes[i].error != 0;
	}
	if (config->commit == COMMIT_PWRITE_DSYNC && !has_error)
		ret = expect_no_faults(config, outcomes, proof, verdict);
	else
		ret = proof_of_faults(config, outcomes, proof, verdict);
	if (ret || config->commit == COMMIT_NONE)
		return ret;
	return count_commits(config, outcomes, proof, verdict);
}

int commit_prove_contents(const struct cell_config *config, const int *fds, size_t file_count,
			  uint64_t stride_bytes, struct proof *proof, struct verdict *verdict)
{
	uint64_t stores = config->pages * config->threads;
	uint64_t in_file = stores / file_count;
	uint64_t found = 0;

	for (uint64_t i = 0; i < stores && config->commit != COMMIT_NONE; i++) {
		off_t offset = (off_t)(i % in_file * stride_bytes);
		char byte = 0;
		ssize_t n = pread(fds[i / in_file], &byte, 1, offset);

		if (n < 0 && errno == EINVAL)
			return 0;
		if (n < 0)
			return verdict_fail(verdict, "read the file back: %s", strerror(errno));
		found += n == 1 && byte == 1;
	}
	if (config->commit == COMMIT_NONE)
		return 0;
	proof->stores_read_back = found;
	if (found == stores)
		return 0;
	return verdict_fail(verdict, "%llu of %llu stores are in the file",
			    (unsigned long long)found, (unsigned long long)stores);
}
