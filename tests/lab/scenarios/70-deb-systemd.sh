# shellcheck shell=dash disable=SC2154,SC1091,SC2034,SC2016
# SPDX-License-Identifier: GPL-2.0-only
# about: Debian's package under systemd: installed, upgraded in the middle of handling, purged
# when: long
# image: full
# needs: packages
# boot: own
# deadline: 1800
. /lab/dom0/package.sh

most_exposed=6.0
unit=xenvigild.service

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
	check 'systemd had to kill nothing' eval '! journalctl -u "$unit" --no-pager | grep -E "timed out|SIGKILL|Failed with result"'
}

service_traces()
{
	systemctl list-unit-files --no-legend --no-pager | grep xenvigil
	[ "$(systemctl show -P LoadState "$unit")" = not-found ] || systemctl show "$unit" -p LoadState,ActiveState
	find /sys/fs/cgroup -name '*xenvigil*'
	journalctl --list-catalog 2> /dev/null | grep -i xenvigil
}

exposure()
{
	systemd-analyze security --no-pager "$unit" > "$dir/security" 2>&1
	score=$(sed -n 's/.*Overall exposure level[^:]*: \([0-9.]*\).*/\1/p' "$dir/security")
	note "systemd-analyze security: $unit $score; $(grep -c '^✓' "$dir/security") kept, $(grep -c '^✗' "$dir/security") not"
	awk -v got="$score" -v most="$most_exposed" 'BEGIN { exit !(got != "" && got <= most) }'
}

check 'systemd is the init' test -d /run/systemd/system
package_install
check "it is exposed to at most $most_exposed" exposure
package_guests
package_upgrade
service_logged
package_remove
package_purge
package_guests_once
package_end
