# shellcheck shell=dash disable=SC2154,SC1091,SC2086
# SPDX-License-Identifier: GPL-2.0-only
# about: 20 idle guests: wake-ups in five minutes, memory beside xl's monitors
# when: long
# image: small
# needs: daemon
# boot: idle
# deadline: 540
. /lab/dom0/matrix.sh
. /lab/dom0/cost.sh

count=20
seconds=300
starting=40

i=0
while [ "$i" -lt "$count" ]; do
	guest_monitored "g$i" type=pv args=idle memory=4
	i=$((i + 1))
done
# shellcheck disable=SC2046 # one word per process
theirs=$(pss_kib $(monitors))
monitor_count=$(monitors | wc -l)
# shellcheck disable=SC2046 # one word per process
kill -9 $(monitors)
await 10 'the monitors to be gone' has_no_monitor || not_ok 'the monitors are gone'
daemon_start
expect 60 "the daemon has all $count guests in hand" has_in_hand "$count"

# Until its first sweep the daemon does what starting needs; that is not counted.
traced=''
for pid in $(ours); do
	strace -qq -f -ttt -p "$pid" -o "$dir/strace.$pid" &
	traced="$traced $!"
done
sleep $((starting + seconds))
kill $traced
wait $traced 2>/dev/null
for pid in $(ours); do
	awk -v skip="$starting" '!begin { begin = $2 } $2 - begin > skip' "$dir/strace.$pid" > "$dir/idle.$pid"
	# Each return of a call that waits is one wake-up.
	wakes=$(grep -cE '(epoll_p?wait|p?poll|p?select6?|nanosleep|futex|wait4|waitid|recvmsg|read)\(.*= ' "$dir/idle.$pid")
	calls=$(grep -cE '(epoll_p?wait[0-9]*|p?poll|p?select6?|clock_nanosleep)\(.*= ' "$dir/idle.$pid")
	note "$(tr '\0' ' ' < "/proc/$pid/cmdline"): $calls wake-ups in $seconds s ($wakes calls that may wait)"
	check "a process of ours wakes up at most once in 30 s ($(tr '\0' ' ' < "/proc/$pid/cmdline"))" \
		test "$calls" -le $((seconds / 30))
done
# shellcheck disable=SC2046 # one word per process
note "PSS: $(ours | wc -l) processes of ours: $(pss_kib $(ours)) KiB; $monitor_count monitors of xl's: $theirs KiB"
daemon_stop
