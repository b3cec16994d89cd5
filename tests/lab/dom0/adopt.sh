# shellcheck shell=dash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only
# Owns crashes that come while a domain is being adopted from xl's monitor. It
# must not know how often.

# adopt_in_a_crash NAME: both at once; then who handled it, "ours" or "theirs",
# is in $handler, and how often in $handled.
adopt_in_a_crash()
{
	local name=$1 ours theirs
	guest_monitored "$name" type=pv args=crash=wait on_crash=destroy || return
	await 20 "$name to run" is_running "$name" || not_ok "$name runs"
	await 20 "the daemon to know $name" knows "$name" || not_ok "the daemon knows $name"
	rm -f /var/log/xen/xl-"$name".log.old
	guest_go "$name" &
	xenvigil adopt "$name" > "$dir/$name.adopt" 2>&1
	wait $!
	await 60 "$name to be gone" is_gone "$name" || not_ok "$name crashed and is gone"
	await 30 "the incident of $name to be closed" no_incident_is_open || not_ok "the incident of $name is closed"
	ours=$(xenvigil list --json | tr -d '\n' | tr '{' '\n' | grep "\"domain\": *\"$name\"" | grep -c '"owner": *"xenvigil"')
	theirs=$(cat /var/log/xen/xl-"$name".log* 2>/dev/null | grep -c 'Action for shutdown reason code 3')
	[ "$ours" -eq 0 ] || ours=1
	handled=$((ours + theirs))
	handler=theirs
	[ "$ours" -eq 0 ] || handler=ours
	rm -f /var/log/xen/xl-"$name".log*
}

knows()
{
	xenvigil status --json 2>/dev/null | grep -q "\"domain\": *\"$1\""
}

no_incident_is_open()
{
	xenvigil status --json 2>/dev/null | tr -d ' \n' | grep -q '"open":\[\]'
}

# adopt_often COUNT: a guest each, one after the other.
adopt_often()
{
	local i=0 once=0 ours=0 theirs=0
	while [ "$i" -lt "$1" ]; do
		i=$((i + 1))
		adopt_in_a_crash "a$i"
		if [ "$handled" -eq 1 ]; then
			once=$((once + 1))
		else
			not_ok "the crash of a$i was handled $handled times"
			note_file "$dir/a$i.adopt"
		fi
		case $handler in ours) ours=$((ours + 1)) ;; theirs) theirs=$((theirs + 1)) ;; esac
	done
	check "$once of $1 crashes in an adoption were handled exactly once (by us $ours, by xl $theirs)" test "$once" -eq "$1"
}
