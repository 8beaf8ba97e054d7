#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317 # functions that only the trap calls
# What run refuses to format, on loop devices, and that it gives targets back empty.
set -euo pipefail

program=$(realpath "${SYNCFAULT:-build/syncfault}")
failures=0
work=$(mktemp -d)
device=
own_loop=

ok() { echo "ok $1"; }
not_ok() {
	echo "not ok $1: $2"
	failures=1
}

detach() {
	[[ $device ]] || return 0
	umount "$work/mnt" 2>/dev/null || true
	swapoff "$device" 2>/dev/null || true
	delpart "$device" 1 2>/dev/null || true
	losetup -d "$device" 2>/dev/null || true
	device=
}
clean_up() {
	local job
	for job in $(jobs -p); do kill -KILL "$job" 2>/dev/null || true; done
	dmsetup remove syncfault-test 2>/dev/null || true
	detach
	[[ ! $own_loop ]] || losetup_control remove "$own_loop" >/dev/null
	rm -rf "$work"
}
trap clean_up EXIT

edges() { { head -c 2M "$image" && tail -c 1M "$image"; } | sha256sum; }

cells=(--state hole --load none --sync none --pages 4 -o "$work/result.json")

# refused NAME PATTERN TARGET [OPTION…]: exit 1, one line that matches, no result, the bytes as they were
refused() {
	local name=$1 pattern=$2 target=$3 code=0 before after
	shift 3
	before=$(edges)
	"$program" run --device "$target" --fs ext4 "$@" "${cells[@]}" >"$work/out" 2>"$work/err" || code=$?
	after=$(edges)
	if [[ $code != 1 || -e $work/result.json ]]; then
		not_ok "$name" "exit $code, $(tail -1 "$work/err")"
		rm -f "$work/result.json"
	elif [[ $(wc -l <"$work/err") != 1 ]] || ! grep -qE "$pattern" "$work/err"; then
		not_ok "$name" "said: $(head -2 "$work/err")"
	elif [[ $before != "$after" ]]; then
		not_ok "$name" "the target was changed"
	else
		ok "$name"
	fi
}

# taken NAME FS TARGET [OPTION…]: measured, exit 0, and given back empty
taken() {
	local name=$1 fs=$2 target=$3 code=0
	shift 3
	"$program" run --device "$target" --fs "$fs" "$@" "${cells[@]}" >"$work/out" 2>"$work/err" || code=$?
	rm -f "$work/result.json"
	if [[ $code != 0 ]]; then
		not_ok "$name" "exit $code, $(tail -1 "$work/err")"
	elif ! "$program" doctor "$target" | grep -q '^yes *run: would take '; then
		not_ok "$name" "not given back empty: $("$program" doctor "$target" | grep ' run: ')"
	elif losetup -j "$image" | grep -v "^${device:-none}:" | grep -q .; then
		not_ok "$name" "a loop device is left: $(losetup -j "$image")"
	else
		ok "$name"
	fi
}

new_image() {
	image=$work/image
	rm -f "$image"
	truncate -s 512M "$image"
}
attach() { device=$(losetup -f --show "$image"); }

signatures() { # refused as a file and as a device
	local fs
	for fs in ext4 xfs btrfs swap; do
		new_image
		case $fs in
		swap) mkswap -q "$image" ;;
		*) "mkfs.$fs" -q "$image" >/dev/null 2>&1 ;;
		esac || {
			echo "skip guard-$fs: no tool that makes it"
			continue
		}
		refused "guard-$fs-file" "holds $fs" "$image"
		attach
		refused "guard-$fs-device" "holds $fs" "$device"
		detach
	done
	taken guard-force-overwrites ext4 "$image" --force
	mkfs.ext4 -q -L syncfault "$image"
	refused guard-killed-run "left by an earlier run of syncfault" "$image"
	new_image
	printf x | dd of="$image" bs=1 seek=$((512 * 1024 * 1024 - 1)) conv=notrunc status=none
	refused guard-data "data of an unknown kind at byte 536870911" "$image"
	new_image
	head -c 62M /dev/urandom | dd of="$image" bs=1M seek=225 conv=notrunc status=none
	refused guard-data-in-the-middle "data of an unknown kind at byte 2359[0-9]{5}" "$image"
	attach
	refused guard-data-in-the-middle-of-a-device "data of an unknown kind at byte 2[0-9]{8}:" "$device"
	detach
	new_image
	mkfs.ext4 -q -L home -E offset=$((1 << 20)) "$image" 400M
	refused guard-lost-partition 'ext4 \(label "home", UUID [^)]*\) at byte 1048576' "$image"
	attach
	refused guard-lost-partition-of-a-device 'ext4 \(label "home", UUID [^)]*\) at byte 1048576' "$device"
	detach
	new_image
	printf '\x83' | dd of="$image" bs=1 seek=450 conv=notrunc status=none
	printf '\x55\xaa' | dd of="$image" bs=1 seek=510 conv=notrunc status=none
	refused guard-partition-table "partition table" "$image"
	truncate -s 1000K "$image"
	refused guard-small "smaller than 1 MiB" "$image" --force
}

