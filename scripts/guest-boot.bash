# shellcheck shell=bash
# shellcheck disable=SC2154	# scripts/guest, which sources this file, sets the other variables
#
# The machine of scripts/guest and one boot of it: QEMU's options, the kernel's command line, the
# job that init reads, and what came of it. docs/guest.md has the reason for each option.

qemu_pid=
readonly files_limit=256M

end_qemu_and_clean_up()
{
	if [[ $qemu_pid ]]; then
		kill "$qemu_pid" 2>/dev/null || true
		wait "$qemu_pid" 2>/dev/null || true
	fi
	rm -rf "$work"
}

mebibytes()
{
	case $1 in
	*G) echo $((${1%G} * 1024)) ;;
	*) echo "${1%M}" ;;
	esac
}

# Sets ram (MiB, all of it) and memmap: what lies above --memory becomes persistent memory.
lay_out_memory()
{
	local size at

	at=$(mebibytes "$memory")
	# 32 MiB are left over at the top: firmware tables there would misalign the last region.
	ram=$((at + 32))
	for size in "${pmem_sizes[@]}"; do
		ram=$((ram + $(mebibytes "$size")))
	done
	# The machine has no memory from 3 to 4 GiB: what does not fit below goes above, whole.
	if ((ram > 3072)); then
		((at > 3072)) || { ram=$((ram + 3072 - at)) at=3072; }
		at=$((at + 1024))
	fi
	memmap=
	for size in "${pmem_sizes[@]}"; do
		memmap+=" memmap=$size!${at}M"
		at=$((at + $(mebibytes "$size")))
	done
}

# Sets accelerator, clock_options (QEMU's), clock_line (the kernel's), and clock as facts name it.
choose_clock()
{
	accelerator=tcg
	clock_options=(-accel tcg -icount 'shift=0,sleep=off' -cpu 'max,-rdrand,-rdseed'
		-rtc 'base=2026-01-01T00:00:00,clock=vm')
	clock_line='nokaslr norandmaps tsc=reliable no_timer_check'
	# More than one CPU cannot do without: each has its timer in its local APIC.
	((cpus > 1)) || clock_line+=' noapictimer'
	[[ $clock == time ]] || return 0

	accelerator=kvm
	clock_options=(-accel kvm -cpu host -rtc 'base=utc')
	clock_line=nokaslr
	! kvm_boots || return 0
	[[ $may_emulate_time ]] || fail 77 "--clock time needs a KVM that boots this kernel, and here:$(
		) $kvm_verdict (--clock instructions works; --allow-emulated-time gives times without meaning)"
	accelerator=tcg
	clock=emulated-time
	clock_options=(-accel tcg -cpu max -rtc 'base=utc')
}

# A /dev/kvm may be there and still boot nothing, so one boot is tried: once for each kernel and
# each boot of the host, whose verdict is kept. Sets kvm_verdict: yes, or why not.
kvm_boots()
{
	local file host_root=$is_host_root

	kvm_verdict='there is no /dev/kvm to open'
	[[ -r /dev/kvm && -w /dev/kvm ]] || return 1
	file=${XDG_CACHE_HOME:-${HOME:?}/.cache}/syncfault/kvm/$(</proc/sys/kernel/random/boot_id)
	file+=-$(sha256sum "$kernel_file" | cut -c 1-16)
	if [[ ! -e $file ]]; then
		echo 'guest: trying whether KVM boots this kernel (20 s at most)' >&2
		mkdir -p "${file%/*}"
		is_host_root=
		write_job 0 true
		run_qemu 20 >/dev/null 2>&1
		is_host_root=$host_root
		kvm_verdict=$(tail -n 1 "$work/qemu.log")
		! grep -qx 'exit 0' "$work/status" || kvm_verdict=yes
		echo "${kvm_verdict:-its kernel did not get to its end}" >"$work/kvm"
		mv "$work/kvm" "$file"
	fi
	kvm_verdict=$(<"$file")
	[[ $kvm_verdict == yes ]]
}

