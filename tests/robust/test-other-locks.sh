#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An image, or a device, that another program has locked in any way is neither formatted nor read as
# if it were free; and while a run has it, QEMU refuses it.
set -u
# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
image=$work/image
holder='' loop=''
clean_up() {
	[ -z "$holder" ] || kill -KILL "$holder" 2>/dev/null
	for loop in $(loops_on "$image"); do losetup -d "$loop"; done
	rm -rf "$work"
}
trap clean_up EXIT

if ! can_loop || ! command -v mkfs.ext4 >/dev/null; then
	skip other-locks "not root, no loop devices, or no mkfs.ext4"
	exit 0
fi
truncate -s 64M "$image"
cells=(--fs ext4 --state hole --load none --sync none --pages 4 --suite cover-letter)

cat >"$work/hold.py" <<'EOF_PYTHON'
import fcntl, os, signal, struct, sys, time
kind, path, ready = sys.argv[1:]
signal.signal(signal.SIGIO, signal.SIG_IGN)
fd = os.open(path, os.O_RDONLY if kind == "lease-read" else os.O_RDWR)
def record(command, type, start, length):
    fcntl.fcntl(fd, command, struct.pack("hhqqi4x", type, os.SEEK_SET, start, length, 0))
if kind == "posix":
    record(fcntl.F_SETLK, fcntl.F_WRLCK, 10, 1)
elif kind == "posix-read":
    record(fcntl.F_SETLK, fcntl.F_RDLCK, 0, 0)
elif kind == "ofd":
    record(37, fcntl.F_RDLCK, 100, 1)  # F_OFD_SETLK: as QEMU does it
elif kind == "flock":
    fcntl.flock(fd, fcntl.LOCK_EX)
elif kind == "flock-shared":
    fcntl.flock(fd, fcntl.LOCK_SH)
elif kind == "lease":
    fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
elif kind == "lease-read":
    fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
open(ready, "w").close()
time.sleep(60)
EOF_PYTHON

hold() { # KIND PATH
	rm -f "$work/ready"
	/usr/bin/python3 "$work/hold.py" "$1" "$2" "$work/ready" 2>"$work/hold.err" &
	holder=$!
	poll 20 test -e "$work/ready" || not_ok "other-locks-$1" "not taken: $(cat "$work/hold.err")"
}
let_go() {
	kill -KILL "$holder"
	wait "$holder" 2>/dev/null
	holder=''
}
names_holder() { is_one_line && grep -qE "process $holder \($1" "$work/err"; }
refused() { # NAME TARGET COMMAND: exit 1, one line that names the process, nothing changed
	local before
	before=$(sha256sum <"$image")
	run run --device "$2" --force "${cells[@]}" -o "$work/result.json"
	check "$1-is-refused" "exit $code: $(said)" test "$code" = 1 -a ! -e "$work/result.json"
	check "$1-names-the-process" "not $holder: $(said)" names_holder "$3"
	check "$1-changes-nothing" "other bytes" test "$(sha256sum <"$image")" = "$before"
	"$program" doctor "$2" >"$work/out" 2>&1
	check "$1-doctor-sees-it" "$(grep ' run: ' "$work/out")" \
		grep -qE "^no *run: would refuse .*process $holder " "$work/out"
}

for kind in posix posix-read ofd flock flock-shared lease lease-read; do
	hold "$kind" "$image"
	refused "other-locks-image-$kind" "$image" python
	let_go
done
loop=$(losetup -f --show "$image")
for kind in posix posix-read ofd flock flock-shared; do
	hold "$kind" "$loop"
	refused "other-locks-device-$kind" "$loop" python
	let_go
done
losetup -d "$loop"
run run --device "$image" "${cells[@]}" -o "$work/result.json"
check other-locks-is-free-afterwards "exit $code: $(said)" test "$code" = 0

if ! command -v qemu-system-x86_64 >/dev/null; then
	skip other-locks-qemu "no qemu-system-x86_64"
	exit "$failed"
fi
qemu=(qemu-system-x86_64 -nodefaults -no-user-config -display none -accel tcg -m 32 -S
	-drive "if=virtio,format=raw,file=$image")
setpriv --pdeathsig KILL timeout --foreground -k 5 60 setpriv --pdeathsig KILL "${qemu[@]}" \
	>"$work/qemu.log" 2>&1 </dev/null &
timeout_pid=$!
has_qemu() { holder=$(pgrep -P "$timeout_pid" -f virtio) && grep -q OFDLCK /proc/locks; }
poll 20 has_qemu
rm -f "$work/result.json"
refused other-locks-qemu "$image" qemu
kill -KILL "$holder"
wait "$timeout_pid" 2>/dev/null
holder=''

# The other way round: QEMU says that it cannot get its lock.
"$program" run --device "$image" "${cells[@]}" --pages 1000 --pause 100000 -o "$work/result.json" \
	>/dev/null 2>&1 </dev/null &
holder=$!
has_loop() { ! has_no_loop "$image"; }
poll 20 has_loop
code=0
timeout 20 "${qemu[@]}" >"$work/err" 2>&1 </dev/null || code=$?
check other-locks-qemu-is-kept-away "exit $code: $(said)" grep -qi 'lock' "$work/err"
let_go
poll 5 has_no_loop "$image"
exit "$failed"
