# shellcheck shell=dash disable=SC2154,SC1091,SC2046,SC2086
# SPDX-License-Identifier: GPL-2.0-only
# about: from the shutdown to the first action and to running again, beside xl's monitors
# when: long
# image: small
# needs: daemon
# units: no (figures, of the daemon alone)
# boot: idle
# deadline: 900
. /lab/dom0/react.sh

rounds=9
many=50

# several WHO: one guest, round after round.
several()
{
	i=0
	while [ "$i" -lt "$rounds" ]; do
		measure "$1" one
		i=$((i + 1))
	done
}

clear_host()
{
	for name in "$@"; do
		xl destroy "$(domid_of "$name")" || not_ok "xl destroy $name"
	done
}

react_daemon_conf
for action in restart coredump-restart; do
	guest_monitored one type=pv args=crash=wait memory=8 "on_crash=$action"
	await 10 'it to run' is_running one || not_ok 'it runs'
	several monitors
	kill -9 $(monitors)
	daemon_start
	await 60 'the daemon to have it in hand' has_in_hand 1 || not_ok 'the daemon has it in hand'
	several ours
	react_rows "$action" 1
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
react_rows restart "$many"
check 'all rows' test "$(wc -l < "$dir/rows")" = 18
daemon_stop
