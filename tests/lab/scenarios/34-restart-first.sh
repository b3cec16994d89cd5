# shellcheck shell=dash disable=SC2154,SC1091,SC2046
# SPDX-License-Identifier: GPL-2.0-only
# about: a guest runs again before its core is taken, down as long as by a plain restart
# image: small
# needs: daemon
# boot: idle
# deadline: 600
. /lab/dom0/react.sh

rounds=3

disk_is_connected()
{
	[ "$(xenstore-read "/local/domain/0/backend/vbd/$(domid_of "$1")/51712/hotplug-status" 2>/dev/null)" = connected ]
}

# No domain but the guests' own: what was set aside has gone.
all_is_over()
{
	[ "$(domlist | wc -l)" -eq "$present" ] && ! xenvigil status --json | grep -q '"incident"'
}

# down FILE NAME: ms from its crash until it runs again, a line to FILE.
down()
{
	before "$2"
	watch_start 5
	guest_go "$2"
	await 120 "$2 to run again" is_restarted "$2" || not_ok "$1: $2 runs again"
	watch_stop
	took ran >> "$dir/$1"
}

# ours_down FILE NAME: the same, ROUNDS times, each over before the next.
ours_down()
{
	local i=0
	while [ "$i" -lt "$rounds" ]; do
		down "$1" "$2"
		await 60 "$1: the incident to end" all_is_over || not_ok "$1: the incident ends"
		i=$((i + 1))
	done
}

start_daemon()
{
	daemon_start 'restart_limit = 64' 'restart_window_seconds = 1' 'backoff_min_seconds = 0' \
		'loop_cores = 1000' 'core_free_percent = 0' "$@"
	await 60 'the daemon to have them in hand' has_in_hand 3 || not_ok 'the daemon has them in hand'
}

median_of()
{
	median_worst < "$dir/$1" | cut -d ' ' -f 1
}

# within FILE OF PERCENT: the medians' ratio.
within()
{
	[ $(($(median_of "$1") * 100)) -le $(($(median_of "$2") * $3)) ]
}

cores()
{
	core_of "$1" | wc -l
}

modprobe loop
modprobe xen-blkback
for i in 0 1 2; do
	truncate -s 4M "$dir/$i.img"
	losetup "/dev/loop$i" "$dir/$i.img"
done
guest_monitored pv type=pv args=crash=wait memory=32 on_crash=coredump-restart 'disk=["phy:/dev/loop0,xvda,w"]'
guest_monitored pvh type=pvh args=crash=wait memory=32 on_crash=coredump-restart 'disk=["phy:/dev/loop1,xvda,w"]'
guest_monitored plain type=pv args=crash=wait memory=32 on_crash=restart 'ioports=["2f8-2ff"]' 'disk=["phy:/dev/loop2,xvda,w"]'
[ "$failures" -eq 0 ] || finish
for name in pv pvh plain; do
	expect 10 "$name runs" is_running "$name"
done
present=$(domlist | wc -l)

down xl-core pv
down xl-core pvh
down xl-plain plain
kill -9 $(monitors)

start_daemon 'on_crash = "restart"'
ours_down plain-pv pv
ours_down plain-pvh pvh
daemon_stop

start_daemon 'restart_first = "yes"' 'on_crash = "coredump-restart"'
check 'what cannot be so is said at once' log_has action-unsupported 'domain=plain' 'restart-first will be coredump-restart: it was given ports'
for name in pv pvh; do
	cores_before=$(cores "$name")
	ours_down "first-$name" "$name"
	check "$name: its successor has the disk" disk_is_connected "$name"
	check "$name: each time a core was taken, under the guest's own name" \
		test "$(cores "$name")" -eq $((cores_before + rounds))
done
before plain
guest_go plain
expect 60 'a guest that cannot give all up is restarted all the same' is_restarted plain
await 60 'its incident to end' all_is_over || not_ok 'its incident ends'
check 'and has its core too' test "$(cores plain)" -eq 1
xenvigil list --json > "$dir/list.json"
check 'the record says why' grep -q 'restart-first cannot work: it was given ports' "$dir/list.json"
daemon_stop

for type in pv pvh; do
	note "$type: ms to running again (median of $rounds): restart $(median_of "plain-$type"), restart-first $(median_of "first-$type")"
	# Of a few rounds on a busy machine; a quiet one has a fifth at most.
	check "$type: down not twice as long as by a plain restart" within "first-$type" "plain-$type" 200
done
note "xl's monitor: coredump-restart $(tr '\n' ' ' < "$dir/xl-core")restart $(tr '\n' ' ' < "$dir/xl-plain")"
for name in pv pvh plain; do
	xl destroy "$(domid_of "$name")"
done
for i in 0 1 2; do
	losetup -d "/dev/loop$i"
done
finish
