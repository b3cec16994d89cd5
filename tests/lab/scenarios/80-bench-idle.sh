# shellcheck shell=dash disable=SC2154,SC1091,SC2046
# SPDX-License-Identifier: GPL-2.0-only
# about: memory and wake-ups to supervise 1, 20, 100 idle guests, beside xl's monitors and libvirt
# when: long
# image: small
# with: libvirt
# needs: daemon
# units: no (figures, of the daemon alone)
# boot: bench
# deadline: 1800
. /lab/dom0/matrix.sh
. /lab/dom0/cost.sh
. /lab/dom0/libvirt.sh

seconds=120
counts='1 20 100'

# wakes_per_minute PID...: over that time in which nothing happens.
wakes_per_minute()
{
	begin=$(wakes "$@")
	sleep "$seconds"
	echo $((($(wakes "$@") - begin) * 60 / seconds))
}

# pss_as_they_come WHO COMMAND...: guests are made by COMMAND NAME up to each count.
pss_as_they_come()
{
	who=$1
	shift
	made=0
	for count in $counts; do
		while [ "$made" -lt "$count" ]; do
			"$@" "g$made" || fail "guest $made of $count"
			made=$((made + 1))
		done
		await 10 "g$((made - 1)) to run" is_running "g$((made - 1))" || not_ok "g$((made - 1)) runs"
		echo "$count $(pss_kib $("$who"))" >> "$dir/$who-pss"
	done
}

make_monitored()
{
	guest_monitored "$1" type=pv args=idle memory=4
}

make_by_libvirt()
{
	libvirt_guest "$1" idle 4 restart
}

destroy_down_to()
{
	while [ "$made" -gt "$1" ]; do
		made=$((made - 1))
		xl destroy "$(domid_of "g$made")" || not_ok "xl destroy g$made"
	done
}

pss_of()
{
	awk -v n="$2" '$1 == n { print $2 }' "$dir/$1-pss"
}

pss_as_they_come monitors make_monitored
check "each guest has a monitor of xl's" test "$(monitors | wc -l)" = "$made"
their_wakes=$(wakes_per_minute $(monitors))
kill -9 $(monitors)
await 10 'the monitors to be gone' has_no_monitor || not_ok 'the monitors are gone'

daemon_start
expect 120 "the daemon has all $made guests in hand" has_in_hand "$made"
# The first minutes are spent on its first look at each guest.
wakes_per_minute $(ours) > "$dir/wakes-settling"
our_wakes=$(wakes_per_minute $(ours))
for pid in $(ours); do
	cp "/proc/$pid/smaps" "$dir/smaps.$pid"
done
for count in 100 20 1; do
	destroy_down_to "$count"
	echo "$count $(pss_kib $(ours))" >> "$dir/ours-pss"
done
daemon_stop
destroy_down_to 0

libvirt_start
pss_as_they_come libvirt make_by_libvirt
check 'libvirt has all the guests' test "$(virsh -q -c xen:///system list --name | grep -c '^g[0-9]')" = "$made"
wakes_per_minute $(libvirt) > "$dir/wakes-settling-libvirt"
row 'wake-ups a minute' "$made" "$our_wakes" "$their_wakes"
row 'wake-ups a minute' "$made" "$our_wakes" "$(wakes_per_minute $(libvirt))" libvirt
cp "/proc/$libvirt_pid/smaps" "$dir/smaps.libvirt"
for count in $counts; do
	row 'PSS KiB' "$count" "$(pss_of ours "$count")" "$(pss_of monitors "$count")"
	row 'PSS KiB' "$count" "$(pss_of ours "$count")" "$(pss_of libvirt "$count")" libvirt
done
check 'all rows' test "$(wc -l < "$dir/rows")" = 8
libvirt_end TERM
destroy_down_to 0
