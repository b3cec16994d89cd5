# shellcheck shell=dash disable=SC2154,SC1091,SC2086
# SPDX-License-Identifier: GPL-2.0-only
# about: ten guests crash again and again while the daemon is killed ten times (long: 20, 30)
# image: small
# needs: daemon
# deadline: 900
. /lab/dom0/matrix.sh

count=$(rounds 10 20) kills=$(rounds 10 30) limit=3
seed=${STORM_SEED:-$(hexdump -n 2 -e '/2 "%u"' /dev/urandom)}
note "seed $seed"

# Held for good, and gone: the state that each has to come to.
is_held()
{
	xenvigil status --json > "$dir/status.json" 2> /dev/null &&
		grep -c 'restart budget spent' "$dir/status.json" | { read -r n && [ "$n" -ge "$count" ]; }
}

# The crashes of each guest as the hypervisor had them, and as recorded.
crashes_seen()
{
	awk '$2 == "shutdown" && $5 == 3 { n[$4]++ } END { for (u in n) print u, n[u] }' "$dir/watch" | sort
}

crashes_recorded()
{
	awk -F '"' '/^      "uuid"/ { u = $4 } /^      "reason":"crash"/ { n[u]++ }
		END { for (u in n) print u, n[u] }' "$dir/list.json" | sort
}

watch_start
daemon_start "restart_limit = $limit" 'backoff_max_seconds = 2' 'restart_window_seconds = 3600' 'workers = 4'
names=''
i=0
while [ "$i" -lt "$count" ]; do
	if [ $((i % 2)) -eq 0 ]; then type=pv; else type=pvh; fi
	guest "g$i" type="$type" args=crash=$((1000 + i * 100)) on_crash=restart
	names="$names g$i"
	i=$((i + 1))
done
for pause_ms in $(awk -v seed="$seed" -v n="$kills" 'BEGIN { srand(seed); while (n--) print int(100 + rand() * 1900) }'); do
	usleep $((pause_ms * 1000))
	daemon_kill9
	daemon_start
done
note "killed $kills times"
expect 300 "all $count guests are held, their budget spent" is_held
for name in $names; do
	expect 30 "$name is gone" is_gone "$name"
done
xenvigil list --json > "$dir/list.json"
watch_stop
for name in $names; do
	check "$name was started by its budget: $limit times after the first" told has_started_times "$name" $((limit + 1))
done
check 'no guest ever ran twice at a time' never_two_live
crashes_seen > "$dir/seen"
crashes_recorded > "$dir/recorded"
note "crashes: $(awk '{ n += $2 } END { print n }' "$dir/seen") seen, $(awk '{ n += $2 } END { print n }' "$dir/recorded") recorded"
if cmp -s "$dir/seen" "$dir/recorded"; then
	ok 'each crash that the hypervisor saw is on record once'
else
	not_ok 'each crash that the hypervisor saw is on record once'
	diff "$dir/seen" "$dir/recorded" | while read -r line; do note "$line"; done
fi
daemon_stop
