# shellcheck shell=dash disable=SC2154,SC2034
# SPDX-License-Identifier: GPL-2.0-only
# Owns what is otherwise with the daemon when systemd runs it by its units, in the
# place of daemon.sh's words by the same names. Drop-ins say all that differs from
# what is installed; it must not take a directive of the sandbox away, but for the
# one that forbids a worker to be traced, while a scenario traces it.

unit=xenvigild.service
unit_dropins=/run/systemd/system
# While this is there, nothing starts the keeper: neither Restart= nor anybody.
unit_hold=$dir/hold

# unit_dropin UNIT: standard input becomes its drop-in.
unit_dropin()
{
	local file=$unit_dropins/$1.d/lab.conf
	mkdir -p "${file%/*}"
	cat > "$dir/dropin"
	cmp -s "$dir/dropin" "$file" || { cp "$dir/dropin" "$file"; unit_changed=1; }
}

# Its log goes where a scenario reads it at once; the journal lags behind.
unit_configure()
{
	unit_changed=''
	unit_dropin "$unit" <<- END
		[Unit]
		ConditionPathExists=!$unit_hold
		[Service]
		StandardError=append:$daemon_log
	END
	unit_configure_worker > "$dir/dropin.worker"
	unit_dropin xenvigil-worker@.service < "$dir/dropin.worker"
	[ -z "$unit_changed" ] || systemctl daemon-reload
}

# Of $daemon_by, what is not the keeper's matters: the workers' part.
unit_configure_worker()
{
	[ -n "${daemon_by:-}" ] || return 0
	cat <<- END
		[Service]
		ExecStart=
		ExecStart=/usr/bin/$daemon_by /usr/sbin/xenvigild --role=worker --log=wire
		SystemCallFilter=
	END
}

daemon_launch()
{
	unit_configure
	rm -f "$unit_hold"
	systemctl start --no-block "$unit"
}

# Who has just answered; it has no child.
keeper_pid()
{
	cat "/sys/fs/cgroup/system.slice/$unit/cgroup.procs" 2> /dev/null
}

daemon_hold()
{
	: > "$unit_hold"
}

killed_are_gone()
{
	for pid in ${killed:-}; do
		[ ! -d "/proc/$pid" ] || return 1
	done
}

# Another one may have begun by now.
daemon_reap()
{
	await 10 'who was killed to be gone' killed_are_gone
}

# No call failed for want of what a unit takes away, and each unit could be made.
unit_denied_nothing()
{
	local since=''
	[ ! -e "$units_cursor" ] || since=--after-cursor=$(cat "$units_cursor")
	# shellcheck disable=SC2086 # none or one
	units_journal -o cat $since | cat - "$daemon_log" |
		grep -E 'Operation not permitted|Permission denied|Read-only file system|status=2[0-9][0-9]/' > "$dir/denied"
	note_file "$dir/denied"
	[ ! -s "$dir/denied" ]
}

# systemd would kill what overruns its time, and this would not show.
daemon_terminate()
{
	timeout 60 systemctl stop "$unit"
	[ "$(systemctl show -P Result "$unit")" = success ] || not_ok 'systemd stops the daemon by SIGTERM alone'
	check 'the units took nothing away that was needed' unit_denied_nothing
}
