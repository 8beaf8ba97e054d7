# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154	# scripts/kernel-history and this share their variables
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Which result is the one that scripts/kernel-history was asked for, and the name of its file.

# The words of run that decide what is measured.
command_of() { # FS
	printf '%s\n' run --suite "$suite" --device /dev/pmem0 --fs "$1" ${load:+--load "$load"} -o /out/result.json
}

# The suite and the load, for the names of results. A suite that is a file may change: its digest is
# in the name.
question() {
	local name=${suite##*/} digest
	name=${name%.json}
	name=${name//[^A-Za-z0-9._-]/-}
	if [[ $suite_file ]]; then
		digest=$(sha256sum "$suite_file")
		name+=-${digest:0:8}
	fi
	echo "$name${load:+-$load}"
}

# Whether FILE was measured by the command that would be run now. If the suite is a file, only the
# name of the result shows that.
answers() { # FILE RELEASE FS SEED
	local words

	words=$(command_of "$3")
	[[ -s $1 ]] && jq -e --arg release "$2" --argjson seed "$4" --arg words "$words" --arg file "$suite_file" '
		def asked: if $file != "" then del(.[2]) else . end;
		.host.kernel == $release and .guest.seed == $seed and
		(.command[1:] | asked) == ($words | split("\n") | asked)' "$1" >/dev/null 2>&1
}

# Sets name: the path of the result, without its suffix. Fails if the result is there.
# Only the default suite with all its loads has a short name; older versions gave it to all results.
find_name() { # RELEASE FS SEED
	local short=$out/$1/$2-seed-$3 long=$out/$1/$2-$asked-seed-$3
	! answers "$long.json" "$@" || return
	[[ $suite_file ]] || ! answers "$short.json" "$@" || return
	name=$long
	[[ $suite$load != cover-letter || -s $short.json ]] || name=$short
}
