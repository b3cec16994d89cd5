# shellcheck shell=dash disable=SC2154,SC1091,SC2086
# SPDX-License-Identifier: GPL-2.0-only
# about: pause and log, codes Xen does not define, a soft reset that cannot be
# image: small
# needs: daemon
# deadline: 400
. /lab/dom0/matrix.sh

says_what_cannot_be()
{
	xenvigil policy "$1" --json > "$dir/policy.$1" 2>&1
	grep -q soft-reset "$dir/policy.$1" && log_has "$1|domain=$1" soft
}

names='pause-pv pause-pvh log-pv odd-pv odd-pvh reset-pv reset-pvh suspend-pv'
domain_conf pause-pv 'on_crash = "pause"'
domain_conf pause-pvh 'on_crash = "pause"'
domain_conf log-pv 'on_crash = "log"'
watch_start
daemon_start 'sweep_seconds = 60'
guest pause-pv type=pv args=crash=wait on_crash=destroy
guest pause-pvh type=pvh args=crash=wait on_crash=restart
guest log-pv type=pv args=crash=wait on_crash=destroy
guest odd-pv type=pv args=reason=77,wait on_crash=restart
guest odd-pvh type=pvh args=reason=254,wait on_crash=destroy
guest reset-pv type=pv args=soft_reset=wait on_soft_reset=soft-reset
guest reset-pvh type=pvh args=soft_reset=wait on_soft_reset=soft-reset
guest suspend-pv type=pv args=suspend=wait on_crash=destroy on_poweroff=destroy
for name in $names; do
	expect 10 "$name runs" is_running "$name"
done
before $names
expect 15 'the soft reset a PV guest cannot have is reported before it is asked for' says_what_cannot_be reset-pv
for name in $names; do
	guest_go "$name"
done
came_to pause 30 pause-pv
came_to pause 30 pause-pvh
came_to log 30 log-pv
came_to restart 30 odd-pv
came_to destroy 30 odd-pvh
came_to preserve 30 reset-pv
came_to preserve 30 reset-pvh
came_to preserve 30 suspend-pv
watch_stop
held_to pause pause-pv
held_to log log-pv
held_to restart odd-pv
held_to destroy odd-pvh
held_to preserve reset-pv
held_to preserve reset-pvh
held_to preserve suspend-pv
check 'a suspended guest is no case at all' eval '! xenvigil list --json | grep -q suspend-pv'
daemon_stop
