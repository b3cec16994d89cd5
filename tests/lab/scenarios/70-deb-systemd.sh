# shellcheck shell=dash disable=SC2154,SC1091,SC2034,SC2016
# SPDX-License-Identifier: GPL-2.0-only
# about: Debian's package under systemd: installed, upgraded in the middle of handling, purged
# when: long
# image: full
# needs: packages
# boot: own
# deadline: 1800
. /lab/dom0/package.sh

unit=xenvigild.service
roles='worker hook watcher probe parser'

service_pid()
{
	systemctl show -P MainPID "$unit"
}

# With Type=notify it is active once it said that it is ready.
service_is_up()
{
	systemctl show "$unit" -p Type,ActiveState,SubState,UnitFileState,StatusText,Result > "$dir/unit"
	note "$(tr '\n' ' ' < "$dir/unit")"
	grep -qx Type=notify "$dir/unit" && systemctl -q is-active "$unit" && systemctl -q is-enabled "$unit"
}

service_reload()
{
	systemctl reload "$unit"
}

service_start()
{
	check 'systemctl start' systemctl start "$unit"
}

service_stop()
{
	check 'systemctl stop' systemctl stop "$unit"
}

service_logged()
{
	journalctl -u "$unit" -o cat --no-pager > "$daemon_log"
	check 'the journal has its lines' log_has incident-closed
	journalctl -u 'xenvigil*' -o cat --no-pager > "$dir/journal"
	grep -E 'spawn-failed|unit-not-started|not-greeted|not-confined|hooks-not-told|status=226|Operation not permitted|Permission denied|Read-only' "$dir/journal" > "$dir/journal.bad"
	note_file "$dir/journal.bad"
	check 'nothing that was asked of a unit failed' test ! -s "$dir/journal.bad"
	xenvigil info before > "$dir/info"
	grep -i 'log of a Linux' "$dir/info" > "$dir/info.parser"
	note_file "$dir/info.parser"
	check 'a parser looked for a log in the memory of a guest' test -s "$dir/info.parser"
	check 'systemd had to kill nothing' eval '! journalctl -u "$unit" --no-pager | grep -E "timed out|SIGKILL|Failed with result"'
}

service_traces()
{
	systemctl list-unit-files --no-legend --no-pager | grep xenvigil
	[ "$(systemctl show -P LoadState "$unit")" = not-found ] || systemctl show "$unit" -p LoadState,ActiveState
	find /sys/fs/cgroup -name '*xenvigil*'
	journalctl --list-catalog 2> /dev/null | grep -i xenvigil
}

# exposed UNIT MOST: what systemd says of it as it runs is no more than that.
exposed()
{
	systemd-analyze security --no-pager "$1" > "$dir/security" 2>&1
	score=$(sed -n 's/.*Overall exposure level[^:]*: \([0-9.]*\).*/\1/p' "$dir/security")
	note "systemd-analyze security: $1 $score; $(grep -c '^✓' "$dir/security") kept, $(grep -c '^✗' "$dir/security") not"
	awk -v got="$score" -v most="$2" 'BEGIN { exit !(got != "" && got <= most) }'
}

# Those that run, or failed.
units_of()
{
	systemctl list-units --no-legend --plain --state=active,activating,deactivating,failed "xenvigil-$1" |
		cut -d ' ' -f 1
}

exposure()
{
	check "$unit is exposed to at most 1.0" exposed "$unit" 1.0
	check 'its watcher to at most 0.9' exposed "$(units_of 'watcher@*')" 0.9
	check 'its prober to at most 1.3' exposed "$(units_of 'probe@*')" 1.3
	check 'the keeper has no child' test ! -s "/proc/$(service_pid)/task/$(service_pid)/children"
	for role in $roles; do
		check "systemd listens for who wants a $role" systemctl -q is-active "xenvigil-$role.socket"
	done
}

has_no_units()
{
	[ -z "$(units_of '*')" ]
}

# --- A guest with a device model ----------------------------------------------

model_of()
{
	pids_of "^(/usr/libexec|/usr/lib|/usr/bin)?.*qemu" | while read -r pid; do
		tr '\0' ' ' < "/proc/$pid/cmdline" | grep -q -- "-xen-domid $(domid_of "$1") " && echo "$pid"
	done
}

model_lives()
{
	[ -n "$model" ] && [ "$(model_of screen)" = "$model" ] && is_running screen
}

worker_has_ended()
{
	! systemctl -q is-active "$worker"
}

# The worker that restarted it ends; what it started does not.
model_start()
{
	guest screen type=pv args=crash=wait on_crash=restart 'vfb=["vnc=0"]'
	[ "$failures" -eq 0 ] || finish
	before screen
	guest_go screen
	came_to restart 120 screen
	model=$(model_of screen)
	note "its device model: $model, $(cat "/proc/$model/cgroup")"
	worker=$(sed -n 's|.*/\(xenvigil-worker@[^/]*\.service\).*|\1|p' "/proc/$model/cgroup")
	check 'its device model was started in a unit of the worker' test -n "$worker"
	expect 30 'the worker has ended' worker_has_ended
	check 'its device model has not' model_lives
	check 'nobody but systemd is limited by the unit' grep -q max "/sys/fs/cgroup/system.slice/$worker/pids.max"
	systemctl stop "$worker"
	check 'the unit is stopped: it has not' model_lives
}

# At the latest with the device model its unit is gone.
model_end()
{
	check 'its device model lived through all that' model_lives
	xl destroy "$(domid_of screen)"
	expect 30 'it ends with its guest' test ! -e "/proc/$model"
	expect 30 'and its unit with it' test ! -e "/sys/fs/cgroup/system.slice/$worker"
}

# --- A stop that has to wait, as at the host's shutdown -------------------------

make_slow_unit()
{
	cat > /run/systemd/system/lab-slow.service <<- END
		[Unit]
		After=$unit
		[Service]
		Type=oneshot
		RemainAfterExit=yes
		ExecStart=/bin/true
		ExecStop=/bin/busybox sh -c 'until [ -e $dir/may-stop ]; do usleep 50000; done'
		TimeoutStopSec=600
	END
	systemctl start lab-slow.service
}

# Until it has stopped the daemon gets all that it asks for.
stop_late()
{
	make_slow_unit
	guest late type=pv args=crash=wait on_crash=restart
	before late
	systemctl stop --no-block lab-slow.service "$unit"
	check 'the daemon is to stop, and has to wait' eval 'systemctl list-jobs --no-legend | grep -q "$unit *stop *waiting"'
	guest_go late
	came_to restart 60 late
	: > "$dir/may-stop"
	expect 30 'then it stops' daemon_is_gone
	rm /run/systemd/system/lab-slow.service
	xl destroy "$(domid_of late)"
}

check 'systemd is the init' test -d /run/systemd/system
package_install
expect 30 'it has a watcher' eval '[ -n "$(units_of "watcher@*")" ]'
exposure
package_guests
model_start
package_upgrade
service_logged
package_remove
stop_late
expect 30 'stopped: no unit of a role is left' has_no_units
expect 10 'and nobody can ask for one' test ! -e /run/xenvigil/worker.socket
service_start
expect 30 'started: it answers' daemon_answers
model_end
package_purge
package_guests_once
package_end
