# shellcheck shell=dash disable=SC1091,SC2154,SC2086,SC2016
# SPDX-License-Identifier: GPL-2.0-only
# about: the verdict on a host: right within 5 s, one incident with its cause, healthy again, hooks told
# image: small
# needs: daemon
# boot: own
# deadline: 300
. /lab/dom0/matrix.sh

hooks=/etc/xenvigil/hooks.d

# is_health WORD: the daemon's own word is what this is about.
is_health()
{
	timeout 10 xenvigil status --json > "$dir/status" 2> /dev/null && grep -q "\"health\": *\"$1\"" "$dir/status"
}

troubles()
{
	xenvigil list --json | grep -c '"trouble":'
}

was_told()
{
	grep -qx "$1" "$dir/told" 2> /dev/null
}

mkdir -p "$hooks"
chmod 755 "$hooks"
printf '#!/bin/sh\necho "$1" >> %s/told\n' "$dir" > "$hooks/10-tell"
chmod 700 "$hooks/10-tell"
daemon_start
guest web type=pv args=crash=wait on_crash=destroy
expect 10 'web runs' is_running web
tty=$(guest_tty web)
expect 20 'the host is healthy' is_health healthy
device_works()
{
	is_health healthy && grep -q '"evtchn": *"works"' "$dir/status"
}

expect 10 'an event through the device comes back' device_works

stopped=$(xenstored_pids)
kill -STOP $stopped
expect 5 'stopped: hung' is_health hung
check 'because it is stopped' grep -q 'is stopped by a signal' "$dir/status"
expect 10 'host-hung was told' was_told host-hung
xenvigil status > "$dir/text"
check 'the status shows the fix' grep -q "fix: kill -CONT $stopped" "$dir/text"
printf x > "$tty"
expect 20 'a guest crashed meanwhile' is_shutdown web 3
expect 30 'and is on record' sh -c "xenvigil list --json | grep -q '\"reason\": *\"crash\"'"
kill -CONT $stopped
expect 5 'it goes on: healthy' is_health healthy
expect 30 'host-back was told' was_told host-back
expect 60 'the guest was handled' is_gone web
check 'that was one trouble' test "$(troubles)" -eq 1

# As the old kernel writes it when xenstored has hit its fault.
echo '<2>kernel BUG at drivers/xen/evtchn.c:264!' > /dev/kmsg
echo '<4>RIP: e030:[<ffffffffa0001f2c>]  [<ffffffffa0001f2c>] evtchn_bind_to_user+0x9c/0xb0 [xen_evtchn]' > /dev/kmsg
is_health healthy
check 'a line in the log makes no host ill that works' is_health healthy
kill -STOP $stopped
expect 5 'with it xenstored stops: hung' is_health hung
xenvigil list > "$dir/text"
check 'two troubles' test "$(troubles)" -eq 2
check 'the second names the module' grep -q 'module xen_evtchn has hit its known bug' "$dir/text"
check 'and the cure' grep -q 'xenvigil module install' "$dir/text"
note_file "$dir/text" 6
daemon_kill9
daemon_start
expect 10 'another daemon has the same verdict' is_health hung
check 'and it is the same trouble' test "$(troubles)" -eq 2
kill -CONT $stopped
expect 10 'healthy again' is_health healthy

kill -9 $stopped
begin=$(uptime_ms)
expect 5 'killed: dead' is_health dead
check 'it says that it does not run' grep -q 'it is not running' "$dir/status"
note "known $(($(uptime_ms) - begin)) ms after its end"
expect 10 'logged without being asked' log_has 'host-hung' 'health=dead'
rm -r "$hooks"
daemon_stop
xenstored --pid-file /run/xenstored.pid
await 10 'another xenstored' xenstore-write /lab x || not_ok 'another xenstored'
xen-init-dom0 > /dev/null 2>&1
xenstore-rm /lab
