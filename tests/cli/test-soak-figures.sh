#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What scripts/soak takes for growth, from samples that are made up. With real ones:
# tests/robust/test-soak.sh.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
trap 'rm -rf "$work"' EXIT

cat >"$work/test.py" <<'END'
import sys, types
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import soak_starts as starts
import soak_steady as steady
import soak_table as table


def check(name, got, expected):
    print(f"ok {name}" if got == expected else f"not ok {name}: {got}, not {expected}")


def judged(values, unit="", bound=1):
    samples = [{"work": i, "x": value} for i, value in enumerate(values)]
    return table.judge(next(steady.rows_of("run", samples, {"x": (unit, bound)})))


def verdict(*args):
    return judged(*args)["verdict"]


# 96 samples: the first 16 are warm-up, the others 8 windows of 10.
enough = range(96)
line = [10 + i for i in enough]
check("too-few-samples", [verdict([10] * n) for n in (18, 19, 20)],
      ["too few samples", "flat", "flat"])
check("too-few-is-told", list(table.complaints([judged([10] * 18)], None)),
      ["run: x: too few samples: expected more --minutes"])
check("too-few-of-what-is-not-judged", list(table.complaints([judged([10] * 18, "", None)], None)), [])
check("flat-is-not-told", list(table.complaints([judged([10] * 20)], None)), [])
check("growth-is-told", list(table.complaints([judged(line)], None)), ["run: x grew from 30.50 to 100.50"])
grown = judged(line)
check("growth-is-that-of-the-line", (grown["before"], grown["growth"], grown["work"]), (30.5, 70, 79))
check("growth-of-1,000", round(grown["per_1000"], 3), round(70 * 1000 / 79, 3))
check("growth-that-means-nothing", verdict(line, "", None), "told")
check("growth-up-to-the-bound", [verdict(line, "", bound) for bound in (69, 70)], ["GREW", "flat"])
check("what-shrinks-is-flat", verdict([200 - i for i in enough]), "flat")
check("one-in-the-last-third-of-work", verdict([10 + 3 * (i > 60) for i in enough]), "GREW")

# What comes and goes is not growth, at whatever time it is more often seen.
check("warm-up-is-left-out", [verdict([min(i, n) for i in enough]) for n in (16, 40)], ["flat", "GREW"])
check("a-step-of-one", verdict([int(i >= 56) for i in enough]), "flat")
check("two-more", verdict([2 * int(i >= 56) for i in enough]), "GREW")
check("gaps-between-cells", verdict([0 if i % 10 in (1, 4, 7, 9) else 18 for i in enough]), "flat")
check("gaps-at-first-only", verdict([0 if i < 56 and i % 10 in (1, 4, 7, 9) else 18 for i in enough]), "flat")
check("others-for-a-moment", verdict([18 + 9 * (i in (71, 82, 84, 90)) for i in enough]), "flat")
check("a-leak-among-gaps", verdict([0 if i % 10 in (1, 4, 7, 9) else 18 + i // 20 for i in enough]), "GREW")

# Memory, by its low points: cells need more of it for a while.
memory = steady.MEMORY_KIB
check("memory-of-cells", verdict([1000 + 900 * (i % 10 > 2) for i in enough], "KiB", memory), "flat")
check("more-of-it-later", verdict([1000 + 9 * i * (i % 10 > 2) for i in enough], "KiB", memory), "flat")
check("low-points-that-rise", verdict([1000 + 9 * i + 900 * (i % 10 > 2) for i in enough], "KiB", memory),
      "GREW")
check("half-a-mebibyte-once", [verdict([1000 + kib * (i > 50) for i in enough], "KiB", memory)
                               for kib in (500, 600)], ["flat", "GREW"])
bounds = steady.process_bounds(memory)
check("what-is-judged-of-a-process", sorted(key for key, (_, bound) in bounds.items() if bound is not None),
      ["RssAnon", "address space", "descriptors", "threads"])


# Cells of a run, of which some may fail.
def failed(number, of):
    job = steady.Steady.__new__(steady.Steady)
    job.cells = [{"status": "ok" if i >= number else "failed"} for i in range(of)]
    job.has_probes, job.scope = False, types.SimpleNamespace(seen=list)
    job.samples = {"run": [], "machine": []}
    return table.judge(next(job.rows()))["verdict"]


check("failed-cells", [failed(*each) for each in ((0, 100), (5, 100), (6, 100), (1, 8))],
      ["flat", "flat", "GREW", "GREW"])
cells = [{"key": "k" * 2048, "probes": "p" * 8192}] * 4
check("what-a-result-holds", (steady.json_kib(cells, False), steady.json_kib(cells, True)), (8, 32))


# Peaks of short runs: the first quarter of them against the last.
def peaks(kind, values):
    job = starts.Starts.__new__(starts.Starts)
    job.peaks = {kind: values}
    return [table.judge(row)["verdict"] for row in job.peak_rows()]


check("peaks-too-few", peaks("folder", [9] * 7), [])
check("peaks-flat", peaks("folder", [9000] * 8), ["flat"])
check("peaks-up-to-a-quarter", (peaks("folder", [9000] * 6 + [11250] * 2), peaks("folder", [9000] * 6 + [11260] * 2)),
      (["flat"], ["GREW"]))
check("peaks-up-to-a-mebibyte", (peaks("folder", [500] * 6 + [1524] * 2), peaks("folder", [500] * 6 + [1525] * 2)),
      (["flat"], ["GREW"]))
check("peaks-of-what-is-stopped", peaks("folder, SIGTERM", [9000] * 6 + [90000] * 2), ["told"])
END
python3 "$work/test.py" "$root/scripts/lib/soak" >"$work/out" 2>"$work/err"
code=$?
cat "$work/out"
grep -q '^not ok' "$work/out" && failed=1
check soak-figures-all-ran "exit $code: $(tail -n 1 "$work/err")" test "$code" = 0
exit "$failed"
