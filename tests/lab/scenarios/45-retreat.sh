# shellcheck shell=dash disable=SC1091,SC2154,SC2086
# SPDX-License-Identifier: GPL-2.0-only
# about: retreat from a host whose xenstored hangs: refused while it is well, recorded, its command, by itself
# image: small
# needs: daemon
# deadline: 300
. /lab/dom0/matrix.sh

is_health()
{
	timeout 10 xenvigil status --json > "$dir/status" 2> /dev/null && grep -q "\"health\": *\"$1\"" "$dir/status"
}

retreat_is()
{
	xenvigil status > "$dir/status" && grep -q "^retreat $1" "$dir/status"
}

# Root's, below directories that are root's.
command=/run/lab/retreat-command
printf '#!/bin/sh\necho "$#" >> %s/ran\n' "$dir" > $command
chmod 700 $command
daemon_start "retreat_command = \"$command\""
guest pv type=pv args=idle
guest pvh type=pvh args=idle
guest down type=pv args=crash=wait on_crash=preserve
for name in pv pvh down; do
	expect 20 "$name runs" is_running "$name"
done
guest_go down
expect 20 'one is down already' is_shutdown down 3
expect 20 'the host is healthy' is_health healthy
check 'no retreat from a host that is well' sh -c '! xenvigil retreat' > "$dir/said" 2>&1
note_file "$dir/said"
xenvigil retreat --cancel > "$dir/said" 2>&1
check 'and none to be stopped' grep -q 'no retreat is in progress' "$dir/said"

stopped=$(xenstored_pids)
# The last look at the host, a moment ago, found it healthy.
kill -STOP $stopped
xenvigil retreat > "$dir/said" 2>&1
check 'the retreat begins: the daemon looks at the host again' grep -q '^retreat waiting: ' "$dir/said"
expect 5 'stopped: hung' is_health hung
check 'it says who cannot be asked, and names none that is down' \
	grep -q 'no power button (PV, PVH): pvh*, pvh*$' "$dir/said"
note_file "$dir/said"
expect 10 'it comes to its end' retreat_is over
check 'the command was run once, without an argument' test "$(cat "$dir/ran")" = 0
xenvigil list > "$dir/list"
check 'it is on record' grep -q 'retreat: cannot be asked.*the command ended with status 0' "$dir/list"
check 'it was logged' log_has 'warn keeper retreat-over' 'state=over'
xenvigil retreat > "$dir/said" 2>&1
check 'it may be ordered once more when it is over' grep -q '^retreat waiting: cannot be asked' "$dir/said"
expect 10 'that one comes to its end, too' retreat_is over
check 'with the command' test "$(wc -l < "$dir/ran")" -eq 2
check 'the record has both' grep -q \
	'^retreat over: cannot.*the command ended with status 0; again: cannot.*the command ended with status 0$' "$dir/status"
# Whoever reads the record of a host that is gone wants to know what its command came to.
printf '#!/bin/sh\nexit 3\n' > $command
xenvigil retreat > /dev/null 2>&1
expect 10 'a command that fails is named as such' retreat_is 'over: .*; the command ended with status 3$'
printf '#!/bin/sh\nkill -9 $$\n' > $command
xenvigil retreat > /dev/null 2>&1
expect 10 'and one that is killed' retreat_is 'over: .*; the command was killed by signal 9$'
chmod 722 $command
xenvigil retreat > /dev/null 2>&1
expect 10 'and one that others may write' retreat_is 'over: .*; the command was not run: others may write to it$'
chmod 700 $command
for name in pv pvh; do
	check "$name was not touched" is_running "$name"
done
# The last look at the host, a moment ago, found it hung.
kill -CONT $stopped
check 'no retreat from a host that is well again' sh -c '! xenvigil retreat' > "$dir/said" 2>&1
note_file "$dir/said"
expect 10 'healthy again' is_health healthy
check 'the status says no more of it' sh -c "! grep -q '^retreat' $dir/status"
daemon_stop

# By itself, once a trouble.
daemon_start 'retreat_after_seconds = 2' 'retreat_command = ""'
expect 20 'the host is healthy' is_health healthy
kill -STOP $stopped
expect 20 'a retreat begins without a person, and ends' retreat_is over
check 'without a command' grep -q 'no command is set' "$dir/status"
daemon_kill9
daemon_start
expect 10 'another daemon has the same verdict' is_health hung
check 'and begins no other' test "$(grep -c retreat-begun "$daemon_log")" -eq 6
kill -CONT $stopped
expect 10 'healthy once more' is_health healthy
daemon_stop

# The command may be what ends the daemon: it is not run twice.
mkfifo "$dir/held"
printf '#!/bin/sh\necho "$#" >> %s/ran\nread -r end < %s/held\n' "$dir" "$dir" > $command
: > "$dir/ran"
daemon_start "retreat_command = \"$command\""
expect 20 'the host is healthy' is_health healthy
kill -STOP $stopped
expect 5 'hung again' is_health hung
xenvigil retreat > "$dir/said" 2>&1
expect 10 'its command runs' retreat_is command
expect 10 'and was begun' test -s "$dir/ran"
xenvigil retreat > "$dir/said" 2>&1
check 'it is not ordered twice' grep -q 'a retreat is in progress' "$dir/said"
xenvigil retreat --cancel > "$dir/said" 2>&1
check 'nor stopped so late' grep -q 'its command runs already' "$dir/said"
daemon_kill9
daemon_start "retreat_command = \"$command\""
expect 20 'another daemon knows that it ran' log_has retreat-over 'the daemon ended while the command ran'
expect 10 'and shows how far it came' retreat_is 'over: cannot be asked'
check 'it was run once' test "$(wc -l < "$dir/ran")" -eq 1
echo > "$dir/held"
kill -CONT $stopped
expect 10 'healthy at last' is_health healthy
daemon_stop
rm $command
