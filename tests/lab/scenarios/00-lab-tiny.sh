# shellcheck shell=dash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only
# about: the tiny guest ends as its command line says, PV and PVH
# image: small
# when: long
# deadline: 300

# NAME TYPE ARGS REASON
try()
{
	begin=$(uptime_ms)
	guest "$1" type="$2" args="$3" || return
	expect 15 "$1 ($3) ends with reason $4" is_shutdown "$1" "$4"
	note "$1: $(($(uptime_ms) - begin)) ms from xl create to its end"
}

# A core of a PV guest needs its own table of pages. (Of a PVH guest libxc tries
# every frame below 4 GiB: minutes here.)
try_core()
{
	xl dump-core "$(domid_of "$1")" /run/core > "$dir/core.$1" 2>&1
	check "$1: xl takes a core" test -s /run/core
	note_file "$dir/core.$1"
	rm -f /run/core
}

for type in pv pvh; do
	try "crash-$type" "$type" crash 3
	try "crash-later-$type" "$type" crash=500 3
	try "poweroff-$type" "$type" poweroff 0
	try "reboot-$type" "$type" reboot=100 1
	try "suspend-$type" "$type" suspend 2
	try "watchdog-$type" "$type" watchdog 4
	try "soft-reset-$type" "$type" soft_reset 5
	try "odd-$type" "$type" reason=200,50 200
	try "highest-$type" "$type" reason=255 255
done
try triple-pv pv triplefault 3
try triple-pvh pvh triplefault 1
try_core crash-pv
