# SPDX-License-Identifier: GPL-2.0-or-later
"""Starts and stops for scripts/soak: in rotation, each looked at before the next one begins."""
import dataclasses
import os
import pathlib
import random
import shutil
import signal
import statistics
import subprocess
import sys
import time

import soak_counts as counts

# A run that ends by a signal alone.
LONG = ("--pages", "3000", "--repeat", "100", "--sync", "none")
# On a busy machine a load may get no CPU while these few faults are timed: the cell then fails.
OF_LOAD = (0, 1)
SHORT = ("--pages", "16", "--state", "hole", "--load", "none", "--sync", "none")
LIMIT_S = 120
# If a program ends sooner, what was seen of its memory is chance.
LEAST_LOOKS = 5


@dataclasses.dataclass(frozen=True)
class Kind:
    """A way to start and end. words: of syncfault; expects: exit statuses, negative of a signal."""
    name: str
    words: tuple
    expects: tuple = (0,)
    signal: int = 0
    longest_s: float = 0.7  # until it is sent


def stopped(name, words, number):
    """A signal that comes before there is a handler ends the program all the same, and one that
    comes late finds it ended; 0 is trace's too, and 1 that of a load which got no CPU."""
    expects = (-number, 0, 1) if number == signal.SIGKILL else (-number, 128 + number, 0)
    return Kind(f"{name}, {number.name}", words, expects, number)


def image_kinds(images):
    kinds = []
    for fs, image in images.items():
        on = ("run", "--device", image, "--force", "--fs", fs, "-o", "@out")
        kinds += [Kind(f"{fs} on an image", (*on, *SHORT)),
                  Kind(f"{fs} on an image, probes and load",
                       (*on, *SHORT, "--load", "create", "--probes"), OF_LOAD)]
        kinds += [stopped(f"{fs} on an image", (*on, *LONG), number)
                  for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)]
        kinds += [stopped(f"{fs} on an image, probes and load", (*on, *SHORT, "--load", "copy",
                                                                 "--probes"), signal.SIGKILL)]
    if images:
        kinds.append(Kind("an image that holds something",
                          ("run", "--device", "@full", *SHORT, "-o", "@out"), (1, 2)))
    return kinds


def device_kinds(devices):
    kinds = []
    synchronous = ("--sync", "map_sync")
    for device in devices:
        for fs in ("ext4", "xfs"):
            on = ("run", "--device", device, "--force", "--fs", fs, "-o", "@out")
            kinds += [Kind(f"{fs} with DAX, probes", (*on, *SHORT, "--sync", "none,map_sync",
                                                      "--probes")),
                      stopped(f"{fs} with DAX", (*on, *LONG, *synchronous, "--load", "copy"),
                              signal.SIGKILL),
                      stopped(f"{fs} with DAX", (*on, *LONG, *synchronous), signal.SIGTERM)]
    return kinds


def folder_kinds(is_root):
    on = ("run", "--dir", "@dir", "-o", "@out")
    kinds = [Kind("folder", (*on, *SHORT)),
             Kind("folder, load", (*on, *SHORT, "--load", "copy"), OF_LOAD),
             Kind("no such option", ("run", "--dir", "@dir", "--no-such-option"), (2,)),
             Kind("no such suite", (*on, "--suite", "none"), (2,)),
             Kind("no such device", ("run", "--device", "/dev/none", "-o", "@out"),
                  (1, 2) if is_root else (77,)),
             Kind("show", ("show", "@result")),
             Kind("compare", ("compare", "@result", "@result"), (0, 125)),  # undecided, of few runs
             Kind("export", ("export", "--format", "openmetrics", "@result")),
             Kind("doctor", ("doctor", "@dir"))]
    kinds += [stopped("folder, load", (*on, *LONG, "--load", "copy"), number)
              for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)]
    return kinds


def probe_kinds():
    on = ("run", "--dir", "@dir", "-o", "@out", *SHORT, "--probes")
    return [Kind("folder, probes", on),
            Kind("trace", ("trace", "--for", "1", "--interval", "1", "--json")),
            *(stopped("trace", ("trace", "--interval", "1", "--worst", "4"), number)
              for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)),
            stopped("folder, probes", (*on, "--repeat", "50"), signal.SIGKILL)]


