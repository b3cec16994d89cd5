# shellcheck shell=dash disable=SC1091,SC2154,SC2086,SC2046
# SPDX-License-Identifier: GPL-2.0-only
# about: doctor names half-removed devices, a zombie, leaked event channels, leftovers; the fixes work
# image: small
# needs: daemon
# boot: own
# deadline: 300
. /lab/dom0/matrix.sh

backend=/local/domain/0/backend/vkbd
gone=11111111-2222-3333-4444-555555555555

# doctor STATUS TEXT: it ends with that status.
doctor()
{
	local begin status
	begin=$(uptime_ms)
	xenvigil doctor --json > "$dir/doctor.json" 2> "$dir/doctor.err"
	status=$?
	check "$2 (status $status, $(($(uptime_ms) - begin)) ms)" test "$status" -eq "$1"
	if [ "$status" -ne "$1" ]; then
		note_file "$dir/doctor.json" 60
		note_file "$dir/doctor.err"
	fi
}

# names TEXT FIX: one finding has both.
names()
{
	grep -A 1 -e "\"text\":\"[^\"]*$1" "$dir/doctor.json" | grep -q -e "\"mend\":\"[^\"]*$2"
}

metrics=/run/xenvigil/xenvigil.prom

# ports_are LEVEL: as status has it after a look of its own.
ports_are()
{
	xenvigil status --json > "$dir/status" && grep -q "\"level\": *\"$1\"" "$dir/status"
}

daemon_start
guest one type=pv args=idle
guest two type=pvh args=idle
for name in one two; do
	expect 20 "$name runs" is_running "$name"
done
one=$(domid_of one)
two=$(domid_of two)
doctor 0 'nothing is wrong with a host that is well'
check 'of event channels it says how many of how many' grep -q 'of [0-9]* event channels of dom0 are in use' "$dir/doctor.json"
expect 10 'so does status' ports_are well
expect 10 'and the metrics' grep -q '^xenvigil_event_channels_limit [1-9]' "$metrics"

# Half-removed devices, made by hand.
xenstore-write $backend/999/0/state 4
xenstore-write $backend/$one/7/frontend /local/domain/$one/device/vkbd/7 $backend/$one/7/state 4
xenstore-write /local/domain/$one/device/vkbd/8/backend $backend/$one/8 /local/domain/$one/device/vkbd/8/state 4
xenstore-write $backend/$one/9/frontend /local/domain/$one/device/vkbd/9 $backend/$one/9/state 4 \
	/local/domain/$one/device/vkbd/9/backend $backend/$one/9 /local/domain/$one/device/vkbd/9/state 6
xenstore-write /libxl/998/type pv
touch /var/lib/xen/userdata-d.997.$gone.libxl-json
# A page and event channels that another program keeps.
domhold page $two > "$dir/page" 2> "$dir/page.err" &
page=$!
domhold ports $one 1000 > "$dir/ports" 2> "$dir/ports.err" &
ports=$!
await 20 'both to be held' sh -c "grep -q held $dir/page && grep -q held $dir/ports" || note_file "$dir/page.err"
xl destroy two
doctor 3 'now it warns'
check 'a backend of a domain that is gone' names 'backends of a domain that is gone' "xenstore-rm $backend/999"
check 'a backend without its frontend' names 'a backend without its frontend' "xenstore-rm $backend/$one/7"
check 'a frontend without its backend' names 'a frontend without its backend' "restart domain $one: xl attaches no vkbd"
check 'ends that disagree' names 'the backend is in state 4, the frontend in 6' "restart domain $one: xl attaches no vkbd"
check "libxl's record of a domain that is gone" names "record of a domain that is gone" 'xenstore-rm /libxl/998'
check 'a file of a domain that is gone' names 'which is gone: userdata-d.997' "rm /var/lib/xen/userdata-d.997.$gone.libxl-json"
check 'the zombie, and who maps memory' names "domain $two ([^)]*) is a zombie" "domhold ($page)"
check 'the leaked event channels, and who has the device open' names "100[0-9] event channels of dom0 are for domain $one" "domhold ($ports)"
check 'and what the host lives on is never to be ended' names "domain $two ([^)]*) is a zombie" 'never end [^"]*xenstored'

expect 10 'the daemon found the leak as well' ports_are leaked
check 'and logged it' log_has 'warn keeper event-channels' 'level=leaked' "domain $one"
expect 10 'the metrics have it' grep -q '^xenvigil_event_channels{kind="unbound"} 1[0-9][0-9][0-9]$' "$metrics"
xenvigil status | grep '^event channels' > "$dir/ports-line"
note_file "$dir/ports-line"

# The fixes: as they are printed, until nothing is left to be fixed.
kill $page $ports
wait $page $ports 2>/dev/null
sed -n 's/.*"mend":"\(\(xenstore-rm\|rm\) [^"]*\)".*/\1/p' "$dir/doctor.json" > "$dir/fixes"
while read -r fix; do
	note "fix: $fix"
	$fix
done < "$dir/fixes"
# No command fixes a frontend of a guest that runs: what a restart would take away.
xenstore-rm "/local/domain/$one/device/vkbd" "$backend/$one"
expect 20 'the zombie is gone' is_gone two
doctor 0 'all is fixed'
expect 10 'and the event channels are well' ports_are well

stopped=$(xenstored_pids)
kill -STOP $stopped
begin=$(uptime_ms)
doctor 4 'a hung xenstored'
check 'does not hang it' test $(($(uptime_ms) - begin)) -lt 25000
check 'and is named' names 'xenstored does not answer' "kill -CONT $stopped"
kill -CONT $stopped

console=$(pids_of '(^|/)xenconsoled$')
kill $console
await 10 'xenconsoled to end' sh -c "! kill -0 $console 2>/dev/null"
doctor 4 'no xenconsoled'
check 'is named, with what starts it' names 'xenconsoled does not run' 'xenconsoled'
# By a look of the prober's that is not older than a second.
status_tells_of_it()
{
	xenvigil status > "$dir/status-line" && grep -q '^xenconsoled does not run' "$dir/status-line"
}
expect 10 'status says so as well' status_tells_of_it
daemon_stop
doctor 4 'no daemon'
check 'nobody supervises the guest that has no monitor' names "domain $one (one) has no supervisor" 'start xenvigild'
