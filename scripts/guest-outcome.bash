# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154	# scripts/guest and its parts share their variables
#
# What came of a boot of scripts/guest: of what it died, or the files it left.

# Prints of what the guest died; nothing if it came to its end.
cause_of_death()
{
	local text

	if text=$(grep -m 1 '^died ' "$work/status"); then
		echo "${text#died }"
	elif ((qemu_status == 33)) && grep -q '^exit ' "$work/status"; then
		return
	elif ((qemu_status == 124)); then
		echo "the time limit of $time_limit s is over"
	elif ((qemu_status > 128)); then
		echo "QEMU was killed by signal $((qemu_status - 128))"
	elif text=$(grep -m 1 -o 'Kernel panic.*' "$work/console"); then
		echo "$text"
	elif ((qemu_status == 0)); then
		echo 'it was switched off or reset before the command had ended'
	else
		echo "QEMU failed with status $qemu_status"
	fi
}

say_died()
{
	local when='while the command ran'

	grep -q '^ready' "$work/status" || when='before the command was started'
	{
		echo "guest: the guest died $when: $1"
		[[ -z $2 ]] || echo "guest: its files do not come back: $2 is unchanged"
		sed 's/^/qemu: /' "$work/qemu.log"
		echo 'guest: the last lines of its console:'
		tail -n 40 "$work/console" | tr -d '\r' | sed 's/^/console: /'
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
		echo "guest: --crash-at $crash_at: the command ended before that, with status$(
			sed -n 's/^exit / /p' "$work/status")" >&2
		status=1
	fi
}

# Unpacks what the command left into a folder, if there is one.
take_files()
{
	local to=$1 size odd

	size=$(sed -n 's/^files //p' "$work/status")
	truncate -s "$size" "$work/files"
	if [[ -z $to ]]; then
		[[ $(tar -tf "$work/files") == ./ ]] ||
			echo "guest: warning: without --out the files left in /out are lost" >&2
		return
	fi
	# Links and devices could lead out of the folder, or into this machine.
	odd=$(tar -tvf "$work/files" | grep -v '^[-dh]' | head -n 1) || true
	[[ -z $odd ]] || fail 1 "neither a file nor a folder in /out, so nothing is taken: $odd"
	mkdir -p "$to"
	tar -xf "$work/files" -C "$to" --no-same-owner --no-same-permissions --touch
}
