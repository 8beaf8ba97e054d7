#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The half of scripts/crosscheck that runs in the guest: crosscheck-guest.bash FS PAGES
set -euo pipefail

# shellcheck source=scripts/lib/instruments.bash
source "$(dirname "$0")/instruments.bash"
fs=$1 pages=$2
out=${SYNCFAULT_OUT:?}
function=dax_finish_sync_fault
case $fs in
ext4) leaf=jbd2:jbd2_log_wait_commit ;;
xfs) leaf=xfs:xfs_log_force_seq ;;
esac
running=()

die() {
	echo "crosscheck: $1" >&2
	exit 1
}

start() { # NAME COMMAND…
	local name=$1
	shift
	echo "attaching $name" >&2
	start_tool "$out/$name" "$@" || die "$name: $(tail -n 1 "$out/$name")"
	running+=("$tool")
}

# time_of MAP BEGIN END [CONDITION]: bpftrace probes that count each time from one probe to another.
time_of() {
	cat <<-END
		$2 ${4:+/$4/} { @begin_$1[tid] = nsecs }
		$3 /@begin_$1[tid]/ {
			@$1[nsecs - @begin_$1[tid]] = count();
			delete(@begin_$1[tid]);
		}
	END
}

# Faults on files with DAX (S_DAX), from the first try to the end of the one that is not given up
# (VM_FAULT_RETRY).
whole_faults() {
	cat <<-'END'
		kfunc:vmlinux:handle_mm_fault /args->vma->vm_file != 0/ {
			if (args->vma->vm_file->f_inode->i_flags & 0x2000) {
				if (@begin[tid] == 0) { @begin[tid] = nsecs }
			}
		}
		kretfunc:vmlinux:handle_mm_fault /@begin[tid]/ {
			if ((retval & 0x400) == 0) {
				@handle_mm_fault[nsecs - @begin[tid]] = count();
				delete(@begin[tid]);
			}
		}
	END
}

# Calls from within that function, and no others.
inner_functions() {
	time_of vfs_fsync_range kfunc:vmlinux:vfs_fsync_range kretfunc:vmlinux:vfs_fsync_range \
		"@begin_${function}[tid]"
	time_of "${leaf#*:}" "kfunc:$leaf" "kretfunc:$leaf" "@begin_${function}[tid]"
}

modprobe -a ext4 xfs
start ours "${BUILD:-build}/syncfault" trace --path /dev/pmem0 --json --over 1
start bpftrace-whole bpftrace -f json -e "$(whole_faults)"
start bpftrace-kfunc bpftrace -f json -e \
	"$(time_of $function kfunc:vmlinux:$function kretfunc:vmlinux:$function; inner_functions)"
start bpftrace-kprobe bpftrace -f json -e "$(time_of $function kprobe:$function kretprobe:$function)"
start libbpf-tools funclatency $function
start bcc funclatency-bpfcc $function
echo "making $pages faults" >&2
"${BUILD:-build}/syncfault" run --device /dev/pmem0 --fs "$fs" --state hole --sync map_sync \
	--load none --pages "$pages" -o "$out/result.json" >/dev/null
echo "ending them" >&2
for tool in "${running[@]}"; do
	stop_tool "$tool"
done
for name in libbpf-tools bcc; do
	histogram_of "$out/$name" >"$out/$name.histogram"
done
