# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# about: Debian's kernel panics, powers off and reboots as PV and PVH guest
# image: small
# when: long
# deadline: 300

# try NAME TYPE ARGS REASON
begun=''
try()
{
	if guest "$1" type="$2" kernel=linux args="$3"; then
		begun="$begun $1:$4"
		note "$1: created after $(($(uptime_ms) - begin)) ms"
	fi
}

begin=$(uptime_ms)
try pv-panics pv lab=panic 3
try pvh-panics pvh lab=panic 3
try pv-poweroff pv lab=poweroff 0
try pvh-reboot pvh lab=reboot 1
try pv-sysrq pv lab=idle 3
try pvh-sysrq pvh lab=idle 3

for name in pv-sysrq pvh-sysrq; do
	expect 40 "$name is up" guest_console_has "$name" 'guest: up'
	guest_panic "$name"
done
for pair in $begun; do
	expect 40 "${pair%:*} ends with reason ${pair#*:}" is_shutdown "${pair%:*}" "${pair#*:}"
done
note "the six guests took $(($(uptime_ms) - begin)) ms together"
