# shellcheck shell=dash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only
# about: HVM guests with the real device model: panic, and a soft reset's request
# when: long
# image: full
# deadline: 900

# One at a time: the emulated machine is slow enough with one device model.
try()
{
	name=$1
	begin=$(uptime_ms)
	guest "$name" type=hvm kernel=linux args="lab=$2" memory="$4" initrd="$5" || return
	note "$name: created after $(($(uptime_ms) - begin)) ms"
	expect 180 "an HVM guest ($2) ends with reason $3" is_shutdown "$name" "$3"
	note "$name: $(($(uptime_ms) - begin)) ms from xl create to its end"
	note_file "$dir/$name.serial" 3
	xl destroy "$(domid_of "$name")"
}

check 'systemd is the init here' test "$(cat /proc/1/comm)" = systemd
try panics panic 3 192 /lab/guest/initrd
try resets kexec 5 256 /lab/guest/initrd.kexec
