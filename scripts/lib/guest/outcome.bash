# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2034,SC2154	# scripts/guest and its parts share their variables
#
# How a boot of scripts/guest ended: why it died.

# The status port is the guest's as a whole, not only its init's: what comes from there is text, and
# may not get into arithmetic, which would expand and run it.

# Sets REPORTED to the last whole number of at most DIGITS that init reported as WORD; else fails.
take_number() # WORD DIGITS
{
	reported=$(sed -n "s/^$1 //p" "$work/status" | tail -n 1)
	[[ $reported =~ ^(0|[1-9][0-9]*)$ && ${#reported} -le $2 ]]
}

# Prints why the guest died; nothing if it ended as it should.
cause_of_death()
{
	local text

	if text=$(grep -a -m 1 '^died ' "$work/status"); then
		echo "${text#died }"
	elif [[ ${limit_struck:-} ]]; then
		echo "$limit_struck"
	elif ((qemu_status == 33)) && take_number exit 3 && take_number files 9; then
		return
	elif ((qemu_status == 33)); then
		echo 'what it reported at its end is no report of its init'
	elif ((qemu_status == 153)); then
		echo 'it wrote more than the files that it has here may hold'
	elif ((qemu_status == 124)); then
		echo 'it did not end when it should'
	elif ((qemu_status > 128)); then
		echo "QEMU was killed by signal $((qemu_status - 128))"
	elif text=$(grep -a -m 1 -o 'Kernel panic.*' "$work/console"); then
		echo "$text"
	elif ((qemu_status == 0)); then
		echo 'it was switched off or reset before the command had ended'
	else
		echo "QEMU failed with status $qemu_status"
	fi
}

# Whether it ended in time, with its files, once it was asked to.
ended_as_asked()
{
	[[ ${limit_struck:-} ]] && ((qemu_status == 33)) && ! grep -aq '^died ' "$work/status" &&
		take_number exit 3 && take_number files 9
}

say_died()
{
	local when='while the command ran'

	grep -aq '^ready' "$work/status" || when='before the command was started'
	{
		echo "guest: the guest died $when: $1" | printable
		[[ ! $2 || ${is_default_out:-} ]] || ended_as_asked ||
			echo "guest: its files do not come back: $2 is unchanged"
		sed 's/^/qemu: /' "$work/qemu.log" | printable
		echo 'guest: the last lines of its console:'
		tail -n 40 "$work/console" | tr -d '\r' | printable | sed 's/^/console: /'
	} >&2
}

# Sets status, with --crash-at.
say_crash()
{
	local cause text

	status=0
	if text=$(grep -m 1 '^crash ' "$work/crash.log" 2>&1); then
		echo "guest: crashed as asked: ${text#crash }" >&2
		return
	fi
	cause=$(cause_of_death)
	if [[ $cause ]]; then
		say_died "$cause" ''
		status=125
	else
		take_number exit 3
		echo "guest: --crash-at $crash_at: the command ended before that, with status $reported" >&2
		status=1
	fi
}
