# SPDX-License-Identifier: GPL-2.0-or-later
"""What runs of scripts/soak may leave on a machine, as distinct from what others have there.

A look is {kind: {item: what it is}}, of items that are ours alone: processes by a mark in their
environment, loop devices and file systems by their image, mounts and IPC by a namespace of our own,
files by a folder of our own. BPF objects belong to no namespace: ours are those that came after the
start and that no process of others holds.
"""
import ctypes
import json
import os
import pathlib
import re
import shutil
import subprocess
import time

MARK = "SYNCFAULT_SOAK"
BPF = {"prog": "BPF programs", "map": "BPF maps", "link": "BPF links"}
KINDS = ("processes", "loop devices", "file systems", "mounts", *BPF.values(), "IPC objects",
         "files")
# A tmpfs of our own, which nobody else leaves files in.
OWN_FOLDER = "/dev/shm"


class Failure(Exception):
    """What went wrong, and the exit status."""

    def __init__(self, text, status=1):
        super().__init__(text)
        self.status = status


def is_root():
    return os.geteuid() == 0


def read(path):
    """Ignores what went away in the meantime."""
    try:
        return pathlib.Path(path).read_text(errors="replace")
    except OSError:
        return ""


def processes():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def marked(mark):
    """Processes that were started with our mark, whoever is their parent by now."""
    entry = f"\0{MARK}={mark}\0"
    return [pid for pid in processes() if entry in "\0" + read(f"/proc/{pid}/environ")]


def command_of(pid):
    return read(f"/proc/{pid}/cmdline").replace("\0", " ").strip()


def is_zombie(pid):
    return read(f"/proc/{pid}/stat").rpartition(")")[2][1:2] in ("", "Z")


def bpftool():
    found = shutil.which("bpftool", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    return found if found and is_root() else None


def list_bpf(tool):
    """{kind: {id: object}} of the whole machine, or None where it may not be asked."""
    objects = {}
    for kind in BPF:
        done = subprocess.run([tool, "-j", kind, "show"], capture_output=True, text=True,
                              check=False)
        try:
            objects[kind] = {each["id"]: each for each in json.loads(done.stdout)}
        except (ValueError, KeyError, TypeError):
            return None
    return objects


def held_by(pids, objects):
    """Ids that these processes hold: by a descriptor, or by what they have descriptors of."""
    held = {kind: set() for kind in BPF}
    for pid in pids:
        try:
            entries = list(os.scandir(f"/proc/{pid}/fdinfo"))
        except OSError:
            continue
        for entry in entries:
            for kind, number in re.findall(r"^(prog|map|link)_id:\s*(\d+)", read(entry.path), re.M):
                held[kind].add(int(number))
    for link in held["link"] & objects["link"].keys():
        held["prog"].add(objects["link"][link].get("prog_id"))
    for program in held["prog"] & objects["prog"].keys():
        held["map"].update(objects["prog"][program].get("map_ids", []))
    return held


def what_is(bpf_object):
    return bpf_object.get("name", bpf_object.get("type", ""))


def is_of_a_group(program):
    """Attached to a control group by others, which holds it without a descriptor."""
    return program.get("type", "").startswith("cgroup")


def drop_caches():
    os.sync()
    pathlib.Path("/proc/sys/vm/drop_caches").write_text("3")


def file_names(folder):
    return {os.path.join(path, name): "" for path, folders, files in os.walk(folder)
            for name in (*folders, *files)}


class Scope:
    """Knows what was there when it was made. work: our folder, with those that runs work in."""

    def __init__(self, work, mark, devices, patience_s):
        """devices: of ours alone, but no image. patience_s: what goes away by then was not left."""
        self.work = pathlib.Path(work)
        self.mark = mark
        self.devices = {pathlib.Path(device).name for device in devices}
        self.tool = bpftool()
        self.empty = [self.work / name for name in ("tmp", "cwd", "home", "dir", "out")]
        for folder in self.empty:
            folder.mkdir(exist_ok=True)
        self.patience_s = patience_s
        self.kept = {}
        # What a run that is stopped may not touch.
        (self.work / "out" / "out.json").write_text("old\n")
        self.bpf = {kind: set() for kind in BPF}
        base = list_bpf(self.tool) if self.tool else None
        if base is None:
            self.tool = None
        else:
            self.bpf = {kind: set(items) for kind, items in base.items()}
        self.kept = self.files()
        self.base = self.look()

    def seen(self):
        """The KINDS that can be looked at here."""
        return [kind for kind in KINDS if self.tool or kind not in BPF.values()]

    def environment(self):
        return {**os.environ, MARK: self.mark, "TMPDIR": str(self.work / "tmp"),
                "HOME": str(self.work / "home"), "LC_ALL": "C"}

    def loops(self):
        found = {}
        for path in pathlib.Path("/sys/block").glob("loop*/loop/backing_file"):
            image = read(path).strip()
            if image.startswith(f"{self.work}/"):
                found[f"/dev/{path.parts[3]}"] = image
        return found

    def file_systems(self, loops):
        """Mounted ones, also where no mount can be seen: the kernel names them by device."""
        devices = self.devices | {pathlib.Path(loop).name for loop in loops}
        return {f"{fs} on {device}": "" for fs in ("ext4", "xfs") for device in devices
                if os.path.exists(f"/sys/fs/{fs}/{device}")}

    def mounts(self):
        lines = (line.split() for line in read("/proc/self/mountinfo").splitlines())
        return {f"{words[0]} {words[4]}": " ".join(words[words.index("-") + 1:]) for words in lines}

    def files(self):
        found = {}
        for folder in self.empty:
            found |= file_names(folder)
        return found | (file_names(OWN_FOLDER) if is_root() else {})

    def bpf_objects(self):
        """New ones that no process of others holds."""
        objects = list_bpf(self.tool) if self.tool else None
        if objects is None:
            return {name: {} for name in BPF.values()}
        new = {kind: objects[kind].keys() - self.bpf[kind] for kind in BPF}
        if any(new.values()):
            held = held_by(set(processes()) - set(marked(self.mark)), objects)
            # What others had only for a moment was gone before its owner was known.
            still = list_bpf(self.tool) or objects
            new = {kind: (new[kind] - held[kind]) & still[kind].keys() for kind in BPF}
        return {name: {number: what_is(objects[kind][number]) for number in new[kind]
                       if not is_of_a_group(objects[kind][number])}
                for kind, name in BPF.items()}

    def look(self):
        loops = self.loops()
        ipc = {f"{kind} {line.split()[1]}": "" for kind in ("shm", "sem", "msg")
               for line in read(f"/proc/sysvipc/{kind}").splitlines()[1:]}
        living = [pid for pid in marked(self.mark) if not is_zombie(pid)]
        return {"processes": {pid: command_of(pid) for pid in living}, "loop devices": loops,
                "file systems": self.file_systems(loops),
                "mounts": self.mounts(), **self.bpf_objects(), "IPC objects": ipc,
                "files": {name: "" for name in self.files().keys() - self.kept.keys()}}

    def left(self, known):
        """What is there and not in the look `known`, as a look: of what goes away soon, nothing."""
        end = time.monotonic() + self.patience_s
        while True:
            new = {kind: {item: what for item, what in items.items() if item not in known[kind]}
                   for kind, items in self.look().items()}
            if not any(new.values()) or time.monotonic() > end:
                return new
            time.sleep(0.1)


def mount_own(folder):
    """A tmpfs, so that what is left there is ours. Needs a mount namespace of our own."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, None):
        raise OSError(ctypes.get_errno(), f"mount a tmpfs on {folder}")
