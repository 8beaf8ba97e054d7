# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2034,SC2154	# scripts/guest and its parts share their variables
#
# One boot of scripts/guest: the job that init reads, QEMU, and the status.

qemu_pid='' limit_struck=''
readonly files_limit=256M
# Seconds: of a boot that makes progress all the time; and of one that was asked to end.
overall_limit=86400 patience=180

end_qemu_and_clean_up()
{
	if [[ $qemu_pid ]]; then
		kill "$qemu_pid" 2>/dev/null || true
		wait "$qemu_pid" 2>/dev/null || true
	fi
	rm -rf "$work"
	drop_empty_folders
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

# Runs QEMU until it ends or a limit strikes. Sets qemu_status, and limit_struck (which, in words).
# The guest's stdout and stderr arrive here while it runs; $work/status gets what init reports,
# $work/console what the kernel says, $work/files what the command wrote.
# QEMU starts in $work, so that no option has the name of that folder, where a comma would end a
# value, nor LD_PRELOAD, where a space or a colon would.
run_qemu()
{
	local out err relays=() turns=() host_root=() more=() memory_line=$ram
	local plug_ins=() machine=pc,hpet=off alive end

	rm -f "$work"/{status,console,files,qemu.log,crash.log,monitor.in,monitor.out,end}
	truncate -s "$files_limit" "$work/files"
	mkfifo "$work"/{monitor.in,monitor.out,end}
	[[ ! $is_host_root ]] || host_root=(-virtfs
		'local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap')
	if [[ $virtio_pmem ]]; then
		truncate -s "$virtio_pmem" "$work/virtio-pmem"
		memory_line+=,slots=1,maxmem=$((ram + $(mebibytes "$virtio_pmem") + 1024))M
		# shellcheck disable=SC2054 # commas are QEMU's
		more=(-object "memory-backend-file,id=disk,share=on,mem-path=virtio-pmem,size=$virtio_pmem"
			-device virtio-pmem-pci,memdev=disk,id=virtio-pmem)
	fi
	((${#nvdimms[@]} == 0)) || plug_nvdimms
	[[ ! $crash_at$counts_flushes ]] || make_crash
	# Not if devices wake the vCPU too: they would have to wait for a turn.
	[[ $clock != instructions || $is_host_root || $virtio_pmem ]] || make_turns
	# Each through a relay: QEMU would make our own stdout non-blocking for all who share it.
	exec {out}> >(relay)
	relays+=($!)
	exec {err}> >(relay >&2)
	relays+=($!)
	start_qemu &
	qemu_pid=$!
	exec {out}>&- {err}>&-
	exec {alive}<"$work/end"
	watch_qemu "$alive"
	exec {alive}<&-
	qemu_status=0
	wait "$qemu_pid" || qemu_status=$?
	qemu_pid=
	wait "${relays[@]}" || true
}

# Its lock is for what writes there, and not for processes that may outlive us for a moment.
let_go_of_out() { [[ ! ${out_lock:-} ]] || exec {out_lock}<&-; }

relay()
{
	let_go_of_out
	exec cat
}

# Each link of this chain dies with the one before it, and the first with scripts/guest. What the
# guest can write here is limited too, by a largest file size.
start_qemu()
{
	local longest=$((overall_limit + 2 * patience + 60))

	cd "$work" || exit
	let_go_of_out
	exec {end}>end
	exec setpriv --pdeathsig KILL timeout --foreground -k 5 "$longest" \
		prlimit --core=0 --fsize="$(($(mebibytes "$files_limit") << 20))" \
		setpriv --pdeathsig KILL "${turns[@]}" qemu-system-x86_64 \
		-nodefaults -no-user-config -display none -no-reboot -machine "$machine" \
		"${clock_options[@]}" -smp "$cpus" -m "$memory_line" \
		-kernel "$kernel_file" -initrd "$work/initrd" -append "$kernel_line" \
		-chardev file,id=console,path=console -serial chardev:console \
		-add-fd "fd=$out,set=1" -chardev file,id=out,path=/dev/fdset/1,append=on \
		-add-fd "fd=$err,set=2" -chardev file,id=err,path=/dev/fdset/2,append=on \
		-chardev file,id=status,path=status \
		-device isa-debugcon,iobase=0xe9,chardev=out \
		-device isa-debugcon,iobase=0xea,chardev=err \
		-device isa-debugcon,iobase=0xeb,chardev=status \
		-device isa-debug-exit,iobase=0xf4,iosize=1 \
		-chardev pipe,id=monitor,path=monitor -mon chardev=monitor,mode=readline \
		-object "memory-backend-file,id=files,share=on,mem-path=files,size=$files_limit" \
		-device ivshmem-plain,memdev=files,addr=8 "${host_root[@]}" "${more[@]}" \
		"${plug_ins[@]}" \
		</dev/null >qemu.log 2>&1
}

# What the guest has said so far, as numbers: its status and console, and what the relays have read.
said_so_far()
{
	local relay key value

	stat -c %s "$work/status" "$work/console" 2>/dev/null || true
	for relay in "${relays[@]}"; do
		while read -r key value; do
			[[ $key != rchar: ]] || echo "$value"
		done 2>/dev/null <"/proc/$relay/io" || true
	done
}

# Waits for the end of QEMU, which is the end of file of a pipe that it has open. If the guest says
# nothing for so long, or runs longer than any may, it is asked to hand over its files, then killed.
# Seconds are counted, so that those when the host sleeps are none.
watch_qemu() # DESCRIPTOR
{
	local code=0 seen='' now idle=0 total=0 left=$patience is_asked=''

	limit_struck=
	while read -rt 1 -u "$1" || code=$?; ((code > 128)); do
		code=0 now=$(said_so_far) total=$((total + 1)) idle=$((idle + 1))
		[[ $now == "$seen" ]] || seen=$now idle=0
		if [[ $limit_struck ]]; then
			((--left > 0)) || kill "$qemu_pid" 2>/dev/null || true
			[[ $is_asked ]] || ask_to_end
			continue
		fi
		((idle < time_limit)) ||
			limit_struck="the time limit of $time_limit s without progress is over"
		((total < overall_limit)) ||
			limit_struck="the limit of $overall_limit s for one boot is over"
		[[ ! $limit_struck ]] || ask_to_end
	done
}

# Ctrl-Alt-Del is a signal for init, once that is ready. Before, the key may be lost, so it is
# pressed until then. The pipe takes it, whether or not QEMU does.
ask_to_end()
{
	! grep -aqs '^ready' "$work/status" || is_asked=yes
	echo 'sendkey ctrl-alt-delete' 1<>"$work/monitor.in"
}

# Sets turns: what makes QEMU's threads take turns, so that runs repeat on a busy host too.
make_turns()
{
	TMPDIR=$work "${CC:-gcc}" -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -shared -fPIC \
		-o "$work/turns.so" "$lib/guest/turns.c"
	turns=(env LD_PRELOAD=./turns.so)
}

# Sets the part of QEMU's command line that makes the user's files persistent memory.
plug_nvdimms()
{
	local file size i=0 total=0

	machine+=,nvdimm=on
	for file in "${nvdimms[@]}"; do
		size=$(stat -c %s "$file")
		ln -sfn "$file" "$work/dimm$i" # whose name needs no quotes
		more+=(-object "memory-backend-file,id=dimm$i,share=on,mem-path=dimm$i,size=$size"
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
	TMPDIR=$work "${CC:-gcc}" -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -shared -fPIC \
		-o "$work/crash.so" "$lib/guest/crash.c"
	plug_ins=(-plugin "file=./crash.so,log=crash.log,at=$crash_at")
}

# Boots with a seed, runs the command, puts files into a folder, and sets status.
boot_guest()
{
	local seed=$1 to=$2 cause

	shift 2
	write_job "$seed" "$@"
	run_qemu
	touch "$work"/{status,console,crash.log}
	[[ ! $counts_flushes ]] || sed -n 's/^flushes /guest: flushes: /p' "$work/crash.log" >&2
	if [[ $crash_at ]]; then
		say_crash
		return
	fi
	cause=$(cause_of_death)
	if [[ $cause ]]; then
		say_died "$cause" "$to"
		status=125
		ended_as_asked || return 0
		[[ $is_default_out ]] ||
			echo "guest: what it had in /out by then is in $to/unfinished" >&2
		take_files "$to/unfinished"
		return
	fi
	take_files "$to"
	take_number exit 3
	status=$reported
	((status != 125)) || echo 'guest: the command itself ended with status 125' >&2
}
