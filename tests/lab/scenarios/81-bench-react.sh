# shellcheck shell=dash disable=SC2154,SC1091,SC2046,SC2086
# SPDX-License-Identifier: GPL-2.0-only
# about: from the shutdown to the first action and to running again, beside xl's monitors
# when: long
# image: small
# needs: daemon
# boot: idle
# deadline: 900
. /lab/dom0/matrix.sh
. /lab/dom0/cost.sh

rounds=9
many=50

# took EVENT: ms from each domain's shutdown until a toolstack pauses it to destroy it, or to the next
# domain of its uuid that ran (ran), one a line.
took()
{
	awk -v event="$1" '
		$2 == "shutdown" { at[event == "ran" ? $4 : $3] = $1 }
		$2 == event {
			key = event == "ran" ? $4 : $3
			if (key in at) { print $1 - at[key]; delete at[key] }
		}' "$dir/watch"
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
	took paused >> "$dir/$who.first"
	took ran >> "$dir/$who.again"
	echo $(($(cpu_ms $("$who")) - begin)) >> "$dir/$who.cpu"
}

# several WHO: one guest, round after round.
several()
{
	i=0
	while [ "$i" -lt "$rounds" ]; do
		measure "$1" one
		i=$((i + 1))
	done
}

rows()
{
	for what in first again; do
		read -r our_median our_worst <<-END
			$(median_worst < "$dir/ours.$what")
		END
		read -r their_median their_worst <<-END
			$(median_worst < "$dir/monitors.$what")
		END
		[ "$what" = first ] && text="$1: ms to the first action" || text="$1: ms to running again"
		row "$text, median" "$2" "$our_median" "$their_median"
		row "$text, worst" "$2" "$our_worst" "$their_worst"
	done
	rm -f "$dir"/ours.first "$dir"/ours.again "$dir"/monitors.first "$dir"/monitors.again
}

clear_host()
{
	for name in "$@"; do
		xl destroy "$(domid_of "$name")" || not_ok "xl destroy $name"
	done
}

daemon_conf 'restart_limit = 64' 'restart_window_seconds = 1' 'backoff_min_seconds = 0' 'loop_cores = 1000'
for action in restart coredump-restart; do
	guest_monitored one type=pv args=crash=wait memory=8 "on_crash=$action"
	await 10 'it to run' is_running one || not_ok 'it runs'
	several monitors
	kill -9 $(monitors)
	daemon_start
	await 60 'the daemon to have it in hand' has_in_hand 1 || not_ok 'the daemon has it in hand'
	several ours
	rows "$action" 1
	daemon_stop
	clear_host one
	rm -rf /var/lib/xenvigil /var/lib/xen/dump
done

names=''
i=0
while [ "$i" -lt "$many" ]; do
	guest_monitored "m$i" type=pv args=crash=wait memory=4 on_crash=restart
	names="$names m$i"
	i=$((i + 1))
done
for name in $names; do
	await 10 "$name to run" is_running "$name" || not_ok "$name runs"
done
measure monitors $names
kill -9 $(monitors)
daemon_start
await 120 'the daemon to have them all in hand' has_in_hand "$many" || not_ok 'the daemon has them in hand'
measure ours $names
rows restart "$many"
check 'all rows' test "$(wc -l < "$dir/rows")" = 12
daemon_stop
