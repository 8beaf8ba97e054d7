#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What syncfault doctor says about probes on a Debian kernel: before and after the file systems'
# modules are loaded, and without BTF.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
cd "$root" || exit 1

trap 'rm -rf "$work"' EXIT

cat >"$work/job.sh" <<'END'
sf doctor >/out/unloaded
modprobe ext4
modprobe xfs
sf doctor >/out/loaded
mount -o bind /dev/null /sys/kernel/btf/vmlinux
sf doctor >/out/no-btf
END
boot() { # VERSION
	scripts/guest --kernel "debian:$1" --out "$work/$1" --with "$program:/bin/sf" \
		--with "$work/job.sh:/job.sh" -- sh /job.sh >"$work/log" 2>&1
	code=$?
	check "doctor-guest-$1" "exit $code: $(tail -n 3 "$work/log")" test "$code" = 0
}
says() { # NAME FILE LINE
	check "doctor-$1" "$(grep -E '^[a-z]+ +(fentry|tracepoint|not seen|probes):' "$work/$2")" \
		grep -qE "$3" "$work/$2"
}

boot 6.12
says 6.12-modules 6.12/unloaded '^no +not seen: log_force, cil_push, iclog_wait: xfs is not loaded$'
says 6.12-modules-advice 6.12/unloaded '^ +modprobe xfs'
says 6.12-fentry 6.12/loaded '^yes +fentry: .*handler, .*journal_wait, .*log_force, .*flush$'
says 6.12-tracepoint 6.12/loaded '^yes +tracepoint: (.*, )?map, insert$'
check doctor-6.12-all-stages "$(grep 'not seen' "$work/6.12/loaded")" \
	test "$(grep -c 'not seen' "$work/6.12/loaded")" = 0
says 6.12-no-btf 6.12/no-btf '^no +probes: .*'
says 6.12-no-btf-advice 6.12/no-btf '^ +.*CONFIG_DEBUG_INFO_BTF; scripts/trace-bcc'
exit $failed
