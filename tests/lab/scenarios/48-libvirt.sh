# shellcheck shell=dash disable=SC2154,SC1091
# SPDX-License-Identifier: GPL-2.0-only
# about: beside libvirt: its guests are restarted by libvirt once, by us never, and on record
# image: small
# with: libvirt
# needs: daemon
# units: no (libvirt is in the small image alone)
# deadline: 900
. /lab/dom0/matrix.sh
. /lab/dom0/libvirt.sh

# status_says NAME KEY VALUE: of its domain.
status_says()
{
	xenvigil status --json 2> /dev/null | tr -d '\n' | tr '{' '\n' |
		grep "\"domain\": *\"$1\"" | grep -q "\"$2\": *\"$3\""
}

incidents_of()
{
	xenvigil list --json | grep -c "\"domain\": *\"$1\""
}

# recorded NAME TIMES: each as libvirt's, and none of them open.
recorded()
{
	[ "$(incidents_of "$1")" -eq "$2" ] &&
		[ "$(xenvigil list | grep -c " $1 (domid .*: foreign, left to libvirt")" -eq "$2" ]
}

# What we did, by the steps on record: reports only look.
did_nothing()
{
	! xenvigil list --json | grep '"step":' | grep -v '"report"'
}

has_hypervisor_lines()
{
	xenvigil info "$1" > "$dir/info.$1" 2>&1
	grep -q 'Domain [0-9]* (vcpu#0) crashed on cpu#' "$dir/info.$1"
}

virsh_knows_running()
{
	virsh -q -c xen:///system domstate "$1" 2> /dev/null | grep -q running
}

watch_start 5
libvirt_start
libvirt_guest one triplefault=wait 8 restart
libvirt_guest kept triplefault=wait 8 preserve
expect 20 'one runs' is_running one
expect 20 'kept runs' is_running kept
daemon_start
expect 20 'one is foreign' status_says one state foreign
check 'and its owner is named' status_says one owner libvirt
check 'also for a person' sh -c "xenvigil status | grep ' one .* foreign .*libvirt'"

for round in 1 2; do
	before one
	guest_go one
	expect 60 "round $round: libvirt restarts one" is_restarted one
	expect 20 "round $round: it is on record as left to libvirt" recorded one "$round"
	check "round $round: libvirt has it still" virsh_knows_running one
done
check 'one was started once by each restart' told has_started_times one 3
check 'one crashed as often' told has_crashed_times one 2
check 'one never ran twice at a time' never_two_live one
check 'we did nothing' did_nothing
check "the hypervisor's lines are on record" has_hypervisor_lines one

before kept
guest_go kept
expect 20 'kept crashed' is_shutdown kept 3
expect 20 'kept is on record as left to libvirt' recorded kept 1
check "with the hypervisor's lines" has_hypervisor_lines kept
daemon_stop
daemon_start
expect 20 'another daemon leaves it too' status_says kept state foreign
check 'and records it no second time' recorded kept 1
check 'kept stays' is_kept kept

libvirt_end KILL
expect 20 'libvirtd dead: its guest is foreign still' status_says one state foreign
before one
guest_go one
expect 20 'one crashed' is_shutdown one 3
expect 20 'and is on record' recorded one 3
check 'it is left as it is' is_kept one
libvirt_start
if await 60 'libvirt to see what crashed in its absence' is_restarted one; then
	note 'libvirt restarted what crashed in its absence'
fi
check 'one never ran twice at a time' never_two_live one
check 'we did nothing still' did_nothing

libvirt_guest ours crash=wait 8 preserve
expect 20 'ours runs' is_running ours
expect 20 'the daemon knows ours' status_says ours owner libvirt
check 'adopt takes it' xenvigil adopt ours
check 'and says so' status_says ours owner xenvigil
check 'as is left alone' status_says kept owner libvirt
watch_stop
daemon_stop
libvirt_end TERM
