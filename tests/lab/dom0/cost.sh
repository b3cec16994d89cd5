# shellcheck shell=dash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only
# Owns what processes cost: memory, wake-ups, CPU time; and the rows of a table of
# ours beside a peer's. It must not judge.

# pss_kib PID...: memory, each page shared among those that map it.
pss_kib()
{
	for pid in "$@"; do
		grep '^Pss:' "/proc/$pid/smaps_rollup"
	done | awk '{ sum += $2 } END { print sum + 0 }'
}

ours()
{
	pids_of '(^|/)xenvigild$'
}

has_no_monitor()
{
	[ -z "$(monitors)" ]
}

# has_in_hand COUNT: the daemon's own word: only the waiting hangs on it.
has_in_hand()
{
	[ "$(xenvigil status --json | grep -o '"watched"' | wc -l)" -ge "$1" ]
}

# wakes PID...: how often they gave up a CPU to wait for something, so far. Each
# thread counts.
wakes()
{
	for pid in "$@"; do
		cat "/proc/$pid/task/"*/status
	done 2> /dev/null | awk '/^voluntary_ctxt_switches/ { sum += $2 } END { print sum + 0 }'
}

# cpu_ms PID...: of them and of their children that have ended.
cpu_ms()
{
	for pid in "$@"; do
		cat "/proc/$pid/stat"
	done 2> /dev/null | sed 's/^.*) //' | awk '{ sum += $12 + $13 + $14 + $15 } END { print sum * 10 }'
}

# row WHAT N OURS THEIRS [PEER]: the ratio says how many times more the peer takes.
row()
{
	local peer=${5:-xl}
	awk -v what="$1" -v n="$2" -v ours="$3" -v theirs="$4" -v peer="$peer" 'BEGIN {
		printf "%s|%s guests|%s|%s|%s|%s\n", what, n, ours, theirs, peer,
			(ours > 0 ? sprintf("%.2f", theirs / ours) : "-") }' >> "$dir/rows"
	note "$1, $2 guests: ours $3, $peer $4"
}

# median and worst of the numbers on standard input.
median_worst()
{
	sort -n | awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)], v[NR]; else print "- -" }'
}
