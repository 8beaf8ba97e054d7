#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# At which kernel functions scripts/verify-guarantee kills a guest: by the names its kernel has.
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
	got=$(python3 "$work/choose.py" "$root/scripts" "$row" "$@" 2>&1)
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
exit "$failed"
