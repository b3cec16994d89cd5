# shellcheck shell=dash disable=SC1091,SC2154
# SPDX-License-Identifier: GPL-2.0-only
# Owns the daemon under test: its configuration, start, end and log. Started by hand;
# units.sh has what is otherwise under systemd. It must not judge guests.

daemon_log=$LAB_SCENARIO_DIR/xenvigild.log

# daemon_conf LINE...: the daemon's configuration, a line each.
daemon_conf()
{
	mkdir -p /etc/xenvigil/domains.d
	printf '%s\n' "$@" > /etc/xenvigil/xenvigil.conf
}

# domain_conf NAME LINE...
domain_conf()
{
	local name=$1
	shift
	mkdir -p /etc/xenvigil/domains.d
	printf '%s\n' "$@" > "/etc/xenvigil/domains.d/$name.conf"
}

daemon_answers()
{
	timeout 5 xenvigil status --json > "$dir/status.json" 2> "$dir/status.stderr"
}

# --- By hand ------------------------------------------------------------------

# $daemon_by: a program and its options that become it, as strace -D.
daemon_launch()
{
	# shellcheck disable=SC2086 # words on purpose
	setsid ${daemon_by:-} /usr/sbin/xenvigild >> "$daemon_log" 2>&1 < /dev/null &
	keeper=$!
}

keeper_pid()
{
	echo "$keeper"
}

# It ends for good when its process does.
daemon_hold()
{
	:
}

daemon_terminate()
{
	kill "$keeper"
}

# Returns when it has ended.
daemon_reap()
{
	wait "$keeper" 2> /dev/null
}

# --- Either way ---------------------------------------------------------------

# daemon_start [CONF-LINE...]: returns when it answers.
daemon_start()
{
	[ $# -eq 0 ] || daemon_conf "$@"
	mkdir -p /etc/xenvigil/domains.d
	daemon_launch
	if ! await "${daemon_wait_s:-30}" 'xenvigild to answer on its control socket' daemon_answers; then
		note_file "$daemon_log"
		fail "xenvigild answers within ${daemon_wait_s:-30} s of its start"
	fi
}

daemon_is_gone()
{
	[ -z "$(pids_of '(^|/)xenvigild$')" ]
}

# What each of its processes that is still there is at.
daemon_note_processes()
{
	local pid
	for pid in $(pids_of '(^|/)xenvigild$'); do
		note "process $pid: $(tr '\0' ' ' < "/proc/$pid/cmdline") $(sed -n '/^State:\|^PPid:/p' "/proc/$pid/status" | tr '\n\t' '  ')"
		tr '\n' ' ' < "/proc/$pid/stack" > "$dir/stack.$pid" 2> /dev/null
		note_file "$dir/stack.$pid"
	done
}

# By SIGTERM, as an init does; all its processes have to go.
daemon_stop()
{
	daemon_terminate
	if ! await 30 'xenvigild and its processes to end after SIGTERM' daemon_is_gone; then
		daemon_note_processes
		not_ok 'xenvigild and its processes end after SIGTERM'
		return 1
	fi
	daemon_reap
}

# role_pids keeper|watcher|worker: the keeper is the one without a role.
role_pids()
{
	if [ "$1" = keeper ]; then
		keeper_pid
	else
		pids_of "^--role=$1\$"
	fi
}

has_role()
{
	[ -n "$(role_pids "$1")" ]
}

# kill_role ROLE: SIGKILL to all of that role; fails when there was none any more.
kill_role()
{
	local pid none=1
	killed=$(role_pids "$1")
	for pid in $killed; do
		kill -9 "$pid" 2> /dev/null && none=0
	done
	return "$none"
}

# It stays dead until it is started.
daemon_kill9()
{
	daemon_hold
	kill_role keeper
	daemon_reap
}

# log_has PATTERN...: one line of the daemon's log that matches all of them.
log_has()
{
	local lines
	lines=$(cat "$daemon_log")
	for pattern in "$@"; do
		lines=$(printf '%s\n' "$lines" | grep -E -e "$pattern") || return 1
	done
}

# Cores are found by the guest's uuid in their names.
core_of()
{
	find /var/lib/xenvigil/cores -type f -name "*$(uuid_of "$1")*" ! -name '*.part' ! -name '.*' -size +0 2>/dev/null
}

has_core()
{
	[ -n "$(core_of "$1")" ]
}

# Files of a dump that was broken off.
core_leftovers()
{
	find /var/lib/xenvigil/cores \( -name '*.part' -o -name '.*' \) -type f 2>/dev/null
}
