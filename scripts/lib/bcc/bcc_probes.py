# SPDX-License-Identifier: GPL-2.0-or-later
"""bpf/probes.bcc.c compiled, attached and read, for scripts/trace-bcc. The one user of bcc."""

import collections
import contextlib
import ctypes
import os
import re
import sys
import tempfile
import time

from bcc_shared import BPF_FOLDER, COUNTS, EXIT_CANNOT, HIST, HIST_FIELDS, SLOT_COUNT, STAGES
from bcc_shared import Failure, read

# Stage, function of the kernel, and its programs: begin_NAME, end_NAME. As in bench/probes/table.c.
FUNCTIONS = (
    ("handler", "ext4_dax_huge_fault", "handler"),
    ("handler", "__xfs_filemap_fault", "handler"),
    ("handler", "xfs_filemap_fault", "handler"),
    ("handler", "xfs_filemap_huge_fault", "handler"),
    ("handler", "xfs_filemap_page_mkwrite", "handler"),
    ("handler", "xfs_filemap_pfn_mkwrite", "handler"),
    ("handler", "dev_dax_huge_fault", "handler"),
    ("handler", "filemap_fault", "handler"),
    ("mkwrite", "do_page_mkwrite", "mkwrite"),
    ("wp_wait", "folio_wait_writeback", "wp_wait"),
    ("finish", "dax_finish_sync_fault", "finish"),
    ("fsync", "vfs_fsync_range", "vfs_fsync_range"),
    ("writeback", "dax_writeback_mapping_range", "writeback"),
    ("log_space", "wait_transaction_locked", "log_space"),
    ("log_space", "__jbd2_log_wait_for_space", "log_space"),
    ("log_space", "xlog_grant_head_wait", "log_space"),
    ("journal_wait", "jbd2_log_wait_commit", "journal_wait"),
    ("fast_commit", "ext4_fc_commit", "fast_commit"),
    ("log_force", "xfs_log_force_seq", "log_force"),
    ("cil_push", "xlog_cil_force_seq", "cil_push"),
    ("iclog_wait", "xlog_wait_on_iclog", "iclog_wait"),
    ("flush", "blkdev_issue_flush", "flush"),
    # The last one: the others are within it.
    ("mm", "handle_mm_fault", "handle_mm_fault"),
)

# Stage, tracepoint; its program is tp_NAME.
STAGE_TRACEPOINTS = (
    ("lock", "mmap_lock_start_locking"),
    ("map", "iomap_iter"),
    ("insert", "iomap_iter_dstmap"),
)

# Count that only this tracepoint shows, or None.
COUNT_TRACEPOINTS = (
    ("needdsync", "dax_pte_fault_done"),
    (None, "dax_pmd_fault_done"),
    ("insert_pfn_mkwrite", "dax_insert_pfn_mkwrite"),
    ("xfs_fsync", "xfs_file_fsync"),
    ("journal_commit", "jbd2_start_commit"),
    ("fast_commit", "ext4_fc_commit_start"),
    ("log_force", "xfs_log_force"),
    ("iclog_wait", "xlog_iclog_wait_on"),
    (None, "sched_process_exit"),
)

# Where these functions come from: if they are missing, the module is not loaded.
MODULES = {
    "log_space": "ext4 (jbd2)",
    "journal_wait": "ext4 (jbd2)",
    "fast_commit": "ext4 (jbd2)",
    "log_force": "xfs",
    "cil_push": "xfs",
    "iclog_wait": "xfs",
}

# Threads that a function may have to return to.
MAX_RETURNS = 1024

LACKS = {"wp_wait": "waiting for a DAX entry is told as its caller's: only pages are seen"}


def find_headers():
    """BCC_KERNEL_SOURCE, unless bcc finds headers by itself, or says why not."""
    release = os.uname().release
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    cached = f"{cache}/syncfault/headers/{release}"
    if os.environ.get("BCC_KERNEL_SOURCE"):
        source = os.environ["BCC_KERNEL_SOURCE"]
        if not os.path.exists(f"{source}/include/linux/kconfig.h"):
            raise Failure(EXIT_CANNOT, f"BCC_KERNEL_SOURCE={source}: no headers of a kernel there")
    elif os.path.isdir(cached) and os.stat(cached).st_uid == os.geteuid():
        os.environ["BCC_KERNEL_SOURCE"] = cached
    elif not any(
        os.path.exists(path)
        for path in (f"/lib/modules/{release}/build", "/sys/kernel/kheaders.tar.xz")
    ):
        raise Failure(
            EXIT_CANNOT,
            f"no headers of kernel {release}: install its linux-headers, or run scripts/headers "
            f"{release} (see --help)",
        )


def load_bcc():
    """The class bcc.BPF, and headers for it to compile against."""
    if os.geteuid() != 0:
        raise Failure(EXIT_CANNOT, "not root: the kernel lets nobody else look into faults")
    try:
        from bcc import BPF
    except ImportError as error:
        raise Failure(EXIT_CANNOT, f"{error}: apt-get install python3-bpfcc") from None
    find_headers()
    return BPF


def find_symbols():
    """Names in this kernel of the wanted functions, which compilers lengthen: f.isra.0."""
    wanted = {function for _, function, _ in FUNCTIONS}
    found = collections.defaultdict(set)
    for line in read("/proc/kallsyms").splitlines():
        _, kind, name = line.split(None, 3)[:3]
        if kind in "tTwW" and re.sub(r"\.(isra|constprop)\.\d+", "", name) in wanted:
            found[name.split(".")[0]].add(name)
    if "__xfs_filemap_fault" in found:
        for function in [name for name in found if name.startswith("xfs_filemap_")]:
            del found[function]
    return found


