# shellcheck shell=dash disable=SC2154,SC1091
# SPDX-License-Identifier: GPL-2.0-only
# about: poweroff, reboot, watchdog and soft reset, with different actions
# image: small
# needs: daemon
# deadline: 400
. /lab/dom0/matrix.sh

# VERB KEY ACTION CODE; a soft reset of itself is for HVM guests only.
cases='poweroff on_poweroff destroy 0
poweroff on_poweroff restart 0
poweroff on_poweroff preserve 0
reboot on_reboot destroy 1
reboot on_reboot restart 1
reboot on_reboot rename-restart 1
watchdog on_watchdog destroy 4
watchdog on_watchdog restart 4
watchdog on_watchdog preserve 4
soft_reset on_soft_reset destroy 5
soft_reset on_soft_reset restart 5
soft_reset on_soft_reset preserve 5'

# each COMMAND: for every case with the types in turn: NAME TYPE VERB KEY ACTION CODE
each()
{
	local turn=pv
	while read -r verb key action code; do
		"$1" "$verb-$action" "$turn" "$verb" "$key" "$action" "$code"
		if [ "$turn" = pv ]; then turn=pvh; else turn=pv; fi
	done <<-END
		$cases
	END
}

create() { guest "$1" type="$2" args="$3=wait" "$4=$5" < /dev/null; }
remember() { expect 10 "$1 runs" is_running "$1"; before "$1"; }
go() { guest_go "$1"; }
judge() { came_to "$5" 60 "$1"; }
hold() { held_to "$5" "$1"; check "$1 ended with reason $6" has_ended_by "$1" "$6"; }

has_ended_by()
{
	[ "$(count_of "$1" shutdown "$2")" -eq 1 ]
}

watch_start
daemon_start
each create
each remember
each go
each judge
watch_stop
each hold
daemon_stop