json_string()
{
	local text=${1//\\/\\\\}

	text=${text//\"/\\\"}
	printf '"%s"' "${text//[[:cntrl:]]/?}"
}

write_facts()
{
	cat <<EOF
{
	"qemu": $(json_string "$(qemu-system-x86_64 --version | sed -n '1s/.*version \([^ ]*\).*/\1/p')"),
	"accelerator": "$accelerator",
	"kernel_package": $(json_string "$kernel_package"),
	"command_line": $(json_string "$kernel_line"),
	"image_digest": "sha256:${digest%% *}",
	"clock": "$clock",
	"cpus": $cpus,
	"seed": $1,
	"started": "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
}
EOF
}

# Lengthens a file to so many KiB, with zeros.
pad()
{
	(($(stat -c %s "$1") <= $2 * 1024)) || fail 2 "$3: more than $2 KiB"
	truncate -s "$2K" "$1"
}

# Makes $work/initrd: the image, and the job as an archive behind it. Its files and itself are
# padded to fixed sizes, so that what the facts say does not move the kernel's work.
write_job()
{
	local seed=$1 path=/bin:/sbin:/usr/bin:/usr/sbin cwd=/ host_modules=()
	local job=$work/job LC_ALL=C

	shift
	kernel_line="console=ttyS0 quiet loglevel=4 panic=-1 oops=panic $clock_line$memmap"
	if [[ $is_host_root ]]; then
		path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
		cwd=$PWD
		host_modules=("host-modules=$(realpath "$modules/lib/modules/$release")")
	fi
	mkdir -p "$job/run/syncfault"
	printf '%-16383s\n' "$(write_facts "$seed")" >"$job/run/syncfault/guest.json"
	printf '%s\0' "seed=$seed" "cwd=$cwd" "pmem=/dev/pmem0" "${host_modules[@]}" \
		"env=PATH=$path" env=HOME=/tmp env=TERM=dumb env=SYNCFAULT_OUT=/out \
		env=SYNCFAULT_GUEST_FACTS=/run/syncfault/guest.json "${@/#/arg=}" >"$job/job"
	pad "$job/job" 40 'the command and its arguments'
	find "$job" -exec touch -hd @0 {} +
	(cd "$job" && find . -mindepth 1 -printf '%P\0' | LC_ALL=C sort -z |
		cpio -0 -o -H newc --reproducible -R 0:0 --quiet) >"$work/job.cpio"
	pad "$work/job.cpio" 64 'the job'
	cat "$work/image" "$work/job.cpio" >"$work/initrd"
}

# Runs QEMU to its end, for so many seconds at most, and sets qemu_status (124: time is over).
# The guest's stdout and stderr arrive here while it runs; $work/status gets what init reports,
# $work/console what the kernel says, $work/files what the command wrote.
run_qemu()
{
	local out err relays=() host_root=()

	rm -f "$work"/{status,console,files,qemu.log}
	truncate -s "$files_limit" "$work/files"
	[[ ! $is_host_root ]] || host_root=(-virtfs
		'local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap')
	# Through a relay each: QEMU would make our own stdout non-blocking, for all who share it.
	exec {out}> >(exec cat)
	relays+=($!)
	exec {err}> >(exec cat >&2)
	relays+=($!)
	# Each link of this chain dies with the one before it, and the first with this script.
	setpriv --pdeathsig KILL timeout --foreground -k 5 "$1" \
		setpriv --pdeathsig KILL qemu-system-x86_64 \
		-nodefaults -no-user-config -display none -no-reboot -machine pc,hpet=off \
		"${clock_options[@]}" -smp "$cpus" -m "$ram" \
		-kernel "$kernel_file" -initrd "$work/initrd" -append "$kernel_line" \
		-chardev "file,id=console,path=$work/console" -serial chardev:console \
		-add-fd "fd=$out,set=1" -chardev file,id=out,path=/dev/fdset/1,append=on \
		-add-fd "fd=$err,set=2" -chardev file,id=err,path=/dev/fdset/2,append=on \
		-chardev "file,id=status,path=$work/status" \
		-device isa-debugcon,iobase=0xe9,chardev=out \
		-device isa-debugcon,iobase=0xea,chardev=err \
		-device isa-debugcon,iobase=0xeb,chardev=status \
		-device isa-debug-exit,iobase=0xf4,iosize=1 \
		-object "memory-backend-file,id=files,share=on,mem-path=$work/files,size=$files_limit" \
		-device ivshmem-plain,memdev=files,addr=8 "${host_root[@]}" \
		</dev/null >"$work/qemu.log" 2>&1 &
	qemu_pid=$!
	exec {out}>&- {err}>&-
	qemu_status=0
	wait "$qemu_pid" || qemu_status=$?
	qemu_pid=
	wait "${relays[@]}" || true
}

# Prints of what the guest died; nothing if it came to its end.
cause_of_death()
{
	local text

	if text=$(grep -m 1 '^died ' "$work/status"); then
		echo "${text#died }"
	elif ((qemu_status == 33)) && grep -q '^exit ' "$work/status"; then
		return
	elif ((qemu_status == 124)); then
		echo "the time limit of $time_limit s is over"
	elif ((qemu_status > 128)); then
		echo "QEMU was killed by signal $((qemu_status - 128))"
	elif text=$(grep -m 1 -o 'Kernel panic.*' "$work/console"); then
		echo "$text"
	elif ((qemu_status == 0)); then
		echo 'it was switched off or reset before the command had ended'
	else
		echo "QEMU failed with status $qemu_status"
	fi
}

say_died()
{
	local when='while the command ran'

	grep -q '^ready' "$work/status" || when='before the command was started'
	{
		echo "guest: the guest died $when: $1"
		[[ -z $2 ]] || echo "guest: files of a guest that died do not come back: $2 is unchanged"
		sed 's/^/qemu: /' "$work/qemu.log"
		echo 'guest: the last lines of its console:'
		tail -n 20 "$work/console" | tr -d '\r' | sed 's/^/console: /'
	} >&2
}

# Unpacks what the command left into a folder, if there is one.
take_files()
{
	local to=$1 size odd

	size=$(sed -n 's/^files //p' "$work/status")
	truncate -s "$size" "$work/files"
	if [[ -z $to ]]; then
		[[ $(tar -tf "$work/files") == ./ ]] ||
			echo "guest: warning: the command left files in /out: without --out they are lost" >&2
		return
	fi
	# Links and devices could lead out of the folder, or into this machine.
	odd=$(tar -tvf "$work/files" | grep -v '^[-dh]' | head -n 1) || true
	[[ -z $odd ]] || fail 1 "neither a file nor a folder in /out, so nothing is taken: $odd"
	mkdir -p "$to"
	tar -xf "$work/files" -C "$to" --no-same-owner --no-same-permissions --touch
}

# Boots with a seed, runs the command, puts files into a folder (or not: ''), and sets status.
boot_guest()
{
	local seed=$1 to=$2 cause

	shift 2
	write_job "$seed" "$@"
	run_qemu "$time_limit"
	touch "$work/status" "$work/console"
	cause=$(cause_of_death)
	if [[ $cause ]]; then
		say_died "$cause" "$to"
		status=125
		return
	fi
	take_files "$to"
	status=$(sed -n 's/^exit //p' "$work/status")
	((status != 125)) || echo 'guest: the command itself ended with status 125' >&2
}
