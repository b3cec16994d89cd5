# shellcheck shell=dash disable=SC2154,SC1091
# SPDX-License-Identifier: GPL-2.0-only
# about: a HVM guest's panic looks like a reboot, and is a crash all the same
# when: long
# image: full
# needs: daemon
# deadline: 2400
. /lab/dom0/matrix.sh

# As Debian starts it, with no word to the kernel to call Xen when it panics.
hvm_guest()
{
	local monitor=$1 name=$2 lab=$3
	"$monitor" "$name" type=hvm kernel=/lab/guest/vmlinuz ramdisk=/lab/guest/initrd memory=192 \
		tsc_mode=native on_crash=preserve on_reboot=restart \
		args="console=ttyS0 quiet nomodeset cryptomgr.notests rodata=off mitigations=off panic=1 lab=$lab"
}

has_ended()
{
	[ "$(count_of "$1" shutdown)" -ge 1 ]
}

# record NAME KEY: of its newest incident.
record()
{
	xenvigil info "$1" --json | awk -F '"' -v key="$2" '$2 == key { print $4; exit }'
}

# As long as its kernel's log is being read it is a reboot.
is_recorded()
{
	[ "$(record "$1" state)" = closed ] && [ "$(record "$1" reason)" = "$2" ]
}

watch_start
daemon_start 'deadline_report_seconds = 30'

# One at a time: the emulated machine is slow enough with one device model.
hvm_guest guest panics panic
before panics
expect 480 'a guest panics' has_ended panics
came_to preserve 60 panics
check 'Xen was told of a reboot' is_shutdown panics 1
expect 60 'it is a crash on record' is_recorded panics crash
check 'with the line that says so' test "$(record panics panic)" = 'Kernel panic - not syncing: sysrq triggered crash'
xl destroy "$(domid_of panics)"

hvm_guest guest reboots reboot:5
before reboots
expect 480 'another reboots' has_ended reboots
came_to restart 180 reboots
expect 60 'it is a reboot on record' is_recorded reboots reboot
xl destroy "$(domid_of reboots)"

hvm_guest guest_monitored beside panic
before beside
expect 480 "xl's own guest panics" has_ended beside
expect 180 'and xl saw no crash in it: it starts it again' is_restarted beside
xl destroy "$(domid_of beside)"
watch_stop
daemon_stop
