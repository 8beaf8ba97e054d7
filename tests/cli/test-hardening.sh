#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the compiler and the linker do against hostile input is in the programs, and nothing of it in
# what runs from the first timed fault to the last.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
trap 'rm -rf "$work"' EXIT
build=$(dirname "$program")
if is_sanitized || grep -qwe -O0 "$build/flags"; then
	skip hardening 'a build with sanitizers, or without an optimiser, has none'
	exit
fi
case $(uname -m) in
x86_64) landing='endbr64' ;;
aarch64) landing='paciasp|bti' ;;
*) landing='' ;;
esac

disassemble() { objdump -d --no-show-raw-insn "$@"; }
shows() { readelf -W "$1" "$file" | grep -qE "$2"; }
calls() { nm -D --undefined-only "$file" | grep -qE " $1(@|\$)"; }
lands() { disassemble --disassemble=main "$file" | grep -qE "\s($landing)\b"; }
# A frame larger than a page is made page by page, and each page is touched before the next.
big_frames() {
	disassemble "$file" | grep -P '\bsub\s+([$]0x(?!1000,)[0-9a-f]{4,8},%[er]sp|sp, sp, #0x[0-9a-f]{5,})'
}
has_no_big_frame() { [ -z "$(big_frames)" ]; }
touches_pages() { disassemble "$file" | grep -A2 -P 'sub\s+[$]0x1000,%rsp' | grep -qE '(or|mov)q +[$]0x0,'; }

for file in "$build/syncfault" "$build/crash-writer"; do
	name=$(basename "$file")
	check "$name: at an address that is not known" "$(readelf -hW "$file" | grep Type)" shows -d 'FLAGS_1.* PIE'
	check "$name: nothing on the stack is executed" "$(readelf -lW "$file")" shows -l 'GNU_STACK .* RW  '
	check "$name: tables of addresses are read-only" "$(readelf -lW "$file")" shows -l GNU_RELRO
	check "$name: and complete when it starts" "$(readelf -dW "$file")" shows -d 'FLAGS.*BIND_NOW'
	check "$name: stacks are guarded" 'no __stack_chk_fail' calls __stack_chk_fail
	check "$name: sizes of buffers are checked" 'no function ends in _chk' calls '__[a-z]+_chk'
	if [ "$landing" ]; then
		check "$name: functions begin with $landing" "main does not" lands
	fi
	check "$name: no frame skips the guard page" "$(big_frames | head -n 3)" has_no_big_frame
done
if [ "$(uname -m)" = x86_64 ]; then
	file=$build/syncfault
	check 'frames of more than a page are touched page by page' 'none is' touches_pages
fi

added() {
	disassemble "$file" | grep -E "\s(${landing:-none})\b"
	nm "$file" | grep -E ' __(stack_chk_[a-z]+|[a-z]+_chk)$'
}
adds_nothing() { disassemble "$file" | grep -q "<$entry>:" && [ -z "$(added)" ]; }
for place in measure/faults:faults_run math/hist:hist_add; do
	entry=${place#*:} place=${place%:*}.o
	file=$build/bench/$place
	[ -e "$file" ] || { skip "$place" 'not in this build'; continue; }
	check "$place: nothing is added to what is timed" "$(added | head -n 3)" adds_nothing
done
exit $failed
