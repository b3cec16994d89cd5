# shellcheck shell=dash disable=SC2154,SC1091
# SPDX-License-Identifier: GPL-2.0-only
# about: a PVH guest's core as kdump, whole and cut, and on record; the cores come out for readers
# image: small
# needs: daemon
# deadline: 300
. /lab/dom0/core.sh

guest whole type=pvh kernel=linux memory=96 args=lab=panic on_crash=coredump-destroy
guest cut type=pvh kernel=linux memory=96 args=lab=panic on_crash=coredump-destroy
for name in whole cut; do
	expect 60 "$name crashed" is_shutdown "$name" 3
done
guest elf type=pv memory=8 args=crash on_crash=coredump-destroy
expect 60 'elf crashed' is_shutdown elf 3
before whole cut elf
domain_conf cut 'core_largest_mib = 16'
# The task that panicked is known by the report, which a busy machine takes long for.
daemon_start 'deadline_report_seconds = 40'
for name in whole cut; do
	came_to coredump-destroy 120 "$name"
done
came_to coredump-destroy 60 elf
for name in whole cut; do
	note "$name: $(figure "$name" core_pages) of $(figure "$name" core_of_pages) pages, $(figure "$name" core_zero_pages) zero, $(figure "$name" core_bytes) bytes, $(figure "$name" core_ms) ms"
	check "$name is kdump-compressed" test "$(head -c 5 "$(core_of "$name")")" = KDUMP
	check "$name: the record says so" test "$(figure "$name" core_format)" = '"kdump-zstd"'
done
check 'the whole one holds all pages' test "$(figure whole core_pages)" -eq "$(figure whole core_of_pages)"
check 'it is not truncated' test "$(figure whole core_truncated)" = false
check 'it takes at most 0.25 of the memory' test "$(figure whole core_bytes)" -le $((96 * 1024 * 1024 / 4))
check 'the cut one is marked' test "$(figure cut core_truncated)" = true
check 'it took no more than was allowed' test "$(figure cut core_bytes)" -le $((17 * 1024 * 1024))
check 'but something' test "$(figure cut core_pages)" -gt 1000
check 'what the cut one holds is what the memory is' sh -c "domcores $(core_of cut) $(core_of cut) > $dir/cut.cmp"
check 'no core was broken off' no_core_is_broken_off
for name in whole cut; do
	head -c 73728 "$(core_of "$name")" | strings > "$dir/$name.head"
	check "$name has the kernel's own note" grep -q "OSRELEASE=$(uname -r)\$" "$dir/$name.head"
done
# For tests/lab/readers.
for name in whole cut elf; do
	cp "$(core_of "$name")" "$dir/$name.core"
done
uname -r > "$dir/release"
daemon_stop
