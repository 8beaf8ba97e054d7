# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# For scripts that boot two guests at once: what both would fetch, or refuse, is done once first.

fetch_kernel() # KERNEL
{
	case $1 in
	debian:*) scripts/kernel fetch "$1" >/dev/null ;;
	host) ;;
	*)
		[[ -d $1 ]] && return
		echo "${0##*/}: KERNEL=$1: expected debian:VERSION, host, or a folder as the kernel's make dir-pkg leaves it" >&2
		return 2
		;;
	esac
}
