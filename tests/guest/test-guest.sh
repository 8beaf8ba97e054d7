#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Tests of scripts/guest itself: what it promises about status, output, files, death and sameness.
# shellcheck disable=SC1003,SC2016	# single quotes: the guest's shell is to see it like that
set -euo pipefail

# shellcheck source=tests/lib.bash
. "$(dirname "$0")/../lib.bash"
cd "$root"
guest=scripts/guest
trap 'rm -rf "$work"' EXIT
trap 'exit 143' TERM INT
mkdir "$work/tmp"
export TMPDIR=$work/tmp

# run NAME ARGUMENTS…: scripts/guest with its stdout, stderr and status in files of that name.
run()
{
	local name=$work/$1 status=0

	shift
	"$guest" "$@" >"$name.out" 2>"$name.err" </dev/null || status=$?
	echo "$status" >"$name.status"
}

status_is()
{
	(($(<"$work/$1.status") == $2)) && return
	echo "status $(<"$work/$1.status")"
	[[ ! -e $work/$1.err ]] || tail -n 3 "$work/$1.err"
	return 1
}

says() { grep -q -- "$2" "$work/$1.err" || { echo "no '$2' in its stderr" && false; }; }
same() { cmp "$work/$1" "$work/$2"; }
is_empty_folder() { [[ -z $(ls -A "$1") ]] || { ls -A "$1" && false; }; }

refused()
{
	run refused "$@"
	status_is refused 2 && [[ $(wc -l <"$work/refused.err") == 1 ]]
}

test_usage()
{
	check_that 'help goes to stdout, status 0' "$guest" --help
	check_that 'no command: usage' refused --seed 1
	check_that 'unknown option: usage' refused --frobnicate -- true
	check_that 'bad seed: usage' refused --seed x -- true
	check_that 'bad size: usage' refused --pmem 256M,lots -- true
	check_that 'bad clock: usage' refused --clock wall -- true
	check_that 'bad kernel: usage' refused --kernel debian: -- true
	check_that 'a folder without a kernel: usage' refused --kernel "$work" -- true
	check_that 'file to bring is missing: usage' refused --with "$work/none" -- true
}

# One boot for all that a command that ends by itself can show.
test_outputs_and_files()
{
	printf 'a\0b\n\n\377\200tail' >"$work/bytes"
	cat >"$work/command" <<'EOF'
#!/bin/sh
cat "$1"
cat "$1" >&2
mkdir -p "$SYNCFAULT_OUT/deep/er"
cp "$1" /out/deep/er/bytes
: >/out/empty
pwd >/out/pwd
printf '%s|' "$@" >/out/arguments
cat "$SYNCFAULT_GUEST_FACTS" >/out/facts
exit 125
EOF
	chmod +x "$work/command"
	# Where commas, spaces and colons are, QEMU and the loader could take a part for an option.
	mkdir "$work/odd,size=1 b:c=d"
	truncate -s 256M "$work/x,share=off y"
	TMPDIR="$work/odd,size=1 b:c=d" run outputs --out "$work/files" --nvdimm "$work/x,share=off y" --with "$work/bytes:/in/bytes" -- \
		"$work/command" /in/bytes '' 'two words' '$x"\'
	cp "$work/bytes" "$work/bytes.err"
	echo 'guest: the command itself ended with status 125' >>"$work/bytes.err"
	check_that 'status 125 of a command is its own' status_is outputs 125
	check_that 'no file is left in a folder with an odd name' is_empty_folder "$work/odd,size=1 b:c=d"
	check_that 'stdout is exact' same outputs.out bytes
	check_that 'stderr is exact' same outputs.err bytes.err
	check_that 'a nested file comes back' same files/deep/er/bytes bytes
	check_that 'an empty file comes back' test -f "$work/files/empty"
	check_that 'the command starts in /' grep -qx / "$work/files/pwd"
	check_that 'arguments are exact' grep -qxF '/in/bytes||two words|$x"\|' "$work/files/arguments"
	check_that 'facts are JSON' jq -e .image_digest "$work/files/facts"
}

# What was in the folder is there, and nothing of a guest that died.
is_as_it_was() { [[ $(ls -A "$1") == result.json && $(<"$1/result.json") == old ]] || { ls -A "$1" && false; }; }
old_result() { mkdir "$work/$1-out" && echo old >"$work/$1-out/result.json"; }

