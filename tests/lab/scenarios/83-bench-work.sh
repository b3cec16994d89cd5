# shellcheck shell=dash disable=SC2154,SC1091,SC2046,SC2086
# SPDX-License-Identifier: GPL-2.0-only
# about: what one crash costs beside 1, 20, 100 guests: system calls, hypercalls, xenstore requests, beside xl's
# when: long
# image: small
# needs: daemon
# units: no (figures, of the daemon alone)
# boot: bench
# deadline: 1500
. /lab/dom0/react.sh

# trace PID...: all system calls of each and of what it starts, and xenstored's.
trace()
{
	tracers=''
	for pid in "$@"; do
		strace -qq -f -p "$pid" -o "$dir/calls.$pid" &
		tracers="$tracers $!"
	done
	strace -qq -e trace=read,recvfrom -p "$(xenstored_pids)" -o "$dir/store" &
	tracers="$tracers $!"
	for pid in "$@"; do
		await 10 "strace to hold $pid" grep -qs 'TracerPid:.*[1-9]' "/proc/$pid/status" || fail "strace $pid"
	done
}

trace_end()
{
	kill $tracers
	wait $tracers 2> /dev/null
}

# A request begins with a header of 16 bytes.
requests()
{
	grep -cE '^(read|recvfrom)\([0-9]+, .*, 16(, [^)]*)?\) += 16' "$dir/store"
}

# cost WHO N: one crash of m0, and sets calls, hypercalls, asked and cpu.
cost()
{
	rm -f "$dir"/calls.*
	trace $("$1")
	before m0
	printf x > "$(guest_tty m0)"
	await 120 'm0 to run again' is_restarted m0 || not_ok "$1, $2 guests: m0 runs again"
	sleep 3 # what follows the start: each monitor's look, our snapshot
	trace_end
	asked=$(requests)
	cat "$dir"/calls.* > "$dir/calls"
	calls=$(wc -l < "$dir/calls")
	hypercalls=$(grep -cE 'ioctl\(.*_IOC\(_IOC_NONE, 0x50, 0,' "$dir/calls")
	note "$1, $2 guests: $calls system calls, $hypercalls hypercalls, $asked xenstore requests"
	echo "$2 $calls $hypercalls $asked" >> "$dir/$1.work"
}

# grow COUNT: so many guests with a monitor each.
grow()
{
	while [ "$made" -lt "$1" ]; do
		guest_monitored "m$made" type=pv args=crash=wait memory=4 on_crash=restart || fail "guest $made of $1"
		await 10 "m$made to run" is_running "m$made" || fail "m$made runs"
		made=$((made + 1))
	done
}

made=0
for count in 1 20 100; do
	grow "$count"
	cost monitors "$count"
done
kill -9 $(monitors)
react_daemon_conf
daemon_start
for count in 100 20 1; do
	while [ "$made" -gt "$count" ]; do
		made=$((made - 1))
		xl destroy "$(domid_of "m$made")" || not_ok "xl destroy m$made"
	done
	expect 120 "the daemon has $count guests in hand" has_in_hand "$count"
	cost ours "$count"
	read -r _ our_calls our_hypercalls our_asked <<-END
		$(tail -n 1 "$dir/ours.work")
	END
	read -r _ calls hypercalls asked <<-END
		$(grep "^$count " "$dir/monitors.work")
	END
	row 'one crash: system calls' "$count" "$our_calls" "$calls"
	row 'one crash: hypercalls' "$count" "$our_hypercalls" "$hypercalls"
	row 'one crash: xenstore requests' "$count" "$our_asked" "$asked"
done
check 'all rows' test "$(wc -l < "$dir/rows")" = 9
daemon_stop
