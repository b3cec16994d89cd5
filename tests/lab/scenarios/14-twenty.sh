# shellcheck shell=dash disable=SC2154,SC1091,SC2086
# SPDX-License-Identifier: GPL-2.0-only
# about: twenty guests crash within one second, all are handled
# when: long
# image: small
# needs: daemon
# deadline: 400
. /lab/dom0/matrix.sh

count=20
watch_start
daemon_start
names='' ttys=''
i=0
while [ "$i" -lt "$count" ]; do
	if [ $((i % 2)) -eq 0 ]; then type=pv; else type=pvh; fi
	if [ $((i % 4)) -lt 2 ]; then action=restart; else action=destroy; fi
	guest "g$i-$action" type="$type" args=crash=wait on_crash="$action"
	names="$names g$i-$action"
	i=$((i + 1))
done
for name in $names; do
	await 10 "$name to run" is_running "$name" || not_ok "$name runs"
	ttys="$ttys $(guest_tty "$name")"
done
before $names

begin=$(uptime_ms)
for tty in $ttys; do
	printf x > "$tty"
done
for name in $names; do
	came_to "${name#*-}" 120 "$name"
done
note "all handled after $(($(uptime_ms) - begin)) ms"
watch_stop
first=$(awk '$2 == "shutdown" { print $1; exit }' "$dir/watch")
last=$(awk '$2 == "shutdown" { t = $1 } END { print t }' "$dir/watch")
note "they crashed within $((last - first)) ms"
check 'they crashed within one second' test $((last - first)) -le 1000
for name in $names; do
	held_to "${name#*-}" "$name"
done
daemon_stop