test_deaths()
{
	old_result panic
	old_result hang
	run panic --out "$work/panic-out" -- \
		sh -c 'echo before; echo half >/out/result.json; echo c >/proc/sysrq-trigger' &
	run hang --time-limit 90 --out "$work/hang-out" -- \
		sh -c 'echo half >/out/result.json; echo line >/dev/kmsg; while :; do :; done' &
	wait
	run ended --out "$work/ended-out" --pmem 256M -- sh -c 'syncfault run --device /dev/pmem0 --fs ext4 --load none \
		--sync none --repeat 1000 -o /out/r.json & sleep 3; kill -TERM $!; wait $!'
	check_that 'panic: nothing half is taken' is_as_it_was "$work/panic-out"
	check_that 'panic: that is said' says panic "panic-out is unchanged"
	check_that 'panic: the trace is in the console' says panic '^console: .*sysrq'
	check_that 'hang: what it had is kept apart' grep -qx half "$work/hang-out/unfinished/result.json"
	check_that 'hang: that is said' says hang 'hang-out/unfinished$'
	rm -rf "$work/hang-out/unfinished"
	check_that 'hang: nothing half is taken' is_as_it_was "$work/hang-out"
	check_that 'ended: that is its status' status_is ended 143
	check_that 'ended: the cells that are done are a result' \
		jq -e '.cells | length > 2 and all(.status == "ok")' "$work/ended-out/r.json.partial"
	check_that 'ended: which can be shown' "$program" show --tsv "$work/ended-out/r.json.partial"
	check_that 'ended: and is no result of that name' test ! -e "$work/ended-out/r.json"
	check_that 'hang: console is shown' says hang 'the last lines of its console'
	check_that 'panic: died' status_is panic 125
	check_that 'panic: said' says panic 'guest died while the command ran: Kernel panic'
	check_that 'panic: console is shown' says panic '^console: '
	check_that 'panic: what was written before arrives' grep -qx before "$work/panic.out"
	check_that 'hang: died' status_is hang 125
	check_that 'hang: time limit is said' says hang 'time limit of 90 s'
}

# The ports are the guest's: what would be run where it gets into the arithmetic of a shell, then the end.
test_hostile()
{
	cat >"$work/hostile" <<EOF
#!/bin/sh
send() { printf "\$1" | dd of=/dev/port bs=1 count=1 seek=\$2 2>/dev/null; }
printf '\033]0;evil\007\033[2Jshown\n' >/dev/ttyS0
for byte in $(printf 'files 10240\nexit PPID[$(touch %s)0]\n' "$work/canary" |
		od -An -v -to1 | tr -s ' \n' ' '); do
	send "\\\\\$byte" 235
done
send '\\020' 244
sleep 1000
EOF
	chmod +x "$work/hostile"
	run hostile --time-limit 60 --out "$work/hostile-files" -- "$work/hostile"
	check_that 'a status that is none: died' status_is hostile 125
	check_that 'and said' says hostile 'what it reported at its end is no report of its init'
	check_that 'and was not run' test ! -e "$work/canary"
	check_that 'its console is shown' says hostile '^console: .*shown'
	check_that 'and steers no terminal' bash -c "! grep -qaP '[\x00-\x08\x0b-\x1f\x7f]' '$work/hostile.err'"
	check_that 'nothing is taken from it' test ! -e "$work/hostile-files"
}

# The QEMU whose files are in a folder: ours, and no one else's.
qemu_of() { pgrep -f "^qemu-system-x86_64 .*$1/" || true; }

wait_for_qemu()
{
	for _ in {1..100}; do
		[[ -z $(qemu_of "$1") ]] || return 0
		sleep 0.1
	done
	echo 'QEMU did not start' && false
}

no_qemu()
{
	for _ in {1..30}; do
		[[ -n $(qemu_of "$1") ]] || return 0
		sleep 0.1
	done
	echo 'QEMU still runs' && false
}

test_killed()
{
	local pid

	mkdir "$work/k1" "$work/k2"
	old_result killed
	(TMPDIR=$work/k1 run killed --out "$work/killed-out" -- \
		sh -c 'echo half >/out/result.json; sleep 1000000') &
	check_that 'QEMU starts' wait_for_qemu "$work/k1"
	kill -KILL "$(qemu_of "$work/k1")"
	wait
	check_that 'QEMU killed: died' status_is killed 125
	check_that 'QEMU killed: said' says killed 'QEMU was killed by signal 9'
	check_that 'QEMU killed: nothing half is taken' is_as_it_was "$work/killed-out"
	check_that 'QEMU killed: no file is left' is_empty_folder "$work/k1"
	TMPDIR=$work/k2 "$guest" -- sleep 1000000 >/dev/null 2>&1 &
	pid=$!
	wait_for_qemu "$work/k2"
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null || true
	check_that 'SIGKILL leaves no QEMU' no_qemu "$work/k2"
	check_that 'SIGKILL leaves one folder, of our name' has_named_folder "$work/k2"
	test_signal TERM 143
	test_signal INT 130
	test_signal HUP 129
}

has_named_folder() { [[ $(ls -A "$1") =~ ^syncfault-guest\.[A-Za-z0-9]{8}$ ]] || { ls -A "$1" && false; }; }

