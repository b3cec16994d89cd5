# shellcheck shell=dash disable=SC1091,SC2154
# SPDX-License-Identifier: GPL-2.0-only
# about: adopt = "xl": guests with a monitor of xl are taken over, also those created, restored and migrated later
# image: small
# needs: daemon
# deadline: 600
. /lab/dom0/matrix.sh

owner_is()
{
	xenvigil status --json 2>/dev/null | tr -d '\n' | tr '{' '\n' | grep "\"domain\": *\"$1\"" | grep -q "\"owner\": *\"$2\""
}

has_monitors()
{
	[ "$(monitors | wc -l)" -eq "$1" ]
}

# Neither paused nor started again.
runs_on()
{
	is_running "$1" && [ "$(domid_of "$1")" = "$(cat "$dir/$1.domid")" ] &&
		! grep -q "^[0-9]* paused $(domid_of "$1") " "$dir/watch"
}

note_domid()
{
	domid_of "$1" > "$dir/$1.domid"
}

# --- Those that run when the daemon comes ---------------------------------------

for name in one two; do
	guest_monitored $name type=pv args=crash=wait on_crash=restart
	expect 10 "$name runs" is_running $name
	note_domid $name
done
check 'each has a monitor' has_monitors 2
watch_start
daemon_start 'adopt = "xl"'
expect 5 'one is taken over' owner_is one xenvigil
expect 5 'two is taken over' owner_is two xenvigil
check 'no monitor is left' has_monitors 0
check 'one runs on' runs_on one
check 'two runs on' runs_on two
before one
guest_go one
came_to restart 60 one
held_to restart one

# --- Those that come later --------------------------------------------------------

guest_monitored three type=pv args=crash=wait on_crash=destroy
expect 10 'three runs' is_running three
note_domid three
expect 5 'three is taken over' owner_is three xenvigil
check 'three runs on' runs_on three
expect 2 'no monitor is left of that' has_monitors 0

# A guest that is built, and not yet run, is its builder's.
guest_config built type=pv args=crash=wait on_crash=destroy > /dev/null
timeout 60 xl create -p "$dir/built.cfg" > "$dir/out" 2>&1 < /dev/null
check 'xl create -p succeeds' test $? -eq 0
check 'built is paused' is_paused built
check 'and keeps its monitor' has_monitors 1
check 'which the daemon names' owner_is built xl
xl unpause built
expect 5 'when it runs it is taken over' owner_is built xenvigil
expect 2 'its monitor is gone' has_monitors 0

# --- Saved and restored, migrated -------------------------------------------------

guest moves type=pvh kernel=linux args=lab=idle memory=96 on_crash=restart || finish
expect 60 'moves is up' guest_console_has moves 'guest: up'
xl save moves "$dir/moves.save" > "$dir/out" 2>&1
check 'moves is saved' test $? -eq 0
timeout 120 xl restore "$dir/moves.save" > "$dir/out" 2>&1 < /dev/null
check 'and restored' test $? -eq 0
rm -f "$dir/moves.save"
expect 20 'moves runs' is_running moves
expect 5 'the restored one is taken over' owner_is moves xenvigil
expect 2 'the monitor of the restore is gone' has_monitors 0
domid=$(domid_of moves)
timeout 400 xl migrate -s '' moves 'xl migrate-receive' > "$dir/out" 2>&1 < /dev/null
check 'moves is migrated' test $? -eq 0
check 'to another domid' test "$(domid_of moves)" != "$domid"
expect 5 'the migrated one is taken over' owner_is moves xenvigil
expect 2 'the monitor of the migration is gone' has_monitors 0

# --- Those that stay with xl --------------------------------------------------------

guest_config front type=pv args=crash=wait on_crash=destroy > /dev/null
xl create -F "$dir/front.cfg" > "$dir/front.out" 2>&1 < /dev/null &
front=$!
expect 20 'front runs' is_running front
expect 20 'xl create -F is named as its owner' owner_is front xl
check 'and goes on' kill -0 "$front"
xl destroy front
wait "$front"

check 'disown leaves two' xenvigil disown two
check 'two is left' owner_is two other
daemon_stop
daemon_start 'adopt = "none"'
guest_monitored four type=pv args=crash=wait on_crash=restart
expect 10 'four runs' is_running four
expect 20 "with adopt = none four is its monitor's" owner_is four xl
pid=$(monitors)
kill -9 "$pid"
expect 20 'nobody has it when that is gone' owner_is four nobody
before four
guest_go four
expect 20 'four crashed' is_shutdown four 3
expect 20 'its crash is on record' sh -c "xenvigil list | grep -q ' four '"
check 'it is left as it is' is_shutdown four 3
watch_stop
check 'and was not started again' told has_started_times four 1
daemon_stop
