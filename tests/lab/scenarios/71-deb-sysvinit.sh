# shellcheck shell=dash disable=SC2154,SC1091,SC2034,SC2016
# SPDX-License-Identifier: GPL-2.0-only
# about: Debian's package under sysvinit: installed, upgraded in the middle of handling, purged
# when: long
# image: sysv
# needs: packages
# boot: own
# deadline: 1800
. /lab/dom0/package.sh

service=/etc/init.d/xenvigild

service_pid()
{
	cat /run/xenvigil/xenvigild.pid
}

# LSB's status, by the tool that an operator uses; links of runlevel 2.
service_is_up()
{
	service xenvigild status > "$dir/unit" 2>&1 || return 1
	note "$(cat "$dir/unit") $(echo /etc/rc2.d/S*xenvigild /etc/rc0.d/K*xenvigild)"
	[ -e "$(echo /etc/rc2.d/S*xenvigild)" ] && [ -e "$(echo /etc/rc0.d/K*xenvigild)" ]
}

service_reload()
{
	service xenvigild reload > "$dir/reload" 2>&1
}

service_start()
{
	check 'service start' eval 'service xenvigild start > "$dir/start" 2>&1'
}

service_stop()
{
	check 'service stop' eval 'service xenvigild stop > "$dir/stop" 2>&1'
	service xenvigild status > "$dir/unit" 2>&1
	check 'its status is 3, not running' test $? -eq 3
}

service_logged()
{
	cp /var/log/xenvigil/xenvigild.log "$daemon_log"
	check 'its log has its lines' log_has incident-closed
	check 'the init script had to kill nothing' eval '! grep -h "is killed" "$dir"/dpkg.* "$daemon_log"'
	check 'its loop started it again once, when it was killed' test "$(grep -c 'is started again' "$daemon_log")" -eq 1
}

service_traces()
{
	find /etc/rc?.d -name '*xenvigil*'
	grep -r xenvigil /etc/init.d /var/lib/insserv 2> /dev/null
}

# By its loop: what sysvinit itself does not do.
comes_back()
{
	main=$(service_pid)
	kill -9 "$main"
	expect 30 'killed, it is there again' eval '[ "$(service_pid)" != "$main" ] && daemon_answers'
	main=$(service_pid)
}

check 'sysvinit is the init' eval '[ ! -d /run/systemd/system ] && readlink /proc/1/exe | grep -qx /usr/sbin/init'
package_install
comes_back
package_guests
package_upgrade
service_logged
package_remove
package_purge
package_guests_once
package_end