in_use() { # refused with --force too
	new_image
	attach
	refused guard-backing-file "backs the loop device" "$image" --force
	mkfs.ext4 -q "$device"
	mkdir -p "$work/mnt"
	mount "$device" "$work/mnt"
	refused guard-mounted "is mounted on $work/mnt" "$device" --force
	umount "$work/mnt"
	unshare -m sh -c "mount --make-rprivate / && mount $device $work/mnt && echo >$work/ready && exec sleep 600" &
	while [[ ! -e $work/ready ]]; do sleep 0.05; done
	refused guard-mounted-elsewhere "is in use" "$device" --force
	kill -KILL $!
	wait $! 2>/dev/null || true
	blockdev --setro "$device"
	refused guard-read-only "is read-only" "$device" --force
	blockdev --setrw "$device"
	mkswap -q "$device" 2>/dev/null
	if swapon "$device" 2>/dev/null; then
		refused guard-swap-in-use "is swap space" "$device" --force
		swapoff "$device"
	else
		echo "skip guard-swap-in-use: swapon is refused here"
	fi
	if addpart "$device" 1 2048 20480 2>/dev/null; then
		refused guard-partitions "has 1 partition" "$device" --force
		delpart "$device" 1
	else
		echo "skip guard-partitions: this kernel has no partitions on loop devices"
	fi
	if command -v dmsetup >/dev/null && dmsetup create syncfault-test --table "0 2048 linear $device 0" 2>/dev/null; then
		refused guard-held "is held by dm-[0-9]+ \(syncfault-test\)" "$device" --force
		dmsetup remove syncfault-test
	else
		echo "skip guard-held: no dmsetup, or no device mapper in this kernel"
	fi
	detach
}

free_targets() {
	local fs
	for fs in ext4 xfs btrfs; do
		new_image
		taken "guard-empty-file-$fs" "$fs" "$image"
		if [[ $(stat -c %b "$image") == 0 ]]; then
			ok "guard-file-is-punched-$fs"
		else
			not_ok "guard-file-is-punched-$fs" "$(stat -c %b "$image") blocks are left"
		fi
		attach
		taken "guard-empty-device-$fs" "$fs" "$device"
		taken "guard-second-run-$fs" "$fs" "$device"
		detach
	done
}

# A limit outlives the file of a loop device, so this device is made for the test and removed.
without_discard() {
	local fs
	own_loop=$(losetup_control add $((200 + $$ % 1000)) 2>/dev/null) || {
		echo "skip guard-without-discard: no loop device of our own can be made"
		return
	}
	for fs in ext4 xfs btrfs; do
		new_image
		device=/dev/loop$own_loop
		losetup "$device" "$image"
		echo 0 >"/sys/block/loop$own_loop/queue/discard_max_bytes"
		taken "guard-empty-device-without-discard-$fs" "$fs" "$device"
		taken "guard-second-run-without-discard-$fs" "$fs" "$device"
		detach
	done
}
losetup_control() { # add|remove NUMBER
	python3 -c 'import fcntl, sys
call = {"add": 0x4C80, "remove": 0x4C81}[sys.argv[1]]
print(fcntl.ioctl(open("/dev/loop-control"), call, int(sys.argv[2])))' "$@"
}

second_run() {
	local first
	new_image
	"$program" run --device "$image" --fs ext4 --state hole --load none --sync none --pages 1000 --pause 100000 \
		-o "$work/first.json" >/dev/null 2>&1 &
	first=$!
	while ! losetup -j "$image" | grep -q .; do sleep 0.02; done
	sleep 0.5
	before=$("$program" run --device "$image" --fs ext4 "${cells[@]}" 2>&1 || true)
	if grep -q "in use by another syncfault run, process $first\$" <<<"$before"; then
		ok guard-second-run
	else
		not_ok guard-second-run "said: $before"
	fi
	kill -KILL $first
	wait $first 2>/dev/null || true
	for _ in {1..50}; do
		losetup -j "$image" | grep -q . || break
		sleep 0.1
	done
	if losetup -j "$image" | grep -q .; then
		not_ok guard-killed-leaves-no-loop "$(losetup -j "$image")"
	else
		ok guard-killed-leaves-no-loop
	fi
	refused guard-killed-is-recognised "left by an earlier run of syncfault" "$image"
	taken guard-killed-is-taken-with-force ext4 "$image" --force
}

