# shellcheck shell=dash disable=SC2154,SC1091
# SPDX-License-Identifier: GPL-2.0-only
# about: an operator takes cores of running guests, which run on, and copies an incident's
# image: small
# needs: daemon
# deadline: 500
. /lab/dom0/core.sh

# The CPU time goes on: it is not paused.
runs_on()
{
	local before
	before=$(cpu_ns_of "$1")
	is_running "$1" && await 20 "$1 to use its CPU" uses_more_than "$1" "$before"
}

uses_more_than()
{
	[ "$(cpu_ns_of "$1")" -gt "$2" ]
}

# capture NAME [OPTION]: its path on stdout, in $dir/NAME.path.
capture()
{
	xenvigil capture "$@" > "$dir/$1.path" 2> "$dir/$1.stderr" || {
		note_file "$dir/$1.stderr"
		return 1
	}
}

watch_start
guest pvh type=pvh kernel=linux memory=96 args=lab=idle on_crash=coredump-destroy
guest busy type=pvh args=busy memory=32
guest stopped type=pvh args=crash=wait memory=32
guest pv type=pv kernel=linux memory=96 args=lab=idle
daemon_start
for name in pvh pv; do
	expect 60 "$name is up" guest_console_has "$name" 'guest: up'
done
for name in pvh pv busy; do
	check "a core of the running $name is taken" capture "$name"
	check "it is where the command says" test -s "$(cat "$dir/$name.path")"
done
check 'busy runs on' runs_on busy
check 'and was never shut down' told has_shut_down_times busy 0
check 'the status has the figures' sh -c 'xenvigil status --json | grep -q "\"core_format\":\"kdump-zstd\""'
check 'a core of busy is taken while it runs' capture busy --live
check 'busy still runs on' runs_on busy
check 'and was not shut down by that' told has_shut_down_times busy 0
xl destroy "$(domid_of busy)"
check 'a PV core is Xens ELF' sh -c "head -c 4 $(cat "$dir/pv.path") | grep -q ELF"
check 'the others are kdump-compressed' sh -c "head -c 5 $(cat "$dir/pvh.path") | grep -q KDUMP"

xl pause stopped
check 'a core of a paused guest is taken' capture stopped
check 'which stays paused' is_paused stopped
first=$(cat "$dir/stopped.path")
check 'and one more, within the same second if need be' capture stopped
check 'of another name' test "$(cat "$dir/stopped.path")" != "$first"
check 'both are there' test -s "$first" -a -s "$(cat "$dir/stopped.path")"
check 'nobody is told a core that was not taken' sh -c '! xenvigil capture nobody 2> /dev/null'

before pvh
guest_panic pvh
came_to coredump-destroy 120 pvh
number=$(figure pvh incident)
check "the incident has a number" test "$number" -gt 0
check "the incident's core is copied" xenvigil dump "$number" -o "$dir/copy"
check 'and is the same' cmp "$dir/copy" "$(find /var/lib/xenvigil/cores -name "*-$number.core")"
check 'for root alone' test "$(stat -c %a "$dir/copy")" = 600
check 'a file that is there is not written over' sh -c "! xenvigil dump $number -o $dir/copy 2> /dev/null"
rm -f "$dir/copy"
check 'no core was broken off' no_core_is_broken_off
watch_stop
daemon_stop
for name in stopped pv; do
	xl destroy "$(domid_of "$name")"
done
