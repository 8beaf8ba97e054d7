#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Figures of scripts/trace-bcc from counts that are known: slots, wraps, maxima, quantiles, lines.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
trap 'rm -rf "$work"' EXIT

# The slot of each value, by the program's own header.
cat >"$work/slot.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
#include "slots.h"
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		printf("%u\n", slot_of(strtoull(argv[i], NULL, 10)));
}
END
if ! "${CC:-cc}" -I "$root/bpf" -o "$work/slot" "$work/slot.c"; then
	not_ok bcc-spans "slots.h does not compile"
	exit 1
fi
cat >"$work/test.py" <<'END'
import subprocess, sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
from bcc_shared import COUNTS, DROPS, HIST_FIELDS, SLOT_COUNT, STAGES, slot_high, slot_low
from bcc_spans import Hist, Span, text_of

FIRST = len(HIST_FIELDS)
MAX = HIST_FIELDS.index("max_ns")


def slots_of(values):
    done = subprocess.run([sys.argv[2], *map(str, values)], capture_output=True, check=True)
    return list(map(int, done.stdout.split()))


def counted(before, values):
    """What a CPU that had counted `before` has after these values, as bpf/probes.bcc.c counts."""
    now = list(before)
    for value, slot in zip(values, slots_of(values)):
        for field, more in (("count", 1), ("sum_ns", value), ("over", slot == SLOT_COUNT)):
            now[HIST_FIELDS.index(field)] += more
        now[MAX] = max(now[MAX], value)
        if slot < SLOT_COUNT:
            now[FIRST + slot] = (now[FIRST + slot] + 1) % 2 ** 32
    return now


EMPTY = [0] * (FIRST + SLOT_COUNT)


def hist_of(*spans):
    """The sum of CPUs, each with what it had counted before and what it counts then."""
    hist = Hist()
    for earlier, values in spans:
        before = counted(EMPTY, earlier)
        hist.add(before, counted(before, values))
    return hist


def check(name, got, expected):
    print(f"ok {name}" if got == expected else f"not ok {name}: {got}, not {expected}")


# ---- slots ----
values = [0, 1, 31, 32, 63, 64, 65, 1000, 1023, 1024, 65535, 65536, 2 ** 32 + 5, 2 ** 40 - 1]
check("value-lies-in-its-slot", [v for v, s in zip(values, slots_of(values))
                                 if not slot_low(s) <= v <= slot_high(s)], [])
hist = hist_of(([], values))
check("a-bucket-for-each-slot", [(b["from"], b["to"], b["count"]) for b in hist.buckets()],
      [(slot_low(s), slot_high(s), slots_of(values).count(s)) for s in sorted(set(slots_of(values)))])
check("only-what-is-new", hist_of(([7, 1000], [7, 7])).buckets(), [{"from": 7, "to": 7, "count": 2}])
before = list(EMPTY)
before[0], before[FIRST + 7] = 2 ** 32 - 3, 2 ** 32 - 3
wrapped = Hist()
wrapped.add(before, counted(before, [7] * 8))
check("slots-wrap-at-2^32", (wrapped.count, wrapped.buckets()), (8, [{"from": 7, "to": 7, "count": 8}]))

most = Hist()
most.add(EMPTY, [2 ** 32 - 1 if i == FIRST + 7 else 0 for i in range(len(EMPTY))])
check("a-slot-holds-2^32-1", most.buckets()[0]["count"], 2 ** 32 - 1)

# ---- maximum ----
high = slot_high(slots_of([1000])[0])
check("value-is-not-the-top-of-its-slot", high > 1000, True)
check("maximum-is-exact", hist_of(([500], [1000])).max, 1000)
check("maximum-of-a-span-is-its-own", hist_of(([900000], [1000, 60])).max, high)
check("maximum-is-never-above-all-so-far", hist_of(([1000], [1000])).max, 1000)
check("maximum-of-all-cpus", (hist_of(([], [5000]), ([], [40])).max, hist_of(([], [40]), ([], [5000])).max),
      (5000, 5000))
check("maximum-of-a-quieter-cpu", hist_of(([], [5000]), ([900000], [1000])).max, 5000)
check("maximum-without-a-slot", hist_of(([2 ** 41], [2 ** 40, 3])).max, 2 ** 41)
check("nothing-new-has-no-maximum", hist_of(([5000], [])).max, 0)

# ---- quantiles ----
exact = hist_of(([], range(1, 51)), ([], range(1, 51)))
check("quantiles-by-rank", [exact.quantile(p) for p in (0, 0.01, 0.5, 0.55, 0.9, 0.99, 0.999, 1)],
      [1, 1, 25, 28, 45, 50, 50, 50])
check("rank-is-not-rounded-up-twice", hist_of(([], range(20)), ([], range(20)), ([], range(20)),
                                             ([], range(20)), ([], range(20))).quantile(0.55), 10)
one = hist_of(([], [1000])).figures()
check("figures-of-one-value", one, {"count": 1, "mean": 1000} | dict.fromkeys(
    ("p50", "p90", "p99", "p999", "max"), 1000))
tail = hist_of(([], [1] * 980 + [2] * 15 + [3] * 4 + [4])).figures()
check("figures-of-a-tail", tail, {"count": 1000, "mean": 1.026, "p50": 1, "p90": 1, "p99": 2, "p999": 3,
                                  "max": 4})
few = hist_of(([], [1000] * 9 + [1001]))
check("quantile-is-never-above-the-maximum", few.quantile(0.5), 1001)
wide = hist_of(([], [1000] * 9 + [9000]))
check("quantile-is-the-top-of-its-slot", (wide.quantile(0.5), wide.quantile(1)), (high, 9000))
check("quantile-without-a-slot", hist_of(([], [3, 2 ** 40])).quantile(0.99), 2 ** 40)
check("no-values-no-figures", Hist().figures(),
      {"count": 0} | dict.fromkeys(("mean", "p50", "p90", "p99", "p999", "max")))

# ---- lines ----
span = Span(0)
span.end = 2 * 10 ** 9
for stage, values in ((0, [400, 600]), (1, [100, 200]), (3, [100])):
    span.hists[stage] = hist_of(([], values))
line = span.line("interval", [])
check("shares-are-of-the-stages", [(s["stage"], s["share"]) for s in line["faults"]["stages"]],
      [(STAGES[1], 0.75), (STAGES[3], 0.25)])
check("no-fsyncs", line["fsyncs"], None)
span.hists[len(STAGES)] = hist_of(([], [50]))
check("fsyncs-are-apart", (span.line("interval", [])["fsyncs"]["count"], line["faults"]["count"]), (1, 2))
check("buckets-in-the-total-alone", ["hist_ns" in span.line(kind, [])["faults"]
                                     for kind in ("interval", "total")], [False, True])
span.counts = list(range(1, len(COUNTS) + 1))
absent = DROPS[0]
counts = span.line("total", [absent])
check("absent-is-null", [v for v in counts["drops"].values() if v is None], [None])
check("counts-and-drops-apart", len(counts["counts"]) + len(counts["drops"]), len(COUNTS))
text = text_of(counts)
check("text-has-seconds-and-faults", text.splitlines()[0], "Total, 2.0 s: 2 faults")
check("text-has-what-was-not-measured", "NOT measured: " in text, True)
END
run_tests() { python3 "$work/test.py" "$root/scripts/lib/bcc" "$work/slot"; }
run_tests >"$work/out" 2>"$work/err"
code=$?
cat "$work/out"
grep -q '^not ok' "$work/out" && failed=1
check bcc-spans-all-ran "exit $code: $(tail -n 1 "$work/err")" test "$code" = 0
exit "$failed"
