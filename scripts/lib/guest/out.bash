# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2034,SC2154	# scripts/guest and its parts share their variables
#
# The folder of --out: looked at and locked before the boot, filled after it.

made_folders=() out_lock='' is_default_out=''

# Makes the folder and those above it, and remembers which were not there.
make_out()
{
	local folder=$out missing=()

	while [[ ! -e $folder && ! -L $folder ]]; do
		missing=("$folder" "${missing[@]}")
		folder=$(dirname -- "$folder")
	done
	for folder in "${missing[@]}"; do
		made_folders+=("$folder") # before: a signal may end us right after
		mkdir -- "$folder" 2>/dev/null || [[ -d $folder ]] ||
			fail 2 "--out $out: cannot make $folder"
	done
}

# Takes the folder, until this script ends, before anything else is done. Without --out there is a
# name, and the folder is made once there is something for it.
claim_out()
{
	local folder

	if [[ ! $out ]]; then
		is_default_out=yes
		out=results/guest-$(date -u +%Y%m%dT%H%M%SZ)-$$
		folder=results
		[[ -e $folder || -L $folder ]] || folder=.
		[[ -d $folder && -w $folder && -x $folder ]] ||
			echo "guest: warning: no folder can be made in $(realpath -- "$folder" | printable): name one with --out" >&2
		return
	fi
	[[ $out != *[[:cntrl:]]* ]] || fail 2 "--out ${out@Q}: expected a name without control characters"
	[[ $out == /* ]] || out=./$out
	make_out
	[[ -d $out ]] || fail 2 "--out $out: is not a folder"
	[[ -r $out && -w $out && -x $out ]] ||
		fail 2 "--out $out: this folder cannot be read and written to"
	lock_out
}

lock_out()
{
	local code=0 holder=''

	exec {out_lock}<"$out" || exit 2
	flock -n -E 75 "$out_lock" 2>/dev/null || code=$?
	# Where a file system knows no locks, there is none.
	((code == 75)) || return 0
	holder=$(holder_of "$out") || true
	made_folders=()
	fail 1 "--out $out: another guest${holder:+ (process $holder)} has it: expected a folder of its own"
}

# The oldest process that has this folder open. Its number need not be the least.
holder_of()
{
	local fd pid stat

	for fd in /proc/[0-9]*/fd/*; do
		[[ $fd -ef $1 && $fd != /proc/$$/* ]] || continue
		pid=${fd#/proc/} pid=${pid%%/*}
		stat=$(cat "/proc/$pid/stat" 2>/dev/null) || continue
		read -ra stat <<<"${stat##*) }"
		echo "${stat[19]} $pid"
	done | sort -n | sed -n '1s/.* //p'
}

# Folders that were made for a guest that left nothing.
drop_empty_folders()
{
	local i

	for ((i = ${#made_folders[@]} - 1; i >= 0; i--)); do
		rmdir -- "${made_folders[i]}" 2>/dev/null || true
	done
}

# Unpacks what the command left into a folder. Without --out none is made for no files.
take_files()
{
	local to=$1 size odd

	take_number files 9
	size=$reported
	((size <= $(stat -c %s "$work/files"))) || fail 1 "it reported $size bytes in /out: too many"
	truncate -s "$size" "$work/files"
	# From stdin: of a file tar would unpack what is compressed, whatever it grows to.
	if ! odd=$(tar -tvf - <"$work/files" 2>"$work/tar.log"); then
		fail 1 "what it left in /out is no archive: $(head -n 1 "$work/tar.log" | printable)"
	fi
	[[ ! $is_default_out || $odd == *$'\n'* ]] || return 0
	# Links and devices could lead out of the folder, or into this machine.
	odd=$(grep -av '^[-dh]' <<<"$odd" | head -n 1) || true
	[[ -z $odd ]] || fail 1 "neither a file nor a folder in /out, so nothing is taken: $(
		printable <<<"$odd")"
	unpack_files "$to"
	[[ ! $is_default_out ]] || echo "guest: the files left in /out are in $to" >&2
}

# Where the folder fails that it has to go to, it is not lost: the archive stays in TMPDIR.
fail_keeping()
{
	{ chmod 600 "$work/files" && mv -T -- "$work/files" "$work.tar"; } 2>/dev/null ||
		fail 1 "$1: nothing is taken"
	fail 1 "$1: all is in $work.tar"
}

# Into a new folder beside the files of that name, then each into its place, in one step each: a
# kill in the midst leaves whole files, old or new. We alone are here, so if there is such a folder
# already, a kill left it.
unpack_files()
{
	local to=$1 new=$1/.syncfault-guest tar_status=0

	if ! mkdir -p -- "$to" 2>"$work/tar.log" || ! rm -rf -- "$new" || ! mkdir -- "$new" 2>"$work/tar.log"; then
		fail_keeping "what it left in /out has no place in $to: $(head -n 1 "$work/tar.log" | printable)"
	fi
	# Not with -C: tar takes a backslash there for the beginning of an escape.
	(cd -- "$new" && exec tar -xf - --no-same-owner --no-same-permissions --touch) \
		<"$work/files" 2>"$work/tar.log" || tar_status=$?
	printable <"$work/tar.log" >&2
	# One by one: find looks into each only after that.
	find "$new" -type d ! -perm -700 -exec chmod u+rwx {} \;
	if ((tar_status != 0)); then
		rm -rf -- "$new"
		fail_keeping "what it left in /out could not all be unpacked into $to"
	fi
	move_files "$new" "$to"
}

is_folder() { [[ -d $1 && ! -L $1 ]]; }

# The first that cannot go to its place: a file where a folder is, a folder where a file is, or what
# has the name of the new folder itself.
find_conflict() # FROM TO
{
	local type name

	while IFS= read -rd '' type && IFS= read -rd '' name; do
		[[ -e $2/$name || -L $2/$name ]] || continue
		if [[ $2/$name == "$1" ]]; then :; elif is_folder "$2/$name"; then [[ $type != d ]]; else [[ $type == d ]]; fi || continue
		echo "$name"
		return
	done < <(find "$1" -mindepth 1 -printf '%y\0%P\0')
}

move_files() # FROM TO
{
	local folder name apart

	apart=$2/guest-$(date -u +%Y%m%dT%H%M%SZ)-$$
	name=$(find_conflict "$1" "$2")
	if [[ $name ]]; then
		mv -T -- "$1" "$apart" 2>/dev/null || fail_keeping "what it left in /out has no place in $2"
		fail 1 "$(printable <<<"${name//$'\n'/?}") in /out has no place in $2, where a file is a folder or the other way round: all is in $apart"
	fi
	while IFS= read -rd '' folder; do
		mkdir -p -- "$2/$folder"
		find "$1/$folder" -maxdepth 1 ! -type d -print0 | xargs -0r mv -f -t "$2/$folder" -- && continue
		mv -T -- "$1" "$apart" 2>/dev/null || fail_keeping "what it left in /out has no place in $2"
		fail 1 "what it left in /out could not all be moved into $2: the rest is in $apart"
	done < <(find "$1" -type d -printf '%P\0')
	rm -rf -- "$1"
}
