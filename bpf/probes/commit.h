/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commits of a journal or log: how long they took, who waits for them, and who filled them. */
#ifndef SYNCFAULT_PROBES_COMMIT_H
#define SYNCFAULT_PROBES_COMMIT_H

#include "../flight.h"

struct commits_map {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct probe_commit_key);
	__type(value, struct probe_commit);
};

struct fillers_map {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct probe_filler_key);
	__type(value, struct probe_filler);
};

extern struct commits_map commits SEC(".maps");
extern struct fillers_map fillers SEC(".maps");

static __always_inline void wait_for_commit(uint32_t dev, uint64_t id, uint32_t stage)
{
	struct slot *slot = slot_of_tid(current_tid());

	if (!slot)
		return;
	slot->record.commit_dev = dev;
	slot->record.commit_id = id;
	stage_push(slot, bpf_ktime_get_ns(), stage);
}

static __always_inline void commit_end(struct probe_commit_key *key)
{
	struct probe_commit *commit = bpf_map_lookup_elem(&commits, key);
	uint64_t now = bpf_ktime_get_ns();

	/* The next file system on the same device reuses the ids: count the end of each once. */
	if (!counting || !commit || commit->is_over)
		return;
	commit->is_over = 1;
	if (!key->is_cil) {
		commit->phase_ns[PHASE_LOGGING] = now - commit->last_ns;
		for (uint32_t i = 0; i < PHASE_ALL; i++)
			hist_add(ROOT_COUNT * STAGE_COUNT + i, commit->phase_ns[i]);
	}
	commit->phase_ns[PHASE_ALL] = now - commit->begin_ns;
	hist_add(ROOT_COUNT * STAGE_COUNT + PHASE_ALL, commit->phase_ns[PHASE_ALL]);
}

static __always_inline void fill(struct probe_commit_key *commit, uint64_t blocks)
{
	struct probe_filler_key key = { .commit = *commit,
					.tgid = bpf_get_current_pid_tgid() >> 32 };
	struct probe_filler *filler, new = { .handles = 1, .blocks = blocks };

	filler = bpf_map_lookup_elem(&fillers, &key);
	if (filler) {
		__sync_fetch_and_add(&filler->handles, 1);
		__sync_fetch_and_add(&filler->blocks, blocks);
		return;
	}
	bpf_get_current_comm(new.comm, sizeof(new.comm));
	bpf_map_update_elem(&fillers, &key, &new, BPF_ANY);
}

#endif
