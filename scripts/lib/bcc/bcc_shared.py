# SPDX-License-Identifier: GPL-2.0-or-later
"""What bpf/*.h and bench/result/stages.c say, for scripts/trace-bcc: words, slots, layouts."""

import os
import re
import struct

ROOT = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../..")
BPF_FOLDER = os.path.join(ROOT, "bpf")
EXIT_FAILED, EXIT_USAGE, EXIT_CANNOT = 1, 2, 77


class Failure(Exception):
    """A line for stderr, and the exit code."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


# STAGE_LOCK of enum stage is the word lock.
def words_of_enum(text, prefix):
    words = re.findall(rf"^\t{prefix}_(\w+),", text, re.M)
    return [word.lower() for word in words if word != "COUNT"]


def number_of_macro(text, name):
    return int(re.search(rf"#define {name}\s+(\d+)", text).group(1))


PROBES_H, SLOTS_H = (read(os.path.join(BPF_FOLDER, name)) for name in ("probes.h", "slots.h"))
STAGES = words_of_enum(PROBES_H, "STAGE")
COUNTS = words_of_enum(PROBES_H, "(?:COUNT|DROP)")
DROPS = words_of_enum(PROBES_H, "DROP")
MEANINGS = dict(re.findall(r"\[STAGE_(\w+)\] = \"(.*)\"", read(f"{ROOT}/bench/result/stages.c")))
SUB_BITS, RANGE_BITS = (
    number_of_macro(SLOTS_H, name) for name in ("SLOT_SUB_BITS", "SLOT_RANGE_BITS")
)
PER_OCTAVE = 1 << SUB_BITS
SLOT_COUNT = (RANGE_BITS - SUB_BITS + 1) * PER_OCTAVE
# struct probe_hist: its numbers by name, then the slots.
HIST_FIELDS = re.findall(r"uint64_t (\w+);", re.search(r"probe_hist {([^}]*)}", PROBES_H).group(1))
HIST = struct.Struct(f"={len(HIST_FIELDS)}Q{SLOT_COUNT}I")


def slot_low(slot):
    if slot < 2 * PER_OCTAVE:
        return slot
    shift = slot // PER_OCTAVE - 1
    return (slot - shift * PER_OCTAVE) << shift


def slot_high(slot):
    return slot_low(slot + 1) - 1
