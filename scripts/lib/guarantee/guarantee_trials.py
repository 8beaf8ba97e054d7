# SPDX-License-Identifier: GPL-2.0-or-later
"""One trial of scripts/verify-guarantee: a guest that is killed, and one that looks.

A trial is a dictionary: what was planned (row, is_sync, seed, crash_at, point, replay), and the
outcome (crash, sha256, reported, lost, lost_stores, fsck, fsck_says, kept), or its failure.
"""
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys

import guarantee_rows as rows
import guarantee_table as table

HERE = pathlib.Path(__file__).resolve().parent
GUEST = HERE.parent.parent / "guest"
# Large enough for mkfs.xfs, and sparse; the second is the journal of those with one.
IMAGE_MIB = (384, 128)
BATCH = 8
TIME_LIMIT_S = 600


class Failure(Exception):
    """What went wrong, and the exit status."""

    def __init__(self, text, status=1):
        super().__init__(text)
        self.status = status


def say(text):
    """What could steer a terminal in it, which guests may have written, becomes '?'."""
    print("".join(c if c.isprintable() or c == "\n" else "?" for c in text), file=sys.stderr,
          flush=True)


def find_tool(name):
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not found:
        raise Failure(f"no {name} on this machine: see scripts/deps", 77)
    return found


class Guests:
    """Boots guests, one at a time."""

    def __init__(self, kernel, work):
        self.kernel = kernel
        self.work = work
        build = pathlib.Path(os.environ.get("BUILD", "build"))
        writer = build / "crash-writer"
        if not writer.exists():
            raise Failure(f"no {writer}: make {writer}")
        self.tools = [f"{writer}:/bin/crash-writer", f"{HERE}/guest.sh:/bin/guarantee"]
        self.tools += [f"{find_tool(n)}:/bin/{n}" for n in ("ndctl", "e2fsck", "xfs_repair")]
        self.templates = []
        self.release = None

    def run(self, images, words, files=(), crash_at=None):
        """Its exit status, lines of its stdout, lines of its stderr."""
        command = [str(GUEST), "--kernel", self.kernel, "--time-limit", str(TIME_LIMIT_S)]
        for image in images:
            command += ["--nvdimm", str(image)]
        for name in (*self.tools, *files):
            command += ["--with", name]
        if crash_at:
            command += ["--crash-at", crash_at]
        # Its files in our folder: they go with it, however it ends.
        done = subprocess.run([*command, "--", "guarantee", *words], stdin=subprocess.DEVNULL,
                              capture_output=True, check=False,
                              env={**os.environ, "TMPDIR": str(self.work)})
        return (done.returncode, done.stdout.decode(errors="replace"),
                done.stderr.decode(errors="replace").splitlines())

    def prepare(self):
        """Makes the images that trials begin with; returns addresses of functions by name.

        From then on kernel is the very one: what is newest may change.
        """
        for i, size in enumerate(IMAGE_MIB):
            image = self.work / f"template-{i}"
            with open(image, "wb") as file:
                file.truncate(size << 20)
            self.templates.append(image)
        status, out, err = self.run(self.templates, ["prepare", *rows.FUNCTIONS])
        if status:
            raise Failure("\n".join(err) or f"the first guest ended with {status}",
                          status if status in (2, 77) else 1)
        self.release, *found = out.splitlines()
        if self.kernel.startswith("debian:"):
            self.kernel = "debian:" + re.match(r"[0-9.]+(-[0-9]+)?", self.release)[0]
        return {name: "0x" + address for address, _, name in map(str.split, found)}

    def new_images(self, number):
        """Copies for a trial."""
        images = [self.work / f"trial-{number}-{i}" for i in range(len(self.templates))]
        for template, image in zip(self.templates, images):
            subprocess.run(["cp", "--sparse=always", template, image], check=True)
        return images


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(1 << 22):
            digest.update(piece)
    return digest.hexdigest()


def crash(guests, trial, number):
    """Boots the guest of a trial until it is killed. Sets what the trial's outcome begins with."""
    row = rows.ROWS[trial["row"]]
    trial["images"] = guests.new_images(number)
    status, out, err = guests.run(
        trial["images"], ["store", row.fs, row.mkfs, row.mount,
                          *row.writer(trial["is_sync"], trial["seed"])],
        crash_at=trial["crash_at"])
    trial["crash"] = next((line.split(": ", 2)[2] for line in err
                           if line.startswith("guest: crashed as asked: ")), None)
    # A line that the writer did not finish was not reported.
    trial["reports"] = out[:out.rfind("\n") + 1]
    trial["sha256"] = sha256(trial["images"][0])
    trial["failure"] = None
    if status or not trial["crash"]:
        trial["failure"] = "; ".join(err[:3]) or f"status {status}"
    elif not trial["reports"]:
        trial["failure"] = "nothing was reported before the crash"


