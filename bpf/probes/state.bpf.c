// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the probes share, defined once: each other object of bpf/probes/ declares it extern
 * (flight.h, commit.h), and `bpftool gen object` links them into one. Programs are named by what
 * they are attached to and how: fentry_FUNCTION, fexit_FUNCTION, kprobe_FUNCTION,
 * kretprobe_FUNCTION, tp_TRACEPOINT, and end_TRACEPOINT or begin_TRACEPOINT for those that stand in
 * where functions cannot be probed. bench/probes/table.c chooses among them.
 */
#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

#include "commit.h"

char LICENSE[] SEC("license") = "GPL";

const volatile struct probe_config config;
int counting;
struct probe_aim aim;
uint64_t worst_floor;
struct slot slots[PROBE_SLOTS];

struct hists_map hists SEC(".maps");
struct sums_map sums SEC(".maps");
struct worst_map worst SEC(".maps");
struct events_map events SEC(".maps");
struct commits_map commits SEC(".maps");
struct fillers_map fillers SEC(".maps");
