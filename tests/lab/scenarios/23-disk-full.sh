# shellcheck shell=dash disable=SC2154,SC1091,SC2086
# SPDX-License-Identifier: GPL-2.0-only
# about: the disk below the records is full: crashes are handled, and on record later
# image: small
# needs: daemon
# deadline: 400
. /lab/dom0/matrix.sh

unrecorded()
{
	xenvigil status --json 2> /dev/null | sed -n 's/.*"unrecorded":\([0-9]*\).*/\1/p'
}

is_behind()
{
	[ "$(unrecorded)" -gt 0 ]
}

is_complete()
{
	[ "$(unrecorded)" = 0 ]
}

crash()
{
	for name in "$@"; do
		guest_go "$name"
	done
}

# recorded NAME: closed incidents of that guest.
recorded()
{
	xenvigil list --json | awk -F '"' -v uuid="$(uuid_of "$1")" '
		/^      "uuid"/ { u = $4 } /^      "outcome":"handled"/ { n += u == uuid }
		END { print n + 0 }'
}

full='b c d e'
mkdir -p /var/lib/xenvigil
mount -t tmpfs -o size=6m,mode=700 tmpfs /var/lib/xenvigil
watch_start
daemon_start
for name in a $full; do
	guest "$name" type=pv args=crash=wait on_crash=restart
	expect 10 "$name runs" is_running "$name"
done
before a $full
crash a
came_to restart 60 a

dd if=/dev/zero of=/var/lib/xenvigil/filler bs=4k 2> /dev/null
check 'the disk is full' test "$(df -k /var/lib/xenvigil | awk 'END { print $4 }')" -eq 0
crash $full
for name in $full; do
	came_to restart 60 "$name"
done
check 'the daemon says that records are missing' is_behind
check 'the log says so' log_has 'error keeper record-not-written'
note "$(unrecorded) incidents are not on record"

rm /var/lib/xenvigil/filler
expect 30 'when there is room, all is written' is_complete
for name in a $full; do
	check "$name has one incident on record" test "$(recorded "$name")" = 1
done
# Whoever starts from these records does nothing a second time.
daemon_kill9
daemon_start
expect 30 'a daemon started from them has nothing to do' is_complete
watch_stop
for name in a $full; do
	held_to restart "$name"
done
daemon_stop
for name in a $full; do
	xl destroy "$(domid_of "$name")"
done
umount /var/lib/xenvigil
