# shellcheck shell=dash disable=SC2154,SC1091
# SPDX-License-Identifier: GPL-2.0-only
# about: the record has the hypervisor's lines, the registers and the console of who crashed
# image: small
# needs: daemon
# deadline: 240
. /lab/dom0/matrix.sh

# has NAME KIND PATTERN: its record's piece of that kind has such a line.
has()
{
	xenvigil info "$1" > "$dir/$1.info" 2>&1
	awk -v kind="$2" '/^[a-z]/ { inside = index($0, kind ", from ") == 1 } inside' "$dir/$1.info" |
		grep -q -E -e "$3" || { note_file "$dir/$1.info"; return 1; }
}

lacks() # NAME KIND PATTERN: it is missing, and the record says why.
{
	xenvigil info "$1" > "$dir/$1.info" 2>&1
	grep -q -E -e "^$2: MISSING, .*$3" "$dir/$1.info" || { note_file "$dir/$1.info"; return 1; }
}


watch_start
daemon_start
guest fault type=pv args=triplefault=wait on_crash=preserve
guest word type=pvh args=crash=wait on_crash=preserve vcpus=2
guest triple type=pvh args=triplefault=wait on_reboot=restart on_crash=preserve
for name in fault word triple; do
	expect 10 "$name runs" is_running "$name"
	expect 10 "$name waits" guest_console_has "$name" 'tiny: '
	guest_go "$name"
done
expect 20 'fault crashed' is_shutdown fault 3
expect 20 'word crashed' is_shutdown word 3
expect 20 'triple is down, by a reboot' is_shutdown triple 1
for name in fault word triple; do
	expect 30 "the record of $name has its console" has "$name" console 'tiny: PV'
	check 'and what xenconsoled logged' has "$name" console-log 'tiny: PV'
done
domid=$(domid_of fault)
check 'a PV fault: the hypervisor says who crashed it' has fault hv-log "Domain $domid \(vcpu#0\) crashed on cpu#"
check 'with the registers it had' has fault hv-log 'RIP: '
check 'the vCPU is in the record' has fault registers 'vCPU 0: kernel, 64-bit'
check 'at the place that the hypervisor names' sh -c "
	rip=\$(sed -n 's/.*RIP: *[0-9a-f]*:\[<\([0-9a-f]*\)>\].*/\1/p' '$dir/fault.info' | head -n 1)
	grep -q \"  rip \$rip \" '$dir/fault.info'"
check 'and the list has the reason' sh -c "xenvigil list | grep -q 'crashed by the hypervisor from entry.S'"
check "a guest's own crash: the hypervisor has no line of it" lacks word hv-log 'logged nothing'
check 'but its vCPU has registers' has word registers 'vCPU 0: kernel, 64-bit'
domid=$(domid_of triple)
check 'a triple fault: the hypervisor says so' has triple hv-log "d${domid}v0 Triple fault"
check 'and so does the record' has triple panic 'triple fault of vCPU 0'
check 'the vCPU is in the record' has triple registers 'vCPU 0: kernel, 64-bit'
check 'it is a crash, and on_crash holds' sh -c "xenvigil list | grep -q '  triple (.*  crash -> preserve: '"
check 'so it was not started again' told has_started_times triple 1
check 'a report is one page with all of it' xenvigil report fault -o "$dir/fault.html"
check 'of its lines' grep -q 'crashed on cpu#' "$dir/fault.html"
check 'and its console' grep -q 'tiny: PV guest' "$dir/fault.html"
check 'which is for root alone' test "$(stat -c %a "$dir/fault.html")" = 600
check 'and is not written over' sh -c "! xenvigil report fault -o $dir/fault.html 2> /dev/null"
check 'as JSON it is an object' sh -c "xenvigil report fault --format json | head -n 1 | grep -q '^{'"
check 'there is no core to debug, and that is said' sh -c "
	! xenvigil debug fault 2> $dir/debug && grep -q 'has no core' $dir/debug"
guest_create_again()
{
	xl destroy "$(domid_of fault)"
	guest fault type=pv args=triplefault=wait on_crash=preserve
}
check 'the same guest once more' guest_create_again
expect 10 'it waits' is_running fault
guest_go fault
expect 30 'the same is seen twice' sh -c "xenvigil info fault | grep -q 'seen 2 times since '"
watch_stop
daemon_stop
for name in fault word triple; do
	xl destroy "$(domid_of "$name")"
done
