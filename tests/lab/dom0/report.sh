# shellcheck shell=dash disable=SC2154,SC1091
# SPDX-License-Identifier: GPL-2.0-only
# What a record says of a Debian kernel that panicked, against what that kernel
# printed: what the scenarios of several kernels share. It must not know which.
. /lab/dom0/matrix.sh

lines=50
why='Kernel panic - not syncing: sysrq triggered crash'

# Whose kernel has no console: not one line of its is to be seen outside. (A PV
# kernel always has one.)
silent_guest()
{
	guest "$1" type=pvh kernel="${guest_vmlinux:-/lab/guest/vmlinux}" ramdisk=/lab/guest/initrd memory="${guest_mib:-96}" \
		tsc_mode=native cpuid=host,tsc=0 on_crash=preserve \
		args='console=tty0 panic=0 sysrq_always_enabled xen_legacy_crash pci=off lpj=10000000 cryptomgr.notests rodata=off mitigations=off lab=panic'
}

is_reported()
{
	xenvigil info "$1" > "$dir/$1.info" 2>&1 && grep -q '^kernel-log[,:]' "$dir/$1.info"
}

traced()
{
	awk '/^backtrace, from / { on = 1; next } on && /^    / { print; next } { on = 0 }' \
		"$dir/$1.info" > "$dir/$1.trace"
}

# The last lines of the log that was read from memory.
read_from_memory()
{
	awk '/^kernel-log,/ { on = 1; next }
		on && /^    / { print substr($0, 5); next }
		{ on = 0 }' "$dir/$1.info" > "$dir/$1.memory"
}

# Those that the kernel wrote to its console: it begins each with the time.
read_from_console()
{
	tr -d '\r' < "/var/log/xen/console/guest-$1.log" | grep '^\[ *[0-9]*\.[0-9]*\] ' |
		tail -n "$lines" > "$dir/$1.printed"
}

is_whole()
{
	[ "$(wc -l < "$dir/$1.memory")" -eq "$lines" ] && cmp -s "$dir/$1.memory" "$dir/$1.printed"
}

# How long after it was seen the last piece was on record.
report_ms()
{
	xenvigil info "$1" --json | awk '
		/"seen_ms"/ { sub(/.*:/, ""); seen = $0 + 0 }
		/"at_ms"/ { sub(/.*:/, ""); if ($0 + 0 > at) at = $0 + 0 }
		END { print at - seen }'
}

# report_holds NAME [SECONDS]: its kernel's last words, and who had it panic.
report_holds()
{
	expect "${2:-60}" "$1 has a report" is_reported "$1"
	check "$1: the list says why" sh -c "xenvigil list | grep -A1 '  $1 (' | grep -q '^    $why'"
	check "$1: and so does its report" grep -q "^    $why" "$dir/$1.info"
	check "$1: with the kernel it ran" grep -q '^    Linux [0-9]' "$dir/$1.info"
	check "$1: nothing of that is missing" sh -c "! grep -qE '^(panic|kernel|kernel-log|registers|backtrace): MISSING' '$dir/$1.info'"
	traced "$1"
	check "$1: its backtrace was read whole" grep -q '^backtrace, from the stack of vCPU 0 in the .* memory:$' "$dir/$1.info"
	check "$1: and names who panicked" grep -qE '^    ( \? |RIP: )panic\+0x[0-9a-f]+/0x' "$dir/$1.trace"
	check "$1: and who had it panic" grep -qE '^     (\? )?sysrq_handle_crash\+0x[0-9a-f]+/0x' "$dir/$1.trace"
	note_file "$dir/$1.trace" 70
	check "$1 is kept as it was" is_shutdown "$1" 3
	note "$1: the report was there $(report_ms "$1") ms after the crash was seen"
	read_from_memory "$1"
}

# printed_holds NAME: they are what it wrote to its console.
printed_holds()
{
	read_from_console "$1"
	check "$1: its last $lines lines are what it printed" is_whole "$1"
	diff "$dir/$1.printed" "$dir/$1.memory" > "$dir/$1.diff" || note_file "$dir/$1.diff" 40
}

# All three guests panic, and stay.
report_matches()
{
	local name type
	daemon_start 'deadline_report_seconds = 40'
	for type in pv pvh; do
		guest "$type" type="$type" kernel=linux memory="${guest_mib:-96}" args='ignore_loglevel lab=panic' on_crash=preserve
	done
	silent_guest silent
	for name in pv pvh silent; do
		report_holds "$name"
	done
	for type in pv pvh; do
		printed_holds "$type"
	done
	check 'silent did not print them' sh -c '! grep -q "Kernel panic" /var/log/xen/console/guest-silent.log'
	check 'its last words are there all the same' grep -q "$why" "$dir/silent.memory"
	check 'and what led to them' grep -q 'Call Trace' "$dir/silent.memory"
	check 'no parser is left' test -z "$(pids_of '^--role=parser$')"
}
