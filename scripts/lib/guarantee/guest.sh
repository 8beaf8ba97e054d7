#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What scripts/verify-guarantee runs in its guests. Words are separated by blanks.
#   prepare FUNCTIONS             makes the first device fit for DAX; uname -r, and where they are
#   store FS MKFS MOUNT WRITER    makes a file system on it and stores, until QEMU is killed
#   check TRIALS                  mounts each (two devices a trial) and looks for what was reported
# shellcheck disable=SC2086	# lists of words
set -eu

journal_uuid=53796e63-4661-756c-7400-000000000002

# Linux numbers /dev/pmemN in an order of its own; /dev/nvdimmN is the Nth of the command line.
name_devices()
{
	for region in /sys/bus/nd/devices/region*; do
		IFS=, read -r dimm _ <"$region/mapping0"
		ln -s "pmem${region##*region}" "/dev/nvdimm${dimm#nmem}"
	done
}

make_journal()
{
	case $1 in
	*'-J device='*) mkfs.ext4 -q -F -b 4096 -O journal_dev -U "$journal_uuid" /dev/nvdimm1 >&2 ;;
	esac
}

prepare()
{
	device=$(readlink /dev/nvdimm0)
	ndctl create-namespace -f -e "namespace${device#pmem}.0" --mode=fsdax --map=mem \
		>/tmp/ndctl 2>&1 || { cat /tmp/ndctl >&2 && exit 1; }
	uname -r
	for function; do
		grep -E " [Tt] $function\$" /proc/kallsyms || true
	done
}

store()
{
	make_journal "$2"
	mkfs.$1 $2 /dev/nvdimm0 >&2
	mkdir /mnt
	mount -t "$1" -o "$3" /dev/nvdimm0 /mnt
	shift 3
	exec crash-writer store --port --fifo "$@" /mnt
}

# Prints "fsck clean" or "fsck STATUS", after what the program has to say.
run_fsck()
{
	status=0
	"$@" >/tmp/fsck 2>&1 || status=$?
	[ "$status" = 0 ] && echo "fsck clean" && return
	# What it finds, without what it is about to do.
	grep -vE '^$|^(e2fsck|Pass|Phase) [0-9]|^ +- |^/dev/|WARNING: Filesystem still' /tmp/fsck |
		head -n 10 | sed 's/^/# /'
	echo "fsck $status"
}

# The mount replays the journal; a file system that cannot be mounted has lost everything.
check_one()
{
	trial=$1 device=/dev/nvdimm$2 journal=/dev/nvdimm$(($2 + 1))
	read -r fs mount seed <"/trials/$trial"
	mkdir -p /mnt
	echo "trial $trial"
	if ! mount -t "$fs" -o "$(echo "$mount" | sed "s,/dev/nvdimm1,$journal,")" "$device" /mnt 2>&1; then
		echo "mount failed"
		return
	fi
	# The host learns of a failure by what is missing; the other trials are still looked at.
	crash-writer check --seed "$seed" /mnt "/reports/$trial" || true
	umount /mnt
	case $fs:$mount in
	xfs:*logdev*) run_fsck xfs_repair -n -l "$journal" "$device" ;;
	xfs:*) run_fsck xfs_repair -n "$device" ;;
	*journal_path*) run_fsck e2fsck -fn -j "$journal" "$device" ;;
	*) run_fsck e2fsck -fn "$device" ;;
	esac
}

verb=$1
shift
name_devices
case $verb in
check)
	first=0
	for trial; do
		check_one "$trial" "$first"
		first=$((first + 2))
	done
	;;
*) "$verb" "$@" ;;
esac
