# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2034,SC2154	# scripts/guest and its parts share their variables
#
# The working folder of scripts/guest. Its file "lock" is locked while anything of its guest runs: a
# folder whose lock is free was left by a guest that was killed, and the next one removes it.

work='' work_lock=''

# Sets work to a new folder, which is ours: whoever cleans up may have been faster, so try again.
make_work()
{
	local folder=${TMPDIR:-/tmp}

	folder=$(realpath -- "$folder" 2>/dev/null) || true
	[[ -d $folder && -w $folder && $folder != *[[:cntrl:]]* ]] ||
		fail 1 "TMPDIR=${TMPDIR@Q}: expected a folder that can be written to, no control character in its name"
	drop_left_folders "$folder"
	for _ in {1..20}; do
		work=$(mktemp -d "$folder/syncfault-guest.XXXXXXXX") || exit 1
		exec {work_lock}>"$work/lock" || continue
		! flock -n "$work_lock" || [[ ! $work/lock -ef /proc/self/fd/$work_lock ]] || return 0
		exec {work_lock}>&-
	done
	fail 1 "$folder: others remove our folders there"
}

# An empty one may be so young that it has no lock yet, unless it is an hour old.
drop_left_folders() # FOLDER
{
	local left lock

	for left in "$1"/syncfault-guest.????????; do
		[[ -d $left && ! -L $left && -O $left ]] || continue
		if [[ ! -e $left/lock ]]; then
			find "$left" -maxdepth 0 -empty -mmin +60 -delete 2>/dev/null || true
			continue
		fi
		{ exec {lock}<"$left/lock"; } 2>/dev/null || continue
		! flock -n "$lock" || rm -rf -- "$left"
		exec {lock}<&-
	done
}
