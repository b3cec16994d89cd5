# shellcheck shell=dash disable=SC1091,SC2154,SC2086,SC2046
# SPDX-License-Identifier: GPL-2.0-only
# about: a guest writes to xenstore as fast as it can: the verdict stays, others' crashes are handled as soon
# when: long
# image: small
# needs: daemon
# deadline: 400
. /lab/dom0/matrix.sh
. /lab/dom0/cost.sh

rounds=3

# handled_in NAME: a crash's time from its shutdown to its end, in $took_ms.
handled_in()
{
	local name=$1
	guest "$name" type=pv args=crash=wait on_crash=destroy
	expect 20 "$name runs" is_running "$name"
	await 20 "the daemon to know $name" sh -c "xenvigil status | grep -q ' $name '" || not_ok "the daemon knows $name"
	begin=$(uptime_ms)
	guest_go "$name"
	await 60 "$name to be gone" is_gone "$name" || not_ok "$name is gone"
	took_ms=$(($(uptime_ms) - begin))
}

# median NAME-STEM: of some rounds, in $took_ms.
median()
{
	local i=0
	: > "$dir/times"
	while [ "$i" -lt "$rounds" ]; do
		handled_in "$1$i"
		echo "$took_ms" >> "$dir/times"
		i=$((i + 1))
	done
	took_ms=$(sort -n "$dir/times" | sed -n "$(((rounds + 1) / 2))p")
}

daemon_start
guest noisy type=pv args=idle on_crash=destroy
expect 20 'noisy runs' is_running noisy
median quiet
quiet=$took_ms
before=$(pss_kib $(ours))
# What xenstored takes when nobody waits for its answers: of one guest, and of
# as many as sixteen.
for count in 1 4 16; do
	woken=$(wakes $(ours))
	rate=$(domflood "$(domid_of noisy)" 5 "$count")
	woken=$(($(wakes $(ours)) - woken))
	note "$rate writes a second on $count connections; we woke $woken times in these 5 s"
	# So their number is nothing to us: it is xenstored's to bear.
	check "no write of a guest wakes us, by $count connections" test "$woken" -le 40
done
domflood "$(domid_of noisy)" 300 > "$dir/rate" &
flood=$!
median loud
loud=$took_ms
check 'the flood still goes on' kill -0 $flood
xenvigil status --json > "$dir/status"
check 'the host is not hung' sh -c "grep -qE '\"health\": *\"(healthy|slow)\"' $dir/status"
check 'the noisy guest is as it was' is_running noisy
check "it has no incident" sh -c "! xenvigil list --json | grep -q '\"domain\": *\"noisy\"'"
after=$(pss_kib $(ours))
kill $flood
wait $flood
note "$(cat "$dir/rate") writes a second; crash to end $quiet ms quiet, $loud ms loud; memory $before KiB, then $after KiB"
check 'a crash of another is handled within a second of the quiet case' test "$loud" -le $((quiet + 1000))
check 'and our memory grew by at most 1 MiB' test "$after" -le $((before + 1024))
daemon_stop
