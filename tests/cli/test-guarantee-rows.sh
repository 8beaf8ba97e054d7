#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# scripts/verify-guarantee without a guest: at which kernel functions it kills one, by the names its
# kernel has; what each row has to prove; and what it makes of trials.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
trap 'rm -rf "$work"' EXIT

# Prints "WHAT: NAME" for each point of a row, and a line for each that the kernel has not.
cat >"$work/choose.py" <<'END'
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import guarantee_rows as rows
addresses = {name: name for name in sys.argv[3:]}
for name, what in rows.points(rows.ROWS[sys.argv[2]], addresses):
    print(f"{what}: {name}")
print("\n".join(rows.missing_points(addresses)))
END
# chosen NAME ROW EXPECTED FUNCTION…: of a kernel with these functions
chosen() {
	local name=$1 row=$2 expected=$3 got
	shift 3
	got=$(python3 "$work/choose.py" "$root/scripts/lib/guarantee" "$row" "$@" 2>&1)
	check "$name" "it is: $got" [ "$got" = "$expected" ]
}
both=(dax_iomap_fault vfs_fsync_range)
begin=$'inside the fault: dax_iomap_fault\nbefore the commit: vfs_fsync_range\n'
# What /proc/kallsyms of these kernels has.
v6_1=("${both[@]}" vmf_insert_mixed_mkwrite vmf_insert_pfn_pmd_prot)
v6_12=("${both[@]}" vmf_insert_mixed_mkwrite vmf_insert_pfn_pmd)
v6_18=("${v6_12[@]}" vmf_insert_page_mkwrite vmf_insert_folio_pmd)
chosen 4k-on-6.1 ext4/hole "${begin}after the commit: vmf_insert_mixed_mkwrite" "${v6_1[@]}"
chosen 2m-on-6.1 xfs/hole-2m "${begin}after the commit: vmf_insert_pfn_pmd_prot" "${v6_1[@]}"
chosen 4k-on-6.12 ext4/hole "${begin}after the commit: vmf_insert_mixed_mkwrite" "${v6_12[@]}"
chosen 2m-on-6.12 ext4/hole-2m "${begin}after the commit: vmf_insert_pfn_pmd" "${v6_12[@]}"
chosen 4k-on-6.18 xfs/hole "${begin}after the commit: vmf_insert_page_mkwrite" "${v6_18[@]}"
chosen 2m-on-6.18 ext4/hole-2m "${begin}after the commit: vmf_insert_folio_pmd" "${v6_18[@]}"
none="this kernel has no function vmf_insert_page_mkwrite or vmf_insert_mixed_mkwrite:"
chosen none-is-told ext4/hole "$begin$none no crash after the commit of 4k pages" \
	"${both[@]}" vmf_insert_pfn_pmd
none='this kernel has no function'
chosen each-is-told ext4/hole "$none dax_iomap_fault: no crash inside the fault
$none vfs_fsync_range: no crash before the commit
$none vmf_insert_page_mkwrite or vmf_insert_mixed_mkwrite: no crash after the commit of 4k pages
$none vmf_insert_folio_pmd or vmf_insert_pfn_pmd or ${v6_1[3]}: no crash after the commit of 2m pages"

# What a crash is called, of 20 trials in turn.
cat >"$work/kinds.py" <<'END'
import random, sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import guarantee_rows as rows
draw = random.Random(0)
addresses = {name: name for name in sys.argv[4:]}
moments = [rows.choose_crash(rows.ROWS[sys.argv[2]], sys.argv[3] == "sync", i, draw, addresses)
           for i in range(20)]
print(*sorted({kind for _, kind in moments}), sep=", ")
END
kinds() { # NAME ROW sync|control EXPECTED FUNCTION…
	local name=$1 row=$2 sync=$3 expected=$4 got
	shift 4
	got=$(python3 "$work/kinds.py" "$root/scripts/lib/guarantee" "$row" "$sync" "$@" 2>&1)
	check "$name" "it is: $got" [ "$got" = "$expected" ]
}
plain='any instruction, behind a report'
host="the host's moment"
kinds all-kinds ext4/hole sync \
	"after the commit, any instruction, before the commit, behind a report, inside the fault, $host" \
	"${v6_12[@]}"
kinds plain-without-functions ext4/hole sync "$plain"
kinds plain-where-nothing-can-be-lost xfs/written sync "$plain" "${v6_12[@]}"
kinds plain-for-controls ext4/hole control "$plain" "${v6_12[@]}"

# What rows have to prove, and what trials come to.
cat >"$work/judge.py" <<'END'
import random, sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import guarantee_rows as rows
import guarantee_table as table
import guarantee_trials as trials


def check(name, got, expected):
    print(f"ok {name}" if got == expected else f"not ok {name}: {got}, not {expected}")


def names(is_wanted):
    return sorted(name for name, row in rows.ROWS.items() if is_wanted(row))


everything = sorted(rows.ROWS)
check("clean-but-without-a-journal", names(lambda row: not row.must_be_clean),
      [name for name in everything if name.startswith("ext4-no_journal/")])
check("loses-but-what-is-written", names(lambda row: not row.must_lose),
      ["ext4/written", "xfs/written"])
