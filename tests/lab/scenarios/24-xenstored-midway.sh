# shellcheck shell=dash disable=SC2154,SC1091,SC2086
# SPDX-License-Identifier: GPL-2.0-only
# about: xenstored stops in the middle of an action: the worker is ended, the step resumed
# image: small
# needs: daemon
# deadline: 300
. /lab/dom0/matrix.sh

a_worker_was_ended()
{
	log_has worker-lost 'domain=midway' 'overran its deadline'
}

in_the_middle()
{
	has_role worker
}

says_so()
{
	daemon_answers && grep -q '"toolstack_answers":false' "$dir/status.json"
}

watch_start
daemon_start 'deadline_save_seconds = 3' 'deadline_destroy_seconds = 3' 'deadline_create_seconds = 5'
guest midway type=pv args=crash=wait on_crash=restart
expect 20 'midway runs' is_running midway
before midway
guest_go midway
await 20 'a worker to be at work' in_the_middle || not_ok 'a worker is at work'
xenstored=$(xenstored_pids)
kill -STOP $xenstored
expect 60 'its worker is ended by its deadline' a_worker_was_ended
expect 60 'the daemon says that xenstored does not answer' says_so
check 'its log says so' log_has 'error keeper xenstore-silent'
kill -CONT $xenstored
came_to restart 60 midway
watch_stop
held_to restart midway
daemon_stop
