# shellcheck shell=dash disable=SC2154,SC2046,SC2086,SC1091
# SPDX-License-Identifier: GPL-2.0-only
# Owns how long a supervisor takes from guests' shutdowns to its first action and
# to the guests running again, by the hypervisor's list. It must not judge.
. /lab/dom0/matrix.sh
. /lab/dom0/cost.sh

# took EVENT: ms from each domain's shutdown until a toolstack pauses it to destroy it (paused), or to
# the next domain of its uuid that ran (ran), one a line.
took()
{
	awk -v event="$1" '
		$2 == "shutdown" { at[event == "ran" ? $4 : $3] = $1 }
		$2 == event {
			key = event == "ran" ? $4 : $3
			if (key in at) { print $1 - at[key]; delete at[key] }
		}' "$dir/watch"
}

# wall_offset_ms: what the wall clock is ahead of the uptime, seen when a second begins.
wall_offset_ms()
{
	local second
	second=$(date +%s)
	while [ "$(date +%s)" -eq "$second" ]; do :; done
	echo $(((second + 1) * 1000 - $(uptime_ms)))
}

# acted: ms from each domain's shutdown until the daemon's first step for it, which takes evidence
# and so is nothing that the hypervisor could show: by the newest record of each guest.
acted()
{
	xenvigil list --json | awk -F '"' -v offset="$(wall_offset_ms)" '
		NR == FNR { split($0, f, " "); if (f[2] == "shutdown") at[f[4]] = f[1]; next }
		/^      "uuid"/ { uuid = $4 }
		$2 == "begun_ms" && uuid in at {
			sub(/.*:/, "")
			begun = $0 - offset - at[uuid]
			if (begun >= 0 && !(uuid in first)) first[uuid] = begun
		}
		END { for (uuid in first) print first[uuid] }' "$dir/watch" -
}

# measure WHO NAME...: crashes them all at once and waits until each runs anew.
measure()
{
	local who=$1 ttys='' begin
	shift
	before "$@"
	for name in "$@"; do
		ttys="$ttys $(guest_tty "$name")"
	done
	begin=$(cpu_ms $("$who"))
	watch_start 5
	for tty in $ttys; do
		printf x > "$tty"
	done
	for name in "$@"; do
		await 120 "$name to run again" is_restarted "$name" || not_ok "$who: $name runs again"
	done
	watch_stop
	took paused >> "$dir/$who.end"
	if [ "$who" = ours ]; then
		acted >> "$dir/$who.first"
	else
		took paused >> "$dir/$who.first"
	fi
	took ran >> "$dir/$who.again"
	echo $(($(cpu_ms $("$who")) - begin)) >> "$dir/$who.cpu"
}

# react_peer TEXT N WHO PEER: what was measured of WHO, as rows beside ours.
react_peer()
{
	local what text our_median our_worst their_median their_worst
	for what in first end again; do
		read -r our_median our_worst <<-END
			$(median_worst < "$dir/ours.$what")
		END
		read -r their_median their_worst <<-END
			$(median_worst < "$dir/$3.$what")
		END
		case $what in
		first) text="$1: ms to the first action" ;;
		end) text="$1: ms to the end of the old domain begun" ;;
		again) text="$1: ms to running again" ;;
		esac
		row "$text, median" "$2" "$our_median" "$their_median" "$4"
		row "$text, worst" "$2" "$our_worst" "$their_worst" "$4"
	done
}

# react_rows TEXT N: what was measured since the last call, as rows for each peer.
react_rows()
{
	local what
	react_peer "$1" "$2" monitors xl
	[ ! -e "$dir/libvirt.again" ] || react_peer "$1" "$2" libvirt libvirt
	for what in first end again; do
		rm -f "$dir/ours.$what" "$dir/monitors.$what" "$dir/libvirt.$what"
	done
}

# No budget, no backoff, a core each time: what is measured is the work.
react_daemon_conf()
{
	daemon_conf 'restart_limit = 64' 'restart_window_seconds = 1' 'backoff_min_seconds = 0' \
		'loop_cores = 1000' 'core_free_percent = 0'
}
