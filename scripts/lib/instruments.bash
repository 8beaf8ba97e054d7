# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Tools that take latencies, other people's and ours, in a guest: started, attached, ended, read.

# bpftrace reports when it is attached; the others must do so at once.
export __BPFTRACE_NOTIFY_PROBES_ATTACHED=1 PYTHONUNBUFFERED=1
# What each of them prints then.
readonly attached='Tracing|NOTIFY_PROBES_ATTACHED|"type": "start"'

# start_tool LOG COMMAND…: sets tool, its process. Returns 1 where it ended unattached.
start_tool() {
	local log=$1
	shift
	# The previous tool's output must not be taken for this one's.
	: >"$log"
	# The shell makes background processes ignore ^C.
	stdbuf -oL env --default-signal=INT "$@" >"$log" 2>&1 &
	tool=$!
	until grep -qE "$attached" "$log"; do
		kill -0 $tool 2>/dev/null || return 1
		sleep 0.1
	done
}

# stop_tool PROCESS: as ^C does, and waits until all that it prints is written. One that does not
# end is asked again every 10 s, and killed after a minute: its output is then incomplete.
stop_tool() {
	local tries=0
	while kill -0 "$1" 2>/dev/null; do
		((tries % 100)) || kill -INT "$1" 2>/dev/null || true
		if ((++tries > 600)); then
			echo "does not end: $(tr '\0' ' ' <"/proc/$1/cmdline")" >&2
			kill -KILL "$1"
			break
		fi
		sleep 0.1
	done
	wait "$1" || true
}

# histogram_of LOG: "from to count" of each line '16 -> 31 : 7 |**' or '[16, 32) 7 |@@'; to is
# inclusive.
histogram_of() {
	awk '
		function number(text) {
			if (text ~ /K/) return text * 1024
			if (text ~ /M/) return text * 1048576
			return text ~ /G/ ? text * 1073741824 : text + 0
		}
		/^ *[0-9]+ +-> +[0-9]+ *:/ { print $1, $3, $5 }
		/^\[[0-9]+[KMG]?, [0-9]+[KMG]?\) / {
			gsub(/[\[,)]/, " ")
			print number($1), number($2) - 1, $3
		}
		/^\[[0-9]+\] / { gsub(/[\[\]]/, " "); print $1, $1, $2 }
	' "$1"
}

# seen_in LOG: the total count of a tool's histogram.
seen_in() { histogram_of "$1" | awk '{ sum += $3 } END { print sum + 0 }'; }
