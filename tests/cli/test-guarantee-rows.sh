#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# At which kernel functions scripts/verify-guarantee kills a guest, by the names its kernel has; and
# where it calls none.
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
exit "$failed"