class Starts:
    """Runs them. setup: a dictionary, see make_setup()."""

    def __init__(self, scope, program, setup, seed):
        self.scope = scope
        self.program = program
        self.setup = setup
        self.draw = random.Random(seed)
        self.known = {kind: dict(items) for kind, items in scope.base.items()}
        self.began = {kind: len(items) for kind, items in self.known.items()}
        self.left = []        # {start, kind, what, item, says}
        self.unexpected = []  # {start, kind, status, expected, says}
        self.peaks = {}       # kind: KiB of each of its runs

    def words(self, kind):
        return [self.setup.get(word, word) for word in kind.words]

    def spawn(self, kind):
        # Whatever ends us ends it too.
        return subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", self.program, *self.words(kind)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=self.setup["err"].open("wb"), env=self.scope.environment(),
            cwd=self.scope.work / "cwd")

    def one(self, number, kind):
        child = self.spawn(kind)
        begin, peaks = time.monotonic(), []
        at = self.draw.uniform(0, kind.longest_s) if kind.signal else LIMIT_S
        while child.poll() is None:
            peaks.append(peak_kib(child.pid))
            if time.monotonic() - begin >= at:
                child.send_signal(kind.signal or signal.SIGKILL)
                child.wait(LIMIT_S)
                break
            time.sleep(0.01)
        if len(peaks) >= LEAST_LOOKS:
            self.peaks.setdefault(kind.name, []).append(max(peaks))
        if child.returncode not in kind.expects:
            self.unexpected.append({"start": number, "kind": kind.name, "status": child.returncode,
                                    "expected": list(kind.expects),
                                    "says": counts.read(self.setup["err"])[-300:].strip()})
        self.look_after(number, kind)

    def look_after(self, number, kind):
        for what, items in self.scope.left(self.known).items():
            for item, says in items.items():
                self.known[what][item] = says
                self.left.append({"start": number, "kind": kind.name, "what": what,
                                  "item": str(item), "says": says})

    def run(self, kinds, numbers):
        """numbers: a range, from 0."""
        for i in numbers:
            self.one(i + 1, kinds[i % len(kinds)])
            if (i + 1) % 100 == 0:
                print(f"{i + 1} starts, {len(self.left)} things left", file=sys.stderr, flush=True)

    def rows(self, number_of_starts):
        """After the last start, what each kind of thing has grown by."""
        now = self.scope.look()
        for what in self.scope.seen():
            left = {each["item"] for each in self.left if each["what"] == what}
            grown = sum(str(item) in left for item in now[what])
            yield {"part": "starts", "what": what, "unit": "", "work": number_of_starts,
                   "before": self.began[what], "after": self.began[what] + grown, "bound": 0}
        yield from self.peak_rows()

    def peak_rows(self):
        """A fresh process knows nothing of the ones before: its peak may not follow them."""
        for kind, peaks in self.peaks.items():
            if len(peaks) >= 8:
                quarter = len(peaks) // 4
                before = statistics.median(peaks[:quarter])
                yield {"part": "starts", "what": f"peak of {kind}", "unit": "KiB",
                       "work": len(peaks), "before": before,
                       "after": statistics.median(peaks[-quarter:]),
                       # How far a run got before it was stopped is chance.
                       "bound": None if "SIG" in kind else max(1024, before / 4)}


def peak_kib(pid):
    for line in counts.read(f"/proc/{pid}/status").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


def make_image(path, size_mib):
    with open(path, "wb") as file:
        file.truncate(size_mib << 20)
    return str(path)


def make_setup(scope, program):
    """What the words with @ stand for; a result to read is measured first."""
    keep = scope.work / "keep"
    keep.mkdir()
    full = make_image(keep / "full.image", 16)
    pathlib.Path(full).write_bytes(b"somebody's data " * (1 << 16))
    setup = {"@dir": str(scope.work / "dir"), "@out": str(scope.work / "out" / "out.json"),
             "@full": full, "@result": str(keep / "result.json"), "err": keep / "stderr"}
    made = subprocess.run([program, "run", "--dir", setup["@dir"], *SHORT, "--repeat", "5",
                           "-o", setup["@result"]], env=scope.environment(), check=False,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if made.returncode:
        raise counts.Failure(f"no result to begin with: {made.stderr.strip()}",
                             77 if made.returncode == 77 else 1)
    return setup


def choose_kinds(scope, devices, images):
    """What this machine and this user can do."""
    is_root = counts.is_root()
    sizes = {"ext4": 64, "xfs": 320}
    paths = {fs: make_image(scope.work / "keep" / f"{fs}.image", size)
             for fs, size in sizes.items()
             if fs in images and os.path.exists("/dev/loop-control") and is_root and
             shutil.which(f"mkfs.{fs}", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")}
    groups = [folder_kinds(is_root), image_kinds(paths), device_kinds(devices),
              probe_kinds() if is_root else []]
    # One of each group in turn, so that few starts see all of them.
    return [group[i] for i in range(max(map(len, groups))) for group in groups if i < len(group)]
