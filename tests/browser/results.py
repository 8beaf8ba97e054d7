#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes a folder of results as a page is tested with: results.py DIR BUILDS [SEEDS] [TEXT]

For each of BUILDS kernels and SEEDS boots a result of 24 cells, on the instruction clock, without
samples. From the middle build on, ext4 written is a fifth slower; all else is the same except for a few instructions between seeds. TEXT, where given, stands in every string of the newest result that is free.
"""
import bisect
import json
import os
import sys

STATES = ("written", "unwritten", "hole")
LOADS = ("none", "copy")
SYNCS = ("none", "map_sync")
COST = {"written": 5200, "unwritten": 12000, "hole": 18000}


def slots():
    """The bounds of bpf/slots.h: 32 to each power of two."""
    bounds = list(range(64))
    octave = 64
    while octave < 1 << 26:
        bounds += range(octave, 2 * octave, octave // 32)
        octave *= 2
    return bounds


BOUNDS = slots()


def latency(cost, seed):
    """4,096 faults: most cost the same, every 64th three times that, the last forty times."""
    values = [cost + (i + seed) % 3 for i in range(4096)]
    for i in range(0, 4096, 64):
        values[i] = 3 * cost + i // 64
    values[0] = 40 * cost
    values.sort()
    found, logs = {}, {}
    for value in values:
        slot = bisect.bisect_right(BOUNDS, value) - 1
        found[slot] = found.get(slot, 0) + 1
        log = (value // 1000).bit_length()
        logs[log] = logs.get(log, 0) + 1
    rank = lambda share: values[max(0, -(-int(share * 10000) * 4096 // 10000) - 1)]
    return {
        "count": 4096, "min": values[0], "max": values[-1], "mean": sum(values) / 4096,
        "p50": rank(0.5), "p90": rank(0.9), "p99": rank(0.99), "p999": rank(0.999),
        "log2_us": [{"from": 1 << log - 1 if log else 0, "to": (1 << log) - 1, "count": n}
                    for log, n in sorted(logs.items())],
        "hist_ns": [{"from": BOUNDS[slot], "to": BOUNDS[slot + 1] - 1, "count": n}
                    for slot, n in sorted(found.items())],
    }


KNOWN = {}


def cell(fs, state, load, sync, slower, seed, text):
    options = text[:180] if fs == "xfs" else ""
    cost = COST[state] + (500 if fs == "xfs" else 0) + (60000 if sync == "map_sync" else 0)
    if slower and fs == "ext4" and state == "written":
        cost = cost * 6 // 5
    name = fs + (":" + options if options else "")
    key = (f"{name}/dax=always/state={state}/load={load}/sync={sync}/commit=none/access=write/"
           "page=4k/pages=4096/threads=1")
    if (cost, seed) not in KNOWN:
        KNOWN[cost, seed] = latency(cost, seed)
    return {
        "key": key, "repeat": 0, "status": "ok", "reason": None, "latency": KNOWN[cost, seed],
        "config": {"fs": fs, "mkfs_options": options, "mount_options": "", "dax": "always",
                   "state": state, "load": load, "sync": sync, "commit": "none", "access": "write",
                   "page_size": "4k", "pages": 4096, "threads": 1, "files": "one", "pause_us": 100,
                   "scheduler": "fifo"},
        "proof": {"faults_expected": 4096, "faults_observed": 4096, "page_size": 4096,
                  "is_dax": True, "has_map_sync": sync == "map_sync"},
        "placement": {"fault_cpus": [0], "load_cpus": [], "target": text or "/dev/pmem0",
                      "stride_bytes": 4096},
        "warnings": [text] if text else [],
    }


def result(release, slower, seed, text):
    started = f"2026-01-01T00:{seed:02}:00Z"
    return {
        "schema": "syncfault-result/1", "tool": {"version": text or "0.1", "commit": text or "a1b2"},
        "started": started, "suite": "cover-letter",
        "command": ["syncfault", "run", "--suite", text or "cover-letter"],
        "host": {"kernel": release, "version": text or "#1 SMP", "machine": "x86_64",
                 "cpu": "QEMU TCG CPU version 2.5+", "cpus": 1},
        "guest": {"qemu": "QEMU 7.2.22", "accelerator": "tcg", "seed": seed, "cpus": 1,
                  "kernel_package": text or "linux-image-" + release, "clock": "instructions",
                  "command_line": text or "qemu-system-x86_64", "image_digest": "sha256:" + "ab" * 32,
                  "started": started},
        "clock": {"domain": "instructions", "source": "tsc", "unit": "ns", "read_cost": 8,
                  "ticks_per_us": 1000},
        "cells": [cell(fs, state, load, sync, slower, seed, text) for fs in ("ext4", "xfs")
                  for state in STATES for load in LOADS for sync in SYNCS],
    }


def main():
    folder, builds = sys.argv[1], int(sys.argv[2])
    seeds = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    text = sys.argv[4] if len(sys.argv) > 4 else ""
    for build in range(builds):
        is_hostile = text and build == builds - 1
        release = f"6.12.{build + 1}" + (text if is_hostile else "")
        for seed in range(seeds):
            path = os.path.join(folder, f"{build:04}", f"seed-{seed}.json")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                json.dump(result(release, build >= builds // 2, seed, text if is_hostile else ""),
                          file, ensure_ascii=False)


main()
