# SPDX-License-Identifier: GPL-2.0-or-later
"""What scripts/trace-bcc counted in a span of time: figures, lines of JSON, tables for people."""

import collections
import datetime
import math

from bcc_shared import COUNTS, DROPS, HIST_FIELDS, SLOT_COUNT, STAGES, slot_high, slot_low


class Hist:
    def __init__(self):
        self.count = self.sum = self.max = 0
        self.slots = collections.Counter()

    def add(self, before, now):
        """What one CPU has counted since before, as HIST has it. Slots are modulo 2^32."""
        first = len(HIST_FIELDS)
        slots = {
            slot: now[first + slot] - before[first + slot] & 0xFFFFFFFF
            for slot in range(SLOT_COUNT)
            if now[first + slot] != before[first + slot]
        }
        old, new = (dict(zip(HIST_FIELDS, values)) for values in (before, now))
        self.count += new["count"] - old["count"]
        self.sum += new["sum_ns"] - old["sum_ns"]
        self.slots.update(slots)
        # Exact if it is the greatest so far, else at most 1/32 too high.
        if new["max_ns"] > old["max_ns"] or new["over"] > old["over"]:
            self.max = max(self.max, new["max_ns"])
        elif slots:
            self.max = max(self.max, min(new["max_ns"], slot_high(max(slots))))

    def quantile(self, p):
        rank, seen = max(1, math.ceil(p * self.count * (1 - 1e-12))), 0
        for slot in sorted(self.slots):
            seen += self.slots[slot]
            if seen >= rank:
                return min(slot_high(slot), self.max)
        return self.max

    def figures(self):
        if not self.count:
            return {"count": 0} | dict.fromkeys(("mean", "p50", "p90", "p99", "p999", "max"))
        quantiles = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}
        return (
            {"count": self.count, "mean": self.sum / self.count}
            | {name: self.quantile(p) for name, p in quantiles.items()}
            | {"max": self.max}
        )

    def buckets(self):
        return [
            {"from": slot_low(slot), "to": slot_high(slot), "count": count}
            for slot, count in sorted(self.slots.items())
        ]


# Keys of JSON where they are not the words of the enum.
KEYS = {
    "fsync": "fsyncs",
    "xfs_fsync": "xfs_fsyncs",
    "journal_commit": "journal_commits",
    "fast_commit": "fast_commits",
    "log_force": "log_forces",
    "cil_push": "cil_pushes",
    "iclog_wait": "iclog_waits",
    "retry": "retries",
    "slot": "slots",
    "event": "events",
}


class Span:
    """What was counted from one time to another, in ns since counting began."""

    def __init__(self, begin):
        self.begin = self.end = begin
        self.hists = [Hist() for _ in range(2 * len(STAGES))]
        self.counts = [0] * len(COUNTS)

    def root(self, number, with_buckets):
        hists = self.hists[number * len(STAGES) :][: len(STAGES)]
        total = sum(hist.sum for hist in hists[1:])
        root = hists[0].figures() | {"blocked_mean": None, "runnable_mean": None}
        if with_buckets:
            root["hist_ns"] = hists[0].buckets()
        root["stages"] = []
        for stage, hist in list(zip(STAGES, hists))[1:]:
            if not hist.count:
                continue
            share = hist.sum / total if total else None
            root["stages"].append({"stage": stage, "share": share} | hist.figures())
            if with_buckets:
                root["stages"][-1]["hist_ns"] = hist.buckets()
        return root

    def count_object(self, words, absent):
        counts = dict(zip(COUNTS, self.counts)) | {"retry": self.hists[STAGES.index("retry")].count}
        return {KEYS.get(word, word): None if word in absent else counts[word] for word in words}

    def line(self, kind, absent):
        is_total = kind == "total"
        has_fsyncs = self.hists[len(STAGES)].count > 0
        return {
            "type": kind,
            "from": self.begin,
            "to": self.end,
            "faults": self.root(0, is_total),
            "fsyncs": self.root(1, is_total) if has_fsyncs else None,
            "commits": None,
            "counts": self.count_object([word for word in COUNTS if word not in DROPS], absent),
            "drops": self.count_object(DROPS, absent),
        }


def clock():
    return datetime.datetime.now().strftime("%H:%M:%S")


def us(ns):
    return "-" if ns is None else f"{ns / 1000:,.2f}"


def rows_of(root, name):
    """Columns for the whole and its stages."""
    yield ["us", "count", "share", "mean", "p50", "p90", "p99", "p999", "max"]
    for figures in [root | {"stage": name, "share": None}] + root["stages"]:
        share = figures["share"]
        yield [figures["stage"], f"{figures['count']:,}", f"{share:.1%}" if share else ""] + [
            us(figures[key]) for key in ("mean", "p50", "p90", "p99", "p999", "max")
        ]


def table_of(rows):
    rows = list(rows)
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [row[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(row[1:], widths[1:])]
        yield "  " + "  ".join(cells).rstrip()


def counts_of(heading, counts):
    words = [f"{key.replace('_', ' ')} {value:,}" for key, value in counts.items() if value]
    return [heading + ", ".join(words)] if words else []


def text_of(line):
    seconds = (line["to"] - line["from"]) / 1e9
    count = line["faults"]["count"]
    title = clock() if line["type"] == "interval" else "Total"
    faults = f"{count:,} fault{'' if count == 1 else 's'}" if count else "no faults"
    text = [f"{title}, {seconds:.1f} s: {faults}"]
    if count:
        text += table_of(rows_of(line["faults"], "fault"))
    if line["fsyncs"]:
        text += ["  fsyncs that no fault asked for:"]
        text += table_of(rows_of(line["fsyncs"], "fsync"))
    text += counts_of("  counted: ", line["counts"])
    text += counts_of("  NOT measured: ", line["drops"])
    return "\n".join(text)
