# shellcheck shell=dash disable=SC2154,SC1091
# SPDX-License-Identifier: GPL-2.0-only
# about: a worker that is stopped for good and lost its keeper keeps no guest down
# image: small
# needs: daemon
# deadline: 200
. /lab/dom0/matrix.sh

in_the_middle()
{
	orphan=$(role_pids worker) && [ -n "$orphan" ]
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
expect 20 'a worker is at work' in_the_middle
check 'it is stopped' kill -STOP "$orphan"
daemon_kill9
daemon_start
expect 60 'it is ended, though nobody waits for it' is_ended
came_to restart 60 left
watch_stop
held_to restart left
daemon_stop