test_signal() # SIGNAL STATUS
{
	local folder=$work/k-$1

	mkdir "$folder"
	# Python tells a status from a death by the signal. Else bash lets its background children ignore SIGINT.
	TMPDIR=$folder python3 -c 'import subprocess, sys
child = subprocess.Popen(sys.argv[2:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(child.pid, file=open(sys.argv[1] + ".pid", "w"))
print(child.wait(), file=open(sys.argv[1] + ".status", "w"))' "$work/$1" \
		env --default-signal=HUP,INT,TERM "$guest" -- sleep 1000000 &
	wait_for_qemu "$folder"
	kill "-$1" "$(<"$work/$1.pid")"
	wait $!
	check_that "SIG$1: status $2" status_is "$1" "$2"
	check_that "SIG$1 leaves no QEMU" no_qemu "$folder"
	check_that "SIG$1 leaves no file" is_empty_folder "$folder"
}

start_of() { sed -n 's/^start //p' "$work/$1.out"; }

# The delay is exact; a timer tick that falls into it adds a few thousand instructions of its own.
shift_is_known()
{
	local shift_ns

	shift_ns=$(($(start_of seed1) - $(start_of first)))
	# Two boots differ by a few instructions around the delay, and a tick may fall into it.
	((shift_ns >= 2472136 - 100 && shift_ns < 2472136 + 30000)) && return
	echo "shift $shift_ns"
	return 1
}

test_same_samples()
{
	"${CC:-gcc}" -std=gnu11 -O2 -Wall -Wextra -o "$work/fault-samples" tests/guest/fault-samples.c
	run first -- "$work/fault-samples" progress &
	run second -- "$work/fault-samples" progress &
	wait
	run seed1 --seed 1 -- "$work/fault-samples" progress
	check_that 'the sample program works' status_is first 0
	check_that 'there are 513 lines' test "$(wc -l <"$work/first.out")" = 513
	check_that 'progress arrives' says first '^fault 448 of 512'
	check_that 'two boots give the same samples' same first.out second.out
	check_that 'another seed gives others' bash -c "! cmp -s '$work/first.out' '$work/seed1.out'"
	check_that 'a seed shifts the start by its number' shift_is_known
}

# A host that has more to do than CPUs: when QEMU's threads get to run must not matter. Without
# scripts/lib/guest/turns.c one of 40,000 sleeps or so ends some instructions early or late there.
test_busy_host()
{
	local boot boots=()

	"${CC:-gcc}" -std=gnu11 -O2 -Wall -Wextra -o "$work/sleeps" tests/guest/sleeps.c
	for boot in busy{1..4}; do
		run "$boot" -- "$work/sleeps" 30000 &
		boots+=($!)
	done
	wait "${boots[@]}"
	check_that 'a busy host: the sleeps were slept' grep -q '^30000 ' "$work/busy1.out"
	for boot in busy{2..4}; do
		check_that "a busy host does not move the clock, boot $boot" same busy1.out "$boot.out"
	done
}

test_same_image()
{
	local modules release

	modules=$(scripts/kernel fetch debian:6.12)
	release=$(basename "$modules")
	scripts/lib/guest/image --modules "$modules" --release "$release" -o "$work/image1"
	(umask 077 && scripts/lib/guest/image --modules "$modules" --release "$release" -o "$work/image2")
	check_that 'two builds give the same image' same image1 image2
}

# As the kernel's make dir-pkg leaves it; and one that has everything built in.
test_own_kernel()
{
	local modules release own=$work/own

	modules=$(scripts/kernel fetch debian:6.12)
	release=$(basename "$modules")
	mkdir -p "$own/boot" "$own/lib/modules" "$own/program/bin" "$work/none/lib/modules/6.0.0"
	ln -s "$modules/vmlinuz" "$own/boot/vmlinuz-$release"
	ln -s "$modules/lib/modules/$release" "$own/lib/modules/"
	printf '#!/bin/sh\nuname -r\n' >"$own/program/release"
	chmod +x "$own/program/release"
	run own --kernel "$own" --pmem 128M -- "$own/program/bin/../release"
	check_that 'a folder with a kernel boots, and .. in a name leads to the file' test "$(cat "$work/own.out")" = "$release"
	touch "$own/boot/vmlinuz-another"
	check_that 'two kernels in a folder: usage' refused --kernel "$own" -- true
	touch "$work/none/lib/modules/6.0.0/modules."{dep,order,builtin}
	check_that 'a kernel without modules has an image' scripts/lib/guest/image --modules "$work/none" --release 6.0.0 -o "$work/image3"
}

test_host_root()
{
	run host --host-root --repeat 1 --seed 2 --out "$work/host" -- \
		sh -c 'bash -c "echo \$BASH_VERSION $PWD" >/out/bash; touch /etc/syncfault-was; exit 3'
	check_that 'a tool of the host runs in its root, status 3' status_is host 3
	check_that 'it starts in the folder where we are' grep -q " $PWD\$" "$work/host/seed-2/bash"
	check_that 'the host is not written to' test ! -e /etc/syncfault-was
}

test_clock_time()
{
	run time --clock time -- true
	if [[ $(<"$work/time.status") == 0 ]]; then
		echo 'skip real time is refused without KVM: KVM works here'
		return
	fi
	check_that 'real time is refused without KVM' status_is time 77
	run emulated --clock time --allow-emulated-time -- \
		grep -q emulated-time /run/syncfault/guest.json
	check_that 'unless emulated time is asked for, and said' status_is emulated 0
}

test_usage
test_same_image
test_own_kernel
test_outputs_and_files
test_deaths
test_hostile
test_killed
test_same_samples
test_busy_host
test_host_root
test_clock_time
check_that 'no temporary file is left' is_empty_folder "$work/tmp"
exit "$failed"
