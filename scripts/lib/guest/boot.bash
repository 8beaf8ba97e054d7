# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2034,SC2154	# scripts/guest and its parts share their variables
#
# One boot of scripts/guest: the job that init reads, QEMU, and the status.

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
	"qemu": $(json_string "QEMU $(qemu-system-x86_64 --version | sed -n '1s/.*version \([^ ]*\).*/\1/p')"),
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

# Pads a file with zeros to $2 KiB.
pad()
{
	(($(stat -c %s "$1") <= $2 * 1024)) || fail 2 "$3: more than $2 KiB"
	truncate -s "$2K" "$1"
}

# Makes $work/initrd: the image, followed by the job as an archive. The job and its files are padded
# to fixed sizes, so that the text of the facts does not change the kernel's work.
write_job()
{
	local seed=$1 path=/bin:/sbin:/usr/bin:/usr/sbin cwd=/ host_modules=()
	local job=$work/job LC_ALL=C disks=$((${#pmem_sizes[@]} + ${#nvdimms[@]}))

	shift
	[[ ! $virtio_pmem ]] || disks=$((disks + 1))
	kernel_line="console=ttyS0 quiet loglevel=4 panic=-1 oops=panic $clock_line$memmap"
	if [[ $is_host_root ]]; then
		path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
		cwd=$PWD
		host_modules=("host-modules=$(realpath "$modules/lib/modules/$release")")
	fi
	mkdir -p "$job/run/syncfault"
	printf '%-16383s\n' "$(write_facts "$seed")" >"$job/run/syncfault/guest.json"
	printf '%s\0' "seed=$seed" "cwd=$cwd" "pmem=$disks" "${host_modules[@]}" \
		"env=PATH=$path" env=HOME=/tmp env=TERM=dumb env=SYNCFAULT_OUT=/out \
		env=SYNCFAULT_GUEST_FACTS=/run/syncfault/guest.json "${@/#/arg=}" >"$job/job"
	pad "$job/job" 40 'the command and its arguments'
	find "$job" -exec touch -hd @0 {} +
	(cd "$job" && find . -mindepth 1 -printf '%P\0' | LC_ALL=C sort -z |
		cpio -0 -o -H newc --reproducible -R 0:0 --quiet) >"$work/job.cpio"
	pad "$work/job.cpio" 64 'the job'
	cat "$work/image" "$work/job.cpio" >"$work/initrd"
}

# Runs QEMU until it ends, but not longer than $1 seconds, and sets qemu_status (124: time ran out).
# The guest's stdout and stderr arrive here while it runs; $work/status gets what init reports,
# $work/console what the kernel says, $work/files what the command wrote.
run_qemu()
{
	local out err relays=() turns=() host_root=() more=() memory_line=$ram
	local plug_ins=() machine=pc,hpet=off

	rm -f "$work"/{status,console,files,qemu.log,crash.log}
	truncate -s "$files_limit" "$work/files"
	[[ ! $is_host_root ]] || host_root=(-virtfs
		'local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap')
	if [[ $virtio_pmem ]]; then
		truncate -s "$virtio_pmem" "$work/virtio-pmem"
		memory_line+=,slots=1,maxmem=$((ram + $(mebibytes "$virtio_pmem") + 1024))M
		# shellcheck disable=SC2054 # commas are QEMU's
		more=(-object "memory-backend-file,id=disk,share=on,mem-path=$work/virtio-pmem,size=$virtio_pmem"
			-device virtio-pmem-pci,memdev=disk,id=virtio-pmem)
	fi
	((${#nvdimms[@]} == 0)) || plug_nvdimms
	[[ ! $crash_at$counts_flushes ]] || make_crash
	# Not if devices wake the vCPU too: they would have to wait for a turn.
	[[ $clock != instructions || $is_host_root || $virtio_pmem ]] || make_turns
	# Each through a relay: QEMU would make our own stdout non-blocking for all who share it.
	exec {out}> >(exec cat)
	relays+=($!)
	exec {err}> >(exec cat >&2)
	relays+=($!)
	# Each link of this chain dies with the one before it, and the first with this script.
	# What the guest can write here is limited too, by a largest file size.
	setpriv --pdeathsig KILL timeout --foreground -k 5 "$1" \
		prlimit --core=0 --fsize="$(($(mebibytes "$files_limit") << 20))" \
		setpriv --pdeathsig KILL "${turns[@]}" qemu-system-x86_64 \
		-nodefaults -no-user-config -display none -no-reboot -machine "$machine" \
		"${clock_options[@]}" -smp "$cpus" -m "$memory_line" \
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
		-device ivshmem-plain,memdev=files,addr=8 "${host_root[@]}" "${more[@]}" \
		"${plug_ins[@]}" \
		</dev/null >"$work/qemu.log" 2>&1 &
	qemu_pid=$!
	exec {out}>&- {err}>&-
	qemu_status=0
	wait "$qemu_pid" || qemu_status=$?
	qemu_pid=
	wait "${relays[@]}" || true
}

# Sets turns: what makes QEMU's threads take turns, so that runs repeat on a busy host too.
make_turns()
{
	"${CC:-gcc}" -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -shared -fPIC \
		-o "$work/turns.so" "$lib/guest/turns.c"
	turns=(env "LD_PRELOAD=$work/turns.so")
}

# Sets the part of QEMU's command line that makes the user's files persistent memory.
plug_nvdimms()
{
	local file size i=0 total=0

	machine+=,nvdimm=on
	for file in "${nvdimms[@]}"; do
		size=$(stat -c %s "$file")
		more+=(-object "memory-backend-file,id=dimm$i,share=on,mem-path=$file,size=$size"
			-device "nvdimm,id=nvdimm$i,memdev=dimm$i")
		total=$((total + (size >> 20))) i=$((i + 1))
	done
	# Each begins at a whole gigabyte.
	[[ ! $virtio_pmem ]] || fail 2 '--virtio-pmem with --nvdimm: expected one of the two'
	memory_line+=,slots=$i,maxmem=$((ram + total + 1024 * (i + 1)))M
}

# Sets plug_ins: what ends QEMU at an instruction, and counts those that flush.
make_crash()
{
	"${CC:-gcc}" -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -shared -fPIC \
		-o "$work/crash.so" "$lib/guest/crash.c"
	plug_ins=(-plugin "$work/crash.so,log=$work/crash.log,at=$crash_at")
}

# Boots with a seed, runs the command, puts files into a folder (or not: ''), and sets status.
boot_guest()
{
	local seed=$1 to=$2 cause

	shift 2
	write_job "$seed" "$@"
	run_qemu "$time_limit"
	touch "$work/status" "$work/console"
	[[ ! $counts_flushes ]] || sed -n 's/^flushes /guest: flushes: /p' "$work/crash.log" >&2
	if [[ $crash_at ]]; then
		say_crash
		return
	fi
	cause=$(cause_of_death)
	if [[ $cause ]]; then
		say_died "$cause" "$to"
		status=125
		return
	fi
	take_files "$to"
	take_number exit 3
	status=$reported
	((status != 125)) || echo 'guest: the command itself ended with status 125' >&2
}
