# shellcheck shell=dash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only
# about: HVM guests with the real device model: panic, poweroff, soft reset's request
# image: full
# deadline: 300

check 'systemd is the init here' test "$(cat /proc/1/comm)" = systemd
check 'Xen has its programs' xl info -n > "$dir/xl-info"

begin=$(uptime_ms)
guest panics type=hvm kernel=linux args=lab=panic memory=192
note "created after $(($(uptime_ms) - begin)) ms"
guest off type=hvm kernel=linux args=lab=poweroff memory=192
guest kexec type=hvm kernel=linux initrd=/lab/guest/initrd.kexec args=lab=kexec memory=256
expect 90 'an HVM guest that panics ends with reason 3' is_shutdown panics 3
note "$(($(uptime_ms) - begin)) ms from xl create to its end"
expect 90 'one that powers off with reason 0' is_shutdown off 0
expect 120 'one that does kexec with reason 5' is_shutdown kexec 5
for name in panics off kexec; do
	note_file "$dir/$name.serial" 4
done
