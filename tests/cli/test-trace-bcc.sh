#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# scripts/trace-bcc and scripts/headers as far as they go without bcc and root: their command lines,
# and that trace-bcc reads the C headers as C does. What it measures: tests/guest/test-trace-bcc.sh.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"

trap 'rm -rf "$work"' EXIT
program=$root/scripts/trace-bcc

# One line on stderr, which says whose it is; nothing on stdout.
refuses() { # CODE WORDS
	[ "$code" = "$1" ] && [ "$(wc -l <"$work/err")" = 1 ] && [ ! -s "$work/out" ] &&
		! has_controls "$work/err" && grep -qE "^(trace-bcc|headers): .*$2" "$work/err"
}
check_refusal() { # NAME CODE WORDS ARGUMENT…
	local name=$1 want=$2 words=$3
	shift 3
	run "$@"
	check "$name" "exit $code: $(said)" refuses "$want" "$words"
}

if [ ! -x /usr/bin/python3 ]; then
	skip trace-bcc "no /usr/bin/python3"
	exit 0
fi

run --help
check trace-bcc-help "exit $code: $(said)" grep -q '^usage: trace-bcc' "$work/out"
check_refusal trace-bcc-unknown-option 2 nonsense --nonsense
check_refusal trace-bcc-operand 2 extra extra
check_refusal trace-bcc-no-seconds 2 for --for
check_refusal trace-bcc-zero-seconds 2 '1 to' --for 0
check_refusal trace-bcc-hostile-seconds 2 '1 to' --interval $'1\e[31m\n'
check_refusal trace-bcc-long-seconds 2 '1 to' --for 99999999999999999999
check_refusal trace-bcc-no-such-process 2 'no such process' -p 4194304
check_refusal trace-bcc-process-or-all 2 'not allowed with' -p $$ --all

# A thread is not a process: one of python's that waits.
/usr/bin/python3 -c '
import sys, threading
thread = threading.Thread(target=sys.stdin.read, daemon=True)
thread.start()
print(thread.native_id, flush=True)
thread.join()' < <(exec sleep 60) >"$work/thread" &
child=$!
poll 20 test -s "$work/thread"
check_refusal trace-bcc-thread 2 "of process $child" -p "$(cat "$work/thread")"
kill "$child"
wait "$child" 2>/dev/null

if ! is_root; then
	check_refusal trace-bcc-not-root 77 'not root' --for 1
elif setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$program"; then
	as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	check_refusal trace-bcc-not-root 77 'not root' --for 1
	as=()
else
	skip trace-bcc-not-root "user nobody may not run $program"
fi
if is_root && /usr/bin/python3 -c 'import bcc' 2>/dev/null; then
	as=(env BCC_KERNEL_SOURCE="$work/nowhere")
	check_refusal trace-bcc-no-headers 77 'no headers' --for 1
	as=()
elif is_root; then
	check_refusal trace-bcc-no-bcc 77 python3-bpfcc --for 1
fi

# The words and slots that it reads from bpf/*.h are those of the program.
cat >"$work/slots.c" <<'END'
#include <stdio.h>
#include "slots.h"
int main(void)
{
	for (unsigned int i = 0; i < SLOT_COUNT; i++)
		printf("%llu %llu\n", slot_low(i), slot_high(i));
}
END
shared() { (cd "$root/scripts/lib/bcc" && /usr/bin/python3 -B -c "from bcc_shared import *
$1"); }
"${CC:-cc}" -I "$root/bpf" -o "$work/slots" "$work/slots.c" && "$work/slots" >"$work/want"
shared 'for slot in range(SLOT_COUNT): print(slot_low(slot), slot_high(slot))' >"$work/got"
check trace-bcc-slots "$(diff "$work/want" "$work/got" | head -2)" cmp "$work/want" "$work/got"
sed -n '/stage_words\[\]/,/NULL/p' "$root/bench/result/stages.c" | grep -oE '"[a-z_]+"' | tr -d '"' >"$work/want"
shared 'print("\n".join(STAGES))' >"$work/got"
check trace-bcc-stages "$(diff "$work/want" "$work/got" | head -2)" cmp "$work/want" "$work/got"
check trace-bcc-meanings "a stage without a meaning" \
	test "$(shared 'print(len(STAGES) - sum(stage.upper() in MEANINGS for stage in STAGES))')" = 0

program=$root/scripts/headers
check_refusal headers-no-release 2 release
check_refusal headers-two-releases 2 'one kernel release' 6.1.0-47-amd64 6.1.0-56-amd64
check_refusal headers-no-release-name 2 'is not a kernel release' '../etc'
check_refusal headers-unknown-option 2 release --nonsense
run --help
check headers-help "exit $code" grep -q '^usage: scripts/headers' "$work/out"
exit $failed
