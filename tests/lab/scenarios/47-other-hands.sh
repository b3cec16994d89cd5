# shellcheck shell=dash disable=SC2154,SC1091
# SPDX-License-Identifier: GPL-2.0-only
# about: what an operator's xl starts, builds or keeps while a restart is due is left to him
# image: small
# needs: daemon
# deadline: 400
. /lab/dom0/matrix.sh

# outcome_is NAME OUTCOME: of one of its incidents.
outcome_is()
{
	xenvigil list --json | tr -d ' \n' | sed 's/"incident":/\n/g' | grep "\"domain\":\"$1\"" |
		grep -q "\"outcome\":\"$2\""
}

waits()
{
	xenvigil status --json | tr -d ' \n' | sed 's/"incident":/\n/g' | grep "\"domain\":\"$1\"" |
		grep -q '"state":"waiting"'
}

# restart_waits NAME [KEY=VALUE...]: it fell twice, and its second start is due later.
restart_waits()
{
	local name=$1
	guest "$@" type=pv args=crash=wait on_crash=restart || finish
	expect 10 "$name runs" is_running "$name"
	expect 20 "the daemon knows $name" is_known "$name"
	before "$name"
	guest_go "$name"
	came_to restart 60 "$name"
	guest_go "$name"
	expect 60 "the next restart of $name waits" waits "$name"
	check "and $name is gone" is_gone "$name"
}

is_known()
{
	xenvigil status --json | tr -d ' \n' | grep -q "\"domain\":\"$1\""
}

# stays DOMID FLAGS: as a pattern.
stays()
{
	domlist "$1" | {
		read -r _ _ flags _ || return 1
		# shellcheck disable=SC2254 # a pattern is what is given
		case $flags in $2) ;; *) return 1 ;; esac
	}
}

# runs_by_name NAME OTHER: its name is a running domain's, which is not OTHER.
runs_by_name()
{
	local domid
	domid=$(xl domid "$1" 2>/dev/null) && [ "$domid" != "$2" ] && stays "$domid" '??----'
}

# libxl writes its record when all is done.
is_being_built()
{
	is_paused "$1" && [ ! -e "/var/lib/xen/userdata-d.$(domid_of "$1").$(uuid_of "$1").libxl-json" ]
}

is_waited_for()
{
	xenvigil status --json | grep -q 'waiting for another process'
}

watch_start
daemon_start 'backoff_min_seconds = 20' 'backoff_max_seconds = 20' 'report = "none"'

# Made paused, on purpose.
restart_waits made
xl create -p -e "$dir/made.cfg" > "$dir/made.again" 2>&1
check 'xl makes it, paused' is_paused made
made=$(domid_of made)
expect 60 'its incident ends as taken' outcome_is made taken
check 'and it stays as it was made' stays "$made" '??p??-'
xl unpause made
expect 20 'until it is unpaused' is_running made
check 'it is the domain that xl made' test "$(domid_of made)" = "$made"
check 'it never ran twice at a time' never_two_live made

# Stopped in the middle of the build.
restart_waits built
xl create -e "$dir/built.cfg" > "$dir/built.again" 2>&1 &
builder=$!
# The time that it takes to build is all there is to hit.
until is_present built; do kill -0 "$builder" || break; done
kill -STOP "$builder"
check 'xl is stopped while it builds it' is_being_built built
built=$(domid_of built)
expect 60 'a start of ours waits for it' is_waited_for
check 'and leaves it alone' stays "$built" '??p??-'
kill -CONT "$builder"
expect 60 'xl goes on: it runs' is_running built
wait "$builder"
check 'and xl ended well' test $? -eq 0
note_file "$dir/built.again"
expect 60 'its incident ends as taken' outcome_is built taken
check 'it is the domain that xl built' test "$(domid_of built)" = "$built"
check 'it never ran twice at a time' never_two_live built

# A file without a uuid: by hand it is another guest of the same name.
restart_waits named
sed '/^uuid/d' "$dir/named.cfg" > "$dir/named-again.cfg"
xl create -e "$dir/named-again.cfg" > "$dir/named.again" 2>&1
check 'xl starts it under another uuid' runs_by_name named 0
named=$(xl domid named)
expect 60 'its incident ends as taken' outcome_is named taken
check 'it is the domain that xl started' stays "$named" '??----'
expect 20 'and the only one' is_gone named

# One that was kept, renamed, and has the uuid of the guest that runs.
guest kept type=pv args=crash=wait on_crash=preserve on_reboot=restart || finish
expect 20 'the daemon knows kept' is_known kept
before kept
guest_go kept
expect 20 'kept crashed' is_shutdown kept 3
expect 20 'and is kept' outcome_is kept kept
xl rename kept kept-old
sed 's/crash=wait/reboot=wait/' "$dir/kept.cfg" > "$dir/kept-again.cfg"
xl create -e "$dir/kept-again.cfg" > "$dir/kept.again" 2>&1
check 'it is started again beside it' runs_by_name kept 0
again=$(xl domid kept)
printf x > "$(xenstore-read "/local/domain/$again/console/tty")"
expect 60 'the guest reboots: it runs anew' runs_by_name kept "$again"
check 'the kept one stays, shut down' stays "$(domid_before kept)" '???s?-'
expect 20 'and it is handled' outcome_is kept handled
watch_stop
daemon_stop
