# shellcheck shell=dash disable=SC2154,SC1091,SC2086
# SPDX-License-Identifier: GPL-2.0-only
# SIGKILL of one role of the daemon while guests are being handled: what the
# scenarios for the three roles share. It must not know how a role recovers.
. /lab/dom0/matrix.sh

kill_actions='restart destroy rename-restart coredump-restart'

# A worker is there: an action is under way.
in_the_middle()
{
	has_role worker
}

# One round: all guests crash, the role is killed DELAY_MS after a worker is seen.
kill_round()
{
	local role=$1 delay_ms=$2 action names='' type
	for action in $kill_actions; do
		# libxl cannot dump a PV guest that keeps no p2m table, as the tiny one.
		case $action in coredump-*) type=pvh ;; *) type=pv ;; esac
		guest "$action-$delay_ms" type="$type" args=crash=wait on_crash="$action" memory=32
		names="$names $action-$delay_ms"
	done
	for name in $names; do
		await 10 "$name to run" is_running "$name" || not_ok "$name runs"
	done
	before $names
	for name in $names; do
		guest_go "$name"
	done
	await 20 'a worker to be at work' in_the_middle || not_ok 'a worker is at work'
	usleep $((delay_ms * 1000))
	expect 5 "$role killed $delay_ms ms into the handling" kill_role "$role"
	if [ "$role" = keeper ]; then
		daemon_reap
		daemon_start
	fi
	for action in $kill_actions; do
		came_to "$action" 90 "$action-$delay_ms"
	done
}

kill_in_the_middle()
{
	local role=$1 action delay_ms delays
	delays=$(rounds 150 '0 150 500')
	watch_start
	daemon_start
	for delay_ms in $delays; do
		kill_round "$role" "$delay_ms"
	done
	watch_stop
	for delay_ms in $delays; do
		for action in $kill_actions; do
			held_to "$action" "$action-$delay_ms"
		done
	done
	check 'no core was broken off' no_core_is_broken_off
	daemon_stop
}