# The same device twice, by whatever name.
log_devices() {
	local log code names=(device node link)
	new_image
	attach
	rm -f "$work/node"
	mknod "$work/node" b 7 "${device#/dev/loop}"
	ln -sf "$device" "$work/link"
	for log in "$device" "$work/node" "$work/link"; do
		code=0
		"$program" run --device "$device" --log-device "$log" --fs ext4 "${cells[@]}" >/dev/null 2>"$work/err" || code=$?
		if [[ $code == 2 ]] && grep -q "^syncfault: --log-device $log: is the device of --device\$" "$work/err"; then
			ok "guard-log-device-by-${names[0]}"
		else
			not_ok "guard-log-device-by-${names[0]}" "exit $code: $(tail -1 "$work/err")"
		fi
		names=("${names[@]:1}")
	done
	refused guard-log-device-behind-it "in use: this run has it as another device" "$device" --log-device "$image"
	detach
}

# grown NAME: data was appended to the image, which nobody looked at before the run: it is still there
grown() {
	if [[ $(tail -c 9 "$image") == precious ]]; then
		ok "$1"
	else
		not_ok "$1" "wiped: $(stat -c '%s bytes, %b blocks' "$image"), $(tail -1 "$work/err")"
	fi
}

growing() {
	local run
	new_image
	"$program" run --device "$image" --fs ext4 "${cells[@]}" --pages 200 --pause 5000 >/dev/null 2>"$work/err" &
	run=$!
	while ! losetup -j "$image" | grep -q .; do sleep 0.02; done
	sleep 0.2
	echo precious >>"$image"
	wait $run || not_ok guard-grown-in-the-run-is-measured "exit $?: $(tail -1 "$work/err")"
	rm -f "$work/result.json"
	grown guard-grown-in-the-run

	new_image
	python3 - "$image" "$work/locked" <<-'END' &
		import fcntl, os, sys, time
		image = os.open(sys.argv[1], os.O_RDWR | os.O_APPEND)
		fcntl.flock(image, fcntl.LOCK_EX)
		# The lock is in the name of a process that has ended: the run waits for it.
		if os.fork():
		    os._exit(0)
		open(sys.argv[2], "w").close()
		time.sleep(0.5)
		os.write(image, b"precious\n")
	END
	while [[ ! -e $work/locked ]]; do sleep 0.02; done
	refused_changed guard-grown-before-the-lock 'holds data of an unknown kind at byte 536870912'
	for _ in {1..10}; do
		new_image
		fallocate -l 512M "$image"
		rm -f "$work/ready"
		python3 - "$image" "$work/ready" <<-'END' &
			import os, sys, time
			inode = ":%d " % os.stat(sys.argv[1]).st_ino
			end = time.monotonic() + 20
			open(sys.argv[2], "w").close()
			while time.monotonic() < end and inode not in open("/proc/locks").read():
			    pass
			os.truncate(sys.argv[1], 600 << 20)
			with open(sys.argv[1], "ab") as image:
			    image.write(b"precious\n")
		END
		run=$!
		while [[ ! -e $work/ready ]]; do sleep 0.02; done
		refused_changed guard-grown-while-inspected 'changed its size while it was inspected' >"$work/said"
		wait $run || true
		grep -q '^not ok' "$work/said" || break
	done
	cat "$work/said"
}
refused_changed() { # NAME PATTERN
	local code=0
	"$program" run --device "$image" --fs ext4 "${cells[@]}" >/dev/null 2>"$work/err" || code=$?
	if [[ $code == 1 ]] && grep -q "$2" "$work/err" && [[ $(tail -c 9 "$image") == precious ]]; then
		ok "$1"
	else
		not_ok "$1" "exit $code: $(tail -1 "$work/err")"
	fi
	rm -f "$work/result.json"
}

if [[ $EUID != 0 ]]; then
	echo "skip guard: not root, no loop devices"
	exit 0
fi
if [[ ! -e /dev/loop-control ]] || ! losetup -f >/dev/null 2>&1; then
	echo "skip guard: no loop devices in this kernel"
	exit 0
fi
signatures
in_use
free_targets
without_discard
second_run
log_devices
growing
exit $failures