check("huge-by-its-pattern", names(lambda row: row.is_huge),
      [name for name in everything if name.endswith("-2m")])
check("huge-is-aligned", names(lambda row: row.is_huge and "stride=512" not in row.mkfs and
                               "su=2m" not in row.mkfs), [])
check("marks", [rows.ROWS[name].marks for name in ("ext4/hole", "ext4/punch", "xfs/hole-2m")],
      [128, 256, 48])
check("sync-is-asked-for", ["--sync" in rows.ROWS["xfs/hole"].writer(is_sync, 7)
                            for is_sync in (True, False)], [True, False])

# Marks of a crash: not in the first quarter of the stores (of a control, half), nor at the end.
draw = random.Random(1)
for is_sync, first in ((True, 16), (False, 32)):
    marks = [int(rows.choose_crash(rows.ROWS["ext4/hole"], is_sync, 1, draw, {})[0])
             for _ in range(2000)]
    check(f"moments-of-{'sync' if is_sync else 'control'}",
          (min(marks), max(marks), {mark % 2 for mark in marks}), (2 * first + 2, 124, {0}))


def trial(row, is_sync, lost=0, fsck="clean", failure=None):
    return {"row": row, "is_sync": is_sync, "failure": failure, "reported": 9, "lost": lost,
            "fsck": fsck}


def outcome(row, *sync, control=(1,)):
    """Verdict, exit status, and how many of the trials with MAP_SYNC are findings."""
    done = [trial(row, True, **each) for each in sync]
    done += [trial(row, False, lost) for lost in control]
    summary = table.summarize(done)
    return summary[0]["verdict"], table.exit_status(summary), sum(map(table.is_finding, done))


kept, finding, failed = ("kept", 0, 0), ("FINDING", 3, 1), ("FAILED", 1, 0)
nothing = ("proves nothing", 1, 0)
with_journal = [name for name in everything if not name.startswith("ext4-no_journal/")]
without = [name for name in everything if name.startswith("ext4-no_journal/")]
broken = dict(fsck="4")
check("all-there", {name for name in everything if outcome(name, {}, {}) != kept}, set())
check("a-store-lost", {name for name in everything if outcome(name, {}, dict(lost=1)) != finding}, set())
check("a-broken-file-system",
      {name for name in with_journal if outcome(name, {}, broken) != finding}, set())
check("a-file-system-that-does-not-mount", outcome("xfs/hole", dict(fsck="mount failed", lost=9)), finding)
check("broken-without-a-journal", {name for name in without if outcome(name, broken) != kept}, set())
check("lost-and-failed", outcome("xfs/hole", dict(lost=1), dict(failure="x")), finding)
check("a-trial-that-failed", outcome("xfs/hole", {}, dict(failure="x")), failed)
check("what-failed-is-not-a-finding", outcome("xfs/hole", {}, dict(failure="x", lost=1, fsck=None)), failed)
check("no-control", outcome("xfs/hole", {}, control=()), nothing)
check("a-control-that-lost-nothing", outcome("xfs/hole", {}, control=(0, 0)), nothing)
check("a-control-that-cannot-lose", outcome("xfs/written", {}, control=(0,)), ("proves nothing", 0, 0))
check("a-control-that-lost-once", outcome("xfs/hole", {}, control=(0, 1)), kept)
check("no-trial", outcome("xfs/hole"), nothing)
check("controls-are-not-findings", table.is_finding(trial("xfs/hole", False, 5, "4")), False)
two = table.summarize([trial("xfs/hole", True), trial("xfs/hole", False, 2),
                       trial("ext4-no_journal/hole", True, 0, "4"), trial("ext4-no_journal/hole", False, 3)])
text = table.render(two)
check("total", [line for line in text.splitlines() if "kills" in line],
      ["4 kills; with MAP_SYNC 18 stores reported, 0 lost; without 18 reported, 5 lost"])
check("without-a-journal-has-a-note", ("0 of 1*" in text, "* without a journal" in text,
                                       "* without" in table.render(two[:1])), (True, True, False))


# What the guest that looks has said of a trial.
def judged(text):
    one = {"reports": "s 1 2\ns 3 4\n", "failure": None}
    trials.judge(one, text, ["why"])
    return one.get("reported"), one.get("lost"), one["fsck"], bool(one["failure"])


check("looked-at", judged("reported 9 lost 2\nlost 3\nfsck clean\n"), (9, 2, "clean", False))
check("looked-at-and-broken", judged("reported 9 lost 0\n# bad\nfsck 4\n"), (9, 0, "4", False))
check("not-mounted-is-all-lost", judged("mount failed\n"), (2, 2, "mount failed", False))
for name, said in (("no-fsck", "reported 9 lost 0\n"), ("no-counts", "fsck clean\n"), ("nothing", "")):
    check(f"looked-at-but-{name}", judged(said)[3], True)
END
python3 "$work/judge.py" "$root/scripts/lib/guarantee" >"$work/out" 2>"$work/err"
code=$?
cat "$work/out"
grep -q '^not ok' "$work/out" && failed=1
check judge-all-ran "exit $code: $(tail -n 1 "$work/err")" test "$code" = 0
exit "$failed"
