# shellcheck shell=dash disable=SC2154,SC1091
# SPDX-License-Identifier: GPL-2.0-only
# about: HVM guests: destroy, restart, a soft reset by the guest's own request
# image: full
# needs: daemon
# deadline: 420
. /lab/dom0/matrix.sh

is_up()
{
	guest_console_has "$1" 'guest: up'
}

has_ended()
{
	[ "$(count_of "$1" shutdown)" -ge 1 ]
}

# After a soft reset the same domain runs its second kernel.
is_reset()
{
	[ "$(count_of "$1" resumed)" -ge 1 ] && is_running "$1" &&
		guest_console_has "$1" 'guest: up.*idle'
}

watch_start
daemon_start
guest destroy type=hvm kernel=linux args=lab=panic memory=192 on_crash=destroy
guest restart type=hvm kernel=linux args=lab=panic:3 memory=192 on_crash=restart
guest reset type=hvm kernel=linux initrd=/lab/guest/initrd.kexec args=lab=kexec \
	memory=256 on_soft_reset=soft-reset
before destroy restart reset

expect 90 'the first panics' has_ended destroy
came_to destroy 60 destroy
expect 90 'the second panics' has_ended restart
came_to restart 60 restart
expect 120 'the third asks for a soft reset' has_ended reset
expect 90 'the same domain runs its second kernel' is_reset reset
check 'under the same domid' test "$(domid_of reset)" = "$(domid_before reset)"
watch_stop
check 'destroy was started once' has_started_times destroy 1
check 'reset was started once' has_started_times reset 1
check 'nobody ever ran twice at a time' never_two_live
for name in destroy restart reset; do
	note_file "$dir/$name.serial" 3
done
daemon_stop
