# shellcheck shell=dash disable=SC1091,SC2154,SC2086,SC2046
# SPDX-License-Identifier: GPL-2.0-only
# about: xenstored stopped and killed: xl hangs, xlv answers, says what is wrong and ends within 2 s
# image: small
# needs: daemon
# boot: own
# deadline: 400
. /lab/dom0/matrix.sh

# timed COMMAND...: its status, its time in $took_ms, what it said in $dir/said.
timed()
{
	local begin status
	begin=$(uptime_ms)
	"$@" > "$dir/out" 2> "$dir/err"
	status=$?
	took_ms=$(($(uptime_ms) - begin))
	cat "$dir/out" "$dir/err" > "$dir/said"
	return "$status"
}

said()
{
	grep -q -e "$1" "$dir/said"
}

# hangs COMMAND...: it is still at it after ten seconds.
hangs()
{
	timeout -s KILL 10 "$@" > /dev/null 2>&1
	[ $? -ge 124 ]
}

# by_hypercalls: what the wrapper prints without xl, for three guests.
by_hypercalls()
{
	local command
	timed xlv list
	check "xlv list succeeds ($took_ms ms)" test $? -eq 0
	check 'within 2 s' test "$took_ms" -le 2000
	for name in one two; do
		check "and has $name" grep -qE "^$name +$(domid_of $name) " "$dir/out"
	done
	check 'with the note' said 'answered by the hypervisor alone'
	timed xlv list two
	check 'xlv list of one domain' test "$(grep -c . "$dir/out")" -eq 2
	timed xlv info
	check "xlv info ($took_ms ms)" grep -q '^xen_version *: 4' "$dir/out"
	timed xlv dmesg
	check "xlv dmesg ($took_ms ms)" grep -q 'Xen version' "$dir/out"
	for command in 'destroy one' 'create /nonexistent' 'list -l' 'no-such-command'; do
		timed xlv $command
		check "xlv $command ends with 75 in $took_ms ms" test $? -eq 75 -a "$took_ms" -le 2000
		check 'and was not run' said 'was not run'
	done
	note_file "$dir/err"
}

was_asked()
{
	[ "$(xenstore-read "/local/domain/$(domid_of "$1")/control/shutdown" 2> /dev/null)" = poweroff ]
}

daemon_start
guest one type=pv args=idle
guest two type=pvh args=idle
for name in one two; do
	expect 20 "$name runs" is_running "$name"
done
timed xlv list
check "xlv list is xl's while all is well ($took_ms ms)" test $? -eq 0
xl list > "$dir/xl-list"
check 'column by column' test "$(cut -c 1-46 "$dir/out")" = "$(cut -c 1-46 "$dir/xl-list")"
timed xlv list --long-state
check 'the state of each guest is there' grep -qE '^one .* xenvigil +watched' "$dir/out"
note_file "$dir/out"

stopped=$(xenstored_pids)
kill -STOP $stopped
check 'xl list hangs while xenstored is stopped' hangs xl list
by_hypercalls
check 'it says that it is stopped' said 'is stopped by a signal'
check 'and the fix' said "kill -CONT $stopped"
timed xlv list --long-state
check "the state is there all the same ($took_ms ms)" grep -qE '^one .* xenvigil +watched' "$dir/out"
kill -CONT $stopped
timed xlv domid one
check 'when it goes on, so does xlv' test "$(cat "$dir/out")" = "$(domid_of one)"

# One that hangs on its way: the guest never shuts down, and xenstored stops.
xlv --deadline 15 shutdown -w one > /dev/null 2> "$dir/said" < /dev/null &
xlv_pid=$!
await 10 'xl to have asked the guest' was_asked one || note 'xl has not asked the guest yet'
kill -STOP $stopped
wait $xlv_pid
check 'one that overruns is ended with 124' test $? -eq 124
check 'it says so' said 'has not ended after 15 s'
check 'and that xenstored does not answer' said 'xenstored does not answer'
note_file "$dir/said"
kill -CONT $stopped

daemon_stop
timed xlv create "$dir/one.cfg"
check 'nothing is created when nobody would supervise it' test $? -eq 75
check 'and it says so' said 'the domain would have no supervisor'
kill -9 $stopped
await 10 'xenstored to be gone' sh -c "! kill -0 $stopped 2>/dev/null" || not_ok 'xenstored is gone'
check 'xl list fails or hangs while xenstored is dead' sh -c '! timeout -s KILL 10 xl list > /dev/null 2>&1'
by_hypercalls
check 'it says that it is dead' said 'it is not running'

# The lab wants the host clean: an empty xenstored, so that xl can destroy, and
# no xenconsoled that holds the guests' pages.
kill $(pids_of '(^|/)xenconsoled$')
xenstored --pid-file /run/xenstored.pid
await 10 'another xenstored' xenstore-write /lab x || not_ok 'another xenstored'
xen-init-dom0 > /dev/null 2>&1
xenstore-rm /lab