def check(guests, trials, work):
    """Boots one guest that looks at the images of all these trials."""
    files, images = [], []
    for i, trial in enumerate(trials):
        row = rows.ROWS[trial["row"]]
        (work / f"reports-{i}").write_text(trial["reports"])
        (work / f"config-{i}").write_text(f"{row.fs} {row.mount} {trial['seed']}\n")
        files += [f"{work}/reports-{i}:/reports/{i}", f"{work}/config-{i}:/trials/{i}"]
        images += trial["images"]
    # What is kept must not be changed by fsck or a mount.
    copies = [image.with_suffix(".checked") for image in images]
    for image, copy in zip(images, copies):
        subprocess.run(["cp", "--sparse=always", image, copy], check=True)
    status, out, err = guests.run(copies, ["check", *map(str, range(len(trials)))], files)
    for copy in copies:
        copy.unlink()
    parts = re.split(r"^trial \d+\n", out, flags=re.M)[1:]
    for i, trial in enumerate(trials):
        judge(trial, parts[i] if i < len(parts) else "", err)
    if status:
        say(f"the guest that looks ended with {status}: " + "; ".join(err[:3]))


def judge(trial, text, err):
    """Sets reported, lost and fsck from what the guest said."""
    counts = re.search(r"^reported (\d+) lost (\d+)$", text, re.M)
    fsck = re.search(r"^fsck (\S+)$", text, re.M)
    trial["lost_stores"] = re.findall(r"^lost (.*)$", text, re.M)
    trial["fsck"] = fsck[1] if fsck else None
    trial["fsck_says"] = re.findall(r"^# (.*)$", text, re.M)
    if "mount failed" in text:
        stores = len(re.findall("^s ", trial["reports"], re.M))
        trial.update(reported=stores, lost=stores, fsck="mount failed")
    elif counts and fsck:
        trial.update(reported=int(counts[1]), lost=int(counts[2]))
    else:
        trial["failure"] = "it was not looked at: " + "; ".join(err[:3])


def keep(trial, out):
    """Keeps what a finding can be looked into with; returns where."""
    name = f"{trial['row'].replace('/', '-')}-{trial['seed']}-{trial['crash_at']}"
    folder = out / f"finding-{name}"
    folder.mkdir(parents=True, exist_ok=True)
    for i, image in enumerate(trial["images"]):
        subprocess.run(["cp", "--sparse=always", image, folder / f"nvdimm{i}"], check=True)
    (folder / "reports").write_text(trial["reports"])
    (folder / "replay").write_text(trial["replay"] + "\n")
    return folder


def tell(trial, done, total):
    """One line of progress."""
    what = trial["failure"] or f"reported {trial['reported']}, lost {trial['lost']}, " \
                               f"fsck {trial['fsck']}"
    say(f"[{done}/{total}] {trial['row']} {'MAP_SYNC' if trial['is_sync'] else 'control'} "
        f"{trial['crash_at']} ({trial['point']}): {what}")


def finish(trial, out):
    """Keeps what is a finding, drops the images of the rest."""
    trial["kept"] = None
    if table.is_finding(trial):
        trial["kept"] = str(keep(trial, out))
        for line in (*trial["lost_stores"][:4], *trial["fsck_says"]):
            say(f"  with MAP_SYNC, and lost or broken: {line}")
        say(f"  kept: {trial['kept']}; again: {trial['replay']}")
    for image in trial.pop("images"):
        image.unlink()
    del trial["reports"]


def run_all(guests, trials, out, work):
    """Yields each trial that was completed; findings are kept in out."""
    batch = []
    for number, trial in enumerate(trials):
        crash(guests, trial, number)
        batch.append(trial)
        if len(batch) < BATCH and number + 1 < len(trials):
            continue
        crashed = [t for t in batch if not t["failure"]]
        if crashed:
            check(guests, crashed, work)
        for i, trial in enumerate(batch):
            tell(trial, number + 2 - len(batch) + i, len(trials))
            finish(trial, out)
        yield from batch
        batch = []
