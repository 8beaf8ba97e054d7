# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154	# scripts/lib/guest/image sources this and sets the variables
#
# The kernel modules of the image: unpacked, and listed in the order in which init loads them.

# Persistent memory, loaded at boot. The others are there for modprobe, when mount needs them.
readonly boot_modules='nd_e820 nd_pmem dax_pmem device_dax'
readonly other_modules='nfit ext4 xfs btrfs crc32c crc32c_generic crc32c-intel libcrc32c brd loop'
readonly virtio_pmem_modules='virtio_pci virtio_pmem'
readonly host_root_modules='virtio_pci 9p 9pnet_virtio overlay'

# Files of the named modules, unless built in, each after the ones it depends on.
resolve()
{
	local name

	for name; do
		# Without configuration: a package on the host may have put install rules there.
		modprobe -C /dev/null -d "$modules" -S "$release" --show-depends "$name" 2>/dev/null ||
			true
	done | sed -nE 's/^insmod (.*\.ko(\.(xz|zst|gz))?)( .*)?$/\1/p' | awk '!seen[$0]++'
}

# Adds the modules, unpacked, and prints their names in the guest.
unpack_modules()
{
	local file to tree=/lib/modules/$release

	while read -r file; do
		to=$tree/${file#*"$tree"/}
		to=${to%.[xgz]*}
		echo "$to"
		[[ ! -e $root$to ]] || continue
		mkdir -p "$(dirname "$root$to")"
		case $file in
		*.xz) xz -dc "$file" >"$root$to" ;;
		*.zst) zstd -dcq "$file" >"$root$to" ;;
		*.gz) gzip -dc "$file" >"$root$to" ;;
		*) cp "$file" "$root$to" ;;
		esac
	done < <(resolve "$@")
}

# busybox's modprobe reads these two plain lists alone, and the guest pays for what it unpacks.
index_modules()
{
	local tree=$root/lib/modules/$release

	mkdir -p "$tree" # it is not there if everything is built in
	cp "$modules/lib/modules/$release"/modules.{order,builtin} "$tree/"
	depmod -b "$root" "$release" 2>/dev/null
	find "$tree" -maxdepth 1 -type f ! -name modules.dep ! -name modules.alias -delete
}

# shellcheck disable=SC2086	# lists of words
add_modules()
{
	unpack_modules $boot_modules ${has_virtio_pmem:+$virtio_pmem_modules} ${has_nvdimm:+nfit} >"$root/modules.boot"
	unpack_modules $host_root_modules >"$root/modules.host-root"
	unpack_modules $other_modules >/dev/null
	index_modules
}
