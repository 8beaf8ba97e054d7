# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2034,SC2154	# shared with whoever sources this
#
# apt for what gets booted: only from sources whose signature apt has verified, whatever else the
# machine's configuration allows. For scripts with a function fail STATUS TEXT, and a folder $work.

update_log=

# The machine's sources, without the word that apt shall take them unsigned.
copy_sources()
{
	local list='' parts='' file sources=$work/sources

	[[ ! -d $sources ]] || return 0
	mkdir -p "$sources/parts"
	: >"$sources/list"
	eval "$(apt-config shell list Dir::Etc::SourceList/f parts Dir::Etc::SourceParts/d)"
	for file in "$list" "$parts"/*.list "$parts"/*.sources; do
		[[ -f $file && -r $file ]] || continue
		[[ $file != "$list" ]] || { without_trusted <"$file" >"$sources/list" && continue; }
		without_trusted <"$file" >"$sources/parts/${file##*/}"
	done
}

without_trusted()
{
	local words='(trusted|allow-(insecure|weak|downgrade-to-insecure))'

	sed -E "/^\s*deb(-src)?\s*\[/s/\b$words=[^] ]+//Ig
		s/^(\s*deb(-src)?\s*)\[\s*\]/\1/I
		/^\s*$words\s*:/Id"
}

signed_apt() # APT-PROGRAM ARGUMENT…
{
	local program=$1

	shift
	copy_sources
	# As root, apt downloads as user _apt, who can neither read the sources nor write into the
	# cache. Its own cache of packages is for its own sources.
	TMPDIR=$work LC_ALL=C "$program" -qq -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
		-o "Dir::Etc::SourceList=$work/sources/list" -o "Dir::Etc::SourceParts=$work/sources/parts" \
		-o APT::Sandbox::User=root -o APT::Get::AllowUnauthenticated=false \
		-o Acquire::AllowInsecureRepositories=false \
		-o Acquire::AllowWeakRepositories=false \
		-o Acquire::AllowDowngradeToInsecureRepositories=false "$@"
}

# A fresh installation may have no package lists yet, or not those of all its sources.
update_lists()
{
	local as_root=()

	[[ $(id -u) == 0 ]] || as_root=(sudo -n)
	echo "${0##*/}: updating the package lists" >&2
	update_log=$(LC_ALL=C "${as_root[@]}" apt-get -qq update 2>&1)
}

# Whether the last update refused a source that nobody signed, or somebody whom apt does not know.
refused_unsigned() { [[ $update_log =~ 'is not signed'|NO_PUBKEY|'signatures couldn' ]]; }

# Puts one package into a folder, or ends if its source is not signed. On any other failure apt_log
# is what apt said.
download_signed() # PACKAGE FOLDER
{
	apt_log=$(cd "$2" && signed_apt apt-get download "$1" 2>&1 >/dev/null) && return
	[[ $apt_log != *authenticated* ]] ||
		fail 1 "$1: its package source is not signed, or not by a key that apt knows: refused"
	return 1
}
