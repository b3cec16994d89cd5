# shellcheck shell=dash disable=SC2154,SC1091
# SPDX-License-Identifier: GPL-2.0-only
# about: cores of guests with maxmem far above their memory, and of ballooned ones: whole, or marked truncated
# image: small
# needs: daemon
# deadline: 600
. /lab/dom0/core.sh

# A PVH guest has its memory populated on demand: Linux takes the top of what it
# sees, far above all that it has. A PV guest sees ten times its memory at most.
# Giving four GiB back takes an emulated machine minutes: it panics before that.
guest far-pvh type=pvh kernel=linux memory=256 maxmem=4096 on_crash=coredump-destroy \
	args='lab=panic initcall_blacklist=balloon_init'
guest far-pv type=pv kernel=linux memory=192 maxmem=2048 args=lab=panic on_crash=coredump-destroy
for name in far-pvh far-pv; do
	expect 180 "$name crashed" is_shutdown "$name" 3
done

# Its memory in MiB, as the hypervisor counts it.
memory_of()
{
	xl list "$1" | awk 'NR == 2 { print $3 }'
}

has_given()
{
	test "$(memory_of "$1")" -le 136
}

for type in pvh pv; do
	name=down-$type
	guest "$name" type=$type kernel=linux memory=256 args=lab=idle on_crash=coredump-destroy
	expect 60 "$name runs" guest_console_has "$name" 'guest: up at'
	xl mem-set "$name" 128m
	expect 60 "$name gives half of its memory back" has_given "$name"
	guest_panic "$name"
	expect 60 "$name crashed" is_shutdown "$name" 3
done

before far-pvh far-pv down-pvh down-pv
daemon_start 'deadline_report_seconds = 40' 'deadline_dump_seconds = 240'
for name in far-pvh far-pv down-pvh down-pv; do
	came_to coredump-destroy 300 "$name"
	pages=$(figure "$name" core_pages) of=$(figure "$name" core_of_pages)
	truncated=$(figure "$name" core_truncated)
	note "$name: $pages of $of pages, $(figure "$name" core_zero_pages) zero, truncated $truncated, $(figure "$name" core_ms) ms"
	check "$name: what the core lacks is told" test "$pages" -ge "$of" -o "$truncated" = true
	check "$name: and nothing else is called so" test "$pages" -lt "$of" -o "$truncated" = false
	xenvigil info "$name" > "$dir/$name.info"
	check "$name: its panic is known" grep -q 'Kernel panic' "$dir/$name.info"
done
check 'no core was broken off' no_core_is_broken_off
daemon_stop
