# shellcheck shell=dash disable=SC2154,SC1091
# SPDX-License-Identifier: GPL-2.0-only
# about: a worker that is stopped for good and lost its keeper keeps no guest down
# image: small
# needs: daemon
# deadline: 200
. /lab/dom0/matrix.sh

has_a_lock()
{
	grep -q "FLOCK .* $1 " /proc/locks
}

# Not one that has just begun to be a worker.
has_nothing_to_do()
{
	log_has incident-closed 'domain=next' && ! has_a_lock "$1"
}

# stop_worker CHECK: one of which CHECK is true; a moment, so tried without a pause.
stop_worker()
{
	local end
	end=$(($(uptime_ms) + 20000))
	while [ "$(uptime_ms)" -lt "$end" ]; do
		for orphan in $(role_pids worker); do
			kill -STOP "$orphan" || continue
			"$1" "$orphan" && return
			kill -CONT "$orphan"
		done
	done
	return 1
}

is_ended()
{
	! kill -0 "$orphan" 2> /dev/null
}

watch_start
daemon_start 'deadline_report_seconds = 2' 'deadline_save_seconds = 2' \
	'deadline_destroy_seconds = 5' 'deadline_create_seconds = 20'
guest left type=pv args=crash=wait on_crash=restart memory=32
expect 10 'the guest runs' is_running left
before left
guest_go left
check 'a worker is stopped while it has the guest' stop_worker has_a_lock
daemon_kill9
check 'it still has it' has_a_lock "$orphan"
daemon_start
expect 60 'it is ended, though nobody waits for it' is_ended
came_to restart 60 left

# It waits a second for its next order: looked for from the crash on.
guest next type=pv args=crash=wait on_crash=restart memory=32
expect 10 'the next guest runs' is_running next
before next
guest_go next
check 'one that has nothing to do is stopped' stop_worker has_nothing_to_do
daemon_kill9
daemon_start
expect 30 'it is ended too' is_ended
came_to restart 60 next
watch_stop
for name in left next; do
	held_to restart "$name"
done
daemon_stop
