# shellcheck shell=dash disable=SC2154,SC1091
# SPDX-License-Identifier: GPL-2.0-only
# about: a panicked kernel's last words, read from its memory, are what it printed
# image: small
# needs: daemon
# deadline: 400
. /lab/dom0/matrix.sh

lines=50
why='Kernel panic - not syncing: sysrq triggered crash'

# Whose kernel has no console: not one line of its is to be seen outside. (A PV
# kernel always has one.)
silent_guest()
{
	guest "$1" type=pvh kernel=/lab/guest/vmlinux ramdisk=/lab/guest/initrd memory=96 \
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

daemon_start 'deadline_report_seconds = 40'
for type in pv pvh; do
	guest "$type" type="$type" kernel=linux memory=96 args='ignore_loglevel lab=panic' on_crash=preserve
done
silent_guest silent
for name in pv pvh silent; do
	expect 60 "$name has a report" is_reported "$name"
	check "$name: the list says why" sh -c "xenvigil list | grep -A1 '  $name (' | grep -q '^    $why'"
	check "$name: and so does its report" grep -q "^    $why" "$dir/$name.info"
	check "$name: with the kernel it ran" grep -q '^    Linux [0-9]' "$dir/$name.info"
	check "$name: nothing of that is missing" sh -c "! grep -qE '^(panic|kernel|kernel-log|registers|backtrace): MISSING' '$dir/$name.info'"
	traced "$name"
	check "$name: its backtrace was read whole" grep -q '^backtrace, from the stack of vCPU 0 in the .* memory:$' "$dir/$name.info"
	check "$name: and names who panicked" grep -qE '^    ( \? |RIP: )panic\+0x[0-9a-f]+/0x' "$dir/$name.trace"
	check "$name: and who had it panic" grep -qE '^     (\? )?sysrq_handle_crash\+0x[0-9a-f]+/0x' "$dir/$name.trace"
	note_file "$dir/$name.trace" 70
	check "$name is kept as it was" is_shutdown "$name" 3
	note "$name: the report was there $(report_ms "$name") ms after the crash was seen"
	read_from_memory "$name"
done
for type in pv pvh; do
	read_from_console "$type"
	check "$type: its last $lines lines are what it printed" is_whole "$type"
	diff "$dir/$type.printed" "$dir/$type.memory" > "$dir/$type.diff" || note_file "$dir/$type.diff" 40
done
check 'silent did not print them' sh -c '! grep -q "Kernel panic" /var/log/xen/console/guest-silent.log'
check 'its last words are there all the same' grep -q "$why" "$dir/silent.memory"
check 'and what led to them' grep -q 'Call Trace' "$dir/silent.memory"
check 'no parser is left' test -z "$(pids_of '^--role=parser$')"
number=$(xenvigil info pv --json | awk '/"incident"/ { sub(/.*:/, ""); sub(/,/, ""); print $0 + 0; exit }')
check 'an incident is found by its number' sh -c "xenvigil info $number | grep -q '  pv ('"
check 'and by the begin of its uuid' sh -c "xenvigil info $(uuid_of pv | cut -c 1-13) | grep -q '  pv ('"
check 'one that is not there is not' sh -c '! xenvigil info nobody 2> /dev/null'
daemon_stop
for name in pv pvh silent; do
	xl destroy "$(domid_of "$name")"
done
