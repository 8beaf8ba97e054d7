# SPDX-License-Identifier: GPL-2.0-or-later
"""Two processes that stay: `run` with cells for a given time, `trace` beside it. Both are sampled.

What a process holds goes up and down within each cell. The span after warm-up is cut into windows,
and the growth is that of the line through one figure of each window: for memory the least, which
only a leak raises; for counts the median, because for an instant between two cells there is less,
which a sample may or may not catch.
"""
import contextlib
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import time

import soak_counts as counts

CELLS_OF_A_RESULT = 4096  # a run holds no more
PAGES = 64
# Between two faults, so that a load has time to do something.
LEAST_PAUSE_US = 1000
# A load that got no CPU is a failed cell, and says nothing about leaks.
FAILED_SHARE = 0.05
WINDOWS = 8
WARM_UP = 1 / 6
# For each pass, so that the median of a window means something.
ENOUGH_SAMPLES = 5 * WINDOWS
# A run keeps its result until it writes it: it may grow by the size of that as JSON without blanks.
# What is beyond is allowed once, however long it goes on.
MEMORY_KIB = 512
# For the machine, in KiB.
MEMORY = ("MemAvailable", "Slab", "SUnreclaim", "KernelStack", "PageTables", "VmallocUsed",
          "Percpu")


def meminfo():
    lines = counts.read("/proc/meminfo").splitlines()
    return {line.split(":")[0]: int(line.split()[1]) for line in lines
            if line.split(":")[0] in MEMORY}


def sample(pid):
    """Figures of one process; {} if it has ended."""
    try:
        links = [os.readlink(entry.path) for entry in os.scandir(f"/proc/{pid}/fd")]
    except OSError:
        return {}
    status = dict(re.findall(r"^(RssAnon|VmHWM|VmData|Threads):\s*(\d+)", counts.read(
        f"/proc/{pid}/status"), re.M))
    pss = re.search(r"^Pss:\s*(\d+)", counts.read(f"/proc/{pid}/smaps_rollup"), re.M)
    if "RssAnon" not in status or not pss:
        return {}
    return {"descriptors": len(links), "has_bpf": any("bpf" in link for link in links),
            "RssAnon": int(status["RssAnon"]), "PSS": int(pss[1]), "peak": int(status["VmHWM"]),
            "address space": int(status["VmData"]), "threads": int(status["Threads"])}


def slope(points):
    """Of the line through them, by least squares."""
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


