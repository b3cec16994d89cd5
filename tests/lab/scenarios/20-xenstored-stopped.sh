# shellcheck shell=dash disable=SC2154,SC1091,SC2086
# SPDX-License-Identifier: GPL-2.0-only
# about: xenstored hangs: crashes are seen and recorded, nothing is destroyed until it is back
# image: small
# needs: daemon
# deadline: 400
. /lab/dom0/matrix.sh

names='restart destroy coredump-restart'

# The daemon's own word counts here: it is what the operator is told.
has_on_record()
{
	[ "$(xenvigil list --json 2> /dev/null | grep -c '"reason":"crash"')" -ge "$1" ]
}

toolstack_answers()
{
	xenvigil status --json 2> /dev/null | grep -q "\"toolstack_answers\":$1"
}

watch_start
daemon_start
guest restart type=pv args=crash=wait on_crash=restart
guest destroy type=pv args=crash=wait on_crash=destroy
guest coredump-restart type=pvh args=crash=wait on_crash=coredump-restart
ttys=''
for name in $names; do
	expect 10 "$name runs" is_running "$name"
	ttys="$ttys $(guest_tty "$name")"
done
before $names
stopped=$(xenstored_pids)
kill -STOP $stopped
for tty in $ttys; do
	printf x > "$tty"
done
for name in $names; do
	expect 20 "$name crashed" is_shutdown "$name" 3
done
begin=$(uptime_ms)
expect 90 'all three crashes are on record' has_on_record 3
expect 90 'the daemon says that xenstored does not answer' toolstack_answers false
expect 90 'the core that needs no xenstored is taken' has_core coredump-restart
note "known $(($(uptime_ms) - begin)) ms after the crashes"
for name in $names; do
	check "$name is still there as it was" is_kept "$name"
done
check 'xenvigil status says so in words' sh -c "xenvigil status | grep -q 'xenstored does not answer'"
log_has 'error keeper xenstore-silent' || not_ok 'the log says so'

back=$(uptime_ms)
kill -CONT $stopped
expect 5 'the daemon is in touch with xenstored again within 5 s' toolstack_answers true
for name in $names; do
	came_to "$name" 60 "$name"
done
watch_stop
first=$(awk -v t="$back" '$2 == "dying" && $1 >= t { print $1; exit }' "$dir/watch")
note "first destruction $((first - back)) ms after xenstored went on"
check 'and acts within 5 s' test "$((first - back))" -le 5000
check 'nothing was destroyed before' test "$first" = "$(awk '$2 == "dying" { print $1; exit }' "$dir/watch")"
for name in $names; do
	held_to "$name" "$name"
done
daemon_stop
