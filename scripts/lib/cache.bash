# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2034	# whoever sources this reads $cache
#
# The cache of the user who runs. What is in it gets booted and run, so nobody else may write there.
# For scripts with a function fail STATUS TEXT.

# Sets cache to CACHE/NAME, a folder of mode 0700 that is made unless it is there.
find_cache() # NAME
{
	local base=${XDG_CACHE_HOME:-} home=${HOME:-} folder

	if [[ ! $base ]]; then
		# Under sudo -E the home is another user's, and so is the cache there.
		[[ -n $home && (! -e $home || -O $home) ]] ||
			home=$(getent passwd "$EUID" | cut -d : -f 6) || home=
		[[ $home ]] || fail 1 'you have no home: set XDG_CACHE_HOME to a folder of your own'
		base=$home/.cache
	fi
	[[ $base != *[[:cntrl:]]* ]] ||
		fail 1 'the name of the cache has a control character: set XDG_CACHE_HOME'
	base=$(realpath -ms -- "$base")
	folder=$base
	while [[ ! -e $folder && ! -L $folder ]]; do
		folder=$(dirname -- "$folder")
	done
	want_own "$folder" or-root
	(umask 077 && mkdir -p -- "$base/syncfault/$1") 2>/dev/null ||
		fail 1 "cannot make $base/syncfault/$1: set XDG_CACHE_HOME to a folder of your own"
	for folder in "$base/syncfault" "$base/syncfault/$1"; do
		want_own "$folder" ''
		# On a read-only disk it stays as it is, and nobody writes there.
		chmod 700 -- "$folder" 2>/dev/null || [[ ! -w $folder ]] ||
			fail 1 "cannot make $folder a folder of mode 0700"
	done
	cache=$base/syncfault/$1
}

# Refuses what is not a folder, or somebody else's. Root's will do if ALSO-ROOT is not empty.
want_own() # FOLDER ALSO-ROOT
{
	local owner=nobody

	[[ ! -d $1 || ! -O $1 ]] || return 0
	[[ ! -d $1 ]] || owner=$(stat -Lc %u -- "$1")
	[[ $owner != 0 || ! $2 ]] || return 0
	[[ -d $1 ]] || fail 1 "the cache $1 is not a folder"
	fail 1 "the cache $1 belongs to $(stat -Lc %U -- "$1"), not to $(
		id -un): set XDG_CACHE_HOME to a folder of your own"
}