def fit(samples, key, typical):
    """(before, after, work) of the line through what is typical of windows; None of too few."""
    kept = samples[int(len(samples) * WARM_UP):]
    if len(kept) < 2 * WINDOWS:
        return None
    cuts = [len(kept) * i // WINDOWS for i in range(WINDOWS + 1)]
    windows = [kept[begin:end] for begin, end in zip(cuts, cuts[1:])]
    points = [(w[0]["work"], typical(s[key] for s in w)) for w in windows]
    growth = slope(points) * (points[-1][0] - points[0][0])
    # The line through a step is steeper than the step is high.
    most = max(y for _, y in points) - min(y for _, y in points)
    growth = max(-most, min(growth, most))
    return points[0][1], points[0][1] + growth, kept[-1]["work"] - kept[0]["work"]


def rows_of(part, samples, bounds):
    for key, (unit, bound) in bounds.items():
        fitted = fit(samples, key, min if unit else statistics.median)
        before, after, work = fitted or (None, None, None)
        yield {"part": part, "what": key, "unit": unit, "work": work, "before": before,
               "after": after, "bound": bound}


def process_bounds(memory_kib):
    # An hour finds one descriptor in a thousand cells, but not less than that.
    return {"descriptors": ("", 1), "threads": ("", 1), "RssAnon": ("KiB", memory_kib),
            "PSS": ("KiB", None), "address space": ("KiB", memory_kib), "peak": ("KiB", None)}


def json_kib(cells, of_probes):
    """Of what the pass with probes, or the one without, has put into the result."""
    return sum(len(json.dumps({key: value for key, value in cell.items()
                               if (key == "probes") == of_probes}, separators=(",", ":")))
               for cell in cells) // 1024


def sample_every(seconds):
    """Many samples in a short run, and not too many in a long one."""
    return min(2.0, max(0.05, seconds / 400))


def count_lines(path):
    with open(path, "rb") as file:
        return sum(piece.count(b"\n") for piece in iter(lambda: file.read(1 << 20), b""))


class Steady:
    def __init__(self, scope, program, target, has_probes):
        self.scope = scope
        self.program = program
        self.target = target
        self.has_probes = has_probes
        self.folder = scope.work / "steady"
        self.folder.mkdir()
        self.samples = {"run": [], "run, with probes": [], "trace": [], "machine": []}
        self.seconds = 0
        self.cells = []
        self.cells_of_a_repeat = 0

    def words(self, repeat, pause_us):
        return ["run", *self.target, "--suite", "cover-letter", "--load", "none,copy", "--state",
                "hole,written", "--pages", str(PAGES), "--pause", str(pause_us), "--repeat",
                str(repeat), "--progress", *(["--probes"] if self.has_probes else []),
                "-o", str(self.folder / "result.json")]

    def spawn(self, name, words):
        return subprocess.Popen(["setpriv", "--pdeathsig", "KILL", self.program, *words],
                                stdin=subprocess.DEVNULL, env=self.scope.environment(),
                                stdout=(self.folder / f"{name}.out").open("wb"),
                                stderr=(self.folder / f"{name}.err").open("wb"),
                                cwd=self.scope.work / "cwd")

    def said(self, name):
        return counts.read(self.folder / f"{name}.err").strip()[-300:]

    def finish(self, name, child, accepted=(0,)):
        if child.wait() not in accepted:
            raise counts.Failure(f"{name} ended with {child.returncode}: {self.said(name)}",
                                 77 if child.returncode == 77 else 1)

    def plan(self, seconds):
        """As many repeats as fill this time, and a pause if a result cannot hold more of them.

        A busy machine needs longer for its samples, and then the pause is as long as they take.
        """
        begin = time.monotonic()
        run, looks = self.spawn("run", self.words(2, LEAST_PAUSE_US)), 0
        while run.poll() is None:
            self.scope.look()
            sample(run.pid)
            looks += 1
            with contextlib.suppress(subprocess.TimeoutExpired):
                run.wait(sample_every(seconds))
        self.finish("run", run, (0, 1))
        each = (time.monotonic() - begin) / 2
        samples_take = ENOUGH_SAMPLES * each * 2 / max(1, looks)
        cells = len(json.loads(counts.read(self.folder / "result.json"))["cells"]) // 2
        self.cells_of_a_repeat = cells
        repeat = max(2, min(CELLS_OF_A_RESULT // cells, round(seconds / each)))
        faults = cells * PAGES * (2 if self.has_probes else 1)
        pause_us = int((seconds / repeat - each) / faults * 1e6)
        enough_us = int(samples_take / (repeat * cells * PAGES) * 1e6)
        return repeat, max(LEAST_PAUSE_US + max(0, pause_us), enough_us)

    def take_run(self, run, cells, planned):
        """Samples of the pass without probes, or with them; not from before or after it."""
        look = {kind: len(items) for kind, items in self.scope.look().items()}
        now = sample(run.pid)
        if now and 0 < cells < planned and not now["has_bpf"]:
            self.samples["run"].append({"work": cells, **now, **look})
        elif now and planned < cells < 2 * planned and now["has_bpf"]:
            self.samples["run, with probes"].append({"work": cells, **now, **look})

    def take(self, run, trace, planned):
        cells = count_lines(self.folder / "run.err")
        self.take_run(run, cells, planned)
        now = sample(trace.pid) if trace else None
        if now:
            intervals = count_lines(self.folder / "trace.out")
            self.samples["trace"].append({"work": intervals, **now})
        self.samples["machine"].append({"work": cells, **meminfo()})

    def start_trace(self):
        """And waits until it traces: what it allocates to begin does not count as growth."""
        if not self.has_probes:
            return None
        trace = self.spawn("trace", ["trace", "--all", "--interval", "1", "--worst", "16",
                                     "--json"])
        end = time.monotonic() + 60
        while not count_lines(self.folder / "trace.out") and time.monotonic() < end:
            if trace.poll() is not None:
                self.finish("trace", trace)
            time.sleep(0.1)
        return trace

    def watch(self, run, trace, seconds, planned):
        every = sample_every(seconds)
        begin = time.monotonic()
        while run.poll() is None:
            self.take(run, trace, planned)
            time.sleep(every)
        self.seconds = time.monotonic() - begin

    def run(self, seconds):
        repeat, pause_us = self.plan(seconds)
        words = self.words(repeat, pause_us)
        print(f"{seconds:.0f} s: syncfault {' '.join(words)}", file=sys.stderr, flush=True)
        trace = self.start_trace()
        run = self.spawn("run", words)
        self.watch(run, trace, seconds, repeat * self.cells_of_a_repeat)
        self.finish("run", run, (0, 1))
        if trace:
            trace.send_signal(signal.SIGINT)
            self.finish("trace", trace)
        self.cells = json.loads(counts.read(self.folder / "result.json"))["cells"]

    def rows(self):
        failed = sum(cell["status"] != "ok" for cell in self.cells)
        yield {"part": "run", "what": "failed cells", "unit": "", "work": len(self.cells),
               "before": 0, "after": failed, "bound": round(len(self.cells) * FAILED_SHARE)}
        for name in ("run", "run, with probes") if self.has_probes else ("run",):
            bounds = process_bounds(MEMORY_KIB + json_kib(self.cells, name != "run"))
            yield from rows_of(name, self.samples[name],
                               bounds | {kind: ("", 1) for kind in self.scope.seen()})
        if self.has_probes:
            yield from rows_of("trace", self.samples["trace"], process_bounds(MEMORY_KIB))
        yield from rows_of("run, machine", self.samples["machine"],
                           {key: ("KiB", None) for key in MEMORY})
