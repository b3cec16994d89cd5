# shellcheck shell=dash disable=SC2154,SC1091,SC2046,SC2086
# SPDX-License-Identifier: GPL-2.0-only
# about: memory, time to act and a core beside xl's of the same guests: ratios that must not fall
# when: long
# image: small
# needs: daemon
# units: no (figures, of the daemon alone)
# deadline: 300
. /lab/dom0/react.sh
. /lab/dom0/core.sh

many=10

# at_least HUNDREDTHS WHAT: of the row WHAT, how many times more xl takes.
at_least()
{
	local ratio
	ratio=$(awk -F '|' -v what="$2" '$1 == what { print $6 }' "$dir/rows")
	check "$2: xl takes $ratio times what we take, at least $1 hundredths" \
		awk -v ratio="$ratio" -v least="$1" 'BEGIN { exit !(ratio * 100 >= least) }'
}

# rounds WHO: one guest alone, three times, then all at once.
rounds()
{
	for _ in 1 2 3; do
		measure "$1" m0
	done
	for what in first end again; do
		mv "$dir/$1.$what" "$dir/$1.one.$what"
	done
	measure "$1" $names
}

names=''
i=0
while [ "$i" -lt "$many" ]; do
	guest_monitored "m$i" type=pv args=crash=wait memory=$([ "$i" = 0 ] && echo 32 || echo 8) on_crash=restart ||
		fail "guest $i of $many"
	names="$names m$i"
	i=$((i + 1))
done
for name in $names; do
	await 10 "$name to run" is_running "$name" || not_ok "$name runs"
done
their_pss=$(pss_kib $(monitors))
rounds monitors
kill -9 $(monitors)

react_daemon_conf
daemon_start
await 60 'the daemon to have them all in hand' has_in_hand "$many" || not_ok 'the daemon has them in hand'
row 'PSS KiB' "$many" "$(pss_kib $(ours))" "$their_pss"
rounds ours
react_rows 'all at once' "$many"
for who in ours monitors; do
	for what in first end again; do
		mv "$dir/$who.one.$what" "$dir/$who.$what"
	done
done
react_rows 'one' 1

before m0
check 'xl takes a core' xl_core m0
begin=$(uptime_ms)
check 'we take a core' xenvigil capture m0
row 'core: ms' 1 $(($(uptime_ms) - begin)) "$xl_ms"
daemon_stop

at_least 90 'PSS KiB'
at_least 60 'one: ms to running again, median'
at_least 50 'all at once: ms to running again, median'
at_least 300 'core: ms'
