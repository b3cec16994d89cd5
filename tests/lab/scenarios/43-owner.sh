# shellcheck shell=dash disable=SC1091,SC2154,SC2086,SC2046
# SPDX-License-Identifier: GPL-2.0-only
# about: one owner: left to xl's monitor and on record, ours when that dies, adopted, disowned; never two
# image: small
# needs: daemon
# deadline: 400
. /lab/dom0/matrix.sh
. /lab/dom0/adopt.sh

# owner_is NAME WORD: the daemon's own word is what this is about.
owner_is()
{
	xenvigil status --json 2>/dev/null | tr -d '\n' | tr '{' '\n' | grep "\"domain\": *\"$1\"" | grep -q "\"owner\": *\"$2\""
}

# is_foreign NAME: in words.
is_foreign()
{
	xenvigil status | grep -q " $1 .* foreign .*(xl's monitor [0-9]*)"
}

# is_theirs NAME: its crash is on record, with what was found, and xl handled it.
is_theirs()
{
	xenvigil list | grep " $1 .* foreign, left to xl (handled by xl's monitor [0-9]*)"
}

# waits_for_xl NAME: its crash is on record, and the monitor's to handle.
waits_for_xl()
{
	xenvigil status | grep -q "^incident .*: $1 .* waiting .*handled by xl's monitor"
}

watch_start
daemon_start
guest_monitored web type=pv args=crash=wait on_crash=restart
expect 10 'web runs' is_running web
expect 20 "it is its monitor's" owner_is web xl
check 'and foreign' is_foreign web
begin=$(uptime_ms)
kill -9 $(monitors)
expect 5 'the monitor killed, it is ours' owner_is web xenvigil
note "known $(($(uptime_ms) - begin)) ms after the kill"
before web
guest_go web
came_to restart 60 web
held_to restart web
check 'and is on record once' test "$(xenvigil list --json | grep -c '"incident":')" -eq 1

# A crash that the monitor handles.
guest_monitored left type=pv args=crash=wait on_crash=restart
expect 10 'left runs' is_running left
expect 20 "left is its monitor's" owner_is left xl
before left
guest_go left
expect 60 'xl starts it again' is_restarted left
expect 20 'that crash is on record' is_theirs left
xenvigil info > "$dir/evidence" 2>&1
note_file "$dir/evidence"
expect 20 "left is still its monitor's" owner_is left xl
check 'xl started it, and only xl' told has_started_times left 2
check 'left never ran twice at a time' never_two_live left
kill -9 $(monitors)
xl destroy "$(domid_of left)"
expect 20 'left is gone' is_gone left

# The monitor dies after the crash and before it has removed the domain.
guest_monitored mid type=pv args=crash=wait on_crash=restart
expect 10 'mid runs' is_running mid
kill -STOP $(monitors)
before mid
guest_go mid
expect 20 'its crash waits for the monitor' waits_for_xl mid
check 'and the domain is still there' is_shutdown mid 3
kill -9 $(monitors)
came_to restart 60 mid
held_to restart mid
check 'that is one crash on record' test "$(xenvigil list --json | grep -c '"incident":')" -eq 3

guest_monitored two type=pv args=crash=wait on_crash=restart
expect 10 'two runs' is_running two
expect 20 "two is its monitor's" owner_is two xl
xenvigil adopt two > "$dir/said" 2>&1
check 'adopt takes it over' test $? -eq 0
note_file "$dir/said"
check 'the monitor is gone' test -z "$(monitors)"
check 'and it is ours' owner_is two xenvigil
xenvigil adopt two > "$dir/said" 2>&1
check 'what is ours cannot be adopted' grep -q 'xenvigil already supervises it' "$dir/said"
before two
guest_go two
came_to restart 60 two
held_to restart two

guest three type=pv args=crash=wait on_crash=destroy
expect 20 'the daemon knows three' owner_is three xenvigil
check 'disown leaves it' xenvigil disown three
check 'and says so' owner_is three other
daemon_kill9
daemon_start
expect 10 'also after a restart' owner_is three other
before three
guest_go three
expect 20 'three crashed' is_shutdown three 3
expect 20 'and is left alone' sh -c "xenvigil status | grep ' three .* foreign'"
check 'adopt takes it back' xenvigil adopt three
came_to destroy 30 three

adopt_often 2
watch_stop
daemon_stop
