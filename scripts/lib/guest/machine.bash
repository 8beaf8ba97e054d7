# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2034,SC2154	# scripts/guest and its parts share their variables
#
# The machine of scripts/guest: kernel, memory and clock. docs/guest.md has the reasons.

# From a file and --modules, or from a folder with both.
find_own_kernel()
{
	local images

	if [[ -d $kernel && ! $modules ]]; then
		images=("$kernel"/boot/vmlinuz-*)
		[[ ${#images[@]} == 1 && -f ${images[0]} ]] ||
			fail 2 "--kernel $kernel: expected one boot/vmlinuz-RELEASE there, as the kernel's make dir-pkg leaves it in tar-install"
		kernel_file=$(realpath -- "${images[0]}")
		modules=$kernel
		return
	fi
	kernel_file=$(realpath -- "$kernel" 2>/dev/null) || true # QEMU starts elsewhere
	[[ -f $kernel_file ]] ||
		fail 2 "--kernel $kernel: expected debian:VERSION, host, FILE with --modules, or a folder with boot and lib/modules"
	[[ -d $modules ]] || fail 2 "--kernel $kernel: expected --modules with its folder"
}

# Sets kernel_file, kernel_package, modules (where lib/modules/RELEASE/ is) and release.
find_kernel()
{
	local folder

	case $kernel in
	debian:*)
		modules=$("$here/kernel" fetch "$kernel") || exit
		release=$(basename "$modules")
		kernel_package=$(<"$modules/package")
		kernel_file=$modules/vmlinux
		[[ -e $kernel_file ]] || kernel_file=$modules/vmlinuz
		return
		;;
	host)
		kernel_file=/boot/vmlinuz-$(uname -r)
		modules=/lib/modules/$(uname -r)
		[[ -e $kernel_file && -d $modules ]] ||
			fail 77 "--kernel host: no $kernel_file with $modules on this machine"
		;;
	*)
		find_own_kernel
		;;
	esac
	kernel_package=$(basename "$kernel_file")
	for folder in "$modules"/lib/modules/* "$modules"; do
		[[ ! -e $folder/modules.dep ]] || break
	done
	[[ -e $folder/modules.dep ]] || fail 2 "--modules $modules: there is no modules.dep"
	folder=$(realpath "$folder")
	release=$(basename "$folder")
	modules=$work/kernel
	mkdir -p "$modules/lib/modules"
	ln -s "$folder" "$modules/lib/modules/$release"
	# Unpacked here it boots a second sooner; packed it boots as well.
	if "$lib/vmlinux" "$kernel_file" "$work/vmlinux" 2>/dev/null; then
		kernel_file=$work/vmlinux
	fi
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
	ram=$((at + 64))
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
	# Several CPUs cannot do without it: each has its timer in its local APIC.
	((cpus > 1)) || clock_line+=' noapictimer'
	[[ $clock == time ]] || return 0

	accelerator=kvm
	clock_options=(-accel kvm -cpu host -rtc 'base=utc')
	clock_line=nokaslr
	! kvm_boots || return 0
	[[ $may_emulate_time ]] ||
		fail 77 "--clock time: no KVM that boots this kernel here ($kvm_verdict): use$(
			) --clock instructions, or --allow-emulated-time if times may mean nothing"
	accelerator=tcg
	clock=emulated-time
	clock_options=(-accel tcg -cpu max -rtc 'base=utc')
}

# A /dev/kvm may exist and still boot nothing, so one boot is tried, once for each kernel and each
# boot of the host, and the verdict is kept. Sets kvm_verdict: yes, or why not.
kvm_boots()
{
	local file cache host_root=$is_host_root time_limit=20 overall_limit=20 patience=0

	kvm_verdict='there is no /dev/kvm to open'
	[[ -r /dev/kvm && -w /dev/kvm ]] || return 1
	find_cache kvm
	file=$cache/$(</proc/sys/kernel/random/boot_id)
	file+=-$(sha256sum <"$kernel_file" | cut -c 1-16)
	if [[ ! -e $file ]]; then
		echo 'guest: trying whether KVM boots this kernel (20 s at most)' >&2
		is_host_root=
		write_job 0 true
		run_qemu >/dev/null 2>&1
		is_host_root=$host_root
		kvm_verdict=$(tail -n 1 "$work/qemu.log")
		! grep -qx 'exit 0' "$work/status" || kvm_verdict=yes
		echo "${kvm_verdict:-its kernel did not get to its end}" >"$work/kvm"
		# By its own name first: TMPDIR may be another file system.
		cp "$work/kvm" "$file.$$" && mv "$file.$$" "$file"
	fi
	kvm_verdict=$(<"$file")
	[[ $kvm_verdict == yes ]]
}