def absence_of(stage):
    if stage in MODULES:
        return f"{MODULES[stage]} is not loaded"
    if stage in dict(STAGE_TRACEPOINTS):
        return "this kernel has no such tracepoint"
    return "this kernel has no such function"


@contextlib.contextmanager
def captured_stderr():
    """Redirects what libbcc prints to a file; yields a function that returns its lines."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as file:

        def lines():
            file.seek(0)
            return file.read().decode(errors="replace").strip().splitlines()

        saved = os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            yield lines
        finally:
            os.dup2(saved, 2)
            os.close(saved)


def pick(lines):
    """The line that matters, where a log of the verifier surrounds it; None without lines."""
    said = [line for line in lines if re.search("fail|cannot|error", line, re.I)]
    return (said[:1] or lines[-1:] or [None])[0]


class Probes:
    """The programs, compiled and attached. absent: counts that this kernel does not show."""

    def __init__(self, bcc, only_tgid, with_anonymous):
        self.bpf = self.compile(bcc, only_tgid, with_anonymous)
        self.seen = {stage: [] for stage in STAGES}
        self.reasons = {}
        self.absent = {"event"}
        self.attach_all(find_symbols())
        if not self.seen["mm"]:
            raise Failure(EXIT_CANNOT, f"no fault is seen: {self.reason('mm')}")
        self.before = {}

    @staticmethod
    def compile(bcc, only_tgid, with_anonymous):
        flags = [f"-I{BPF_FOLDER}", f"-DONLY_TGID={only_tgid}"]
        flags += [f"-DWITH_ANONYMOUS={int(with_anonymous)}", "-w"]
        with captured_stderr() as lines:
            try:
                return bcc(src_file=f"{BPF_FOLDER}/probes.bcc.c".encode(), cflags=flags)
            except Exception as error:
                why = [line for line in lines() if "error:" in line] or [str(error)]
        raise Failure(EXIT_CANNOT, f"bcc cannot compile with these headers: {why[0]}")

    @staticmethod
    def attach(*steps):
        """Calls the steps; returns None, or why one failed."""
        with captured_stderr() as lines:
            try:
                for step in steps:
                    step()
            except Exception as error:
                return pick(lines()) or str(error)
        return None

    def attach_stage(self, stage, text, *steps):
        why = self.attach(*steps)
        if why:
            self.reasons[stage] = f"{text}: {why}"
        else:
            self.seen[stage].append(text)

    def tracepoint(self, name):
        return lambda: self.bpf.attach_raw_tracepoint(
            tp=name.encode(), fn_name=f"tp_{name}".encode()
        )

    def entry(self, symbol, program):
        return lambda: self.bpf.attach_kprobe(
            event=symbol.encode(), fn_name=f"begin_{program}".encode()
        )

    def end(self, symbol, program):
        """Probes many threads at once through tracefs; else ten, or two on each CPU.

        SIGKILL leaves names in kprobe_events of tracefs, whose probes are disabled.
        """
        how = {"event": symbol.encode(), "fn_name": f"end_{program}".encode()}

        def step():
            try:
                self.bpf.attach_kretprobe(maxactive=MAX_RETURNS, **how)
            except Exception:
                self.bpf.attach_kretprobe(**how)

        return step

    def attach_all(self, symbols):
        for count, name in COUNT_TRACEPOINTS:
            if self.attach(self.tracepoint(name)):
                self.absent.add(count)
        function = "xlog_cil_push_work"
        if self.attach(self.entry(function, function)):
            self.absent.add("cil_push")
        for stage, name in STAGE_TRACEPOINTS:
            self.attach_stage(stage, f"tracepoint {name}", self.tracepoint(name))
        for stage, function, program in FUNCTIONS:
            for symbol in sorted(symbols[function]):
                self.attach_stage(
                    stage,
                    f"kprobe/kretprobe {symbol}",
                    self.end(symbol, program),
                    self.entry(symbol, program),
                )
        # Its end and next start belong to tries.
        self.seen["retry"] = self.seen["mm"]
        if not self.seen["fsync"]:
            self.absent.add("fsync")

    def reason(self, stage):
        """Why a stage is not seen, or not from a better rung."""
        if not self.seen[stage]:
            return self.reasons.get(stage) or absence_of(stage)
        return self.reasons.get(stage) or LACKS.get(stage) or "by bcc, which wants no BTF"

    def set_counting(self, is_counting):
        self.bpf["counting"][ctypes.c_int(0)] = ctypes.c_uint(is_counting)

    def start(self):
        self.set_counting(True)

    def stop(self):
        """Waits for faults in flight, for a second at most."""
        self.set_counting(False)
        end = time.monotonic() + 1
        while any(self.bpf["flights"].keys()) and time.monotonic() < end:
            time.sleep(0.001)

    def read_hists(self):
        """Yields root * stages + stage, and before and now of a CPU, where something was added."""
        table = self.bpf["hists"]
        nothing = (0,) * (len(HIST_FIELDS) + SLOT_COUNT)
        for index in range(2 * len(STAGES)):
            raw = bytes(table[ctypes.c_int(index)])
            for offset in range(0, len(raw), HIST.size):
                before = self.before.get((index, offset), nothing)
                if raw[offset : offset + 8] == before[0].to_bytes(8, sys.byteorder):
                    continue
                now = self.before[index, offset] = HIST.unpack_from(raw, offset)
                yield index, before, now

    def read_counts(self):
        table = self.bpf["counts"]
        return [sum(table[ctypes.c_int(index)]) for index in range(len(COUNTS))]
