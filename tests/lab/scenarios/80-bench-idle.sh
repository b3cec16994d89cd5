# shellcheck shell=dash disable=SC2154,SC1091,SC2046
# SPDX-License-Identifier: GPL-2.0-only
# about: memory and wake-ups to supervise 1, 20, 100 idle guests, beside xl's monitors
# when: long
# image: small
# needs: daemon
# units: no (figures, of the daemon alone)
# boot: idle
# deadline: 900
. /lab/dom0/matrix.sh
. /lab/dom0/cost.sh

seconds=120

# wakes_per_minute PID...: over that time in which nothing happens.
wakes_per_minute()
{
	begin=$(wakes "$@")
	sleep "$seconds"
	echo $((($(wakes "$@") - begin) * 60 / seconds))
}

made=0
for count in 1 20 100; do
	while [ "$made" -lt "$count" ]; do
		guest_monitored "g$made" type=pv args=idle memory=4 || fail "guest $made of $count"
		made=$((made + 1))
	done
	theirs=$(pss_kib $(monitors))
	echo "$count $theirs" >> "$dir/xl-pss"
done
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
row 'wake-ups a minute' "$made" "$our_wakes" "$their_wakes"
for count in 100 20 1; do
	while [ "$made" -gt "$count" ]; do
		made=$((made - 1))
		xl destroy "$(domid_of "g$made")" || not_ok "xl destroy g$made"
	done
	row 'PSS KiB' "$count" "$(pss_kib $(ours))" "$(awk -v n="$count" '$1 == n { print $2 }' "$dir/xl-pss")"
done
check 'all rows' test "$(wc -l < "$dir/rows")" = 4
daemon_stop
