# shellcheck shell=dash disable=SC2154,SC1091
# SPDX-License-Identifier: GPL-2.0-only
# about: HVM guests: destroy, restart, a soft reset by the guest's own request
# image: full
# needs: daemon
# deadline: 1200
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

# What is in the drive that hdc names, as its backend has it.
medium_of()
{
	xenstore-read "/local/domain/0/backend/qdisk/$(domid_of "$1")/5632/params"
}

has_medium()
{
	[ -n "$(medium_of "$1")" ]
}

has_no_medium()
{
	[ -z "$(medium_of "$1")" ]
}

watch_start
daemon_start

# One at a time: the emulated machine is slow enough with one device model.
guest destroy type=hvm kernel=linux args=lab=panic memory=192 on_crash=destroy
before destroy
expect 240 'the first panics' has_ended destroy
came_to destroy 120 destroy
check 'it was started once' told has_started_times destroy 1

truncate -s 1M "$dir/cd.iso"
guest restart type=hvm kernel=linux args=lab=panic:5 memory=192 on_crash=restart \
	"disk=[\"$dir/cd.iso,raw,hdc,ro,devtype=cdrom\"]"
before restart
expect 240 'the second panics' has_ended restart
came_to restart 180 restart
# As the guest's own driver asks for it.
check 'it has its CD' has_medium restart
xenstore-write "/local/domain/$(domid_of restart)/device/vbd/5632/eject" eject
expect 30 'the CD is out after its request' has_no_medium restart
xl destroy "$(domid_of restart)"

guest reset type=hvm kernel=linux initrd=/lab/guest/initrd.kexec args=lab=kexec \
	memory=256 on_soft_reset=soft-reset
before reset
expect 240 'the third asks for a soft reset' has_ended reset
expect 240 'the same domain runs its second kernel' is_reset reset
check 'under the same domid' test "$(domid_of reset)" = "$(domid_before reset)"
watch_stop
check 'it was started once' told has_started_times reset 1
check 'nobody ever ran twice at a time' never_two_live
for name in destroy restart reset; do
	note_file "$dir/$name.serial" 3
done
daemon_stop
